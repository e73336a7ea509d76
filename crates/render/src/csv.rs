//! The line for spreadsheets: a header, then a row for each record.
//!
//! ```text
//! lineage,sequence,published_at,age_ns,state,epoch,record.id,record.name,record.sex
//! 1770091506070809,7,2026-02-03T04:05:06.070809010Z,52100,live,1,10,xiaoming,m
//! ```
//!
//! Invariant: no two columns have one name, whatever the record's fields are called. A column is
//! named by the path of its value in the JSON object, so a field's name never equals one of the
//! reader's own. An array takes one column for each element, `record.imu[0]`, `record.imu[1]`; no field
//! has a bracket in its name.
//!
//! - In a region of instances a column `instance` is behind `sequence`.
//! - With units the header has them behind the names: `record.speed [m/s]`.
//! - A new header follows when the columns change. An unknown value is an empty cell.
//! - Control characters in text are written as `\x1b`, so that a row is always one line, and a backslash
//!   before an `x` or a `u` is doubled; JSON keeps both as they are.
//! - A text that begins with `=`, `+`, `-` or `@` is a formula to a spreadsheet. On request it follows a `'`,
//!   which makes it a text there. Numbers never do.
//!
//! Price: the quoting of RFC 4180 is here, because the csv crate buffers each cell: for a text of
//! 16 MiB it would use 128 MiB before the first byte is written.

use std::io::{self, Write};

use layout::text::Escaped;
use layout::{Field, Schema, Value};
use query::FieldRef;

use crate::columns::Column;
use crate::reading::{Origin, Reading};
use crate::view::View;

const FIXED: [&str; 6] = ["lineage", "sequence", "published_at", "age_ns", "state", "epoch"];

/// Writes a header and rows.
#[derive(Debug)]
pub(crate) struct Csv {
    columns: Vec<Column>,
    heads: Vec<Head>,
    labels: bool,
    is_safe: bool,
}

/// A name in the header.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    name: String,
    /// How many columns an array takes; `None`: it is one value.
    count: Option<u32>,
    /// Empty: none.
    unit: String,
}

impl Csv {
    pub(crate) fn new(columns: Vec<Column>, schema: &Schema, view: &View) -> Self {
        let head = |column: &Column| {
            let field = column.field(schema)?;
            let is_list = column.at.element.is_none() && !field.ctype().is_text();
            let count = field.ctype().count().filter(|_| is_list);
            let unit = if view.units { field.unit() } else { "" };
            Some(Head { name: column.name.clone(), count, unit: unit.to_owned() })
        };
        let heads = columns.iter().filter_map(head).collect();
        Self { columns, heads, labels: view.labels, is_safe: view.csv_safe }
    }

    /// Whether the header of `other` is the same.
    pub(crate) fn has_header_of(&self, other: &Self) -> bool {
        self.heads == other.heads
    }

    /// Writes the header, which has the column `instance` where `reading` has one.
    pub(crate) fn write_header(
        &self,
        reading: &Reading<'_>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        self.write_fixed(&FIXED, reading.instance.map(|_| "instance"), out)?;
        for head in &self.heads {
            match head.count {
                Some(count) => (0..count).try_for_each(|index| head.write(Some(index), out))?,
                None => head.write(None, out)?,
            }
        }
        out.write_all(b"\n")
    }

    /// The fields that it prints.
    pub(crate) fn fields(&self) -> impl Iterator<Item = FieldRef> {
        self.columns.iter().map(|column| column.at)
    }

    pub(crate) fn render(&self, reading: &Reading<'_>, out: &mut impl Write) -> io::Result<()> {
        let cells = origin_cells(reading.origin.as_ref());
        self.write_fixed(&cells.each_ref().map(String::as_str), reading.instance, out)?;
        for column in &self.columns {
            let Some(field) = column.field(reading.record.schema()) else { continue };
            if let Some(element) = column.at.element {
                let value = reading.record.element(field, element);
                self.write_cell(value.as_ref(), field, out)?;
                continue;
            }
            match reading.record.text(field) {
                Some(text) if !self.labels || field.labels().is_empty() => {
                    out.write_all(b",")?;
                    self.write_text(text, out)?;
                }
                _ => reading
                    .record
                    .elements(field)
                    .try_for_each(|value| self.write_cell(Some(&value), field, out))?,
            }
        }
        out.write_all(b"\n")
    }

    /// Writes the cells in front of the record's.
    fn write_fixed(
        &self,
        cells: &[&str; FIXED.len()],
        instance: Option<&str>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let [lineage, sequence, rest @ ..] = cells;
        write!(out, "{lineage},{sequence},")?;
        if let Some(name) = instance {
            self.write_text(name.as_bytes(), out)?;
            out.write_all(b",")?;
        }
        out.write_all(rest.join(",").as_bytes())
    }

    fn write_cell(
        &self,
        value: Option<&Value>,
        field: &Field,
        out: &mut impl Write,
    ) -> io::Result<()> {
        out.write_all(b",")?;
        let Some(value) = value else { return Ok(()) };
        match (field.label_of(value).filter(|_| self.labels), value) {
            (Some(label), _) => self.write_text(label.as_bytes(), out),
            (None, Value::Text(text)) => self.write_text(text.as_bytes(), out),
            (None, value) => write!(out, "{value}"),
        }
    }

    fn write_text(&self, text: &[u8], out: &mut impl Write) -> io::Result<()> {
        let is_marked = self.is_safe && text.first().is_some_and(|first| b"=+-@".contains(first));
        write_text(if is_marked { "'" } else { "" }, text, out)
    }
}

impl Head {
    fn write(&self, index: Option<u32>, out: &mut impl Write) -> io::Result<()> {
        let index = index.map(|index| format!("[{index}]")).unwrap_or_default();
        let unit = if self.unit.is_empty() { String::new() } else { format!(" [{}]", self.unit) };
        let name = format!("record.{}{index}{unit}", self.name);
        out.write_all(b",")?;
        write_text("", name.as_bytes(), out)
    }
}

/// Writes a text behind `mark`, in quotes if it needs them. Control characters, line breaks among them, are
/// escaped.
fn write_text(mark: &str, text: &[u8], out: &mut impl Write) -> io::Result<()> {
    if !text.contains(&b',') && !text.contains(&b'"') {
        return write!(out, "{mark}{}", Escaped(text));
    }
    write!(out, "\"{mark}")?;
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
        origin.publication.lineage().to_string(),
        origin.publication.sequence.to_string(),
        origin.rfc3339(),
        origin.age_ns().map(|age| age.to_string()).unwrap_or_default(),
        origin.region.state().to_string(),
        origin.region.epoch().to_string(),
    ]
}
