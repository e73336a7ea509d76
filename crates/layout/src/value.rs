//! A value out of a record, or on its way into one.

use core::fmt;

use crate::digits::Digits;
use crate::text::Escaped;

/// The value of one field.
///
/// Its `Display` is for people and safe on a terminal: control characters in text are shown as
/// their code (`\x1b`), lists as `[1, 2, 3]`, floats below 1e-5 and from 1e16 on with an exponent.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A signed integer: `i8` to `i64`.
    Int(i64),
    /// An unsigned integer: `u8` to `u64`.
    Uint(u64),
    /// An `f32`, kept apart from `f64` so that 0.1 prints as 0.1.
    F32(f32),
    /// An `f64`.
    F64(f64),
    /// A `bool`.
    Bool(bool),
    /// A `char` (at most one ASCII character) or `char[N]` (up to its first NUL).
    Text(String),
    /// An array, element by element.
    List(Vec<Value>),
}

/// A scalar or a text as another text writes it: for numbers their digits, so that no type in
/// between rounds them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Literal<'a> {
    /// A decimal number.
    Number(Digits<'a>),
    /// A whole number that was written in another base.
    Whole(i128),
    /// A float that has no digits: an infinity or NaN.
    Float(f64),
    /// A bool.
    Bool(bool),
    /// A text: `char[N]`, a character or a label.
    Text(&'a str),
}

impl Value {
    /// What kind of value this is, for messages: "integer", "text", ...
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) | Self::Uint(_) => "integer",
            Self::F32(_) | Self::F64(_) => "number",
            Self::Bool(_) => "bool",
            Self::Text(_) => "text",
            Self::List(_) => "list",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => value.fmt(f),
            Self::Uint(value) => value.fmt(f),
            Self::F32(value) => write_float(f, *value),
            Self::F64(value) => write_float(f, *value),
            Self::Bool(value) => value.fmt(f),
            Self::Text(text) => Escaped(text.as_bytes()).fmt(f),
            Self::List(values) => write_list(f, values.iter(), fmt::Display::fmt),
        }
    }
}

/// Writes a float with all of its digits; with an exponent, as JSON has it, where most of them would
/// be zeros. A precision in the formatter is kept.
pub(crate) fn write_float<T>(f: &mut fmt::Formatter<'_>, number: T) -> fmt::Result
where
    T: fmt::Display + fmt::LowerExp + Into<f64> + Copy,
{
    let size = number.into().abs();
    let is_usual = size == 0.0 || !size.is_finite() || (1e-5..1e16).contains(&size);
    if is_usual || f.precision().is_some() {
        fmt::Display::fmt(&number, f)
    } else {
        fmt::LowerExp::fmt(&number, f)
    }
}

/// Writes `[a, b, c]`, each element by `write`.
pub(crate) fn write_list<T>(
    f: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(T, &mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    f.write_str("[")?;
    for (index, item) in items.enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write(item, f)?;
    }
    f.write_str("]")
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Uint(value.into())
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Uint(value)
    }
}

impl From<f32> for Value {
    fn from(value: f32) -> Self {
        Self::F32(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::F64(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<Value>> for Value {
    fn from(values: Vec<Value>) -> Self {
        Self::List(values)
    }
}
