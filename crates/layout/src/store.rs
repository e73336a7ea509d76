//! A value on its way into a record: checked against the field, then written as bytes.
//!
//! Invariant: a value that is refused changes nothing, not even the first elements of a list.

use crate::ctype::{CType, Scalar};
use crate::field::Field;
use crate::value::Value;

/// Why a value does not go into a field. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The record has no field of this name.
    #[error("the record has no field {name:?}; use one of: {known}")]
    NoSuchField {
        /// The name.
        name: String,
        /// The names it has, separated by commas; shortened if there are many.
        known: String,
    },
    /// The record has fewer fields.
    #[error("the record has no field number {index}; it has {count}, counted from 0")]
    NoSuchIndex {
        /// The number.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// The value is of another kind than the field.
    #[error("field {field:?} is {ctype} and takes {want}, not {kind}; change the value")]
    WrongKind {
        /// The field.
        field: String,
        /// Its type.
        ctype: CType,
        /// What it takes.
        want: &'static str,
        /// What it got, as [`Value::kind`] says it.
        kind: &'static str,
    },
    /// A number that the field's type cannot hold.
    #[error("{value} does not fit field {field:?} ({ctype}); use a value it can hold")]
    OutOfRange {
        /// The field.
        field: String,
        /// Its type.
        ctype: CType,
        /// The number.
        value: String,
    },
    /// A number with a fraction for an integer field.
    #[error("{value} is not a whole number, and field {field:?} is {ctype}; round it first")]
    NotWhole {
        /// The field.
        field: String,
        /// Its type.
        ctype: CType,
        /// The number.
        value: String,
    },
    /// A text that no label of the field has.
    #[error("{text:?} is no label of field {field:?}; use a number or one of its labels")]
    UnknownLabel {
        /// The field.
        field: String,
        /// The text.
        text: String,
    },
    /// A text longer than the field.
    #[error(
        "text of {len} bytes does not fit field {field:?} ({ctype}), which holds {max}; shorten it"
    )]
    TextTooLong {
        /// The field.
        field: String,
        /// Its type.
        ctype: CType,
        /// Bytes of the text.
        len: usize,
        /// Bytes of text the field holds.
        max: usize,
    },
    /// A character that one byte cannot hold.
    #[error(
        "{text:?} is not one ASCII character, and field {field:?} is char; use char[N] for text"
    )]
    NotAscii {
        /// The field.
        field: String,
        /// The text.
        text: String,
    },
    /// A text with a NUL inside: readers would see only what stands before it.
    #[error("the text for field {field:?} holds a NUL at byte {at}; remove it")]
    Nul {
        /// The field.
        field: String,
        /// Where, in bytes.
        at: usize,
    },
    /// A list of another length than the array.
    #[error("field {field:?} is {ctype}, the list has {len} elements; give exactly as many")]
    WrongCount {
        /// The field.
        field: String,
        /// Its type.
        ctype: CType,
        /// Elements of the list.
        len: usize,
    },
}

/// Writes `value` to `place`, the bytes of `field`.
pub(crate) fn store(field: &Field, value: &Value, place: &mut [u8]) -> Result<(), ValueError> {
    let element = field.ctype.element();
    match field.ctype.count() {
        None => put(place, scalar_bits(field, value)?),
        Some(_) if element == Scalar::Char => store_text(field, value, place)?,
        Some(count) => store_list(field, value, count, place)?,
    }
    Ok(())
}

/// The low bytes of `bits`, as many as there is place for.
fn put(place: &mut [u8], bits: [u8; 8]) {
    place.copy_from_slice(&bits[..place.len()]);
}

fn store_text(field: &Field, value: &Value, place: &mut [u8]) -> Result<(), ValueError> {
    let Value::Text(text) = value else { return Err(wrong_kind(field, value)) };
    if let Some(at) = text.find('\0') {
        return Err(ValueError::Nul { field: field.name.clone(), at });
    }
    // One byte stays NUL, so that a C program may print the field with %s.
    let (len, max) = (text.len(), place.len() - 1);
    if len > max {
        let (field, ctype) = (field.name.clone(), field.ctype);
        return Err(ValueError::TextTooLong { field, ctype, len, max });
    }
    let (head, tail) = place.split_at_mut(len);
    head.copy_from_slice(text.as_bytes());
    tail.fill(0);
    Ok(())
}

fn store_list(
    field: &Field,
    value: &Value,
    count: u32,
    place: &mut [u8],
) -> Result<(), ValueError> {
    let Value::List(items) = value else { return Err(wrong_kind(field, value)) };
    if items.len() != count as usize {
        let (field, ctype) = (field.name.clone(), field.ctype);
        return Err(ValueError::WrongCount { field, ctype, len: items.len() });
    }
    // Everything is checked before anything is written.
    for item in items {
        scalar_bits(field, item)?;
    }
    let size = field.ctype.element().size() as usize;
    for (item, place) in items.iter().zip(place.chunks_exact_mut(size)) {
        put(place, scalar_bits(field, item)?);
    }
    Ok(())
}

