//! The line for programs: one JSON object, the same six members always and in this order.
//!
//! ```text
//! {"sequence":7,"epoch":1,"published_at":"2026-02-03T04:05:06.070809010Z","age_ns":52100,
//!  "state":"live","record":{"id":10,"name":"xiaoming","sex":"m"}}
//! ```
//!
//! - Fields of the record are in the schema's order; arrays are arrays, `char[N]` is a string.
//! - A value is the record's: a number even where the text format shows a label.
//! - NaN and the infinities, which JSON does not have, are `null`; text that is not UTF-8 has U+FFFD
//!   in place of each bad piece.
//! - `age_ns` is `null` for a record of an earlier boot of the machine; all members but `record`
//!   are `null` for a bare file, which does not have them.
//! - DEL, the C1 controls and the marks that turn the reading direction are written as `\u009b`,
//!   which JSON permits and terminals ignore.

use std::io::{self, Write};

use layout::text::{Lossy, is_control};
use layout::{Field, RecordView, Value};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::ser::Formatter;

use super::{age_ns, rfc3339};
use crate::reading::Reading;

pub(super) fn render(reading: &Reading<'_>, out: &mut impl Write) -> io::Result<()> {
    let origin = reading.origin.as_ref();
    let object = Line {
        sequence: origin.map(|origin| origin.publication.sequence),
        epoch: origin.map(|origin| origin.publication.epoch),
        published_at: origin.map(rfc3339),
        age_ns: origin.and_then(age_ns),
        state: origin.map(|origin| origin.region.state().as_str()),
        record: Record(reading.record),
    };
    object.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, Harmless))?;
    out.write_all(b"\n")
}

#[derive(serde::Serialize)]
struct Line<'a> {
    sequence: Option<u64>,
    epoch: Option<u64>,
    published_at: Option<String>,
    age_ns: Option<u64>,
    state: Option<&'static str>,
    record: Record<'a>,
}

struct Record<'a>(RecordView<'a>);

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.0.schema().fields();
        let mut map = serializer.serialize_map(Some(fields.len()))?;
        for field in fields {
            map.serialize_entry(field.name(), &Member { view: self.0, field })?;
        }
        map.end()
    }
}

/// The value of one field.
struct Member<'a> {
    view: RecordView<'a>,
    field: &'a Field,
}

impl Serialize for Member<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(text) = self.view.text(self.field) {
            return serializer.collect_str(&Lossy(text));
        }
        let mut elements = self.view.elements(self.field).map(Json);
        if self.field.ctype().count().is_some() {
            return serializer.collect_seq(elements);
        }
        elements.next().serialize(serializer)
    }
}

struct Json(Value);

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
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
