//! The C types a field may have: twelve scalars, and arrays of them.
//!
//! Invariant: a [`CType`] is never empty and never larger than [`MAX_RECORD`], so its size is
//! always a valid `u32` and no later sum of two of them overflows a `u64`.
//!
//! Price: eight bytes, `Copy`.

use core::fmt;
use core::num::{IntErrorKind, NonZeroU32};
use core::str::FromStr;

use crate::error::{SchemaError, SchemaPart as Part, refuse};
use crate::limits::MAX_RECORD;

macro_rules! scalars {
    ($($variant:ident = $code:literal $name:literal $c_type:literal,)*) => {
        /// One C scalar as it lies in memory: little-endian, aligned to its own size.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Scalar {
            $(#[doc = $c_type] $variant = $code,)*
        }

        impl Scalar {
            /// Every scalar, in the order of its code.
            pub const ALL: [Self; 12] = [$(Self::$variant),*];

            /// The name in configurations: `"i32"`, `"f64"`, `"bool"`, `"char"`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

scalars! {
    I8 = 1 "i8" "`int8_t`",
    I16 = 2 "i16" "`int16_t`",
    I32 = 3 "i32" "`int32_t`",
    I64 = 4 "i64" "`int64_t`",
    U8 = 5 "u8" "`uint8_t`",
    U16 = 6 "u16" "`uint16_t`",
    U32 = 7 "u32" "`uint32_t`",
    U64 = 8 "u64" "`uint64_t`",
    F32 = 9 "f32" "`float`",
    F64 = 10 "f64" "`double`",
    Bool = 11 "bool" "`bool`: one byte, anything but zero is true",
    Char = 12 "char" "`char`: one byte of text",
}

impl Scalar {
    /// Size of one value in bytes; also its alignment.
    pub const fn size(self) -> u32 {
        match self {
            Self::I8 | Self::U8 | Self::Bool | Self::Char => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    /// The byte for this scalar in an encoded schema: 1 to 12, never 0.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The scalar with this code, or `None`.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|scalar| scalar.code() == code)
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
        let bits = 8 * self.size();
        Some(match self {
            Self::I8 | Self::I16 | Self::I32 | Self::I64 => {
                (-1 << (bits - 1), (1 << (bits - 1)) - 1)
            }
            Self::U8 | Self::U16 | Self::U32 | Self::U64 => (0, (1 << bits) - 1),
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
    type Err = SchemaError;

    fn from_str(text: &str) -> Result<Self, SchemaError> {
        scalar_of(text, text)
    }
}

/// The scalar called `name` in the type `text`.
fn scalar_of(name: &str, text: &str) -> Result<Scalar, SchemaError> {
    match Scalar::ALL.into_iter().find(|scalar| scalar.name() == name) {
        Some(scalar) => Ok(scalar),
        None => refuse!(
            Part::Type,
            "type {text:?} is unknown; use i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 bool char, \
             or an array such as char[20]"
        ),
    }
}

/// The error for an array of so many elements, as they were written.
fn too_large(scalar: Scalar, count: impl fmt::Display) -> SchemaError {
    let message = format!(
        "type {scalar}[{count}] is larger than a record may be ({MAX_RECORD} bytes); shorten the array"
    );
    SchemaError::new(Part::Type, message)
}

/// The type of a field: one scalar, or an array of them.
///
/// ```
/// use layout::{CType, Scalar};
///
/// let name: CType = "char[20]".parse()?;
/// assert_eq!((name.size(), name.align(), name.is_text()), (20, 1, true));
/// assert_eq!(CType::array(Scalar::F32, 3)?.to_string(), "f32[3]");
/// # Ok::<(), layout::SchemaError>(())
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
    pub fn array(scalar: Scalar, count: u32) -> Result<Self, SchemaError> {
        match Self::checked_array(scalar, count as usize) {
            Some(array) => Ok(array),
            None if count == 0 => refuse!(
                Part::Type,
                "type {scalar}[0] has no elements; give it at least one or leave the field out"
            ),
            None => Err(too_large(scalar, count)),
        }
    }

    /// As [`array`](Self::array), in a constant, where an error cannot hold a formatted text.
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

    /// Size of the whole value in bytes, 1 to [`MAX_RECORD`].
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

    /// Whether values are lists: an array of anything but `char`.
    pub(crate) const fn is_list(self) -> bool {
        self.count.is_some() && !self.is_text()
    }

    /// The values that a label may name: what the integers, `bool` and a single `char` hold.
    pub(crate) const fn label_range(self) -> Option<(i128, i128)> {
        match self.count {
            Some(_) if self.is_text() => None,
            _ => self.scalar.int_range(),
        }
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
    type Err = SchemaError;

    fn from_str(text: &str) -> Result<Self, SchemaError> {
        let Some((scalar, rest)) = text.split_once('[') else {
            return text.parse().map(Self::scalar);
        };
        let scalar = scalar_of(scalar, text)?;
        let count = rest.strip_suffix(']').unwrap_or_default();
        match count.parse() {
            Ok(_) if !count.bytes().all(|byte| byte.is_ascii_digit()) => {}
            Ok(count) => return Self::array(scalar, count),
            // Digits alone, but more than a u32 has.
            Err(err) if *err.kind() == IntErrorKind::PosOverflow => {
                return Err(too_large(scalar, count));
            }
            Err(_) => {}
        }
        let (what, advice) = match () {
            () if !rest.ends_with(']') => ("does not end with ]", "write it as"),
            () if count.is_empty() => ("has no element count", "write it as"),
            () if count.contains("][") => {
                ("is an array of arrays", "use one of all elements, as in")
            }
            () => ("has no whole number between [ and ]", "write it as"),
        };
        refuse!(Part::Type, "type {text:?} {what}; {advice} {scalar}[20]")
    }
}
