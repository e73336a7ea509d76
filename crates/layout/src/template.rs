//! How a record is printed as one line: `id={id}\tname={name}\t{speed:.2}`.
//!
//! Invariant: every placeholder names a field of the schema it was parsed for, and the text between
//! holds no control character but the tab. Values are escaped as they are written. So a template and
//! a record out of a hostile region cannot drive a terminal or forge a second line.
//!
//! ```text
//!   {name}       the value; a label's text where the value has one
//!   {name:.2}    a float with two digits behind the point (at most 32)
//!   {{  }}       the braces themselves
//! ```
//!
//! Price: parsed once per schema. `line.rs` writes what it says.

use crate::ctype::CType;
use crate::field::{Field, known_names};
use crate::limits::MAX_TEXT;
use crate::text::is_control;

/// Most digits behind the point.
const MAX_PRECISION: usize = 32;

/// A line template, parsed for the fields of one schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// As it is.
    Text(String),
    /// The value of a field, by its position.
    Field { index: usize, precision: Option<usize> },
}

/// Why a line template was refused. Places are bytes from the start of the template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// A template without anything in it.
    #[error("the line template is empty; leave it out to print every field")]
    Empty,
    /// Longer than [`MAX_TEXT`].
    #[error("the line template has {len} bytes, at most {MAX_TEXT} are possible; shorten it")]
    TooLong {
        /// Its bytes.
        len: usize,
    },
    /// A placeholder for a field that is not there.
    #[error(
        "the line template names {name:?} at byte {at}, which is no field; use one of: {known}"
    )]
    UnknownField {
        /// The name.
        name: String,
        /// Where.
        at: usize,
        /// The fields there are, separated by commas; shortened if there are many.
        known: String,
    },
    /// A placeholder that does not end.
    #[error(
        "the line template opens {{ at byte {at} and does not close it; add }} or write {{{{ for a brace"
    )]
    Unclosed {
        /// Where.
        at: usize,
    },
    /// A closing brace that nothing opened.
    #[error("the line template has a single }} at byte {at}; write }}}} for a brace")]
    Stray {
        /// Where.
        at: usize,
    },
    /// What follows the colon is not a precision.
    #[error(
        "{text:?} at byte {at} of the line template is no precision; write {{name:.2}}, with .0 to .{MAX_PRECISION}"
    )]
    BadPrecision {
        /// What follows the colon.
        text: String,
        /// Where the placeholder begins.
        at: usize,
    },
    /// A precision on a field that is no float.
    #[error(
        "the line template gives field {field:?} a precision, but it is {ctype}; precision is for f32 and f64"
    )]
    PrecisionOnType {
        /// The field.
        field: String,
        /// Its type.
        ctype: CType,
    },
    /// A control character other than the tab.
    #[error(
        "the line template holds the control character {found:?} at byte {at}; only the tab is possible"
    )]
    Control {
        /// The character.
        found: char,
        /// Where.
        at: usize,
    },
}

impl Template {
    /// Parses `text`, whose placeholders name some of `fields`.
    pub fn parse(text: &str, fields: &[Field]) -> Result<Self, TemplateError> {
        if text.is_empty() {
            return Err(TemplateError::Empty);
        }
        if text.len() > MAX_TEXT {
            return Err(TemplateError::TooLong { len: text.len() });
        }
        if let Some((at, found)) =
            text.char_indices().find(|&(_, found)| found != '\t' && is_control(found))
        {
            return Err(TemplateError::Control { found, at });
        }
        let pieces = Parser { text, at: 0, fields }.pieces()?;
        Ok(Self { text: text.to_owned(), pieces })
    }

    /// The template as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it consists of, in order.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }
}

/// The template while it is parsed. `at` is always on a character boundary.
struct Parser<'a> {
    text: &'a str,
    at: usize,
    fields: &'a [Field],
}

impl Parser<'_> {
    fn pieces(mut self) -> Result<Vec<Piece>, TemplateError> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        while let Some(found) = self.text[self.at..].chars().next() {
            let doubled = self.text[self.at + found.len_utf8()..].starts_with(found);
            match found {
                '{' | '}' if doubled => {
                    plain.push(found);
                    self.at += 2;
                }
                '}' => return Err(TemplateError::Stray { at: self.at }),
                '{' => {
                    if !plain.is_empty() {
                        pieces.push(Piece::Text(core::mem::take(&mut plain)));
                    }
                    pieces.push(self.placeholder()?);
                }
                _ => {
                    plain.push(found);
                    self.at += found.len_utf8();
                }
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(pieces)
    }

    /// Reads `{name}` or `{name:.2}`, with `at` on the opening brace.
    fn placeholder(&mut self) -> Result<Piece, TemplateError> {
        let at = self.at;
        let inner = &self.text[at + 1..];
        let end = inner.find('}').ok_or(TemplateError::Unclosed { at })?;
        let inner = &inner[..end];
        let (name, precision) = match inner.split_once(':') {
            Some((name, precision)) => (name, Some(precision)),
            None => (inner, None),
        };
        let index = self.index_of(name, at)?;
        let precision = precision.map(|text| parse_precision(text, at)).transpose()?;
        let field = &self.fields[index];
        if precision.is_some() && !field.ctype().element().is_float() {
            let (field, ctype) = (field.name().to_owned(), field.ctype());
            return Err(TemplateError::PrecisionOnType { field, ctype });
        }
        self.at = at + 1 + end + 1;
        Ok(Piece::Field { index, precision })
    }

    fn index_of(&self, name: &str, at: usize) -> Result<usize, TemplateError> {
        self.fields.iter().position(|field| field.name() == name).ok_or_else(|| {
            let known = known_names(self.fields);
            TemplateError::UnknownField { name: name.to_owned(), at, known }
        })
    }
}

fn parse_precision(text: &str, at: usize) -> Result<usize, TemplateError> {
    let digits = text.strip_prefix('.').unwrap_or("");
    // `parse` alone would take "+2".
    let precision = if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().ok().filter(|&precision| precision <= MAX_PRECISION)
    } else {
        None
    };
    precision.ok_or_else(|| TemplateError::BadPrecision { text: text.to_owned(), at })
}
