//! A message in JSON as a record.
//!
//! Invariant: a message is read once, from left to right, and never kept as a tree: nothing is allocated but texts with
//! escapes. A number goes into the record by its digits, as in the input of a producer: a whole one is exact in every
//! notation, a float the nearest of its type.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use daemon::counted;
use layout::{Digits, Elements, Literal, ValueError};
use mapcast::dynamic::{Field, RecordBuf, Scalar};
use serde::de::{Deserializer as _, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The members of the objects of a schema.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Members {
    /// The field of each: all fields have one.
    pub(crate) fields: BTreeMap<String, usize>,
    /// Whether they were the fields of a region.
    pub(crate) is_exact: bool,
}

/// Reads an object into `record`, which has the fields of `members`.
///
/// # Errors
/// It is no object, a member does not fit its field, or a field has no member.
pub(crate) fn read(
    message: &[u8],
    members: &Members,
    record: &mut RecordBuf,
) -> Result<(), String> {
    record.bytes_mut().fill(0);
    let schema = Arc::clone(record.schema());
    let mut is_read = vec![false; schema.fields().len()];
    let mut refusal = None;
    let object = Object { members, record, is_read: &mut is_read, refusal: &mut refusal };
    let mut parser = serde_json::Deserializer::from_slice(message);
    let read = parser.deserialize_map(object).and_then(|()| parser.end());
    read.map_err(|error| refusal.unwrap_or_else(|| format!("no JSON object: {error}")))?;
    let missing = schema.fields().iter().zip(is_read).find(|(_, is_read)| !is_read);
    missing.map_or(Ok(()), |(field, _)| Err(format!("field {:?} is missing", field.name())))
}

/// The members of the object, of which those that are fields are read.
struct Object<'a> {
    members: &'a Members,
    record: &'a mut RecordBuf,
    /// Of which fields there was a member.
    is_read: &'a mut [bool],
    /// Why a member was refused: the error of the parser cannot hold it.
    refusal: &'a mut Option<String>,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let schema = Arc::clone(self.record.schema());
        while let Some(Name(name)) = map.next_key()? {
            let Some(&index) = self.members.fields.get(&*name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let raw: &RawValue = map.next_value()?;
            let (field, raw) = (&schema.fields()[index], raw.get());
            let set = match field.ctype().element() {
                Scalar::Char => set_text(self.record, field, raw, self.members),
                _ => set(self.record, index, field, raw),
            };
            if let Err(why) = set {
                *self.refusal = Some(why);
                return Err(A::Error::custom("refused"));
            }
            self.is_read[index] = true;
        }
        Ok(())
    }
}

/// The name of a member.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

fn set(record: &mut RecordBuf, index: usize, field: &Field, raw: &str) -> Result<(), String> {
    match field.ctype().count().filter(|_| raw.starts_with('[')) {
        Some(count) => fill(record, index, field, count, raw),
        None => record.set_literal(index, number(field, raw)?).map_err(|error| fact(&error)),
    }
}

/// The text of a region filled its field to the last byte, if it had that many, and is cut if it has more now: each byte
/// that was no UTF-8 has become three. Another text has to fit.
fn set_text(
    record: &mut RecordBuf,
    field: &Field,
    raw: &str,
    members: &Members,
) -> Result<(), String> {
    let text: String = serde_json::from_str(raw).map_err(|_| expected(field, "a text"))?;
    if let Some(at) = text.find('\0') {
        // The text of a region ends there.
        return Err(expected(field, &format!("a text without the NUL that is at byte {at}")));
    }
    let place = &mut record.bytes_mut()[field.offset() as usize..field.end() as usize];
    let most = place.len() - usize::from(!members.is_exact);
    if text.len() > most && !members.is_exact {
        let most = counted(most as u64, "byte");
        return Err(expected(field, &format!("a text of {most} at most, not {}", text.len())));
    }
    let len = text.len().min(most);
    place[..len].copy_from_slice(&text.as_bytes()[..len]);
    Ok(())
}

