//! The C types a field may have: twelve scalars, and arrays of them.
//!
//! Invariant: a [`CType`] is never empty and never larger than [`MAX_RECORD`], so its size is
//! always a valid `u32` and no later sum of two of them overflows a `u64`.
//!
//! Price: eight bytes, `Copy`.

use core::fmt;
use core::num::NonZeroU32;
use core::str::FromStr;

use crate::limits::MAX_RECORD;

/// One C scalar as it lies in memory: little-endian, aligned to its own size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// `int8_t`
    I8,
    /// `int16_t`
    I16,
    /// `int32_t`
    I32,
    /// `int64_t`
    I64,
    /// `uint8_t`
    U8,
    /// `uint16_t`
    U16,
    /// `uint32_t`
    U32,
    /// `uint64_t`
    U64,
    /// `float`
    F32,
    /// `double`
    F64,
    /// `bool`: one byte, anything but zero is true
    Bool,
    /// `char`: one byte of text
    Char,
}

impl Scalar {
    /// Every scalar, in the order of its code.
    pub const ALL: [Self; 12] = [
        Self::I8,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::U8,
        Self::U16,
        Self::U32,
        Self::U64,
        Self::F32,
        Self::F64,
        Self::Bool,
        Self::Char,
    ];

    /// Bytes of one value; also its alignment.
    pub const fn size(self) -> u32 {
        match self {
            Self::I8 | Self::U8 | Self::Bool | Self::Char => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    /// The byte that stands for this scalar in an encoded schema: 1 to 12, never 0.
    pub const fn code(self) -> u8 {
        match self {
            Self::I8 => 1,
            Self::I16 => 2,
            Self::I32 => 3,
            Self::I64 => 4,
            Self::U8 => 5,
            Self::U16 => 6,
            Self::U32 => 7,
            Self::U64 => 8,
            Self::F32 => 9,
            Self::F64 => 10,
            Self::Bool => 11,
            Self::Char => 12,
        }
    }

    /// The scalar that `code` stands for, or `None`.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|scalar| scalar.code() == code)
    }

    /// The name as configurations write it: `"i32"`, `"f64"`, `"bool"`, `"char"`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Bool => "bool",
            Self::Char => "char",
        }
    }

    /// Whether this is `f32` or `f64`.
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// Whether this is one of the eight integers.
    pub const fn is_int(self) -> bool {
        !self.is_float() && !matches!(self, Self::Bool | Self::Char)
    }

    /// The smallest and the largest whole number this scalar holds; `None` for floats.
    ///
    /// A `bool` holds 0 and 1, a `char` the ASCII codes 0 to 127.
    pub const fn int_range(self) -> Option<(i128, i128)> {
        // `as` widens: every bound fits an i128.
        Some(match self {
            Self::I8 => (i8::MIN as i128, i8::MAX as i128),
            Self::I16 => (i16::MIN as i128, i16::MAX as i128),
            Self::I32 => (i32::MIN as i128, i32::MAX as i128),
            Self::I64 => (i64::MIN as i128, i64::MAX as i128),
            Self::U8 => (0, u8::MAX as i128),
            Self::U16 => (0, u16::MAX as i128),
            Self::U32 => (0, u32::MAX as i128),
            Self::U64 => (0, u64::MAX as i128),
            Self::Bool => (0, 1),
            Self::Char => (0, 127),
            Self::F32 | Self::F64 => return None,
        })
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Scalar {
    type Err = CTypeError;

    fn from_str(text: &str) -> Result<Self, CTypeError> {
        Self::ALL
            .into_iter()
            .find(|scalar| scalar.name() == text)
            .ok_or_else(|| CTypeError::Unknown { text: text.to_owned() })
    }
}

/// The type of a field: one scalar, or an array of them.
///
/// ```
/// use layout::{CType, Scalar};
///
/// let name: CType = "char[20]".parse()?;
/// assert_eq!((name.size(), name.align(), name.is_text()), (20, 1, true));
/// assert_eq!(CType::array(Scalar::F32, 3)?.to_string(), "f32[3]");
/// # Ok::<(), layout::CTypeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CType {
    scalar: Scalar,
    count: Option<NonZeroU32>,
}