/// The little-endian bytes of `value` as one scalar of `field`.
fn scalar_bits(field: &Field, value: &Value) -> Result<[u8; 8], ValueError> {
    if let Value::Text(text) = value {
        return text_bits(field, value, text);
    }
    match field.ctype.element() {
        Scalar::F32 => f32_bits(field, value),
        Scalar::F64 => {
            let number = as_f64(value).ok_or_else(|| wrong_kind(field, value))?;
            Ok(number.to_le_bytes())
        }
        Scalar::Char => Err(wrong_kind(field, value)),
        Scalar::Bool => bool_bits(field, value),
        _ => int_bits(field, value),
    }
}

/// A text for a scalar: a label, or the character itself.
fn text_bits(field: &Field, value: &Value, text: &str) -> Result<[u8; 8], ValueError> {
    if let Some(number) = field.label_value(text) {
        return Ok(number.to_le_bytes());
    }
    let name = || field.name.clone();
    if field.ctype.element() == Scalar::Char {
        let byte = match text.as_bytes() {
            [] => 0,
            [0] => return Err(ValueError::Nul { field: name(), at: 0 }),
            [byte] => *byte,
            _ => return Err(ValueError::NotAscii { field: name(), text: text.to_owned() }),
        };
        return Ok(u64::from(byte).to_le_bytes());
    }
    if field.labels.is_empty() {
        return Err(wrong_kind(field, value));
    }
    Err(ValueError::UnknownLabel { field: name(), text: text.to_owned() })
}

fn bool_bits(field: &Field, value: &Value) -> Result<[u8; 8], ValueError> {
    match value {
        Value::Bool(value) => Ok(u64::from(*value).to_le_bytes()),
        Value::Int(_) | Value::Uint(_) => int_bits(field, value),
        _ => Err(wrong_kind(field, value)),
    }
}

fn int_bits(field: &Field, value: &Value) -> Result<[u8; 8], ValueError> {
    let number = match value {
        Value::Int(number) => i128::from(*number),
        Value::Uint(number) => i128::from(*number),
        Value::F32(number) => whole(field, f64::from(*number))?,
        Value::F64(number) => whole(field, *number)?,
        _ => return Err(wrong_kind(field, value)),
    };
    let fits =
        field.ctype.element().int_range().is_some_and(|(min, max)| (min..=max).contains(&number));
    if !fits {
        return Err(out_of_range(field, value));
    }
    // In range, so the low bytes in two's complement are the number.
    let mut bits = [0; 8];
    bits.copy_from_slice(&number.to_le_bytes()[..8]);
    Ok(bits)
}

/// A float without a fraction, as an integer.
fn whole(field: &Field, number: f64) -> Result<i128, ValueError> {
    // NaN and the infinities have the fraction NaN, which equals nothing.
    if number.fract() != 0.0 {
        let (field, ctype) = (field.name.clone(), field.ctype);
        return Err(ValueError::NotWhole { field, ctype, value: number.to_string() });
    }
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and the range check follows")]
    Ok(number as i128)
}

fn f32_bits(field: &Field, value: &Value) -> Result<[u8; 8], ValueError> {
    let wide = as_f64(value).ok_or_else(|| wrong_kind(field, value))?;
    #[expect(clippy::cast_possible_truncation, reason = "rounds to the nearest f32")]
    let narrow = wide as f32;
    if narrow.is_infinite() && wide.is_finite() {
        return Err(out_of_range(field, value));
    }
    Ok(u64::from(narrow.to_bits()).to_le_bytes())
}

#[expect(clippy::cast_precision_loss, reason = "an integer in a float field is rounded")]
fn as_f64(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Uint(number) => Some(*number as f64),
        Value::F32(number) => Some((*number).into()),
        Value::F64(number) => Some(*number),
        Value::Bool(_) | Value::Text(_) | Value::List(_) => None,
    }
}

fn out_of_range(field: &Field, value: &Value) -> ValueError {
    let (field, ctype) = (field.name.clone(), field.ctype);
    ValueError::OutOfRange { field, ctype, value: value.to_string() }
}

fn wrong_kind(field: &Field, value: &Value) -> ValueError {
    let ctype = field.ctype;
    let want = match (ctype.element(), ctype.count().is_some()) {
        (Scalar::Char, false) => "one character",
        (Scalar::Char, true) => "text",
        (Scalar::Bool, false) => "true, false, 0 or 1",
        (Scalar::Bool, true) => "a list of true, false, 0 or 1",
        (Scalar::F32 | Scalar::F64, false) => "a number",
        (Scalar::F32 | Scalar::F64, true) => "a list of numbers",
        (_, false) => "a whole number",
        (_, true) => "a list of whole numbers",
    };
    ValueError::WrongKind { field: field.name.clone(), ctype, want, kind: value.kind() }
}
