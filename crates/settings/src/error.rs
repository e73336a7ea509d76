//! Why a configuration was refused: file, line, column, key, fact and next step in one line.
//!
//! Invariant: the message is one line whatever the file holds. Text out of the file is quoted and
//! escaped, and shortened where it is long, so it can neither drive a terminal nor fill a log.
//!
//! ```text
//! /etc/mapcast/stu.toml:8:1: region.slot: unknown key; did you mean slots?
//! `--------------------' ^ ^ `---------'  `---------'  `----------------'
//!        file         line column  key       fact          next step
//! ```

use std::fmt;
use std::io;

use layout::{CTypeError, SchemaError, ValueError};

use crate::address::AddressError;

/// Longest piece of the file that a message repeats, in characters.
const SHOWN: usize = 60;

/// Why a configuration was refused, and where.
#[derive(Debug)]
pub struct SettingsError {
    origin: String,
    place: Option<Place>,
    key: Option<String>,
    kind: Box<SettingsErrorKind>,
}

/// A place in a configuration, both counted from 1; a column is a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl SettingsError {
    /// An error about the file as a whole.
    pub(crate) fn whole(origin: &str, kind: SettingsErrorKind) -> Self {
        Self { origin: origin.to_owned(), place: None, key: None, kind: Box::new(kind) }
    }

    /// An error about one place in it.
    pub(crate) fn at(origin: &str, place: Place, kind: SettingsErrorKind) -> Self {
        Self { place: Some(place), ..Self::whole(origin, kind) }
    }

    /// Names the key the error is about, as a dotted path from the top of the file.
    pub(crate) fn key_named(mut self, key: String) -> Self {
        self.key = Some(key);
        self
    }

    /// What is wrong.
    pub fn kind(&self) -> &SettingsErrorKind {
        &self.kind
    }

    /// The file, as messages name it.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Line and column; `None` for an error about the file as a whole.
    pub fn place(&self) -> Option<Place> {
        self.place
    }

    /// The key, such as `record.field[sex].type`; `None` if the error has none (a file that is no
    /// TOML has no keys yet).
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)?;
        if let Some(Place { line, column }) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": {key}")?;
        }
        write!(f, ": {}", self.kind)
    }
}

impl std::error::Error for SettingsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The message of `kind` already holds those of its causes; the causes are for callers that
        // look for a type.
        std::error::Error::source(&*self.kind)
    }
}

/// ENFILE and EMFILE, of Linux.
const TOO_MANY_OPEN: [i32; 2] = [23, 24];

/// What to do where a configuration cannot be read.
fn next_step(error: &io::Error) -> &'static str {
    match error.raw_os_error() {
        Some(number) if TOO_MANY_OPEN.contains(&number) => {
            "allow this process more open files (ulimit -n, LimitNOFILE=)"
        }
        _ => "give the path of a TOML file that you may read",
    }
}

