//! The line for people: the region's template, with control characters escaped by `layout`.
//!
//! A template may name a large array hundreds of times, a label may be a thousand times as long as its
//! value, and a float takes 28 us for each 342 digits. So a line is cut off at [`LONGEST`] and
//! marked: otherwise a few bytes of a hostile schema produce hundreds of gigabytes of output, for
//! hours. JSON and CSV, which
//! grow with the record alone, print everything.

use std::io::{self, Write};

use crate::error::rounded;
use crate::reading::Reading;
use crate::stdout::BROKEN_OFF;

/// The maximum length of a line: as long as the longest record, and far beyond what people read.
/// The slowest
/// takes 1.4 s.
const LONGEST: usize = 16 << 20;

pub(super) fn render(reading: &Reading<'_>, out: &mut impl Write) -> io::Result<()> {
    within(LONGEST, reading, out)
}

/// The line behind `12\tlive\t3ms 204us\t`.
pub(super) fn render_with_status(reading: &Reading<'_>, out: &mut impl Write) -> io::Result<()> {
    match &reading.origin {
        None => out.write_all(b"-\t-\t-\t")?,
        Some(origin) => {
            let age = origin.region.age(&origin.publication);
            let age = age.map_or_else(|| "-".to_owned(), rounded);
            write!(out, "{}\t{}\t{age}\t", origin.publication.sequence, origin.region.state())?;
        }
    }
    render(reading, out)
}

fn within(longest: usize, reading: &Reading<'_>, out: &mut impl Write) -> io::Result<()> {
    let mut line = Limited { out, left: longest, is_cut: false };
    let written = write!(line, "{}", reading.record.line());
    let is_cut = line.is_cut;
    match written {
        Err(_) if is_cut => writeln!(out, "{BROKEN_OFF}"),
        written => written.and_then(|()| writeln!(out)),
    }
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

    use super::{BROKEN_OFF, within};
    use crate::reading::Reading;

    #[test]
    fn an_excessively_long_line_is_cut_and_stays_one_line() {
        let bytes = CType::array(Scalar::U8, 1000).expect("an array");
        let schema = Schema::builder("A")
            .field(FieldSpec::new("a", bytes).label(0, "0".repeat(1000)))
            .line("{a}".repeat(100))
            .build()
            .expect("a record");
        let record = RecordView::new(&schema, &[0; 1000]).expect("the right length");
        let reading = Reading { record, origin: None };
        let mut line = Vec::new();
        within(5000, &reading, &mut line).expect("memory");
        let line = String::from_utf8(line).expect("text");
        assert!(line.len() <= 5000 + BROKEN_OFF.len() + 1, "{}", line.len());
        assert_eq!(line.find('\n'), Some(line.len() - 1));
        assert!(line.starts_with("[000") && line.ends_with(" [...]\n"));
    }
}
