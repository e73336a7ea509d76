//! The line for people: the region's template, some fields, or a template of the reader's own; behind
//! the name of the instance, if the region has instances, unless the reader has a template of its own.
//! Control characters of the region are escaped by `layout`.
//!
//! A template may name a large array hundreds of times, a label may be a thousand times as long as its
//! value, and a float takes 28 us for each 342 digits. So a line is cut off at [`LONGEST`] and
//! marked: otherwise a few bytes of a hostile schema produce hundreds of gigabytes of output, for
//! hours. JSON and CSV, which grow with the record alone, print everything.

use std::io::{self, Write};

use query::FieldRef;

use crate::columns::Column;
use crate::duration::rounded;
use crate::line::Line;
use crate::reading::Reading;

/// Ends a line that was cut off: neither a number nor JSON.
pub const BROKEN_OFF: &str = " [...]";

/// The maximum length of a line: as long as the longest record, and far beyond what people read.
/// The slowest takes 1.4 s.
const LONGEST: usize = 16 << 20;

/// Where a line comes from.
#[derive(Debug)]
pub(crate) enum Text {
    /// The template of the region, or `name=value` for every field.
    Region,
    /// `name=value` for these.
    Fields(Vec<Column>),
    /// A template of the reader's own, which has {instance} where its reader wants it.
    Own(Line),
    /// The template of a configuration that is also the region's: printed as the region's, but only its fields
    /// count as chosen.
    Shared(Line),
}

impl Text {
    /// The fields that it names; none if they are the region's choice.
    pub(crate) fn fields(&self) -> Vec<FieldRef> {
        match self {
            Self::Region => Vec::new(),
            Self::Fields(columns) => columns.iter().map(|column| column.at).collect(),
            Self::Own(line) | Self::Shared(line) => line.fields().collect(),
        }
    }

    pub(crate) fn render(&self, reading: &Reading<'_>, out: &mut impl Write) -> io::Result<()> {
        if !matches!(self, Self::Own(_)) {
            write_instance(reading, out)?;
        }
        self.within(LONGEST, reading, out)
    }

    /// The line behind `12\tlive\t3ms 204us\t`.
    pub(crate) fn render_with_status(
        &self,
        reading: &Reading<'_>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        write_instance(reading, out)?;
        match &reading.origin {
            None => out.write_all(b"-\t-\t-\t")?,
            Some(origin) => {
                let age = origin.age().map_or_else(|| "-".to_owned(), rounded);
                write!(out, "{}\t{}\t{age}\t", origin.publication.sequence, origin.region.state())?;
            }
        }
        self.within(LONGEST, reading, out)
    }

    fn within(
        &self,
        longest: usize,
        reading: &Reading<'_>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let mut line = Limited { out, left: longest, is_cut: false };
        let written = match self {
            Self::Region => write!(line, "{}", reading.record.line()),
            Self::Fields(columns) => write_fields(columns, reading, &mut line),
            Self::Own(own) | Self::Shared(own) => own.write(reading, &mut line),
        };
        let is_cut = line.is_cut;
        match written {
            Err(_) if is_cut => writeln!(out, "{BROKEN_OFF}"),
            written => written.and_then(|()| writeln!(out)),
        }
    }
}

/// Writes the name of the instance, if there is one, in front of the line.
fn write_instance(reading: &Reading<'_>, out: &mut impl Write) -> io::Result<()> {
    reading.instance.map_or(Ok(()), |name| write!(out, "{name}\t"))
}

fn write_fields(columns: &[Column], reading: &Reading<'_>, out: &mut impl Write) -> io::Result<()> {
    for (index, column) in columns.iter().enumerate() {
        let Some(field) = column.field(reading.record.schema()) else { continue };
        let tab = if index == 0 { "" } else { "\t" };
        let value = reading.record.shown(field, column.at.element);
        write!(out, "{tab}{}={value}", column.name)?;
    }
    Ok(())
}

/// Passes on at most a number of bytes, piece by piece, and drops the rest.
struct Limited<'a, W> {
    out: &'a mut W,
    left: usize,
    is_cut: bool,
}

impl<W: Write> Write for Limited<'_, W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let Some(left) = self.left.checked_sub(piece.len()) else {
            self.is_cut = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        self.left = left;
        self.out.write_all(piece)?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use layout::{CType, FieldSpec, RecordView, Scalar, Schema};

    use super::{BROKEN_OFF, Text};
    use crate::line::{Line, LineText};
    use crate::reading::Reading;

    #[test]
    fn an_excessively_long_line_is_cut_and_stays_one_line() {
        let bytes = CType::array(Scalar::U8, 1000).expect("an array");
        let template = "{a}".repeat(100);
        let schema = Schema::builder("A")
            .field(FieldSpec::new("a", bytes).label(0, "0".repeat(1000)))
            .line(template.clone())
            .build()
            .expect("a record");
        let record = RecordView::new(&schema, &[0; 1000]).expect("the right length");
        let reading = Reading { record, instance: None, origin: None };
        let own = Line::parse(&LineText::Literal(template), &schema).expect("a template");
        for text in [Text::Region, Text::Own(own)] {
            let mut line = Vec::new();
            text.within(5000, &reading, &mut line).expect("memory");
            let line = String::from_utf8(line).expect("text");
            assert!(line.len() <= 5000 + BROKEN_OFF.len() + 1, "{}", line.len());
            assert_eq!(line.find('\n'), Some(line.len() - 1));
            assert!(line.starts_with("[000") && line.ends_with(" [...]\n"));
        }
    }
}
