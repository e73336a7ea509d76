//! A message in JSON as a record.
//!
//! Invariant: a message is read once, from left to right, and never kept as a tree: nothing is allocated but texts with
//! escapes, and as many numbers as an array has.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use daemon::counted;
use mapcast::dynamic::{Field, RecordBuf, Scalar, Value};
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
    record.set(index, &value(field, raw)?).map_err(|error| error.fact().to_owned())
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

fn value(field: &Field, raw: &str) -> Result<Value, String> {
    let Some(count) = field.ctype().count().filter(|_| raw.starts_with('[')) else {
        return number(field, raw);
    };
    let mut parser = serde_json::Deserializer::from_str(raw);
    let mut refusal = None;
    let items = parser.deserialize_seq(Items { field, count, refusal: &mut refusal });
    let as_many = || expected(field, &format!("a list of {count} numbers"));
    items.map(Value::List).map_err(|_| refusal.unwrap_or_else(as_many))
}

/// As many numbers as an array has.
struct Items<'a> {
    field: &'a Field,
    count: u32,
    /// Why an item was refused: see [`Object`].
    refusal: &'a mut Option<String>,
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = Vec<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Value>, A::Error> {
        let mut items = Vec::new();
        for _ in 0..self.count {
            let item: &RawValue = list.next_element()?.ok_or_else(|| A::Error::custom("few"))?;
            items.push(number(self.field, item.get()).map_err(|why| {
                *self.refusal = Some(why);
                A::Error::custom("refused")
            })?);
        }
        match list.next_element::<IgnoredAny>()? {
            None => Ok(items),
            Some(_) => Err(A::Error::custom("many")),
        }
    }
}

/// A number from its digits, so that it is rounded once; `null` is NaN.
fn number(field: &Field, raw: &str) -> Result<Value, String> {
    let scalar = field.ctype().element();
    let parsed = match (raw, scalar) {
        ("true" | "false", _) => Some(Value::Bool(raw == "true")),
        ("null", Scalar::F32) => Some(Value::F32(f32::NAN)),
        ("null", Scalar::F64) => Some(Value::F64(f64::NAN)),
        (_, Scalar::F32) => raw.parse().ok().map(Value::F32),
        (_, Scalar::F64) => raw.parse().ok().map(Value::F64),
        _ => {
            let whole = raw.parse().map(Value::Uint).or_else(|_| raw.parse().map(Value::Int));
            whole.ok().or_else(|| raw.parse().ok().map(Value::F64))
        }
    };
    match parsed {
        // JSON has no infinity: it is a number that is too large.
        Some(Value::F32(number)) if number.is_infinite() => Err(out_of_range(field, raw)),
        Some(Value::F64(number)) if number.is_infinite() && scalar != Scalar::Bool => {
            Err(out_of_range(field, raw))
        }
        Some(number) => Ok(number),
        None => Err(expected(field, "a number")),
    }
}

fn out_of_range(field: &Field, raw: &str) -> String {
    format!("{raw} is out of range for field {:?} ({})", field.name(), field.ctype())
}

fn expected(field: &Field, what: &str) -> String {
    format!("field {:?} ({}) needs {what}", field.name(), field.ctype())
}
