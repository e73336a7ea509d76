//! The line for spreadsheets: a header, then a row for each record.
//!
//! ```text
//! sequence,epoch,published_at,age_ns,state,id,name,sex
//! 7,1,2026-02-03T04:05:06.070809010Z,52100,live,10,xiaoming,m
//! ```
//!
//! An array takes one column for each element, `imu[0]`, `imu[1]`; a header follows again when the
//! schema changes. What cannot be told is an empty cell. Control characters in text are written
//! as `\x1b`, so that a row is always one line; JSON keeps them as they are.

use std::io;

use layout::{Field, Schema, Value};

use super::{age_ns, rfc3339};
use crate::reading::{Origin, Reading};

const FIXED: [&str; 5] = ["sequence", "epoch", "published_at", "age_ns", "state"];

/// Writes rows, and a header where the columns are others than before.
#[derive(Debug, Default)]
pub(crate) struct Csv {
    /// Fingerprint of the schema that the last header was for.
    header_of: Option<u64>,
}

impl Csv {
    pub(super) fn render(&mut self, reading: &Reading<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        let schema = reading.view.schema();
        let fingerprint = schema.fingerprint();
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(out);
        if self.header_of.replace(fingerprint) != Some(fingerprint) {
            writer.write_record(header(schema))?;
        }
        for cell in origin_cells(reading.origin.as_ref()) {
            writer.write_field(cell)?;
        }
        for (_, value) in reading.view.iter() {
            write_value(&mut writer, &value)?;
        }
        // Ends the row.
        writer.write_record(None::<&[u8]>)?;
        writer.flush()
    }
}

fn header(schema: &Schema) -> Vec<String> {
    FIXED.into_iter().map(str::to_owned).chain(schema.fields().iter().flat_map(columns)).collect()
}

/// The columns of one field: several for an array that is not text.
fn columns(field: &Field) -> Vec<String> {
    let name = field.name();
    match field.ctype().count() {
        Some(count) if !field.ctype().is_text() => {
            (0..count).map(|index| format!("{name}[{index}]")).collect()
        }
        _ => vec![name.to_owned()],
    }
}

fn origin_cells(origin: Option<&Origin<'_>>) -> [String; FIXED.len()] {
    let Some(origin) = origin else { return Default::default() };
    [
        origin.publication.sequence.to_string(),
        origin.publication.epoch.to_string(),
        rfc3339(origin),
        age_ns(origin).map(|age| age.to_string()).unwrap_or_default(),
        origin.state().to_string(),
    ]
}

fn write_value<W: io::Write>(writer: &mut csv::Writer<W>, value: &Value) -> io::Result<()> {
    match value {
        Value::List(values) => values.iter().try_for_each(|value| write_value(writer, value)),
        // Display escapes control characters.
        value => Ok(writer.write_field(value.to_string())?),
    }
}
