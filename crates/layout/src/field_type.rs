//! Which Rust types a field of a [`Record`](crate::Record) struct may have.
//!
//! Invariant: every implementor is [`Pod`], so any bytes that another process writes are a value of
//! it, and has the size of its C type. `#[derive(Record)]` asserts the second for every field.
//!
//! ```text
//!   i8..i64 u8..u64 f32 f64       the number          [T; N] of them     T[N]
//!   u8, #[record(bool)]           bool                [u8; N]            bool[N]
//!   u8, #[record(text)]           char                [u8; N]            char[N]
//! ```

use bytemuck::Pod;
use core::fmt;

use crate::ctype::{CType, Scalar};

/// A Rust type that a record holds in its representation in memory.
///
/// Implement it for a `#[repr(transparent)]` number of your own to use it in a record:
///
/// ```
/// use layout::{CType, FieldType};
///
/// #[repr(transparent)]
/// #[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
/// struct Meters(f32);
///
/// impl FieldType for Meters {
///     const TYPE: CType = f32::TYPE;
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a record",
    label = "not a type that processes can share",
    note = "use i8 to i64, u8 to u64, f32, f64 or an array such as [f32; 3]",
    note = "for text write `#[record(text)] name: [u8; 20]`, for truth `#[record(bool)] on: u8`",
    note = "for an enum write `#[record(labels = {Self})]` and its integer, as u8, for the type",
    note = "a record is flat: in place of an inner struct write its fields"
)]
pub trait FieldType: Pod {
    /// The C type that describes it.
    const TYPE: CType;
}

/// A number, which may be the element of an array in a record.
#[diagnostic::on_unimplemented(
    message = "an array of `{Self}` cannot be a field of a record",
    label = "not a number",
    note = "an array in a record holds i8 to i64, u8 to u64, f32 or f64"
)]
pub trait Number: FieldType {
    /// The scalar that describes it.
    const SCALAR: Scalar;
}

/// A type that can hold text: `u8` for one `char`, `[u8; N]` for `char[N]`, NUL-padded.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold text",
    label = "`#[record(text)]` is for `u8` and `[u8; N]`"
)]
pub trait TextType: FieldType {
    /// `char` or `char[N]`.
    const TEXT: CType;
}

/// A type that can hold booleans as C does, 0 or not 0: `u8`, or an array of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold truth values",
    label = "`#[record(bool)]` is for `u8` and `[u8; N]`"
)]
pub trait BoolType: FieldType {
    /// `bool` or `bool[N]`.
    const BOOL: CType;
}

macro_rules! numbers {
    ($($number:ty => $scalar:ident),* $(,)?) => {$(
        impl Number for $number {
            const SCALAR: Scalar = Scalar::$scalar;
        }
        impl FieldType for $number {
            const TYPE: CType = CType::scalar(Scalar::$scalar);
        }
    )*};
}

numbers! {
    i8 => I8, i16 => I16, i32 => I32, i64 => I64,
    u8 => U8, u16 => U16, u32 => U32, u64 => U64,
    f32 => F32, f64 => F64,
}

/// `scalar[count]`, at compile time.
const fn array(scalar: Scalar, count: usize) -> CType {
    match CType::checked_array(scalar, count) {
        Some(ctype) => ctype,
        None => panic!("an array in a record has at least one element and at most 16 MiB"),
    }
}

impl<T: Number, const N: usize> FieldType for [T; N] {
    const TYPE: CType = array(T::SCALAR, N);
}

impl TextType for u8 {
    const TEXT: CType = CType::scalar(Scalar::Char);
}

impl<const N: usize> TextType for [u8; N] {
    const TEXT: CType = array(Scalar::Char, N);
}

impl BoolType for u8 {
    const BOOL: CType = CType::scalar(Scalar::Bool);
}

impl<const N: usize> BoolType for [u8; N] {
    const BOOL: CType = array(Scalar::Bool, N);
}

/// A fieldless enum whose variants are the labels of an integer field.
///
/// The field itself stays the integer: another process may write a number that no variant has, and
/// such a byte in an enum would be undefined behaviour. `Mode::try_from(record.mode)` returns the
/// variant or an error. Implemented by `#[derive(Labels)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no labels",
    label = "not the labels of a field",
    note = "add `#[derive(Labels)]` to `{Self}`"
)]
pub trait Labels: Copy + 'static {
    /// The integer in its `#[repr(..)]`.
    type Repr: Number;
    /// Each variant's number and text.
    const LABELS: &'static [(i64, &'static str)];
}

/// A number that is not a variant of the enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownValue {
    /// The number.
    pub value: i64,
    /// The enum.
    pub of: &'static str,
}

impl fmt::Display for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is no value of {}", self.value, self.of)
    }
}

impl std::error::Error for UnknownValue {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_types_and_c_types_agree() {
        let same = |ctype: CType, text: &str| assert_eq!(ctype.to_string(), text);
        same(<[f32; 3]>::TYPE, "f32[3]");
        same(<[u8; 20]>::TEXT, "char[20]");
        same(<[u8; 2]>::BOOL, "bool[2]");
        same(u8::TEXT, "char");
        same(i64::TYPE, "i64");
    }
}
