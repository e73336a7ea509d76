//! A value on its way into a record: checked against the field, then written as bytes.
//!
//! Invariant: a value that is refused changes nothing, not even the first elements of a list.
//! Numbers are converted in one place, from their digits where they come from a text.
//!
//! ```text
//!   Value, Literal --Given--> scalar_bits --> text: a label, a character
//!                                             f32, f64: the nearest
//!                                             bool: any number but 0 is true
//!                                             integers: whole and in range, or refused
//! ```

use crate::ctype::Scalar;
use crate::digits::Digits;
use crate::field::Field;
use crate::text::shorten;
use crate::value::{Literal, Value};
use crate::value_error::ValueError;

/// A scalar on its way into a field, from a [`Value`] or a [`Literal`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Given<'a> {
    Int(i128),
    F32(f32),
    F64(f64),
    Digits(Digits<'a>),
    Bool(bool),
    Text(&'a str),
    /// A list where a scalar belongs.
    List,
}

impl<'a> From<Literal<'a>> for Given<'a> {
    fn from(literal: Literal<'a>) -> Self {
        match literal {
            Literal::Number(digits) => Self::Digits(digits),
            Literal::Whole(number) => Self::Int(number),
            Literal::Float(number) => Self::F64(number),
            Literal::Bool(value) => Self::Bool(value),
            Literal::Text(text) => Self::Text(text),
        }
    }
}

impl<'a> From<&'a Value> for Given<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Int(number) => Self::Int((*number).into()),
            Value::Uint(number) => Self::Int((*number).into()),
            Value::F32(number) => Self::F32(*number),
            Value::F64(number) => Self::F64(*number),
            Value::Bool(value) => Self::Bool(*value),
            Value::Text(text) => Self::Text(text),
            Value::List(_) => Self::List,
        }
    }
}

impl Given<'_> {
    /// The number for a message: as written, if it came from a text.
    fn shown(&self) -> String {
        match self {
            Self::Int(number) => number.to_string(),
            Self::F32(number) => Value::F32(*number).to_string(),
            Self::F64(number) => Value::F64(*number).to_string(),
            Self::Digits(digits) => shorten(digits.as_str()),
            Self::Bool(_) | Self::Text(_) | Self::List => self.kind().to_owned(),
        }
    }

    /// As [`Value::kind`] names it.
    fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) => "integer",
            Self::Digits(digits) if !digits.as_str().contains(['.', 'e', 'E']) => "integer",
            Self::F32(_) | Self::F64(_) | Self::Digits(_) => "number",
            Self::Bool(_) => "bool",
            Self::Text(_) => "text",
            Self::List => "list",
        }
    }
}

/// Writes `value` to `place`, the bytes of `field`.
pub(crate) fn store(field: &Field, value: &Value, place: &mut [u8]) -> Result<(), ValueError> {
    let is_list = field.ctype.count().is_some() && !field.ctype.is_text();
    match value {
        Value::List(items) if is_list => store_list(field, items, place),
        value => store_given(field, &value.into(), place),
    }
}

/// Writes `given` to `place`, the bytes of `field`, which is a scalar or text.
pub(crate) fn store_given(
    field: &Field,
    given: &Given<'_>,
    place: &mut [u8],
) -> Result<(), ValueError> {
    match (field.ctype.count(), field.ctype.is_text(), given) {
        (None, ..) => put(place, scalar_bits(field, given)?),
        (Some(_), true, Given::Text(text)) => store_text(field, text, place)?,
        _ => return Err(field.wrong_kind(given.kind())),
    }
    Ok(())
}

/// The low bytes of `bits`, as many as there is place for.
pub(crate) fn put(place: &mut [u8], bits: [u8; 8]) {
    place.copy_from_slice(&bits[..place.len()]);
}

