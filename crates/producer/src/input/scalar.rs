//! A JSON value that is neither a list nor an object, on its way into a field.
//!
//! A float that is not known is `null`, which is NaN in the record. JSON has no number for NaN and the
//! infinities: they are written as text, as in the JSON of protobuf.

use std::borrow::Cow;

use layout::{CType, Digits, Literal};

use super::json::offset;
use super::keys::Target;
use super::line_error::LineError;

/// A value for a field or for an element of an array.
pub(super) enum Scalar<'l> {
    Number(Digits<'l>),
    /// NaN or an infinity.
    Special(f64),
    /// `null` for a float.
    Unknown,
    Bool(bool),
    Text(Cow<'l, str>),
}

impl<'l> Scalar<'l> {
    /// The value `raw`, a part of `line`, for the field of `target`, which has this type.
    pub(super) fn read(
        target: &Target,
        ctype: CType,
        raw: &'l str,
        line: &str,
    ) -> Result<Self, LineError> {
        let is_float = ctype.element().is_float();
        Ok(match raw.as_bytes() {
            [b'"', .., b'"'] => {
                let text = text(raw, line)?;
                match special(&text).filter(|_| is_float) {
                    Some(number) => Self::Special(number),
                    None => Self::Text(text),
                }
            }
            [b't', ..] => Self::Bool(true),
            [b'f', ..] => Self::Bool(false),
            [b'n', ..] if is_float => Self::Unknown,
            [b'n', ..] => return Err(LineError::Null { key: target.key.to_string(), ctype }),
            [b'{', ..] => return Err(LineError::Nested(target.key.to_string())),
            _ => Self::Number(
                Digits::new(raw).ok_or_else(|| LineError::no_number(offset(line, raw)))?,
            ),
        })
    }

    pub(super) fn literal(&self) -> Literal<'_> {
        match self {
            Self::Number(digits) => Literal::Number(*digits),
            Self::Special(number) => Literal::Float(*number),
            Self::Unknown => Literal::Float(f64::NAN),
            Self::Bool(value) => Literal::Bool(*value),
            Self::Text(text) => Literal::Text(text),
        }
    }
}

/// The text of the string `raw`, a part of `line`.
fn text<'l>(raw: &'l str, line: &str) -> Result<Cow<'l, str>, LineError> {
    let text = &raw[1..raw.len() - 1];
    if !text.contains('\\') {
        return Ok(Cow::Borrowed(text));
    }
    serde_json::from_str(raw).map_err(|error| LineError::not_json(&error, line, offset(line, raw)))
}

/// The float that JSON has no number for.
fn special(text: &str) -> Option<f64> {
    Some(match text {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ => return None,
    })
}
