//! Checks a value against its field and writes its bytes.
//!
//! Invariant: a refused value changes nothing, not even the first elements of a list. All numbers
//! are converted here, those in text from their digits.
//!
//! ```text
//!   Value --Literal--> scalar_bits --> text: a label, a character
//!                                      f32, f64: the nearest
//!                                      bool: any number but 0 is true
//!                                      integers: whole and in range, or refused
//! ```

use crate::ctype::Scalar;
use crate::error::{ValueError, ValueErrorKind as Kind};
use crate::field::Field;
use crate::text::{counted, shorten};
use crate::value::{Literal, Value};

impl Literal<'_> {
    /// As [`Value::kind`] names it.
    fn kind(self) -> &'static str {
        match self {
            Self::Whole(_) => "integer",
            Self::Number(digits) if !digits.as_str().contains(['.', 'e', 'E']) => "integer",
            Self::F32(_) | Self::Float(_) | Self::Number(_) => "number",
            Self::Bool(_) => "bool",
            Self::Text(_) => "text",
        }
    }

    /// The number for a message: as written, if it came from a text.
    fn shown(self) -> String {
        match self {
            Self::Number(digits) => shorten(digits.as_str()),
            Self::Whole(number) => number.to_string(),
            Self::F32(number) => Value::F32(number).to_string(),
            Self::Float(number) => Value::F64(number).to_string(),
            Self::Bool(_) | Self::Text(_) => self.kind().to_owned(),
        }
    }

    /// The nearest `f64` of a number.
    #[expect(clippy::cast_precision_loss, reason = "an integer in a float field is rounded")]
    fn to_f64(self) -> f64 {
        match self {
            Self::Number(digits) => digits.to_f64(),
            Self::Whole(number) => number as f64,
            Self::F32(number) => number.into(),
            Self::Float(number) => number,
            Self::Bool(_) | Self::Text(_) => f64::NAN,
        }
    }

    /// The nearest `f32` of a number: by one rounding, also from digits.
    #[expect(clippy::cast_possible_truncation, reason = "rounds to the nearest f32")]
    #[expect(clippy::cast_precision_loss, reason = "an integer in a float field is rounded")]
    fn to_f32(self) -> f32 {
        match self {
            Self::Number(digits) => digits.to_f32(),
            Self::Whole(number) => number as f32,
            Self::F32(number) => number,
            _ => self.to_f64() as f32,
        }
    }

    /// Whether it is an infinity, rather than a number beyond the largest float.
    fn is_infinite(self) -> bool {
        matches!(self, Self::F32(_) | Self::Float(_)) && self.to_f64().is_infinite()
    }
}

/// Writes `value` to `place`, the bytes of `field`.
pub(crate) fn store(field: &Field, value: &Value, place: &mut [u8]) -> Result<(), ValueError> {
    match value {
        Value::List(items) if field.ctype.is_list() => store_list(field, items, place),
        value => store_literal(field, literal(field, value)?, place),
    }
}

/// `value`, which is not a list, as a literal.
fn literal<'v>(field: &Field, value: &'v Value) -> Result<Literal<'v>, ValueError> {
    Ok(match value {
        Value::Int(number) => Literal::Whole((*number).into()),
        Value::Uint(number) => Literal::Whole((*number).into()),
        Value::F32(number) => Literal::F32(*number),
        Value::F64(number) => Literal::Float(*number),
        Value::Bool(value) => Literal::Bool(*value),
        Value::Text(text) => Literal::Text(text),
        Value::List(_) => return Err(field.wrong_kind("list")),
    })
}

/// Writes `literal` to `place`, the bytes of `field`, which is a scalar or text.
pub(crate) fn store_literal(
    field: &Field,
    literal: Literal<'_>,
    place: &mut [u8],
) -> Result<(), ValueError> {
    match (field.ctype.count(), field.ctype.is_text(), literal) {
        (None, ..) => put(place, scalar_bits(field, literal)?),
        (Some(_), true, Literal::Text(text)) => store_text(field, text, place)?,
        _ => return Err(field.wrong_kind(literal.kind())),
    }
    Ok(())
}

/// Fills `place` with the low bytes of `bits`.
pub(crate) fn put(place: &mut [u8], bits: [u8; 8]) {
    place.copy_from_slice(&bits[..place.len()]);
}

fn store_text(
    Field { name, ctype, .. }: &Field,
    text: &str,
    place: &mut [u8],
) -> Result<(), ValueError> {
    if let Some(at) = text.find('\0') {
        return bad_text(has_nul(name, at));
    }
    // The last byte stays NUL, so that a C program may print the field with %s.
    let (len, max) = (text.len(), place.len() - 1);
    if len > max {
        let fact = format!(
            "text of {} does not fit field {name:?} ({ctype}), which holds {max}",
            counted(len, "byte")
        );
        return bad_text((fact, "shorten it"));
    }
    let (head, tail) = place.split_at_mut(len);
    head.copy_from_slice(text.as_bytes());
    tail.fill(0);
    Ok(())
}