fn store_text(field: &Field, text: &str, place: &mut [u8]) -> Result<(), ValueError> {
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

fn store_list(field: &Field, items: &[Value], place: &mut [u8]) -> Result<(), ValueError> {
    let size = field.ctype.element().size() as usize;
    if items.len() != place.len() / size {
        let (field, ctype) = (field.name.clone(), field.ctype);
        return Err(ValueError::WrongCount { field, ctype, len: items.len() });
    }
    // Everything is checked before anything is written.
    for item in items {
        scalar_bits(field, &item.into())?;
    }
    for (item, place) in items.iter().zip(place.chunks_exact_mut(size)) {
        put(place, scalar_bits(field, &item.into())?);
    }
    Ok(())
}

/// The little-endian bytes of `given` as one scalar of `field`.
pub(crate) fn scalar_bits(field: &Field, given: &Given<'_>) -> Result<[u8; 8], ValueError> {
    if let Given::Text(text) = given {
        return text_bits(field, text);
    }
    match field.ctype.element() {
        Scalar::F32 => f32_bits(field, given),
        Scalar::F64 => f64_bits(field, given),
        Scalar::Char => Err(field.wrong_kind(given.kind())),
        Scalar::Bool => bool_bits(field, given),
        _ => int_bits(field, given),
    }
}

/// A text for a scalar: a label, or the character itself.
fn text_bits(field: &Field, text: &str) -> Result<[u8; 8], ValueError> {
    if let Some(number) = field.label_value(text) {
        return Ok(number.to_le_bytes());
    }
    let name = || field.name.clone();
    if field.ctype.element() == Scalar::Char {
        let byte = match text.as_bytes() {
            [] => 0,
            [0] => return Err(ValueError::Nul { field: name(), at: 0 }),
            [byte] => *byte,
            _ => return Err(ValueError::NotAscii { field: name(), text: shorten(text) }),
        };
        return Ok(u64::from(byte).to_le_bytes());
    }
    if field.labels.is_empty() {
        return Err(field.wrong_kind("text"));
    }
    Err(ValueError::UnknownLabel { field: name(), text: shorten(text) })
}

/// Any number but 0 is true, however small or large. NaN is no number.
fn bool_bits(field: &Field, given: &Given<'_>) -> Result<[u8; 8], ValueError> {
    let value = match given {
        Given::Bool(value) => *value,
        Given::Int(number) => *number != 0,
        Given::Digits(digits) => !digits.is_zero(),
        Given::F32(number) if !number.is_nan() => *number != 0.0,
        Given::F64(number) if !number.is_nan() => *number != 0.0,
        Given::F32(_) | Given::F64(_) => return Err(out_of_range(field, given)),
        Given::Text(_) | Given::List => return Err(field.wrong_kind(given.kind())),
    };
    Ok(u64::from(value).to_le_bytes())
}

fn int_bits(field: &Field, given: &Given<'_>) -> Result<[u8; 8], ValueError> {
    let number = match given {
        Given::Int(number) => *number,
        Given::F32(number) => whole(field, given, f64::from(*number))?,
        Given::F64(number) => whole(field, given, *number)?,
        Given::Digits(digits) if !digits.is_whole() => return Err(not_whole(field, given)),
        Given::Digits(digits) => digits.whole().ok_or_else(|| out_of_range(field, given))?,
        Given::Bool(_) | Given::Text(_) | Given::List => {
            return Err(field.wrong_kind(given.kind()));
        }
    };
    let fits =
        field.ctype.element().int_range().is_some_and(|(min, max)| (min..=max).contains(&number));
    if !fits {
        return Err(out_of_range(field, given));
    }
    // In range, so the low bytes in two's complement are the number.
    let mut bits = [0; 8];
    bits.copy_from_slice(&number.to_le_bytes()[..8]);
    Ok(bits)
}

/// A float without a fraction, as an integer.
fn whole(field: &Field, given: &Given<'_>, number: f64) -> Result<i128, ValueError> {
    // NaN and the infinities have the fraction NaN, which equals nothing.
    if number.fract() != 0.0 {
        return Err(not_whole(field, given));
    }
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and the range check follows")]
    Ok(number as i128)
}

fn f32_bits(field: &Field, given: &Given<'_>) -> Result<[u8; 8], ValueError> {
    #[expect(clippy::cast_possible_truncation, reason = "rounds to the nearest f32")]
    #[expect(clippy::cast_precision_loss, reason = "an integer in a float field is rounded")]
    let (number, is_finite) = match given {
        Given::Int(number) => (*number as f32, true),
        Given::F32(number) => (*number, number.is_finite()),
        Given::F64(number) => (*number as f32, number.is_finite()),
        Given::Digits(digits) => (digits.to_f32(), true),
        Given::Bool(_) | Given::Text(_) | Given::List => {
            return Err(field.wrong_kind(given.kind()));
        }
    };
    if number.is_infinite() && is_finite {
        return Err(out_of_range(field, given));
    }
    Ok(u64::from(number.to_bits()).to_le_bytes())
}

fn f64_bits(field: &Field, given: &Given<'_>) -> Result<[u8; 8], ValueError> {
    #[expect(clippy::cast_precision_loss, reason = "an integer in a float field is rounded")]
    let number = match given {
        Given::Int(number) => *number as f64,
        Given::F32(number) => (*number).into(),
        Given::F64(number) => *number,
        Given::Digits(digits) if digits.to_f64().is_infinite() => {
            return Err(out_of_range(field, given));
        }
        Given::Digits(digits) => digits.to_f64(),
        Given::Bool(_) | Given::Text(_) | Given::List => {
            return Err(field.wrong_kind(given.kind()));
        }
    };
    Ok(number.to_le_bytes())
}

fn out_of_range(field: &Field, given: &Given<'_>) -> ValueError {
    let (field, ctype) = (field.name.clone(), field.ctype);
    ValueError::OutOfRange { field, ctype, value: given.shown() }
}

fn not_whole(field: &Field, given: &Given<'_>) -> ValueError {
    let (field, ctype) = (field.name.clone(), field.ctype);
    ValueError::NotWhole { field, ctype, value: given.shown() }
}

impl Field {
    /// The error that a value of this kind (as [`Value::kind`] says it) is not what the field takes.
    pub fn wrong_kind(&self, kind: &'static str) -> ValueError {
        let ctype = self.ctype;
        let want = match (ctype.element(), ctype.count().is_some()) {
            (Scalar::Char, false) => "one character",
            (Scalar::Char, true) => "text",
            (Scalar::Bool, false) => "true, false or a number",
            (Scalar::Bool, true) => "a list of true, false or numbers",
            (Scalar::F32 | Scalar::F64, false) => "a number",
            (Scalar::F32 | Scalar::F64, true) => "a list of numbers",
            (_, false) => "a whole number",
            (_, true) => "a list of whole numbers",
        };
        ValueError::WrongKind { field: self.name.clone(), ctype, want, kind }
    }
}
