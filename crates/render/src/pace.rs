//! At most so many lines a second, of which the newest wins: `--rate`.
//!
//! ```text
//!   records   1  2  3  4              5
//!   lines     1           4           5
//!             |-- 1/N s --|-- 1/N s --|
//! ```
//!
//! Invariant: a record that is held back is printed as soon as its time has come, unless a newer one
//! takes its place.
//!
//! Price: a copy of each record that is held back, and a look at the clock.

use std::sync::Arc;
use std::time::Duration;

use layout::{RecordBuf, RecordView};
use mapcast::{BootTime, Publication};

/// When the next line may be printed, and what it is.
#[derive(Debug)]
pub struct Pace {
    every: Duration,
    /// `None`: nothing was printed yet.
    next: Option<BootTime>,
    held: Option<Held>,
}

/// A record that waits for its time.
#[derive(Debug)]
pub struct Held {
    /// Its bytes.
    pub record: RecordBuf,
    /// Its name and time; `None` in a bare file.
    pub publication: Option<Publication>,
}

impl Pace {
    /// At most so many lines a second as `text` says: the shortest time between two.
    ///
    /// # Errors
    /// It is no number, or out of range: what to write instead.
    pub fn every(text: &str) -> Result<Duration, &'static str> {
        let lines = text.parse().ok().filter(|lines| (0.0001..=1e6).contains(lines));
        let lines: f64 = lines.ok_or("write how many lines a second, from 0.0001 to 1000000")?;
        Ok(Duration::from_secs_f64(1.0 / lines))
    }

    /// One line in `every`.
    pub fn new(every: Duration) -> Self {
        Self { every, next: None, held: None }
    }

    /// Whether a line may be printed `now`. If so, it is: what was held back is older.
    pub fn admits(&mut self, now: BootTime) -> bool {
        let is_due = self.is_due(now);
        if is_due {
            self.next = Some(self.after(now));
            self.held = None;
        }
        is_due
    }

    /// Keeps `record` for later, in place of an older one.
    pub fn hold(&mut self, record: RecordView<'_>, publication: Option<Publication>) {
        let held = self.held.get_or_insert_with(|| Held::new(record));
        if held.record.bytes().len() != record.bytes().len() {
            *held = Held::new(record);
        }
        held.record.bytes_mut().copy_from_slice(record.bytes());
        held.publication = publication;
    }

    /// The record that is held back, if it may be printed `now`.
    pub fn release(&mut self, now: BootTime) -> Option<Held> {
        if self.held.is_none() || !self.is_due(now) {
            return None;
        }
        self.next = Some(self.after(now));
        self.held.take()
    }

    /// The record that is held back, whether its time has come or not.
    pub fn take(&mut self) -> Option<Held> {
        self.held.take()
    }

    /// `span`, or the time until the record that is held back may be printed.
    pub fn shorten(&self, span: Duration, now: BootTime) -> Duration {
        match (&self.held, self.next) {
            (Some(_), Some(next)) => span.min(next.since(now)),
            _ => span,
        }
    }

    fn after(&self, now: BootTime) -> BootTime {
        let every = u64::try_from(self.every.as_nanos()).unwrap_or(u64::MAX);
        BootTime::from_nanos(now.as_nanos().saturating_add(every))
    }

    fn is_due(&self, now: BootTime) -> bool {
        self.next.is_none_or(|next| next <= now)
    }
}

impl Held {
    fn new(record: RecordView<'_>) -> Self {
        Self { record: RecordBuf::new(Arc::new(record.schema().clone())), publication: None }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use layout::{FieldSpec, RecordView, Scalar, Schema};

    use mapcast::BootTime;

    use super::Pace;

    #[test]
    fn the_newest_record_is_released_when_its_time_has_come() {
        let schema = Schema::builder("R").field(FieldSpec::new("x", Scalar::U8)).build().unwrap();
        let record = |byte: &'static [u8; 1]| RecordView::new(&schema, byte).unwrap();
        let at = |millis: u64| BootTime::from_nanos(millis * 1_000_000);
        let second = Duration::from_secs(1);
        let mut pace = Pace::new(second);
        assert!(pace.admits(at(0)));
        for (byte, millis) in [(&[2], 100), (&[3], 900)] {
            assert!(!pace.admits(at(millis)));
            pace.hold(record(byte), None);
        }
        assert!(pace.release(at(999)).is_none());
        assert_eq!(pace.shorten(second, at(900)), Duration::from_millis(100));
        assert_eq!(pace.release(at(1000)).map(|held| held.record.bytes().to_vec()), Some(vec![3]));
        assert_eq!(pace.shorten(second, at(1000)), second);
        assert!(!pace.admits(at(1999)));
        pace.hold(record(&[4]), None);
        assert!(pace.admits(at(2000)), "a newer record takes its place");
        assert!(pace.release(at(3000)).is_none());
    }
}
