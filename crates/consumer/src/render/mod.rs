//! Records as lines: text, JSON or CSV.
//!
//! Invariant: one record is one line, whatever its bytes are, and none of the three lets a control
//! character out of a region reach a terminal. A line is written as it is rendered: neither a long
//! line nor an array is ever in memory as a whole.

mod csv;
mod json;
mod text;

use std::io::{self, Write};

use crate::cli::Format;
use crate::reading::{Origin, Reading};

/// Turns records into lines.
#[derive(Debug)]
pub(crate) enum Renderer {
    Text,
    Status,
    Json,
    Csv(csv::Csv),
}

impl Renderer {
    pub(crate) fn new(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Status => Self::Status,
            Format::Json => Self::Json,
            Format::Csv => Self::Csv(csv::Csv::default()),
        }
    }

    /// Writes the line of `reading` to `out`, preceded by a header if one is due.
    pub(crate) fn render(&mut self, reading: &Reading<'_>, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Text => text::render(reading, out),
            Self::Status => text::render_with_status(reading, out),
            Self::Json => json::render(reading, out),
            Self::Csv(csv) => csv.render(reading, out),
        }
    }
}

/// `2026-02-03T04:05:06.070809010Z`.
fn rfc3339(origin: &Origin<'_>) -> String {
    // A region's time is clamped to 64 bits of nanoseconds, the year 2554: it has four digits.
    humantime::format_rfc3339_nanos(origin.region.wall_time(&origin.publication)).to_string()
}

/// The age in nanoseconds, saturating at 584 years.
fn age_ns(origin: &Origin<'_>) -> Option<u64> {
    let age = origin.region.age(&origin.publication);
    age.map(|age| u64::try_from(age.as_nanos()).unwrap_or(u64::MAX))
}
