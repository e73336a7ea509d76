//! Why a configuration was refused: file, line, column, key, fact and next step in one line.
//!
//! ```text
//! /etc/mapcast/stu.toml:8:1: region.slot: unknown key; did you mean slots?
//! `--------------------' ^ ^ `---------'  `---------'  `----------------'
//!        file         line column  key       fact          next step
//! ```

use std::fmt;
use std::io;
use std::path::Path;

use layout::text::{plain, quote};

/// Why a configuration was refused, and where.
#[derive(Debug)]
#[non_exhaustive]
pub struct SettingsError {
    /// The file, as messages name it.
    pub origin: String,
    /// Line and column; `None` for an error about the file as a whole.
    pub place: Option<Place>,
    /// The key, such as `record.field[sex].type`; `None` if the error has none (a file that is no
    /// TOML has no keys yet).
    pub key: Option<String>,
    /// What is wrong.
    pub kind: SettingsErrorKind,
}

/// A place in a configuration, both counted from 1; a column is a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Place {
    /// The place of a byte offset in `text`.
    pub(crate) fn of(text: &str, at: usize) -> Self {
        let before = &text[..text.floor_char_boundary(at)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl SettingsError {
    /// An error about the file as a whole.
    pub(crate) fn whole(origin: &Path, kind: SettingsErrorKind) -> Self {
        let origin = plain(&origin.to_string_lossy());
        Self { origin, place: None, key: None, kind }
    }

    /// The TOML parser's error about `text`.
    pub(crate) fn syntax(origin: &Path, text: &str, error: &toml::de::Error) -> Self {
        let at = text.floor_char_boundary(error.span().map_or(0, |span| span.start));
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[start..].lines().next().unwrap_or_default();
        let (message, line) = (plain(error.message()), quote(line.trim()));
        Self::whole(origin, SettingsErrorKind::Syntax { message, line }).at(text, at)
    }

    /// The same at a byte offset in `text`.
    pub(crate) fn at(self, text: &str, at: usize) -> Self {
        Self { place: Some(Place::of(text, at)), ..self }
    }

    /// The same about a key, a dotted path from the top of the file.
    pub(crate) fn key_named(self, key: String) -> Self {
        Self { key: Some(key), ..self }
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
        // The message of `kind` contains those of its causes; the causes are for callers that look for
        // a type.
        std::error::Error::source(&self.kind)
    }
}

/// What is wrong with a configuration. Every message ends with the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsErrorKind {
    /// The file could not be read.
    #[error("cannot be read: {cause}; {step}", cause = .0, step = next_step(.0))]
    Unreadable(#[source] io::Error),
    /// It is not a regular file.
    #[error("is {0}, not a regular file; give a file, or - to read standard input")]
    NotAFile(&'static str),
    /// The file is longer than any configuration.
    #[error(
        "is longer than {limit} bytes, the most for a configuration; check the path or shorten the file"
    )]
    TooLong {
        /// The limit in bytes.
        limit: u64,
    },
    /// Standard input was empty.
    #[error("is empty; the program in front of the pipe has most likely failed")]
    Empty,
    /// The file is a region, which a configuration describes.
    #[error("is a region; give the configuration (TOML) that describes it")]
    Region,
    /// The file is not UTF-8.
    #[error("is not UTF-8 text; save the file as UTF-8")]
    NotUtf8,
    /// The file is not TOML.
    #[error("{message}; correct the line {line}")]
    Syntax {
        /// The message of the TOML parser.
        message: String,
        /// The line, quoted.
        line: String,
    },
    /// A key or its value is not one that a configuration has: the fact and the next step.
    #[error("{0}")]
    Invalid(String),
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
