//! One JSON object as values for fields: all of them, or none.
//!
//! Invariant: a bad line changes nothing. Its values are written into a copy of the record, which
//! takes the record's place only when the whole line was good.
//!
//! ```text
//!   {"temperature": 21.5, "door": "open", "imu": {"accel": [0, 0, 9.8], "temp": 30}}
//!        |                   |                |
//!   member              member, by       pointers "/imu/accel", "/imu/temp": what else is in
//!                       its label        the nested object is nobody's business
//! ```
//!
//! A member of the object that no field takes its value from makes the line a bad one: it is most
//! likely a misspelt key, and a field that silently never changes is worse than a message.
//!
//! Price: one small allocation per member and text; a copy of the record per line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use layout::{RecordBuf, Value, ValueError};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value as Json;
use serde_json::error::Category;
use settings::InputKey;

/// How many keys a message lists.
const LISTED: usize = 12;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum LineError {
    /// Not JSON at all, or two values on one line.
    #[error("not JSON ({what} at column {column}); write one object per line")]
    NotJson {
        /// The parser's words.
        what: String,
        /// Where, counted from 1.
        column: usize,
    },
    /// JSON, but no object.
    #[error("JSON, but {0} and not an object; write {{\"key\": value}}")]
    NotAnObject(&'static str),
    /// Longer than allowed; what it says is unknown.
    #[error("longer than {0} bytes; shorten it or raise max_line")]
    TooLong(usize),
    /// No field has its value from this member.
    #[error("key {key:?} is unknown; use {known}")]
    UnknownKey {
        /// The key.
        key: String,
        /// The keys there are.
        known: String,
    },
    /// The same key twice: which one counts?
    #[error("key {0:?} is there twice; leave one of them out")]
    Twice(String),
    /// `null` for a value.
    #[error("key {0:?} is null; leave it out to keep its last value")]
    Null(String),
    /// An object for a value.
    #[error("key {0:?} holds an object; name its member in the configuration (key = \"/a/b\")")]
    Nested(String),
    /// Not a value of that field.
    #[error("key {key:?}: {source}")]
    Value {
        /// The key.
        key: String,
        /// Why.
        source: ValueError,
    },
}

/// Which values of the object fill which fields, and which have been seen.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    /// By the member of the object that holds the value.
    members: BTreeMap<String, Vec<Target>>,
}

/// A field and where its value is.
#[derive(Clone, Debug)]
struct Target {
    /// The key as the configuration has it.
    key: String,
    /// From the member on: "" is the member itself.
    pointer: String,
    field: usize,
    seen: bool,
}

impl Keys {
    /// From pairs of a key and the number of a field; a key may fill several fields.
    pub(crate) fn new<'a>(pairs: impl IntoIterator<Item = (&'a InputKey, usize)>) -> Self {
        let mut members = BTreeMap::<String, Vec<Target>>::new();
        for (key, field) in pairs {
            let (key, member, pointer) = match key {
                InputKey::Member(name) => (name, name.clone(), String::new()),
                InputKey::Pointer(pointer) => {
                    let (member, rest) = split(pointer);
                    (pointer, member, rest)
                }
            };
            let target = Target { key: key.clone(), pointer, field, seen: false };
            members.entry(member).or_default().push(target);
        }
        Self { members }
    }

    /// The keys that no good line has held so far: their fields have no value yet.
    pub(crate) fn missing(&self) -> Vec<&str> {
        let unseen = self.targets().filter(|target| !target.seen);
        let keys: BTreeSet<&str> = unseen.map(|target| target.key.as_str()).collect();
        keys.into_iter().collect()
    }

    /// Whether every field has had a value.
    pub(crate) fn is_complete(&self) -> bool {
        self.targets().all(|target| target.seen)
    }

    /// Takes over from an earlier configuration what has been seen. `kept` are the fields whose
    /// values were taken over: pairs of the number now and the number then.
    pub(crate) fn carry_over(&mut self, earlier: &Self, kept: &[(usize, usize)]) {
        let seen: BTreeSet<usize> =
            earlier.targets().filter(|target| target.seen).map(|target| target.field).collect();
        for target in self.members.values_mut().flatten() {
            target.seen |=
                kept.iter().any(|(now, then)| *now == target.field && seen.contains(then));
        }
    }

    /// Reads one line into `record`. A key that the line leaves out keeps its value.
    pub(crate) fn apply(&mut self, line: &[u8], record: &mut RecordBuf) -> Result<(), LineError> {
        let Object(pairs) =
            serde_json::from_slice(line).map_err(|error| not_object(line, &error))?;
        let mut copy = record.clone();
        let mut names = BTreeSet::new();
        let mut found = BTreeSet::new();
        for (name, json) in &pairs {
            if !names.insert(name) {
                return Err(LineError::Twice(name.clone()));
            }
            for target in self.members.get(name).ok_or_else(|| self.unknown(name))? {
                let Some(json) = json.pointer(&target.pointer) else { continue };
                let value = value(&target.key, json)?;
                copy.set(target.field, &value)
                    .map_err(|source| LineError::Value { key: target.key.clone(), source })?;
                found.insert(target.field);
            }
        }
        *record = copy;
        for target in self.members.values_mut().flatten() {
            target.seen |= found.contains(&target.field);
        }
        Ok(())
    }

    fn targets(&self) -> impl Iterator<Item = &Target> {
        self.members.values().flatten()
    }

    fn unknown(&self, key: &str) -> LineError {
        let mut known: Vec<&str> = self.members.keys().take(LISTED).map(String::as_str).collect();
        if self.members.len() > LISTED {
            known.push("...");
        }
        LineError::UnknownKey { key: key.to_owned(), known: known.join(", ") }
    }
}

/// The first step of a JSON pointer, and the pointer from there: "/imu/accel" is "imu", "/accel".
fn split(pointer: &str) -> (String, String) {
    let steps = pointer.strip_prefix('/').unwrap_or(pointer);
    let (first, rest) = steps.split_at(steps.find('/').unwrap_or(steps.len()));
    (first.replace("~1", "/").replace("~0", "~"), rest.to_owned())
}

/// A JSON object with its keys in the order of the line, twice or not.
struct Object(Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Object(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

fn not_object(line: &[u8], error: &serde_json::Error) -> LineError {
    let column = error.column();
    let what = match error.classify() {
        Category::Data => return LineError::NotAnObject(kind(line)),
        Category::Eof => "the line ends too early".to_owned(),
        Category::Syntax | Category::Io => {
            let text = error.to_string();
            text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned()
        }
    };
    LineError::NotJson { what, column }
}

/// What a line that is JSON begins as.
fn kind(line: &[u8]) -> &'static str {
    match line.trim_ascii_start().first() {
        Some(b'[') => "a list",
        Some(b'"') => "a text",
        Some(b't' | b'f') => "a bool",
        Some(b'n') => "null",
        _ => "a number",
    }
}

fn value(key: &str, json: &Json) -> Result<Value, LineError> {
    Ok(match json {
        Json::Null => return Err(LineError::Null(key.to_owned())),
        Json::Object(_) => return Err(LineError::Nested(key.to_owned())),
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => {
            if let Some(value) = number.as_i64() {
                Value::Int(value)
            } else if let Some(value) = number.as_u64() {
                Value::Uint(value)
            } else {
                // Never NaN in practice: a number that is no integer is an f64.
                Value::F64(number.as_f64().unwrap_or(f64::NAN))
            }
        }
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => {
            Value::List(items.iter().map(|item| value(key, item)).collect::<Result<_, _>>()?)
        }
    })
}
