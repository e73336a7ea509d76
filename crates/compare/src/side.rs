//! What a process of a measurement does: its part, and then a report on standard output.

use crate::library::{Channel, Library, Work};
use crate::record::{Bytes28, Bytes256, KiB4, KiB64, MiB1, Payload};
use crate::{Failure, alone, pair};
use bench::machine;
use std::fmt::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The part that a process has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Seat {
    /// Measures and reports.
    Lead,
    /// Answers the lead, or publishes while it reads.
    Partner,
}

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// By one process.
    pub alone: alone::Effort,
    /// By two.
    pub pair: pair::Effort,
}

/// What a process is to do.
#[derive(Clone, Debug)]
pub struct Part {
    /// What is measured.
    pub work: Work,
    /// Bytes of a record.
    pub size: usize,
    /// A directory of this measurement's own.
    pub dir: PathBuf,
    /// Which of the two processes this is.
    pub seat: Seat,
    /// How much.
    pub effort: Effort,
}

/// What was measured: on standard output, a word and a number on each line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Nanoseconds of one operation, for each batch.
    pub samples: Vec<f64>,
    /// Reads a second that got another record than the one before.
    pub fresh: Option<f64>,
    /// Records a second that the writer published meanwhile.
    pub published: Option<f64>,
    /// Reads whose first and last word differed.
    pub torn: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for sample in &self.samples {
            writeln!(text, "sample {sample}")?;
        }
        for (word, value) in [("fresh", self.fresh), ("published", self.published)] {
            if let Some(value) = value {
                writeln!(text, "{word} {value}")?;
            }
        }
        write!(f, "{text}torn {}", self.torn)
    }
}

impl FromStr for Report {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let mut report = Self::default();
        for line in text.lines() {
            match line.split_once(' ').ok_or("a line is a word and a number")? {
                ("sample", value) => report.samples.push(value.parse()?),
                ("fresh", value) => report.fresh = Some(value.parse()?),
                ("published", value) => report.published = Some(value.parse()?),
                ("torn", value) => report.torn = value.parse()?,
                (word, _) => return Err(format!("unknown word {word}").into()),
            }
        }
        Ok(report)
    }
}

/// Does `part` with library `L`, on a processor of its own.
pub(crate) fn run<L: Library>(part: &Part) -> Result<Report, Failure> {
    match part.size {
        65_536 => sized::<L, KiB64>(part),
        1_048_576 => sized::<L, MiB1>(part),
        _ => run_small::<L>(part),
    }
}

/// The same for a library that the compiler cannot build for larger records.
pub(crate) fn run_small<L: Library>(part: &Part) -> Result<Report, Failure> {
    match part.size {
        28 => sized::<L, Bytes28>(part),
        256 => sized::<L, Bytes256>(part),
        4096 => sized::<L, KiB4>(part),
        size => Err(format!("no record has {size} bytes").into()),
    }
}

fn sized<L: Library, R: Payload>(part: &Part) -> Result<Report, Failure> {
    let Part { work, ref dir, seat, effort, .. } = *part;
    take(seat)?;
    if work.takes_two() {
        return pair::measure::<L, R>(dir, work, seat, effort.pair);
    }
    let channel = Channel { dir: Path::to_owned(dir), name: "forth", work };
    let samples = alone::measure::<L, R>(&channel, effort.alone)?;
    Ok(Report { samples, ..Report::default() })
}

/// Keeps the calling thread on the processor of its seat: the first that it may use, or the one after.
/// With one processor it stays where it is, and two processes take turns on it.
fn take(seat: Seat) -> Result<(), Failure> {
    let processor = machine::usable()?.get(usize::from(seat == Seat::Partner)).copied();
    processor.map_or(Ok(()), machine::go_to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let report =
            Report { samples: vec![1.5, 2.25], fresh: Some(3e6), published: None, torn: 4 };
        assert_eq!(report.to_string().parse::<Report>().unwrap(), report);
        assert!("sample".parse::<Report>().is_err() && "speed 9".parse::<Report>().is_err());
    }
}
