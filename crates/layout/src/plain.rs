//! One scalar read out of bytes, before it becomes a [`Value`] or text. Allocates nothing.

use core::fmt;

use crate::ctype::Scalar;
use crate::text::Escaped;
use crate::value::{Value, write_float};

/// A scalar that was read. Narrow integers are widened; a `bool` byte other than 0 reads as true.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Plain {
    Int(i64),
    Uint(u64),
    F32(f32),
    F64(f64),
    Bool(bool),
    Char(u8),
}

impl Plain {
    /// Reads `scalar` from `bytes`, whose length is the size of `scalar`.
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
            Scalar::Char => {
                let [byte] = exact(bytes);
                Self::Char(byte)
            }
        }
    }

    /// The number a label would name; `None` for floats and integers beyond `i64`.
    pub(crate) fn label_key(self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(value),
            Self::Uint(value) => i64::try_from(value).ok(),
            Self::Bool(value) => Some(value.into()),
            Self::Char(byte) => Some(byte.into()),
            Self::F32(_) | Self::F64(_) => None,
        }
    }
}

/// The bytes as an array. Every caller slices by the size of the scalar, so the lengths agree.
fn exact<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

/// The text of a `char`: nothing for NUL, U+FFFD for a byte that is not ASCII.
fn char_text(byte: &u8) -> &[u8] {
    if *byte == 0 { &[] } else { core::slice::from_ref(byte) }
}

impl From<Plain> for Value {
    fn from(plain: Plain) -> Self {
        match plain {
            Plain::Int(value) => Self::Int(value),
            Plain::Uint(value) => Self::Uint(value),
            Plain::F32(value) => Self::F32(value),
            Plain::F64(value) => Self::F64(value),
            Plain::Bool(value) => Self::Bool(value),
            Plain::Char(byte) => Self::Text(String::from_utf8_lossy(char_text(&byte)).into_owned()),
        }
    }
}

/// As the line template prints it; a precision in the formatter applies to floats.
impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => value.fmt(f),
            Self::Uint(value) => value.fmt(f),
            Self::F32(value) => write_float(f, *value),
            Self::F64(value) => write_float(f, *value),
            Self::Bool(value) => value.fmt(f),
            Self::Char(byte) => Escaped(char_text(byte)).fmt(f),
        }
    }
}
