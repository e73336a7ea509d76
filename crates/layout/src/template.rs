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
//! Price: parsed once per schema; writing a line allocates nothing.

use core::fmt;

use crate::ctype::{CType, Scalar};
use crate::field::Field;
use crate::limits::MAX_TEXT;
use crate::plain::Plain;
use crate::record_buf::known_names;
use crate::text::{Escaped, is_control, until_nul};
use crate::value::write_list;
use crate::view::{RecordView, elements};

/// Most digits behind the point.
const MAX_PRECISION: usize = 32;

/// A line template, parsed for the fields of one schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
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

    /// The line for one record of the schema this template was parsed for.
    ///
    /// [`RecordView::line`] is the same without the allocation.
    pub fn render(&self, view: &RecordView<'_>) -> String {
        let mut line = String::new();
        // Writing to a String cannot fail.
        let _ = fmt::write(&mut line, format_args!("{}", Rendered { template: self, view }));
        line
    }

    pub(crate) fn write(&self, f: &mut fmt::Formatter<'_>, view: &RecordView<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => f.write_str(text)?,
                Piece::Field { index, precision } => {
                    // A view of another schema may have fewer fields; nothing is printed for those.
                    if let Some(field) = view.schema().fields().get(*index) {
                        write_field(f, field, view.bytes_of(field), *precision)?;
                    }
                }
            }
        }
        Ok(())
    }
}

struct Rendered<'a> {
    template: &'a Template,
    view: &'a RecordView<'a>,
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.template.write(f, self.view)
    }
}

/// `name=value` for every field, with tabs between: the line of a schema without a template.
pub(crate) fn write_default(f: &mut fmt::Formatter<'_>, view: &RecordView<'_>) -> fmt::Result {
    for (index, field) in view.schema().fields().iter().enumerate() {
        let tab = if index == 0 { "" } else { "\t" };
        write!(f, "{tab}{}=", field.name())?;
        write_field(f, field, view.bytes_of(field), None)?;
    }
    Ok(())
}

fn write_field(
    f: &mut fmt::Formatter<'_>,
    field: &Field,
    bytes: &[u8],
    precision: Option<usize>,
) -> fmt::Result {
    let scalar = field.ctype().element();
    match field.ctype().count() {
        None => write_plain(f, field, Plain::load(scalar, bytes), precision),
        Some(_) if scalar == Scalar::Char => write!(f, "{}", Escaped(until_nul(bytes))),
        Some(_) => write_list(f, elements(scalar, bytes), |plain, f| {
            write_plain(f, field, plain, precision)
        }),
    }
}

fn write_plain(
    f: &mut fmt::Formatter<'_>,
    field: &Field,
    plain: Plain,
    precision: Option<usize>,
) -> fmt::Result {
    match (plain.label_key().and_then(|key| field.label_text(key)), precision) {
        (Some(label), _) => f.write_str(label),
        (None, Some(digits)) => write!(f, "{plain:.digits$}"),
        (None, None) => write!(f, "{plain}"),
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
