//! Why a field has no new value.

use std::fmt;
use std::io;
use std::mem::{Discriminant, discriminant};
use std::path::{Path, PathBuf};

use layout::{ValueError, ValueErrorKind};
use rustix::io::Errno;

use super::find::NotFound;

/// Why a field has no new value.
#[derive(Debug)]
pub(super) enum SampleError {
    /// The file cannot be read.
    Unreadable(PathBuf, io::Error),
    /// No file matches the pattern.
    NoMatch(PathBuf),
    /// The file is not text, or too long.
    NotText(PathBuf, &'static str),
    /// The file does not contain the value.
    NotFound(PathBuf, NotFound),
    /// The field cannot hold the value.
    Value(ValueError),
    /// The number, perhaps scaled, is too large for a float.
    Overflow,
    /// The result of an expression, which no whole number is.
    NoNumber(f64),
    /// A rate after its first reading: it needs another one.
    FirstRate,
}

impl SampleError {
    /// Whether there is a value that the field cannot hold, which lasts until the configuration
    /// changes.
    pub(super) const fn is_mismatch(&self) -> bool {
        matches!(self, Self::Value(_) | Self::Overflow)
    }
}

/// What kind of error it is: where several fields have the same, one message is enough.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Alike {
    Unreadable(Option<i32>),
    NoMatch,
    NotText(&'static str),
    NotFound(Discriminant<NotFound>),
    Value(ValueErrorKind),
    Overflow,
    NoNumber,
    FirstRate,
}

impl SampleError {
    /// Its kind.
    pub(super) fn alike(&self) -> Alike {
        match self {
            Self::Unreadable(_, error) => Alike::Unreadable(error.raw_os_error()),
            Self::NoMatch(_) => Alike::NoMatch,
            Self::NotText(_, what) => Alike::NotText(what),
            Self::NotFound(_, error) => Alike::NotFound(discriminant(error)),
            Self::Value(error) => Alike::Value(error.kind()),
            Self::Overflow => Alike::Overflow,
            Self::NoNumber(_) => Alike::NoNumber,
            Self::FirstRate => Alike::FirstRate,
        }
    }

    /// The file that it is about.
    fn path(&self) -> Option<&Path> {
        match self {
            Self::Unreadable(path, _)
            | Self::NoMatch(path)
            | Self::NotText(path, _)
            | Self::NotFound(path, _) => Some(path),
            Self::Value(_) | Self::Overflow | Self::NoNumber(_) | Self::FirstRate => None,
        }
    }
}

/// Equal errors are logged once; a number in a message, which may change with each tick, makes no
/// difference.
impl PartialEq for SampleError {
    fn eq(&self, other: &Self) -> bool {
        self.alike() == other.alike() && self.path() == other.path()
    }
}

impl fmt::Display for SampleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, error) if is_stream(error) => {
                let path = path.display();
                write!(f, "{path} is a pipe or a stream, not a file; read it with an input source")
            }
            Self::Unreadable(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::NoMatch(pattern) => write!(f, "no file matches {}", pattern.display()),
            Self::NotText(path, what) => write!(f, "{} {what}", path.display()),
            Self::NotFound(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Value(error) => write!(f, "{}; {}", error.fact(), next_step(error)),
            Self::Overflow => f.write_str("the number is beyond the largest float; correct scale"),
            Self::NoNumber(result) => {
                write!(f, "the expression gives {result}, which is no whole number")
            }
            Self::FirstRate => f.write_str("a rate needs two readings"),
        }
    }
}

/// What to change where the value is what it is.
fn next_step(error: &ValueError) -> &'static str {
    match error.kind() {
        ValueErrorKind::OutOfRange => "give the field a larger type, or scale the value",
        ValueErrorKind::BadText => "give the field a longer char[N], or take a part of the text",
        ValueErrorKind::UnknownLabel => "add it to the labels",
        _ => "give the field another type",
    }
}

/// Whether the file cannot be read again from its start.
fn is_stream(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::SPIPE.raw_os_error())
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;

    use super::super::find::NotFound;
    use super::SampleError;

    #[test]
    fn errors_that_differ_only_in_a_number_are_equal() {
        let word = |word: &str| {
            let error = NotFound::NotANumber { column: 1, word: word.to_owned() };
            SampleError::NotFound(PathBuf::from("/x"), error)
        };
        let os =
            |code| SampleError::Unreadable(PathBuf::from("/x"), io::Error::from_raw_os_error(code));
        assert_eq!(word("a"), word("b"));
        assert_eq!(os(2), os(2));
        assert_ne!(os(2), os(13));
        assert_ne!(os(2), word("a"));
    }
}