fn bad_text<T>((fact, advice): (String, &'static str)) -> Result<T, ValueError> {
    Err(ValueError::new(Kind::BadText, fact, advice))
}

fn has_nul(name: &str, at: usize) -> (String, &'static str) {
    (format!("the text for field {name:?} holds a NUL at byte {at}"), "remove it")
}

fn store_list(field: &Field, items: &[Value], place: &mut [u8]) -> Result<(), ValueError> {
    let size = field.ctype.element().size() as usize;
    if items.len() != place.len() / size {
        return Err(field.wrong_count(&counted(items.len(), "element")));
    }
    let bits = |item| scalar_bits(field, literal(field, item)?);
    // All elements are checked before the first is written.
    for item in items {
        bits(item)?;
    }
    for (item, place) in items.iter().zip(place.chunks_exact_mut(size)) {
        put(place, bits(item)?);
    }
    Ok(())
}

/// The little-endian bytes of `literal` as one scalar of `field`.
pub(crate) fn scalar_bits(field: &Field, literal: Literal<'_>) -> Result<[u8; 8], ValueError> {
    match (field.ctype.element(), literal) {
        (_, Literal::Text(text)) => text_bits(field, text),
        (Scalar::Bool, Literal::Bool(value)) => Ok(u64::from(value).to_le_bytes()),
        (Scalar::Char, _) | (_, Literal::Bool(_)) => Err(field.wrong_kind(literal.kind())),
        (Scalar::Bool, _) => bool_bits(field, literal),
        (Scalar::F32 | Scalar::F64, _) => float_bits(field, literal),
        _ => int_bits(field, literal),
    }
}

/// A text for a scalar: a label, or a character.
fn text_bits(field: &Field, text: &str) -> Result<[u8; 8], ValueError> {
    let name = &field.name;
    if let Some(number) = field.label_value(text) {
        return Ok(number.to_le_bytes());
    }
    if field.ctype.is_text() {
        return match text.as_bytes() {
            [0] => bad_text(has_nul(name, 0)),
            [] => Ok([0; 8]),
            [byte] => Ok(u64::from(*byte).to_le_bytes()),
            _ => {
                let text = shorten(text);
                let fact =
                    format!("{text:?} is not one ASCII character, and field {name:?} is char");
                bad_text((fact, "use char[N] for text"))
            }
        };
    }
    if field.labels.is_empty() {
        return Err(no_label(field, text));
    }
    let text = shorten(text);
    let fact = format!("{text:?} is no label of field {name:?}");
    Err(ValueError::new(Kind::UnknownLabel, fact, "use a number or one of its labels"))
}

/// The error for a text in a field without labels. It may be a number that only a float can be.
fn no_label(field: &Field, text: &str) -> ValueError {
    let Field { name, ctype, .. } = field;
    let is_special = matches!(text, "NaN" | "Infinity" | "-Infinity");
    if is_special && ctype.element().int_range().is_some() {
        let fact = format!("{text} is not a whole number, and field {name:?} is {ctype}");
        return ValueError::new(Kind::NotWhole, fact, "change the value");
    }
    field.wrong_kind("text")
}

/// Any number but 0 is true. NaN is refused.
fn bool_bits(field: &Field, literal: Literal<'_>) -> Result<[u8; 8], ValueError> {
    let is_zero = match literal {
        Literal::Number(digits) => digits.is_zero(),
        _ if literal.to_f64().is_nan() => return Err(out_of_range(field, literal)),
        _ => literal.to_f64() == 0.0,
    };
    Ok(u64::from(!is_zero).to_le_bytes())
}

fn int_bits(field: &Field, literal: Literal<'_>) -> Result<[u8; 8], ValueError> {
    let is_whole = match literal {
        Literal::Whole(_) => true,
        Literal::Number(digits) => digits.is_whole(),
        // NaN and the infinities have the fraction NaN, which equals nothing.
        _ => literal.to_f64().fract() == 0.0,
    };
    if !is_whole {
        return Err(not_whole(field, literal));
    }
    let number = match literal {
        Literal::Whole(number) => Some(number),
        Literal::Number(digits) => digits.whole(),
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and is compared below")]
        _ => Some(literal.to_f64() as i128),
    };
    let in_range = |number: &i128| {
        field.ctype.element().int_range().is_some_and(|(min, max)| (min..=max).contains(number))
    };
    let number = number.filter(in_range).ok_or_else(|| out_of_range(field, literal))?;
    // In range, so the low bytes in two's complement are the number.
    let mut bits = [0; 8];
    bits.copy_from_slice(&number.to_le_bytes()[..8]);
    Ok(bits)
}

fn float_bits(field: &Field, literal: Literal<'_>) -> Result<[u8; 8], ValueError> {
    let (is_infinite, bits) = if field.ctype.element() == Scalar::F32 {
        let nearest = literal.to_f32();
        (nearest.is_infinite(), u64::from(nearest.to_bits()))
    } else {
        let nearest = literal.to_f64();
        (nearest.is_infinite(), nearest.to_bits())
    };
    if is_infinite && !literal.is_infinite() {
        return Err(out_of_range(field, literal));
    }
    Ok(bits.to_le_bytes())
}

fn out_of_range(Field { name, ctype, .. }: &Field, literal: Literal<'_>) -> ValueError {
    let value = literal.shown();
    let fact = format!("{value} does not fit field {name:?} ({ctype})");
    ValueError::new(Kind::OutOfRange, fact, "use a value it can hold")
}

fn not_whole(Field { name, ctype, .. }: &Field, literal: Literal<'_>) -> ValueError {
    let value = literal.shown();
    let fact = format!("{value} is not a whole number, and field {name:?} is {ctype}");
    ValueError::new(Kind::NotWhole, fact, "round it first")
}

impl Field {
    /// The error that a value of this kind (as [`Value::kind`] names it) is not what the field takes.
    pub fn wrong_kind(&self, kind: &str) -> ValueError {
        let Self { name, ctype, .. } = self;
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
        let fact = format!("field {name:?} is {ctype} and takes {want}, not {kind}");
        ValueError::new(Kind::WrongKind, fact, "change the value")
    }

    pub(crate) fn wrong_count(&self, found: &str) -> ValueError {
        let Self { name, ctype, .. } = self;
        let fact = format!("field {name:?} is {ctype}, the list has {found}");
        ValueError::new(Kind::WrongCount, fact, "give exactly as many")
    }
}
