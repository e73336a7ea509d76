//! The line for spreadsheets: a header, then a row for each record.
//!
//! ```text
//! sequence,epoch,published_at,age_ns,state,record.id,record.name,record.sex
//! 7,1,2026-02-03T04:05:06.070809010Z,52100,live,10,xiaoming,m
//! ```
//!
//! Invariant: no two columns have one name, whatever the record's fields are called. A column is
//! named by the path of its value in the JSON object, so a field's name never equals one of the
//! consumer's. An array
//! takes one column for each element, `record.imu[0]`, `record.imu[1]`; no field has a bracket in its
//! name.
//!
//! - A new header follows when the schema changes. An unknown value is an empty cell.
//! - Control characters in text are written as `\x1b`, so that a row is always one line; JSON keeps
//!   them as they are.
//!
//! Price: the quoting of RFC 4180 is here, because the csv crate buffers each cell: for a text of
//! 16 MiB it would use 128 MiB before the first byte is written.

use std::io::{self, Write};

use layout::text::Escaped;
use layout::{Schema, Value};

use super::{age_ns, rfc3339};
use crate::reading::{Origin, Reading};

const FIXED: [&str; 5] = ["sequence", "epoch", "published_at", "age_ns", "state"];

/// Writes rows, and a header whenever the columns change.
#[derive(Debug, Default)]
pub(crate) struct Csv {
    /// Fingerprint of the schema that the last header was for.
    header_of: Option<u64>,
}

impl Csv {
    pub(super) fn render(&mut self, reading: &Reading<'_>, out: &mut impl Write) -> io::Result<()> {
        let schema = reading.record.schema();
        let fingerprint = schema.fingerprint();
        if self.header_of.replace(fingerprint) != Some(fingerprint) {
            write_header(schema, out)?;
        }
        out.write_all(origin_cells(reading.origin.as_ref()).join(",").as_bytes())?;
        for field in schema.fields() {
            if let Some(text) = reading.record.text(field) {
                out.write_all(b",")?;
                write_text(text, out)?;
                continue;
            }
            for value in reading.record.elements(field) {
                out.write_all(b",")?;
                write_value(&value, out)?;
            }
        }
        out.write_all(b"\n")
    }
}

fn write_header(schema: &Schema, out: &mut impl Write) -> io::Result<()> {
    out.write_all(FIXED.join(",").as_bytes())?;
    for field in schema.fields() {
        let name = field.name();
        match field.ctype().count() {
            Some(count) if !field.ctype().is_text() => {
                for index in 0..count {
                    write!(out, ",record.{name}[{index}]")?;
                }
            }
            _ => write!(out, ",record.{name}")?,
        }
    }
    out.write_all(b"\n")
}

fn write_value(value: &Value, out: &mut impl Write) -> io::Result<()> {
    match value {
        Value::Text(text) => write_text(text.as_bytes(), out),
        _ => write!(out, "{value}"),
    }
}

/// Writes a text, in quotes if it needs them. Control characters, line breaks among them, are escaped.
fn write_text(text: &[u8], out: &mut impl Write) -> io::Result<()> {
    if !text.contains(&b',') && !text.contains(&b'"') {
        return write!(out, "{}", Escaped(text));
    }
    out.write_all(b"\"")?;
    write!(Doubling(out), "{}", Escaped(text))?;
    out.write_all(b"\"")
}

/// Writes each quote twice.
struct Doubling<'a, W>(&'a mut W);

impl<W: Write> Write for Doubling<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|&byte| byte == b'"') {
            self.0.write_all(piece)?;
            if piece.ends_with(b"\"") {
                self.0.write_all(b"\"")?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn origin_cells(origin: Option<&Origin<'_>>) -> [String; FIXED.len()] {
    let Some(origin) = origin else { return Default::default() };
    [
        origin.publication.sequence.to_string(),
        origin.publication.epoch.to_string(),
        rfc3339(origin),
        age_ns(origin).map(|age| age.to_string()).unwrap_or_default(),
        origin.region.state().to_string(),
    ]
}
