//! A value of the file on its way into a field: tried in a record, so that what is refused at run time
//! is refused here, with its place in the file.

use layout::{Digits, Field, Literal, RecordBuf, Scalar, Value, ValueError};
use toml::de::DeValue;

use super::Constant;
use crate::document::Entry;
use crate::error::{SettingsError, SettingsErrorKind as Kind};

/// The field a source is for, and a record to try values in.
pub(super) struct Target<'s> {
    index: usize,
    scratch: &'s mut RecordBuf,
}

impl<'s> Target<'s> {
    /// Field number `index` of the record; `scratch` is one to try values in.
    pub(super) fn new(index: usize, scratch: &'s mut RecordBuf) -> Self {
        Self { index, scratch }
    }

    pub(super) fn field(&self) -> &Field {
        &self.scratch.schema().fields()[self.index]
    }

    /// A value that the field can hold.
    pub(super) fn constant(&mut self, entry: &Entry<'_>) -> Result<Constant, SettingsError> {
        let value = match entry.value() {
            DeValue::Array(_) => self.fill(entry)?,
            _ => self.set(entry)?,
        };
        Ok(Constant::checked(value))
    }

    fn set(&mut self, entry: &Entry<'_>) -> Result<Value, SettingsError> {
        let literal = literal(entry, self.field())?;
        self.scratch.set_literal(self.index, literal).map_err(|error| unfit(entry, error))?;
        Ok(match literal {
            // As the file has it: a label stays one.
            Literal::Text(text) => Value::from(text),
            _ => self.scratch.value(self.index),
        })
    }

    fn fill(&mut self, entry: &Entry<'_>) -> Result<Value, SettingsError> {
        let field = self.field().clone();
        let mut elements = self.scratch.elements(self.index).map_err(|error| entry.error(error))?;
        for item in entry.items("a list")? {
            if item.value().is_array() {
                return Err(item.error(field.wrong_kind("list")));
            }
            elements.push(literal(&item, &field)?).map_err(|error| match error {
                ValueError::TooMany { .. } => entry.error(error),
                error => unfit(&item, error),
            })?;
        }
        elements.finish().map_err(|error| entry.error(error))?;
        Ok(self.scratch.value(self.index))
    }
}

/// Says why the field cannot hold the value, in the words of the file.
fn unfit(entry: &Entry<'_>, error: ValueError) -> SettingsError {
    match &error {
        ValueError::OutOfRange { ctype, .. } => match ctype.element().int_range() {
            Some((min, max)) => entry.error(Kind::OutOfRange { found: entry.shown(), min, max }),
            None => entry
                .bad_value_for(format!("a number that fits {}", ctype.element()), "a smaller one"),
        },
        ValueError::NotWhole { ctype, .. } => {
            let want = format!("a whole number, which {ctype} needs");
            entry.bad_value_for(want, "one, or give the field the type f64")
        }
        _ => entry.error(error),
    }
}

fn literal<'d>(entry: &Entry<'d>, field: &Field) -> Result<Literal<'d>, SettingsError> {
    Ok(match entry.value() {
        DeValue::String(text) => Literal::Text(text),
        DeValue::Boolean(value) => Literal::Bool(*value),
        DeValue::Integer(number) => {
            let whole = whole_of_64_bits(entry)?;
            // A float is the nearest of its own type, which the digits alone give.
            Digits::new(number.as_str())
                .filter(|_| number.radix() == 10)
                .map_or(Literal::Whole(whole), Literal::Number)
        }
        DeValue::Float(float) => match Digits::new(float.as_str()) {
            Some(digits) if vanishes(digits, field.ctype().element()) => {
                let want = format!("a number that {} can tell from 0", field.ctype().element());
                return Err(entry.bad_value_for(want, "0, or a larger one"));
            }
            Some(digits) => Literal::Number(digits),
            None => {
                let special = float.as_str().parse();
                Literal::Float(special.map_err(|_| entry.bad_value("a number"))?)
            }
        },
        DeValue::Array(_) | DeValue::Datetime(_) | DeValue::Table(_) => {
            return Err(entry.wrong_type("a number, text, true, false or a list"));
        }
    })
}

fn whole_of_64_bits(entry: &Entry<'_>) -> Result<i128, SettingsError> {
    let number = entry.whole()?;
    let fits = i64::try_from(number).is_ok() || u64::try_from(number).is_ok();
    fits.then_some(number)
        .ok_or_else(|| entry.bad_value_for("a number of 64 bits", "a smaller one"))
}

/// Whether nothing is left of a number in a float field.
fn vanishes(digits: Digits<'_>, scalar: Scalar) -> bool {
    let nearest = match scalar {
        Scalar::F32 => digits.to_f32().into(),
        Scalar::F64 => digits.to_f64(),
        _ => return false,
    };
    nearest == 0.0 && !digits.is_zero()
}
