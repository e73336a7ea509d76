//! The parser of a line of a reader's own.

use layout::text::{is_control, quote};
use layout::{Schema, TemplatePart};
use query::{FieldRef, instead_of};

use super::own::Own;
use super::spec::{Shape, Spec};
use super::{LineText, Piece};

/// Why a line template was refused. Displays as the fact, with the byte, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LineError(String);

pub(super) fn line(text: &LineText, schema: &Schema) -> Result<Vec<Piece>, LineError> {
    let (LineText::Literal(written) | LineText::Escaped(written)) = text;
    check(written)?;
    let mut pieces = Vec::new();
    let parts = TemplatePart::split(written).map_err(|error| LineError(error.to_string()))?;
    for (start, part) in parts {
        let piece = match (part, text) {
            (TemplatePart::Placeholder(inner), _) => {
                placeholder(inner, schema).map_err(|why| (0, why))
            }
            (TemplatePart::Text(part), LineText::Literal(_)) => Ok(Piece::Text(part.to_owned())),
            (TemplatePart::Text(part), LineText::Escaped(_)) => unescape(part).map(Piece::Text),
        };
        let placed =
            |(behind, why)| LineError(format!("at byte {} of the line, {why}", start + behind));
        pieces.push(piece.map_err(placed)?);
    }
    Ok(pieces)
}

fn check(text: &str) -> Result<(), LineError> {
    if text.is_empty() {
        let why = "the line template is empty; leave it out to print every field";
        return Err(LineError(why.to_owned()));
    }
    let is_refused = |found| !matches!(found, '\t' | '\n') && is_control(found);
    match text.char_indices().find(|&(_, found)| is_refused(found)) {
        None => Ok(()),
        Some((at, found)) => Err(LineError(format!(
            "the line template holds the control character {found:?} at byte {at}; \
             only tabs and line breaks are possible"
        ))),
    }
}

/// The text that `text` stands for. The error is the byte of the bad escape, and what is wrong with it.
fn unescape(text: &str) -> Result<String, (usize, String)> {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.char_indices();
    while let Some((at, next)) = chars.next() {
        plain.push(match next {
            '\\' => match chars.next().map(|(_, escaped)| escaped) {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('\\') => '\\',
                other => {
                    let found = other.map(String::from).unwrap_or_default();
                    let why = format!("\\{found} is no escape; write \\n, \\t or \\\\");
                    return Err((at, why));
                }
            },
            other => other,
        });
    }
    Ok(plain)
}

/// Parses `name`, `@name` or `name:>8.2`. The error is the fact and what to do.
fn placeholder(inner: &str, schema: &Schema) -> Result<Piece, String> {
    let (name, spec) = match inner.split_once(':') {
        Some((name, spec)) => (name, Some(spec)),
        None => (inner, None),
    };
    let spec_for = |shape| match spec {
        Some(spec) => Spec::parse(spec, shape),
        None => Ok(Spec::plain(shape)),
    };
    let (asked, own) = match name.strip_prefix('@') {
        Some(asked) => (asked, Own::named(asked)),
        None => (name, Own::named(name).filter(|_| schema.index_of(name).is_none())),
    };
    if let Some(own) = own {
        let shape = Shape { is_number: own.is_number(), max_precision: own.max_precision() };
        return Ok(Piece::Own(own, spec_for(shape)?));
    }
    let base = name.split('[').next().unwrap_or_default();
    if name.starts_with('@') || schema.index_of(base).is_none() {
        let fields = schema.fields().iter().map(layout::Field::name);
        let fields = fields.filter(|_| !name.starts_with('@'));
        let known: Vec<&str> = fields.chain(Own::NAMES.map(|(name, _)| name)).collect();
        let advice = instead_of(asked.split('[').next().unwrap_or_default(), &known);
        return Err(format!("{} is no field; {advice}", quote(name)));
    }
    let field = FieldRef::parse(name, schema).map_err(|error| error.to_string())?;
    let shape = Shape::of(&schema.fields()[field.field], field.element);
    Ok(Piece::Field(field, spec_for(shape)?))
}
