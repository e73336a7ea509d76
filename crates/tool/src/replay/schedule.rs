//! When each record is published.
//!
//! ```text
//!   recorded    from  (nothing)  first     t
//!   replayed                     start     start + (t - first) / speed
//! ```
//!
//! Invariant: the first record of a pass is published at once, whatever time it is of. A record is late by what its
//! publish took, and the later ones are not later for that.

use std::io;
use std::str::FromStr;
use std::time::{Duration, UNIX_EPOCH};

use daemon::{Monotonic, Signals};
use settings::DurationError;

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
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match settings::duration(text) {
            Ok(after) => return Ok(Self::After(after)),
            Err(DurationError::Zero) => return Ok(Self::After(Duration::ZERO)),
            Err(DurationError::Unreadable(_)) => {}
            // It is one, and no time.
            Err(error) => return Err(error.to_string()),
        }
        let time = humantime::parse_rfc3339_weak(text);
        let time = time.ok().filter(|time| *time >= UNIX_EPOCH);
        time.map(|time| Self::Time(nanos(time))).ok_or_else(|| {
            "write a time such as 2026-11-26T10:00:00Z, or a duration such as 90s".to_owned()
        })
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

/// Shortest wait for a record that is logged.
const LONG: Duration = Duration::from_secs(10);

/// The times of one pass through a file after another.
#[derive(Debug)]
pub(crate) struct Schedule {
    from: u64,
    speed: Speed,
    /// When the first record of the pass was due, and its recorded time; `None`: there was none.
    first: Option<(Monotonic, u64)>,
    /// The longest wait that was logged.
    logged: Duration,
}

impl Schedule {
    /// Leaves out what was recorded before the time `from`.
    pub(crate) fn new(from: u64, speed: Speed) -> Self {
        Self { from, speed, first: None, logged: Duration::ZERO }
    }

    /// The earliest recorded time of a record that is published.
    pub(crate) fn from(&self) -> u64 {
        self.from
    }

    /// Waits until a record of the recorded `time` is due: the first one of a pass at once. `false`: a signal
    /// came first.
    pub(crate) fn wait(&mut self, time: u64, signals: &Signals) -> io::Result<bool> {
        self.first.get_or_insert_with(|| (Monotonic::now(), time));
        let due = self.due(self.recorded_after(time));
        self.log_gap(due);
        wait_until(due, signals)
    }

    /// Waits until the next pass is due after this one, whose last record has the recorded time `last`.
    /// `false`: a signal came first.
    pub(crate) fn wait_for_next_pass(&mut self, last: u64, signals: &Signals) -> io::Result<bool> {
        let recorded = self.recorded_after(last);
        let due = self.due(if recorded.is_zero() { PASS } else { recorded });
        let is_due = wait_until(due, signals);
        self.first = None;
        is_due
    }

    /// How long after the first record of the pass something of the recorded `time` was recorded.
    fn recorded_after(&self, time: u64) -> Duration {
        Duration::from_nanos(self.first.map_or(0, |(_, first)| time.saturating_sub(first)))
    }

    /// When something is due that was `recorded` this long after the first record; `None`: at once.
    fn due(&self, recorded: Duration) -> Option<Monotonic> {
        let (Speed::Times(times), Some((start, _))) = (self.speed, self.first) else { return None };
        let since = recorded.as_secs_f64() / times;
        Some(start.after(Duration::try_from_secs_f64(since).unwrap_or(Duration::MAX)))
    }

    /// Logs that nothing is published for long. A recording whose records are all far apart is logged a few times
    /// only: the next wait that is logged is twice as long.
    fn log_gap(&mut self, due: Option<Monotonic>) {
        let gap = due.map_or(Duration::ZERO, |due| due.since(Monotonic::now()));
        if gap >= LONG && gap >= self.logged * 2 {
            self.logged = gap;
            let rounded = gap.saturating_add(Duration::from_millis(500)).as_secs();
            let gap = humantime::format_duration(Duration::from_secs(rounded));
            tracing::info!("waiting {gap} for the next record, as recorded");
        }
    }
}

/// Waits until it is `due`. `false`: a signal came first.
fn wait_until(due: Option<Monotonic>, signals: &Signals) -> io::Result<bool> {
    while signals.stop_requested().is_none() {
        let Some(due) = due.filter(|due| Monotonic::now() < *due) else { return Ok(true) };
        daemon::wait(signals, None, Some(due))?;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use daemon::{Monotonic, Signals};

    use super::{Schedule, Speed, StartAt};

    #[test]
    fn a_time_is_a_moment_or_a_duration_after_the_first_record() {
        let at = |text: &str| text.parse::<StartAt>().map(|start| start.after(1_000));
        assert_eq!(at("2us"), Ok(3_000));
        assert_eq!(at("0s"), Ok(1_000));
        assert_eq!(at("1970-01-01T00:00:01Z"), Ok(1_000_000_000));
        assert_eq!(at("1970-01-01 00:00:01"), Ok(1_000_000_000));
        assert!(at("yesterday").is_err_and(|error| error.starts_with("write a time such as")));
        assert_eq!(at("400days"), Err("must be at most 365 days".into()));
    }

    #[test]
    fn a_record_is_due_at_its_distance_divided_by_the_speed() {
        let due = |speed: &str| {
            let mut schedule = Schedule::new(0, speed.parse().expect("a speed"));
            let start = Monotonic::now();
            schedule.first = Some((start, 1_000));
            Some(schedule.due(schedule.recorded_after(5_000))?.since(start))
        };
        assert_eq!(due("1"), Some(Duration::from_micros(4)));
        assert_eq!(due("4"), Some(Duration::from_micros(1)));
        assert_eq!(due("0.5"), Some(Duration::from_micros(8)));
        assert_eq!(due("max"), None);
        for bad in ["0", "-1", "nan", "inf", "fast"] {
            assert!(bad.parse::<Speed>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_first_record_of_each_pass_is_due_at_once() {
        let signals = Signals::stop_only().expect("handlers");
        // An hour in the recording is 1,000 s and more here: the test would not end.
        let mut schedule = Schedule::new(0, Speed::Times(0.001));
        for _ in 0..2 {
            assert!(schedule.wait(3_600_000_000_000, &signals).expect("waited"));
            schedule.first = None;
        }
    }
}