impl CType {
    /// One value of `scalar`.
    pub const fn scalar(scalar: Scalar) -> Self {
        Self { scalar, count: None }
    }

    /// `scalar[count]`; an error if `count` is 0 or the array is larger than [`MAX_RECORD`].
    pub fn array(scalar: Scalar, count: u32) -> Result<Self, CTypeError> {
        if count == 0 {
            return Err(CTypeError::ZeroLength { scalar });
        }
        Self::checked_array(scalar, count as usize).ok_or(CTypeError::TooLarge { scalar, count })
    }

    /// The same at compile time, where an error with text in it cannot be.
    #[allow(clippy::cast_possible_truncation)] // at most MAX_RECORD, a u32
    pub(crate) const fn checked_array(scalar: Scalar, count: usize) -> Option<Self> {
        if count > MAX_RECORD as usize / scalar.size() as usize {
            return None;
        }
        match NonZeroU32::new(count as u32) {
            Some(count) => Some(Self { scalar, count: Some(count) }),
            None => None,
        }
    }

    /// The scalar, or the scalar of each element.
    pub const fn element(self) -> Scalar {
        self.scalar
    }

    /// The number of elements of an array; `None` for a single value.
    pub const fn count(self) -> Option<u32> {
        match self.count {
            Some(count) => Some(count.get()),
            None => None,
        }
    }

    /// Bytes of the whole value, 1 to [`MAX_RECORD`].
    pub const fn size(self) -> u32 {
        match self.count() {
            Some(count) => count * self.scalar.size(),
            None => self.scalar.size(),
        }
    }

    /// Alignment in bytes: 1, 2, 4 or 8.
    pub const fn align(self) -> u32 {
        self.scalar.size()
    }

    /// Whether values are text: `char` or `char[N]`.
    pub const fn is_text(self) -> bool {
        matches!(self.scalar, Scalar::Char)
    }
}

impl From<Scalar> for CType {
    fn from(scalar: Scalar) -> Self {
        Self::scalar(scalar)
    }
}

impl fmt::Display for CType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            None => self.scalar.fmt(f),
            Some(count) => f.pad(&format!("{}[{count}]", self.scalar)),
        }
    }
}

impl FromStr for CType {
    type Err = CTypeError;

    fn from_str(text: &str) -> Result<Self, CTypeError> {
        let Some((scalar, rest)) = text.split_once('[') else {
            return text.parse().map(Self::scalar);
        };
        let scalar: Scalar =
            scalar.parse().map_err(|_| CTypeError::Unknown { text: text.to_owned() })?;
        let digits = rest.strip_suffix(']').unwrap_or("");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CTypeError::BadCount { text: text.to_owned() });
        }
        // More digits than a u32 has can only be too large.
        let count = digits.parse().unwrap_or(u32::MAX);
        Self::array(scalar, count)
    }
}

/// Why a type was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CTypeError {
    /// No scalar has this name.
    #[error(
        "type {text:?} is unknown; use i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 bool char, \
         or an array such as char[20]"
    )]
    Unknown {
        /// What was written.
        text: String,
    },
    /// What stands between the brackets is no number.
    #[error("type {text:?} has no element count; write it as char[20]")]
    BadCount {
        /// What was written.
        text: String,
    },
    /// An array of nothing.
    #[error("type {scalar}[0] has no elements; give it at least one or leave the field out")]
    ZeroLength {
        /// The element type.
        scalar: Scalar,
    },
    /// The array alone is larger than a record may be.
    #[error(
        "type {scalar}[{count}] is larger than a record may be ({MAX_RECORD} bytes); shorten the array"
    )]
    TooLarge {
        /// The element type.
        scalar: Scalar,
        /// The number of elements; `u32::MAX` also stands for more than that.
        count: u32,
    },
}
