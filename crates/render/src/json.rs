//! The line for programs: one JSON object, always with the same seven members in this order, and one
//! more, `"instance":"eth0"` after `sequence`, in a region of instances.
//!
//! ```text
//! {"lineage":1770091506070809,"sequence":7,"published_at":"2026-02-03T04:05:06.070809010Z",
//!  "age_ns":52100,"state":"live","epoch":1,"record":{"id":10,"name":"xiaoming","sex":"m"}}
//! ```
//!
//! - `lineage` and `sequence` are the name of the record; `state` and `epoch` are the region's when the
//!   line is written.
//! - Fields of the record are in the schema's order, or in the order asked for; an element is called
//!   `velocity[0]`. Arrays are arrays, `char[N]` is a string.
//! - A value is the record's: a number even where the text format shows a label. With labels it is
//!   the label, which a line of `input` may have in place of the number, too.
//! - With units a last member, `"units":{"speed":"m/s"}`, has those of the fields that have one.
//! - NaN and the infinities, which JSON does not have, are `null`; text that is not UTF-8 has U+FFFD
//!   in place of each bad piece.
//! - `age_ns` is `null` for a record of an earlier boot of the machine; all members but `instance` and
//!   `record` are `null` for a bare file, which does not have them.
//! - DEL, the C1 controls and the marks that turn the reading direction are written as `\u009b`,
//!   which JSON permits and terminals ignore.

use std::io::{self, Write};

use layout::text::{Lossy, is_control};
use layout::{Field, RecordView, Schema, Value};
use query::FieldRef;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::ser::Formatter;
use serde_json::value::{RawValue, to_raw_value};

use crate::columns::Column;
use crate::reading::{Origin, Reading};
use crate::view::View;

/// Writes objects.
#[derive(Debug)]
pub(crate) struct Json {
    columns: Vec<Column>,
    labels: bool,
    units: Option<Box<RawValue>>,
}

impl Json {
    pub(crate) fn new(columns: Vec<Column>, schema: &Schema, view: &View) -> Self {
        let units = Units { columns: &columns, schema };
        // An object of texts is always JSON.
        let units = view.units.then(|| to_raw_value(&units).ok()).flatten();
        Self { columns, labels: view.labels, units }
    }

    /// The fields that it prints.
    pub(crate) fn fields(&self) -> impl Iterator<Item = FieldRef> {
        self.columns.iter().map(|column| column.at)
    }

    pub(crate) fn render(&self, reading: &Reading<'_>, out: &mut impl Write) -> io::Result<()> {
        let origin = reading.origin.as_ref();
        let object = Line {
            lineage: origin.map(|origin| origin.publication.lineage()),
            sequence: origin.map(|origin| origin.publication.sequence),
            instance: reading.instance,
            published_at: origin.map(Origin::rfc3339),
            age_ns: origin.and_then(Origin::age_ns),
            state: origin.map(|origin| origin.region.state().as_str()),
            epoch: origin.map(|origin| origin.region.epoch()),
            record: Record { view: reading.record, columns: &self.columns, labels: self.labels },
            units: self.units.as_deref(),
        };
        write(&object, out)
    }
}

/// Writes `object` as a line of JSON that is harmless to a terminal.
///
/// # Errors
/// Those of `out`, and a value that JSON cannot have, such as a map whose keys are no texts.
pub fn write(object: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    object.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, Harmless))?;
    out.write_all(b"\n")
}

#[derive(serde::Serialize)]
struct Line<'a> {
    lineage: Option<u64>,
    sequence: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    published_at: Option<String>,
    age_ns: Option<u64>,
    state: Option<&'static str>,
    epoch: Option<u64>,
    record: Record<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    units: Option<&'a RawValue>,
}

struct Units<'a> {
    columns: &'a [Column],
    schema: &'a Schema,
}

impl Serialize for Units<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for column in self.columns {
            let unit = column.field(self.schema).map_or("", Field::unit);
            if !unit.is_empty() {
                map.serialize_entry(&column.name, unit)?;
            }
        }
        map.end()
    }
}

/// Fields of a record as the members of an object.
pub(crate) struct Record<'a> {
    pub(crate) view: RecordView<'a>,
    pub(crate) columns: &'a [Column],
    pub(crate) labels: bool,
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { view, columns, labels } = *self;
        let mut map = serializer.serialize_map(Some(columns.len()))?;
        for column in columns {
            if let Some(field) = column.field(view.schema()) {
                let element = column.at.element;
                map.serialize_entry(&column.name, &Member { view, field, element, labels })?;
            }
        }
        map.end()
    }
}

/// The value of one field or element.
struct Member<'a> {
    view: RecordView<'a>,
    field: &'a Field,
    element: Option<u32>,
    labels: bool,
}

impl Serialize for Member<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { view, field, element, labels } = *self;
        let scalar = |value| Scalar { value, field, labels };
        if let Some(element) = element {
            return view.element(field, element).map(scalar).serialize(serializer);
        }
        let is_labelled = labels && !field.labels().is_empty();
        if let Some(text) = view.text(field).filter(|_| !is_labelled) {
            return serializer.collect_str(&Lossy(text));
        }
        let mut elements = view.elements(field).map(scalar);
        if field.ctype().count().is_some() && !field.ctype().is_text() {
            return serializer.collect_seq(elements);
        }
        elements.next().serialize(serializer)
    }
}

struct Scalar<'a> {
    value: Value,
    field: &'a Field,
    labels: bool,
}

impl Serialize for Scalar<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.labels
            && let Some(label) = self.field.label_of(&self.value)
        {
            return serializer.serialize_str(label);
        }
        match &self.value {
            Value::Int(value) => serializer.serialize_i64(*value),
            Value::Uint(value) => serializer.serialize_u64(*value),
            Value::F32(value) => serializer.serialize_f32(*value),
            Value::F64(value) => serializer.serialize_f64(*value),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Text(text) => serializer.serialize_str(text),
            // An element of an array is never an array.
            Value::List(_) => serializer.serialize_none(),
        }
    }
}

/// Compact JSON without characters that control a terminal.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        // serde_json has escaped the C0 controls; each of the others fits one `\u`.
        let mut rest = fragment;
        while let Some((at, found)) = rest.char_indices().find(|&(_, c)| is_control(c)) {
            write!(writer, "{}\\u{:04x}", &rest[..at], u32::from(found))?;
            rest = &rest[at + found.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}
