//! One record and its origin, as the formats take it.
//!
//! Everything but the record itself is looked up when a format asks for it: text needs none of it,
//! and the state costs a system call.

use std::time::Duration;

use layout::RecordView;
use mapcast::{Publication, dynamic};

/// A record and where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The record.
    pub record: RecordView<'a>,
    /// `None` in a bare file, which holds only the record.
    pub origin: Option<Origin<'a>>,
}

/// Which record of which region it is.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The region.
    pub region: &'a dynamic::Reader,
    /// The record's name and time.
    pub publication: Publication,
}

impl Origin<'_> {
    /// `2026-02-03T04:05:06.070809010Z`.
    pub(crate) fn rfc3339(&self) -> String {
        // A region's time is clamped to 64 bits of nanoseconds, the year 2554: it has four digits.
        humantime::format_rfc3339_nanos(self.region.wall_time(&self.publication)).to_string()
    }

    pub(crate) fn age(&self) -> Option<Duration> {
        self.region.age(&self.publication)
    }

    /// The age in nanoseconds, saturating at 584 years.
    pub(crate) fn age_ns(&self) -> Option<u64> {
        self.age().map(|age| u64::try_from(age.as_nanos()).unwrap_or(u64::MAX))
    }
}
