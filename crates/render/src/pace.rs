//! At most so many lines a second of each instance, of which the newest wins: `--rate`.
//!
//! ```text
//!   records   1  2  3  4              5
//!   lines     1           4           5
//!             |-- 1/N s --|-- 1/N s --|
//! ```
//!
//! Invariant: a record that is held back is printed as soon as its time has come, unless a newer one
//! of its instance takes its place.
//!
//! Price: a copy of each record that is held back, and a look at the clock.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use layout::{InstanceName, RecordBuf};
use mapcast::{BootTime, Publication};

use crate::Noted;

/// When the next line may be printed of each instance, and what it is.
#[derive(Debug)]
pub struct Pace {
    every: Duration,
    /// No entry: nothing was printed yet.
    next: HashMap<Option<InstanceName>, BootTime>,
    /// What is held back, by the time from which it may be printed.
    held: BTreeMap<(BootTime, Option<InstanceName>), Held>,
}

/// A record that waits for its time.
#[derive(Debug)]
pub struct Held {
    /// Whose it is; `None` in a region of one record.
    pub instance: Option<InstanceName>,
    /// The record.
    pub record: RecordBuf,
    /// Its name and time; `None` in a bare file.
    pub publication: Option<Publication>,
    /// What its region was when it was read, if the caller has noted that.
    pub noted: Option<Noted>,
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
        Self { every, next: HashMap::new(), held: BTreeMap::new() }
    }

    /// Whether a line of `instance` may be printed `now`. If so, it is: what was held back is older.
    pub fn admits(&mut self, instance: Option<InstanceName>, now: BootTime) -> bool {
        let is_due = self.next.get(&instance).is_none_or(|next| *next <= now);
        if is_due {
            self.discard(instance);
            let next = self.after(now);
            self.next.insert(instance, next);
        }
        is_due
    }

    /// Keeps a record for later, in place of an older one of its instance.
    pub fn hold(
        &mut self,
        instance: Option<InstanceName>,
        record: &RecordBuf,
        publication: Option<Publication>,
        noted: Option<Noted>,
    ) {
        let Some(next) = self.next.get(&instance) else { return };
        let held = self.held.entry((*next, instance)).or_insert_with(|| Held {
            instance,
            record: record.clone(),
            publication,
            noted,
        });
        held.record.bytes_mut().copy_from_slice(record.bytes());
        (held.publication, held.noted) = (publication, noted);
    }

    /// Drops the record of `instance` that is held back.
    pub fn discard(&mut self, instance: Option<InstanceName>) {
        if let Some(next) = self.next.get(&instance) {
            self.held.remove(&(*next, instance));
        }
    }

    /// Takes the record of an instance that is retired, whether its time has come or not.
    pub fn retire(&mut self, instance: InstanceName) -> Option<Held> {
        let next = self.next.remove(&Some(instance))?;
        self.held.remove(&(next, Some(instance)))
    }

    /// The first record that is held back, if it may be printed `now`.
    pub fn release(&mut self, now: BootTime) -> Option<Held> {
        let first = self.held.first_entry().filter(|first| first.key().0 <= now)?;
        let (held, next) = (first.remove(), self.after(now));
        self.next.insert(held.instance, next);
        Some(held)
    }

    /// The first record that is held back, whether its time has come or not.
    pub fn take(&mut self) -> Option<Held> {
        self.held.pop_first().map(|(_, held)| held)
    }

    /// `span`, or the time until a record that is held back may be printed.
    pub fn shorten(&self, span: Duration, now: BootTime) -> Duration {
        self.held.first_key_value().map_or(span, |((next, _), _)| span.min(next.since(now)))
    }

    fn after(&self, now: BootTime) -> BootTime {
        let every = u64::try_from(self.every.as_nanos()).unwrap_or(u64::MAX);
        BootTime::from_nanos(now.as_nanos().saturating_add(every))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use layout::{FieldSpec, RecordBuf, Scalar, Schema};
    use mapcast::BootTime;

    use super::Pace;

    /// A record of one byte.
    fn record(byte: u8) -> RecordBuf {
        let schema = Schema::builder("R").field(FieldSpec::new("x", Scalar::U8)).build();
        let mut record = RecordBuf::new(Arc::new(schema.unwrap()));
        record.bytes_mut()[0] = byte;
        record
    }

    #[test]
    fn the_newest_record_is_released_when_its_time_has_come() {
        let at = |millis: u64| BootTime::from_nanos(millis * 1_000_000);
        let second = Duration::from_secs(1);
        let mut pace = Pace::new(second);
        assert!(pace.admits(None, at(0)));
        for (byte, millis) in [(2, 100), (3, 900)] {
            assert!(!pace.admits(None, at(millis)));
            pace.hold(None, &record(byte), None, None);
        }
        assert!(pace.release(at(999)).is_none());
        assert_eq!(pace.shorten(second, at(900)), Duration::from_millis(100));
        assert_eq!(pace.release(at(1000)).map(|held| held.record.bytes().to_vec()), Some(vec![3]));
        assert_eq!(pace.shorten(second, at(1000)), second);
        assert!(!pace.admits(None, at(1999)));
        pace.hold(None, &record(4), None, None);
        assert!(pace.admits(None, at(2000)), "a newer record takes its place");
        assert!(pace.release(at(3000)).is_none());
    }

    #[test]
    fn each_instance_has_a_time_of_its_own() {
        let at = |millis: u64| BootTime::from_nanos(millis * 1_000_000);
        let [a, b] = ["a", "b"].map(|name| name.parse().ok());
        let mut pace = Pace::new(Duration::from_secs(1));
        assert!(pace.admits(a, at(0)) && pace.admits(b, at(500)));
        for (instance, byte) in [(b, 1), (a, 2)] {
            assert!(!pace.admits(instance, at(600)));
            pace.hold(instance, &record(byte), None, None);
        }
        assert_eq!(pace.release(at(1000)).map(|held| held.instance), Some(a));
        assert!(pace.release(at(1000)).is_none());
        assert_eq!(pace.retire(b.unwrap()).map(|held| held.instance), Some(b));
        assert!(pace.take().is_none());
    }
}
