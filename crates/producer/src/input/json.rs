//! Reads one JSON object into the fields of a record: all of its values, or none.
//!
//! Invariant: a line is read from left to right, once, and never kept as a tree. Parsing ends at
//! the first error. So parsing a line allocates nothing except for a text with escapes, and for which
//! members of each object it has had.
//!
//! ```text
//!   {"temperature": 21.5, "door": "open", "imu": {"accel": [0, 0, 9.8], "temp": 30}}
//!        |                   |                |
//!   member              member, by       pointers "/imu/accel/2", "/imu/temp": the other elements
//!                       its label        of the list are skipped
//! ```
//!
//! A member that no field uses makes the line a bad one, also inside of a nested object that has some: it is
//! most likely a misspelt key, and an error is better than a field that never changes. `ignore_unknown`
//! skips it instead. A member that appears twice in one object is ambiguous, and the line a bad one.
//!
//! Price: the bytes of a value are read twice, first for its end and then for its content; those of
//! a nested value once more for each level of a pointer.

use std::fmt;
use std::sync::Arc;

use daemon::Monotonic;
use layout::{Elements, Field, RecordBuf, ValueError};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::keys::{Keys, Node, Target};
use super::left_out::{self, set_unknown};
use super::line_error::LineError;
use super::scalar::Scalar;

/// After this much work the parser calls `keep_going`. A byte of a value is 1, a member or an
/// element [`STEP`] more.
const CHECK_EVERY: usize = 1 << 18;
const STEP: usize = 1 << 6;

/// Reads one line into `record`. A key that the line leaves out keeps its value, unless its source
/// says otherwise. Calls `keep_going` from
/// time to time; if that returns false, the line is abandoned.
pub(crate) fn apply_line(
    line: &[u8],
    keys: &mut Keys,
    record: &mut RecordBuf,
    keep_going: &mut dyn FnMut() -> bool,
) -> Result<(), LineError> {
    let mut copy = record.clone();
    let found = read(line, keys, &mut copy, keep_going)?;
    let now = Monotonic::now();
    left_out::fill(keys, &found, now, &mut copy)?;
    *record = copy;
    keys.mark_seen(&found, now);
    Ok(())
}

/// Reads `line` into `record`, which is invalid after an error. Returns for each target of `keys`
/// whether the line had a value for it.
fn read(
    line: &[u8],
    keys: &Keys,
    record: &mut RecordBuf,
    keep_going: &mut dyn FnMut() -> bool,
) -> Result<Vec<bool>, LineError> {
    let line = text_of(line)?;
    let found = vec![false; keys.targets.len()];
    let checkpoint = Checkpoint { work: 0, keep_going };
    let mut reading = Reading { line, keys, record, found, checkpoint, refusal: None };
    let mut parser = serde_json::Deserializer::from_str(line);
    let members = Children { node: &keys.members, reading: &mut reading };
    match parser.deserialize_map(members).and_then(|()| parser.end()) {
        Ok(()) => Ok(reading.found),
        Err(error) => Err(reading.refusal.unwrap_or_else(|| LineError::not_object(line, &error))),
    }
}

/// A line as text.
pub(super) fn text_of(line: &[u8]) -> Result<&str, LineError> {
    str::from_utf8(line).map_err(|error| LineError::NotJson {
        what: "invalid unicode code point".to_owned(),
        column: error.valid_up_to() + 1,
    })
}

/// A line that is being read.
struct Reading<'l, 'a> {
    line: &'l str,
    keys: &'a Keys,
    record: &'a mut RecordBuf,
    found: Vec<bool>,
    checkpoint: Checkpoint<'a>,
    /// Why the parser was stopped.
    refusal: Option<LineError>,
}

/// Calls `keep_going` after each [`CHECK_EVERY`] of work.
struct Checkpoint<'a> {
    /// Work since the last call.
    work: usize,
    keep_going: &'a mut dyn FnMut() -> bool,
}

impl Checkpoint<'_> {
    /// Counts a member or an element, `bytes` of whose value were read.
    fn step(&mut self, bytes: usize) -> Result<(), LineError> {
        self.work += STEP + bytes;
        if self.work < CHECK_EVERY {
            return Ok(());
        }
        self.work = 0;
        if (self.keep_going)() { Ok(()) } else { Err(LineError::Stopped) }
    }
}

