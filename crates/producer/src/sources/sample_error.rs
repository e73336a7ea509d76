//! Why a field has no new value.

use std::fmt;
use std::io;
use std::mem::discriminant;
use std::path::PathBuf;

use layout::ValueError;
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
    /// There is a value, but the field cannot hold it.
    Value(ValueError),
    /// A number that no float holds, alone or scaled.
    Overflow,
    /// A rate after its first reading: the next one brings it.
    FirstRate,
}

impl SampleError {
    /// Whether there was a value, but none that the field can hold. That does not mend itself.
    pub(super) const fn is_misfit(&self) -> bool {
        matches!(self, Self::Value(_) | Self::Overflow)
    }
}

/// Equal errors are logged once: a number in a message that changes with each tick is no difference.
impl PartialEq for SampleError {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unreadable(path, error), Self::Unreadable(other_path, other)) => {
                path == other_path && error.raw_os_error() == other.raw_os_error()
            }
            (Self::NotText(path, what), Self::NotText(other_path, other)) => {
                path == other_path && what == other
            }
            (Self::NoMatch(pattern), Self::NoMatch(other)) => pattern == other,
            (Self::NotFound(path, error), Self::NotFound(other_path, other)) => {
                path == other_path && discriminant(error) == discriminant(other)
            }
            (Self::Value(error), Self::Value(other)) => error.kind() == other.kind(),
            (Self::Overflow, Self::Overflow) | (Self::FirstRate, Self::FirstRate) => true,
            _ => false,
        }
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
            Self::Value(error) => error.fmt(f),
            Self::Overflow => f.write_str("the number is beyond the largest float; correct scale"),
            Self::FirstRate => f.write_str("a rate needs two readings"),
        }
    }
}

/// Whether what has the name cannot be read from its start again.
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
    fn a_changing_number_is_no_difference_but_another_reason_is() {
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
