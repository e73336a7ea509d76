//! How a record is printed as one line: `id={id}\tname={name}\t{speed:.2}`.
//!
//! Invariant: every placeholder names a field of the schema it was parsed for, and the text between
//! holds no control character but the tab. Values are escaped as they are written. So neither
//! template nor record of a hostile region can control a terminal or fake a second line.
//!
//! ```text
//!   {name}       the value, or its label if it has one
//!   {name:.2}    a float with two digits behind the point (at most 32)
//!   {{  }}       the braces themselves
//! ```
//!
//! Price: parsed once per schema. `line.rs` writes the line.

use crate::error::{SchemaError, SchemaPart as Part, refuse};
use crate::field::{Field, known_names};
use crate::limits::{MAX_PRECISION, MAX_TEXT};
use crate::template_part::TemplatePart;
use crate::text::is_control;

/// A line template, parsed for the fields of one schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Printed verbatim; may be empty.
    Text(String),
    /// The value of a field, by its position.
    Field { index: usize, precision: Option<usize> },
}

impl Template {
    /// Parses `text`, whose placeholders name some of `fields`.
    pub fn parse(text: &str, fields: &[Field]) -> Result<Self, SchemaError> {
        check_text(text)?;
        let (mut pieces, mut plain) = (Vec::new(), String::new());
        for (at, part) in TemplatePart::split(text)? {
            match part {
                TemplatePart::Text(part) => plain.push_str(part),
                TemplatePart::Placeholder(inner) => {
                    pieces.push(Piece::Text(core::mem::take(&mut plain)));
                    pieces.push(placeholder(inner, at, fields)?);
                }
            }
        }
        pieces.push(Piece::Text(plain));
        Ok(Self { text: text.to_owned(), pieces })
    }

    /// The template as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its pieces, in order.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }
}

fn check_text(text: &str) -> Result<(), SchemaError> {
    let len = text.len();
    if len == 0 {
        refuse!(Part::Line, "the line template is empty; leave it out to print every field");
    }
    if len > MAX_TEXT {
        refuse!(
            Part::Line,
            "the line template has {len} bytes, at most {MAX_TEXT} are possible; shorten it"
        );
    }
    let is_refused = |found| found != '\t' && is_control(found);
    if let Some((at, found)) = text.char_indices().find(|&(_, found)| is_refused(found)) {
        refuse!(
            Part::Line,
            "the line template holds the control character {found:?} at byte {at}; \
             only the tab is possible"
        );
    }
    Ok(())
}

/// Parses `name` or `name:.2`, from the placeholder at byte `at`.
fn placeholder(inner: &str, at: usize, fields: &[Field]) -> Result<Piece, SchemaError> {
    let (name, precision) = match inner.split_once(':') {
        Some((name, precision)) => (name, Some(precision)),
        None => (inner, None),
    };
    let Some(index) = fields.iter().position(|field| field.name == name) else {
        let known = known_names(fields);
        refuse!(
            Part::Line,
            "the line template names {name:?} at byte {at}, which is no field; use one of: {known}"
        );
    };
    let precision = precision.map(|text| parse_precision(text, at)).transpose()?;
    let ctype = fields[index].ctype;
    if precision.is_some() && !ctype.element().is_float() {
        refuse!(
            Part::Line,
            "the line template gives field {name:?} a precision, but it is {ctype}; \
             precision is for f32 and f64"
        );
    }
    Ok(Piece::Field { index, precision })
}

fn parse_precision(text: &str, at: usize) -> Result<usize, SchemaError> {
    let digits = text.strip_prefix('.').unwrap_or("");
    // `parse` alone would accept "+2".
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(precision) if is_number && precision <= MAX_PRECISION => Ok(precision),
        _ => refuse!(
            Part::Line,
            "{text:?} at byte {at} of the line template is no precision; \
             write {{name:.2}}, with .0 to .{MAX_PRECISION}"
        ),
    }
}
