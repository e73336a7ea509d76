//! When each record is published.
//!
//! ```text
//!   recorded    begin     t
//!   replayed    start     start + (t - begin) / speed
//! ```
//!
//! Invariant: a record is late by what its publish took, and the later ones are not later for that.

use std::io;
use std::str::FromStr;
use std::time::{Duration, UNIX_EPOCH};

use daemon::{Monotonic, Signals};

use crate::record::stream::nanos;

/// How many times as fast as it was recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// This many times.
    Times(f64),
    /// As fast as the file can be read.
    Max,
}

impl FromStr for Speed {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let times = text.parse().ok().filter(|times| (0.001..=1e6).contains(times));
        times.map(Self::Times).ok_or("write a factor from 0.001 to 1000000, or max")
    }
}

/// The time of the record to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// Nanoseconds since 1970.
    Time(u64),
    /// Since the first record.
    After(Duration),
}

impl FromStr for StartAt {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(after) = settings::duration(text) {
            return Ok(Self::After(after));
        }
        let time = humantime::parse_rfc3339_weak(text);
        let time = time.ok().filter(|time| *time >= UNIX_EPOCH);
        time.map(|time| Self::Time(nanos(time)))
            .ok_or("write a time such as 2026-11-26T10:00:00Z, or a duration such as 90s")
    }
}

impl StartAt {
    /// The time, in a file whose first record is of the time `first`.
    pub(crate) fn after(self, first: u64) -> u64 {
        match self {
            Self::Time(time) => time,
            Self::After(after) => {
                let after = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
                first.saturating_add(after)
            }
        }
    }
}

/// How long a pass through records of a single time takes at the recorded pace.
const PASS: Duration = Duration::from_secs(1);

/// The times of one pass through a file.
#[derive(Debug)]
pub(crate) struct Schedule {
    start: Monotonic,
    begin: u64,
    speed: Speed,
}

impl Schedule {
    /// Begins now with the records of the time `begin`.
    pub(crate) fn new(begin: u64, speed: Speed) -> Self {
        Self { start: Monotonic::now(), begin, speed }
    }

    /// The recorded time of the first record.
    pub(crate) fn begin(&self) -> u64 {
        self.begin
    }

    /// Waits until a record of the recorded `time` is due. `false`: a signal came first.
    pub(crate) fn wait(&self, time: u64, signals: &Signals) -> io::Result<bool> {
        self.wait_after(self.recorded_after(time), signals)
    }

    /// Waits until the next pass is due after this one, whose last record has the recorded time `last`.
    /// `false`: a signal came first.
    pub(crate) fn wait_for_next_pass(&self, last: u64, signals: &Signals) -> io::Result<bool> {
        let recorded = self.recorded_after(last);
        self.wait_after(if recorded.is_zero() { PASS } else { recorded }, signals)
    }

    /// How long after the begin something of the recorded `time` was recorded.
    fn recorded_after(&self, time: u64) -> Duration {
        Duration::from_nanos(time.saturating_sub(self.begin))
    }

    fn wait_after(&self, recorded: Duration, signals: &Signals) -> io::Result<bool> {
        while signals.stop_requested().is_none() {
            let Some(due) = self.due(recorded).filter(|due| Monotonic::now() < *due) else {
                return Ok(true);
            };
            daemon::wait(signals, None, Some(due))?;
        }
        Ok(false)
    }

    /// When something is due that was `recorded` this long after the begin; `None`: at once.
    fn due(&self, recorded: Duration) -> Option<Monotonic> {
        let Speed::Times(times) = self.speed else { return None };
        let since = recorded.as_secs_f64() / times;
        Some(self.start.after(Duration::try_from_secs_f64(since).unwrap_or(Duration::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Schedule, Speed, StartAt};

    #[test]
    fn a_time_is_a_moment_or_a_duration_after_the_first_record() {
        let at = |text: &str| text.parse::<StartAt>().map(|start| start.after(1_000));
        assert_eq!(at("2us"), Ok(3_000));
        assert_eq!(at("1970-01-01T00:00:01Z"), Ok(1_000_000_000));
        assert_eq!(at("1970-01-01 00:00:01"), Ok(1_000_000_000));
        assert!(at("yesterday").is_err());
    }

    #[test]
    fn a_record_is_due_at_its_distance_divided_by_the_speed() {
        let due = |speed: &str| {
            let schedule = Schedule::new(1_000, speed.parse().expect("a speed"));
            Some(schedule.due(schedule.recorded_after(5_000))?.since(schedule.start))
        };
        assert_eq!(due("1"), Some(Duration::from_micros(4)));
        assert_eq!(due("4"), Some(Duration::from_micros(1)));
        assert_eq!(due("0.5"), Some(Duration::from_micros(8)));
        assert_eq!(due("max"), None);
        for bad in ["0", "-1", "nan", "inf", "fast"] {
            assert!(bad.parse::<Speed>().is_err(), "{bad}");
        }
    }
}