/// Puts the list `raw` into an array of `count` elements.
fn fill(
    record: &mut RecordBuf,
    index: usize,
    field: &Field,
    count: u32,
    raw: &str,
) -> Result<(), String> {
    let elements = record.elements(index).map_err(|error| fact(&error))?;
    let mut refusal = None;
    let items = Items { field, count, elements, refusal: &mut refusal };
    let read = serde_json::Deserializer::from_str(raw).deserialize_seq(items);
    let as_many = || expected(field, &format!("a list of {count} numbers"));
    read.map_err(|_| refusal.unwrap_or_else(as_many))
}

/// As many numbers as an array has.
struct Items<'a> {
    field: &'a Field,
    count: u32,
    elements: Elements<'a>,
    /// Why an item was refused: see [`Object`].
    refusal: &'a mut Option<String>,
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        for _ in 0..self.count {
            let item: &RawValue = list.next_element()?.ok_or_else(|| A::Error::custom("few"))?;
            let pushed = number(self.field, item.get())
                .and_then(|item| self.elements.push(item).map_err(|error| fact(&error)));
            if let Err(why) = pushed {
                *self.refusal = Some(why);
                return Err(A::Error::custom("refused"));
            }
        }
        match list.next_element::<IgnoredAny>()? {
            None => Ok(()),
            Some(_) => Err(A::Error::custom("many")),
        }
    }
}

/// A number, or a bool; `null` is NaN.
fn number<'r>(field: &Field, raw: &'r str) -> Result<Literal<'r>, String> {
    match (raw, field.ctype().element()) {
        ("true" | "false", _) => Ok(Literal::Bool(raw == "true")),
        ("null", Scalar::F32 | Scalar::F64) => Ok(Literal::Float(f64::NAN)),
        _ => Digits::new(raw).map(Literal::Number).ok_or_else(|| expected(field, "a number")),
    }
}

/// What is wrong, without the advice for a producer.
fn fact(error: &ValueError) -> String {
    error.fact().to_owned()
}

fn expected(field: &Field, what: &str) -> String {
    format!("field {:?} ({}) needs {what}", field.name(), field.ctype())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use layout::{Digits, Literal};
    use mapcast::dynamic::{CType, FieldSpec, RecordBuf, Schema};

    use super::{Members, read};

    /// A record whose field x has this type.
    fn one(ctype: &str) -> RecordBuf {
        let ctype: CType = ctype.parse().expect("a type");
        let schema = Schema::builder("ONE").field(FieldSpec::new("x", ctype)).build();
        RecordBuf::new(Arc::new(schema.expect("a record")))
    }

    /// The record of type `ctype` that a message with `raw` is.
    fn read_one(ctype: &str, raw: &str) -> Result<RecordBuf, String> {
        let mut record = one(ctype);
        let members = Members { fields: [("x".to_owned(), 0)].into(), is_exact: false };
        let message = format!("{{\"x\": {raw}}}");
        read(message.as_bytes(), &members, &mut record).map(|()| record)
    }

    #[test]
    fn a_number_is_that_of_its_digits_in_every_notation() {
        for (ctype, numbers) in [
            ("u64", &["18446744073709551615", "18446744073709551615.0", "9007199254740993.0"][..]),
            ("i64", &["-9007199254740993.0", "-9.223372036854775808e18", "-0.0", "9e18"]),
            ("bool", &["1e-400", "1e400", "0.0", "0e400", "0.4", "-1"]),
            ("f32", &["0.1", "9007199791611905", "1.00000017881393432617187499", "-0", "1e-400"]),
            ("f64", &["9007199254740993.0", "0.1", "5e-324", "1e-400"]),
        ] {
            for digits in numbers {
                let number = Literal::Number(Digits::new(digits).expect("a number"));
                let mut want = one(ctype);
                want.set_literal(0, number).expect("it fits");
                assert_eq!(read_one(ctype, digits), Ok(want.clone()), "{digits} as {ctype}");
                let list = format!("{ctype}[2]");
                let mut want = one(&list);
                let mut elements = want.elements(0).expect("an array");
                elements.push(number).and_then(|()| elements.push(number)).expect("they fit");
                let have = read_one(&list, &format!("[{digits}, {digits}]"));
                assert_eq!(have, Ok(want), "{digits} as {list}");
            }
        }
    }
}