impl<'l> Reading<'l, '_> {
    /// Stores the value `raw`, or parts of it, in the fields that use it.
    fn take(&mut self, node: &Node, raw: &'l str) -> Result<(), LineError> {
        self.checkpoint.step(raw.len())?;
        let keys = self.keys;
        for &number in &node.targets {
            let target = &keys.targets[number];
            match raw.as_bytes().first() {
                Some(b'[') => self.fill(target, raw)?,
                _ => self.set(target, raw)?,
            }
            self.found[number] = true;
        }
        if node.children.is_empty() {
            return Ok(());
        }
        let mut parser = serde_json::Deserializer::from_str(raw);
        let children = Children { node, reading: self };
        let read = match raw.as_bytes().first() {
            Some(b'{') => parser.deserialize_map(children),
            Some(b'[') if node.items > 0 => parser.deserialize_seq(children),
            // What is inside of it is not known either.
            Some(b'n') => {
                return node.children.iter().try_for_each(|(_, child)| self.take(child, raw));
            }
            _ if node.targets.is_empty() => return Err(LineError::flat(node, raw)),
            _ => return Ok(()),
        };
        self.unless_refused(read, raw)
    }

    fn set(&mut self, target: &Target, raw: &'l str) -> Result<(), LineError> {
        let ctype = self.record.schema().fields()[target.field].ctype();
        let scalar = Scalar::read(target, ctype, raw, self.line)?;
        let set = match scalar {
            Scalar::Unknown => set_unknown(self.record, target.field),
            _ => self.record.set_literal(target.field, scalar.literal()),
        };
        set.map_err(|error| refused(target, error))
    }

    fn fill(&mut self, target: &Target, raw: &'l str) -> Result<(), LineError> {
        let schema = Arc::clone(self.record.schema());
        let list = List {
            target,
            field: &schema.fields()[target.field],
            elements: self.record.elements(target.field).map_err(|error| refused(target, error))?,
            line: self.line,
            checkpoint: &mut self.checkpoint,
            refusal: &mut self.refusal,
        };
        let read = serde_json::Deserializer::from_str(raw).deserialize_seq(list);
        self.unless_refused(read, raw)
    }

    /// The result of a parser over `raw`, a part of the line.
    fn unless_refused(&mut self, read: serde_json::Result<()>, raw: &str) -> Result<(), LineError> {
        read.map_err(|error| match self.refusal.take() {
            Some(refusal) => refusal,
            None => LineError::not_json(&error, self.line, offset(self.line, raw)),
        })
    }
}

/// Stops the parser, whose error type cannot hold ours.
fn stop<T, E: Error>(
    result: Result<T, LineError>,
    refusal: &mut Option<LineError>,
) -> Result<T, E> {
    result.map_err(|error| {
        *refusal = Some(error);
        E::custom("stopped")
    })
}

/// The members of the line's object, or of a nested value.
struct Children<'r, 'l, 'a> {
    node: &'r Node,
    reading: &'r mut Reading<'l, 'a>,
}

impl<'r> Children<'r, '_, '_> {
    /// The child called `name`; `None`: it is skipped. `held`: which children the object has had.
    fn child(&mut self, name: &str, held: &mut [bool]) -> Result<Option<&'r Node>, LineError> {
        self.reading.checkpoint.step(name.len())?;
        let (number, child) = match self.node.child(name) {
            Some(child) => child,
            None if self.reading.keys.ignores_unknown => return Ok(None),
            None => return Err(LineError::unknown(name, self.node)),
        };
        if std::mem::replace(&mut held[number], true) {
            return Err(LineError::Twice(child.key()));
        }
        Ok(Some(child))
    }
}

impl<'l> Visitor<'l> for Children<'_, 'l, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'l>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut held = vec![false; self.node.children.len()];
        while let Some(child) = map.next_key_seed(Name(|name: &str| self.child(name, &mut held)))? {
            let Some(child) = stop(child, &mut self.reading.refusal)? else {
                map.next_value::<IgnoredAny>()?;
                stop(self.reading.checkpoint.step(0), &mut self.reading.refusal)?;
                continue;
            };
            let raw: &RawValue = map.next_value()?;
            stop(self.reading.take(child, raw.get()), &mut self.reading.refusal)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'l>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { node, reading, .. } = self;
        for index in 0..node.items {
            let Some(raw) = list.next_element::<&RawValue>()? else { return Ok(()) };
            stop(reading.checkpoint.step(0), &mut reading.refusal)?;
            if let Some((_, child)) = node.child(&index.to_string()) {
                stop(reading.take(child, raw.get()), &mut reading.refusal)?;
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            stop(reading.checkpoint.step(0), &mut reading.refusal)?;
        }
        Ok(())
    }
}

/// Passes a key to a function.
struct Name<F>(F);

impl<'de, T, F: FnOnce(&str) -> T> DeserializeSeed<'de> for Name<F> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<T, F: FnOnce(&str) -> T> Visitor<'_> for Name<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<T, E> {
        Ok((self.0)(name))
    }
}

/// A list for an array.
struct List<'r, 'l, 'a> {
    target: &'r Target,
    field: &'r Field,
    elements: Elements<'r>,
    line: &'l str,
    checkpoint: &'r mut Checkpoint<'a>,
    refusal: &'r mut Option<LineError>,
}

impl<'l> List<'_, 'l, '_> {
    fn push(&mut self, raw: &'l str) -> Result<(), LineError> {
        self.checkpoint.step(raw.len())?;
        if raw.starts_with('[') {
            return Err(refused(self.target, self.field.wrong_kind("list")));
        }
        let scalar = Scalar::read(self.target, self.field.ctype(), raw, self.line)?;
        self.elements.push(scalar.literal()).map_err(|error| refused(self.target, error))
    }
}

impl<'l> Visitor<'l> for List<'_, 'l, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'l>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(raw) = list.next_element::<&RawValue>()? {
            let pushed = self.push(raw.get());
            stop(pushed, self.refusal)?;
        }
        let finished = self.elements.finish();
        stop(finished.map_err(|error| refused(self.target, error)), self.refusal)
    }
}

pub(super) fn refused(target: &Target, source: ValueError) -> LineError {
    LineError::Value { key: target.key.to_string(), source }
}

/// Where in `line` its part `raw` begins.
pub(super) fn offset(line: &str, raw: &str) -> usize {
    raw.as_ptr().addr().saturating_sub(line.as_ptr().addr())
}