/// What is wrong with a configuration. Every message ends with the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsErrorKind {
    /// The file could not be read.
    #[error("cannot be read: {cause}; {step}", cause = .0, step = next_step(.0))]
    Unreadable(#[source] io::Error),
    /// The file is longer than a configuration can sensibly be.
    #[error(
        "is longer than {limit} bytes, the most for a configuration; check the path or shorten the file"
    )]
    TooLong {
        /// The limit in bytes.
        limit: u64,
    },
    /// The file is a region, which a configuration describes.
    #[error("is a region; give the configuration (TOML) that describes it")]
    Region,
    /// The file is not UTF-8.
    #[error("is not UTF-8 text; save the file as UTF-8")]
    NotUtf8,
    /// The file is not TOML.
    #[error("{message}; correct the line {line}")]
    Syntax {
        /// What the TOML parser says.
        message: String,
        /// The line, quoted.
        line: String,
    },
    /// A key that no setting has.
    #[error("unknown key; {0}")]
    UnknownKey(Advice),
    /// A word that is none of the possible ones.
    #[error("{found} is unknown; {advice}")]
    UnknownWord {
        /// What was written.
        found: String,
        /// The words that are possible.
        advice: Advice,
    },
    /// A key that must be there is not.
    #[error("missing; add {add}")]
    Missing {
        /// What to add.
        add: String,
    },
    /// Two keys of which only one can hold.
    #[error("given together with {other}; keep one of the two")]
    Conflict {
        /// The other key.
        other: &'static str,
    },
    /// A value of the wrong TOML type.
    #[error("expected {want}, found {found}; write {write}")]
    WrongType {
        /// What belongs here.
        want: &'static str,
        /// What is there.
        found: String,
        /// An example.
        write: String,
    },
    /// A value of the right TOML type that is not possible here.
    #[error("{found} is not {want}; write {write}")]
    BadValue {
        /// What is there.
        found: String,
        /// What belongs here.
        want: String,
        /// An example.
        write: String,
    },
    /// A number outside of what is possible here.
    #[error("{found} is out of range; write a number from {min} to {max}")]
    OutOfRange {
        /// The number.
        found: String,
        /// The least one that is possible.
        min: i128,
        /// The greatest one that is possible.
        max: i128,
    },
    /// A range whose bounds leave nothing between them.
    #[error("from {min} to {max} there is nothing; make max larger than min")]
    EmptyRange {
        /// The lower bound.
        min: String,
        /// The upper bound.
        max: String,
    },
    /// A key that has no effect beside what else the file says.
    #[error("has no effect: {why}; remove it")]
    NoEffect {
        /// Why it has none.
        why: &'static str,
    },
    /// A region's name or path that is not possible.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A field type that is not possible.
    #[error(transparent)]
    Type(#[from] CTypeError),
    /// A record that is not possible.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A value that the field cannot hold.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// Two fields have the same name.
    #[error("the field in line {line} has the same name; rename one of them")]
    DuplicateField {
        /// The line of the first.
        line: usize,
    },
    /// A field has more than one kind of source.
    #[error("two sources, {first} and {second}; keep one of them")]
    TwoSources {
        /// One of them.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A kind of source that cannot fill a field of this type.
    #[error("{kind} cannot fill a field of type {ctype}; {advice}")]
    Misfit {
        /// The kind of source.
        kind: &'static str,
        /// The type of the field.
        ctype: String,
        /// What to do.
        advice: &'static str,
    },
    /// No field has a source: the record is described for readers and cannot be published from here.
    #[error("no field has a source, so there is nothing to publish; give each field a source")]
    NoSources,
}

/// What to write instead of an unknown word.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// This word was probably meant.
    Nearest(&'static str),
    /// The key exists in another table.
    Elsewhere {
        /// The header of that table.
        table: &'static str,
    },
    /// These words are possible.
    OneOf {
        /// What they belong to; "" if that is clear.
        table: &'static str,
        /// The words.
        words: Vec<&'static str>,
    },
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nearest(word) => write!(f, "did you mean {word}?"),
            Self::Elsewhere { table } => write!(f, "it belongs to {table}, move it there"),
            Self::OneOf { table: "", words } => write!(f, "write one of {}", words.join(", ")),
            Self::OneOf { table, words } => {
                write!(f, "the keys of {table} are {}", words.join(", "))
            }
        }
    }
}

/// `text` in quotes for a message: one line, escaped, shortened.
pub(crate) fn quote(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}...", &text[..end]),
    }
}

/// `text`, shortened; for numbers, which need no quotes.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn text_out_of_the_file_is_one_short_line_without_control_characters() {
        assert_eq!(quote("a\x1b[2J\n\u{202e}"), r#""a\u{1b}[2J\n\u{202e}""#);
        assert_eq!(quote(&"x".repeat(1000)), format!("\"{}\"...", "x".repeat(60)));
        assert_eq!(quote("\u{e4}"), "\"\u{e4}\"");
    }
}
