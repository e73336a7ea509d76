//! The name and time of a record.

use crate::clock::BootTime;
use crate::origin::Origin;
use channel::Publication as Published;
use std::time::Duration;

/// Which record it is, and when it was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publication {
    origin: Origin,
    /// The record's number: the first of a region is 1, each next one more, also under a new writer.
    pub sequence: u64,
    /// When the writer stamped it.
    pub published_at: BootTime,
}

impl Publication {
    #[inline]
    pub(crate) fn new(record: Published, origin: Origin) -> Self {
        let published_at = BootTime::from_nanos(record.published_at);
        Self { origin, sequence: record.sequence, published_at }
    }

    /// Which run of records it belongs to. Lineage and sequence are its name: no other record of any
    /// region on this machine has both, but its [copies](crate::DynWriter::publish_copy). Microseconds since
    /// 1970 at which the lineage began; a later one is greater, as far as the clock was not set back.
    #[inline]
    pub const fn lineage(&self) -> u64 {
        self.origin.lineage()
    }

    /// How long ago it was published; `None` if the region is left over from an earlier boot, whose
    /// clock is gone.
    pub fn age(&self) -> Option<Duration> {
        self.age_at(BootTime::now())
    }

    /// How long before `now` it was published: see [`age`](Self::age).
    fn age_at(&self, now: BootTime) -> Option<Duration> {
        // If the boot is unknown, a time in the future means an earlier one.
        let comparable = self.origin.is_of_this_boot().unwrap_or(self.published_at <= now);
        comparable.then(|| now.since(self.published_at))
    }
}

/// The result of [`DynReader::next`](crate::DynReader::next).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<T = Publication> {
    /// The next record: its bytes are in the caller's buffer, or it is a whole
    /// [`Sample`](crate::Sample).
    Record(T),
    /// Nothing new yet.
    Pending,
    /// The writer has lapped this reader: exactly this many records are gone. The next call returns
    /// the oldest that is left.
    Missed(u64),
}

impl<T> Step<T> {
    /// The same step with what `found` makes of its record.
    #[inline]
    pub(crate) fn map<U>(self, found: impl FnOnce(T) -> U) -> Step<U> {
        match self {
            Self::Record(record) => Step::Record(found(record)),
            Self::Pending => Step::Pending,
            Self::Missed(missed) => Step::Missed(missed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_time_of_the_running_boot_has_an_age() {
        let age = |this_boot, published_at| {
            let record = Published { sequence: 1, published_at, retries: 0 };
            Publication::new(record, Origin::new(1, this_boot)).age_at(BootTime::from_nanos(100))
        };
        assert_eq!(age(Some(true), 40), Some(Duration::from_nanos(60)));
        assert_eq!(age(Some(true), 140), Some(Duration::ZERO), "a clock read a moment ago");
        assert_eq!(age(Some(false), 40), None);
        assert_eq!(age(None, 40), Some(Duration::from_nanos(60)));
        assert_eq!(age(None, 140), None, "it has not come yet: another boot's");
    }
}
