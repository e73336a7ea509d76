//! One record and its origin, as the formats take it.
//!
//! Everything but the record itself is looked up when a format asks for it: text needs none of it,
//! and the state costs a system call.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use layout::RecordView;
use mapcast::{Publication, State, dynamic};

/// A record and where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The record.
    pub record: RecordView<'a>,
    /// The name of its instance; `None` in a region that has none.
    pub instance: Option<&'a str>,
    /// `None` in a bare file, which holds only the record.
    pub origin: Option<Origin<'a>>,
}

/// Which record of which region it is.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The region, or what was noted of it.
    pub region: &'a dyn Region,
    /// The record's name and time.
    pub publication: Publication,
}

/// What the formats ask of a region.
pub trait Region: Debug {
    /// The state of its writer.
    fn state(&self) -> State;

    /// How many writers and files it has had.
    fn epoch(&self) -> u64;

    /// The wall time of one of its records.
    fn wall_time(&self, publication: &Publication) -> SystemTime;
}

impl Region for dynamic::Reader {
    fn state(&self) -> State {
        self.state()
    }

    fn epoch(&self) -> u64 {
        self.epoch()
    }

    fn wall_time(&self, publication: &Publication) -> SystemTime {
        self.wall_time(publication)
    }
}

/// A region when one of its records was read: for a record that is printed when another region has
/// its place.
#[derive(Clone, Copy, Debug)]
pub struct Noted {
    state: State,
    epoch: u64,
    wall_time: SystemTime,
}

impl Noted {
    /// What `region` is now, and the time of the record.
    pub fn of(region: &dyn Region, publication: &Publication) -> Self {
        let (state, epoch) = (region.state(), region.epoch());
        Self { state, epoch, wall_time: region.wall_time(publication) }
    }
}

impl Region for Noted {
    fn state(&self) -> State {
        self.state
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }

    fn wall_time(&self, _: &Publication) -> SystemTime {
        self.wall_time
    }
}

impl Origin<'_> {
    /// `2026-02-03T04:05:06.070809010Z`.
    pub(crate) fn rfc3339(&self) -> String {
        // A region's time is clamped to 64 bits of nanoseconds, the year 2554: it has four digits.
        humantime::format_rfc3339_nanos(self.region.wall_time(&self.publication)).to_string()
    }

    pub(crate) fn age(&self) -> Option<Duration> {
        self.publication.age()
    }

    /// The age in nanoseconds, saturating at 584 years.
    pub(crate) fn age_ns(&self) -> Option<u64> {
        self.age().map(|age| u64::try_from(age.as_nanos()).unwrap_or(u64::MAX))
    }
}
