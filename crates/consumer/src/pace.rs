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
//! Price: a copy of each record that is held back, its region's state (a system call) and a look at the
//! clock.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use daemon::Monotonic;
use layout::{InstanceName, RecordBuf};
use region::Publication;
use render::Noted;

/// When the next line may be printed of each instance, and what it is.
#[derive(Debug)]
pub(crate) struct Pace {
    every: Duration,
    /// No entry: nothing was printed yet.
    next: HashMap<Option<InstanceName>, Monotonic>,
    /// What is held back, by the time from which it may be printed.
    held: BTreeMap<(Monotonic, Option<InstanceName>), Held>,
}

/// A record that waits for its time.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) instance: Option<InstanceName>,
    pub(crate) record: RecordBuf,
    pub(crate) publication: Option<Publication>,
    /// What its region was when it was read; `None` in a bare file.
    pub(crate) noted: Option<Noted>,
}

impl Pace {
    /// One line in `every`.
    pub(crate) fn new(every: Duration) -> Self {
        Self { every, next: HashMap::new(), held: BTreeMap::new() }
    }

    /// Whether a line of `instance` may be printed `now`. If so, it is: what was held back is older.
    pub(crate) fn admits(&mut self, instance: Option<InstanceName>, now: Monotonic) -> bool {
        let is_due = self.next.get(&instance).is_none_or(|next| *next <= now);
        if is_due {
            self.discard(instance);
            self.next.insert(instance, now.after(self.every));
        }
        is_due
    }

    /// Keeps a record for later, in place of an older one of its instance.
    pub(crate) fn hold(
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
    pub(crate) fn discard(&mut self, instance: Option<InstanceName>) {
        if let Some(next) = self.next.get(&instance) {
            self.held.remove(&(*next, instance));
        }
    }

    /// Takes the record of an instance that is retired, whether its time has come or not.
    pub(crate) fn retire(&mut self, instance: InstanceName) -> Option<Held> {
        let next = self.next.remove(&Some(instance))?;
        self.held.remove(&(next, Some(instance)))
    }

    /// The first record that is held back, if it may be printed `now`.
    pub(crate) fn release(&mut self, now: Monotonic) -> Option<Held> {
        let first = self.held.first_entry().filter(|first| first.key().0 <= now)?;
        let held = first.remove();
        self.next.insert(held.instance, now.after(self.every));
        Some(held)
    }

    /// The first record that is held back, whether its time has come or not.
    pub(crate) fn take(&mut self) -> Option<Held> {
        self.held.pop_first().map(|(_, held)| held)
    }

    /// `span`, or the time until a record that is held back may be printed.
    pub(crate) fn shorten(&self, span: Duration, now: Monotonic) -> Duration {
        self.held.first_key_value().map_or(span, |((next, _), _)| span.min(next.since(now)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use daemon::Monotonic;
    use layout::{FieldSpec, RecordBuf, Scalar, Schema};

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
        let at = |millis: u64| Monotonic::from_nanos(millis * 1_000_000);
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
        let at = |millis: u64| Monotonic::from_nanos(millis * 1_000_000);
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
