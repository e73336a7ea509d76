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

use std::io::{self, Write};

use layout::Schema;

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
    pub(super) fn render(&mut self, reading: &Reading<'_>, out: &mut impl Write) -> io::Result<()> {
        let schema = reading.view.schema();
        let fingerprint = schema.fingerprint();
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(out);
        if self.header_of.replace(fingerprint) != Some(fingerprint) {
            write_header(&mut writer, schema)?;
        }
        for cell in origin_cells(reading.origin.as_ref()) {
            writer.write_field(cell)?;
        }
        for field in schema.fields() {
            for value in reading.view.elements(field) {
                // Display escapes control characters.
                writer.write_field(value.to_string())?;
            }
        }
        end_row(&mut writer)?;
        writer.flush()
    }
}

fn write_header<W: Write>(writer: &mut csv::Writer<W>, schema: &Schema) -> io::Result<()> {
    for name in FIXED {
        writer.write_field(name)?;
    }
    for field in schema.fields() {
        let name = field.name();
        match field.ctype().count() {
            Some(count) if !field.ctype().is_text() => {
                for index in 0..count {
                    writer.write_field(format!("{name}[{index}]"))?;
                }
            }
            _ => writer.write_field(name)?,
        }
    }
    end_row(writer)
}

fn end_row<W: Write>(writer: &mut csv::Writer<W>) -> io::Result<()> {
    Ok(writer.write_record(None::<&[u8]>)?)
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
