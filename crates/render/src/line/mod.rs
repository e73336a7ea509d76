//! The line of a reader's own: what a template of a region can have, and what only its reader knows.
//!
//! ```text
//!   {speed}  {speed:.2}            a field, as in the template of a region
//!   {velocity[0]:>8.2}             an element, in eight columns, to the right
//!   {lineage} {sequence} {instance} {published_at} {age}   which record it is
//!   {state} {epoch}                                        the region, as it is now
//!   {@state}                       the same, also if the record has a field of that name
//!   {{  }}                         the braces themselves
//! ```
//!
//! Invariant: every placeholder names a field of the schema that it was parsed for, or one of the
//! seven. Values are escaped as they are written; the text between has no control character but tabs and
//! line breaks, which the reader asked for.
//!
//! Price: parsed once for each schema. Padding to the right or the middle keeps as much of a value as
//! the columns hold.

mod own;
mod pad;
mod parse;
mod spec;

use std::io::{self, Write};

use layout::Schema;
use query::FieldRef;

use crate::reading::Reading;
use own::Own;
use pad::Padded;
pub use parse::LineError;
use spec::Spec;

/// A template as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineText {
    /// A backslash is a backslash: where it was written, in TOML, there are escapes already.
    Literal(String),
    /// `\n`, `\t` and `\\` are a line break, a tab and a backslash: an option of a command line.
    Escaped(String),
}

impl LineText {
    /// Whether a configuration has this line and the region carries it: then all of its readers print the same.
    pub(crate) fn is_line_of(&self, schema: &Schema) -> bool {
        let Self::Literal(text) = self else { return false };
        schema.line().is_some_and(|line| line.text() == text)
    }
}

/// A line template with what only a reader of the region knows, parsed for one schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Field(FieldRef, Spec),
    Own(Own, Spec),
}

impl Line {
    /// Parses `text`, whose placeholders name fields of `schema` or what a reader knows of a record.
    ///
    /// # Errors
    /// What is wrong with it, and at which byte.
    pub fn parse(text: &LineText, schema: &Schema) -> Result<Self, LineError> {
        parse::line(text, schema).map(|pieces| Self { pieces })
    }

    /// The fields that it names.
    pub(crate) fn fields(&self) -> impl Iterator<Item = FieldRef> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Field(field, _) => Some(*field),
            _ => None,
        })
    }

    /// Writes the line of `reading`, without the line break behind it.
    pub(crate) fn write(&self, reading: &Reading<'_>, out: &mut impl Write) -> io::Result<()> {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.write_all(text.as_bytes())?,
                Piece::Field(at, spec) => {
                    if let Some(field) = at.of(reading.record.schema()) {
                        Padded::write(out, *spec, reading.record.shown(field, at.element))?;
                    }
                }
                Piece::Own(own, spec) => Padded::write(out, *spec, own.shown(reading))?,
            }
        }
        Ok(())
    }
}
