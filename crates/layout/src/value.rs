//! The value of a field, read from a record or to be stored in one.

use core::fmt;

use crate::ctype::{CType, Scalar};
use crate::digits::Digits;
use crate::text::{Escaped, until_nul};

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

/// A scalar or a text, as read from another text: numbers as digits, so that they are rounded at
/// most once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Literal<'a> {
    /// A decimal number.
    Number(Digits<'a>),
    /// A whole number that was written in a base other than 10.
    Whole(i128),
    /// An `f32`.
    F32(f32),
    /// An `f64`, or a float written as a word: an infinity or NaN.
    Float(f64),
    /// A bool.
    Bool(bool),
    /// A text: `char[N]`, a character or a label.
    Text(&'a str),
}

impl Value {
    /// The value of this type in `bytes`, which are the field's.
    ///
    /// # Panics
    /// If they are not as many as the type has.
    pub fn of(ctype: CType, bytes: &[u8]) -> Self {
        assert_eq!(bytes.len(), ctype.size() as usize, "the bytes of one {ctype}");
        if ctype.is_list() {
            Self::List(Self::elements(ctype, bytes).collect())
        } else {
            Self::load(ctype.element(), bytes)
        }
    }

    /// The elements of an array; any other value, text too, is one element.
    pub(crate) fn elements(ctype: CType, bytes: &[u8]) -> impl Iterator<Item = Self> + use<'_> {
        let scalar = ctype.element();
        let size = if ctype.is_text() { bytes.len() } else { scalar.size() as usize };
        bytes.chunks_exact(size).map(move |element| Self::load(scalar, element))
    }

    /// Reads one `scalar` from `bytes`, which have its size, or any length for text.
    pub(crate) fn load(scalar: Scalar, bytes: &[u8]) -> Self {
        match scalar {
            Scalar::I8 => Self::Int(i8::from_le_bytes(exact(bytes)).into()),
            Scalar::I16 => Self::Int(i16::from_le_bytes(exact(bytes)).into()),
            Scalar::I32 => Self::Int(i32::from_le_bytes(exact(bytes)).into()),
            Scalar::I64 => Self::Int(i64::from_le_bytes(exact(bytes))),
            Scalar::U8 => Self::Uint(u8::from_le_bytes(exact(bytes)).into()),
            Scalar::U16 => Self::Uint(u16::from_le_bytes(exact(bytes)).into()),
            Scalar::U32 => Self::Uint(u32::from_le_bytes(exact(bytes)).into()),
            Scalar::U64 => Self::Uint(u64::from_le_bytes(exact(bytes))),
            Scalar::F32 => Self::F32(f32::from_le_bytes(exact(bytes))),
            Scalar::F64 => Self::F64(f64::from_le_bytes(exact(bytes))),
            Scalar::Bool => Self::Bool(exact(bytes) != [0]),
            Scalar::Char => Self::Text(String::from_utf8_lossy(until_nul(bytes)).into_owned()),
        }
    }

    /// The number that a label may name; `None` for floats, texts and integers beyond `i64`.
    pub(crate) fn label_key(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Uint(value) => i64::try_from(*value).ok(),
            Self::Bool(value) => Some((*value).into()),
            Self::F32(_) | Self::F64(_) | Self::Text(_) | Self::List(_) => None,
        }
    }

    /// The kind of value, for messages: "integer", "text", ...
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

/// The bytes as an array. Every caller slices by the size of the scalar, so the lengths agree.
fn exact<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

/// A precision in the formatter applies to floats.
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

/// Writes a float with all of its digits, or with an exponent, as in JSON, if most of them would be
/// zeros.
fn write_float<T>(f: &mut fmt::Formatter<'_>, number: T) -> fmt::Result
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

macro_rules! value_from {
    ($($source:ty => $variant:ident,)*) => {$(
        impl From<$source> for Value {
            fn from(value: $source) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

value_from! {
    i32 => Int,
    i64 => Int,
    u32 => Uint,
    u64 => Uint,
    f32 => F32,
    f64 => F64,
    bool => Bool,
    &str => Text,
    String => Text,
    Vec<Value> => List,
}
