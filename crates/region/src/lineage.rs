//! Lineages: lineage and sequence number are the permanent name of a record.
//!
//! Invariant: a lineage is greater than every one that its writer knows of: that of the file it
//! replaces, its own earlier ones, and those made by a clock that was later than this one is.
//!
//! ```text
//!   kept       resumed; replaced by a file that took the name from it in one step
//!   new        no file had the name for a moment, so that another writer may have used it;
//!              the old file is damaged, a copy, of another boot, or may have another successor
//!   copied     that of another region, whose records it gets
//! ```
//!
//! It is the time in microseconds at which it began. If the clock is behind the last change of the
//! region's directory, which the deletion of a file is, that change counts. So a new lineage is only
//! less than an older one of the same name if the clock was set back, and the older region was lost
//! together with its directory, or deleted before the clock reached the time when it began. Even then
//! the two differ. While the clock is behind a known lineage, the next one is after that by chance, up to about
//! a second: a file and its copy have each its own next lineage.
//!
//! Price: eight bytes in the header; one `fstat` of the directory for a new lineage.
#![allow(clippy::disallowed_types)] // a process-wide number outside any region

use crate::clock::{self, BootTime};
use crate::location::Location;
use crate::options::Numbering;
use layout::header::{Header, MAX_LINEAGE};
use std::sync::atomic::{AtomicU64, Ordering};

/// About a second, in microseconds: how far a lineage may be after the greatest known one.
const SPREAD: u64 = 1 << 20;

/// Which records a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lineage {
    /// That of its records.
    pub(crate) own: u64,
    /// The one in which their sequence began.
    pub(crate) first: u64,
}

impl Lineage {
    pub(crate) fn of(header: &Header) -> Self {
        Self { own: header.lineage, first: header.first_lineage }
    }

    /// A new one, whose sequence begins: greater than `known`.
    pub(crate) fn begin(known: u64) -> Self {
        let own = after(known);
        Self { own, first: own }
    }

    /// That of the records that a region copies; `None` if it is none that a header can have.
    pub(crate) fn copied(numbering: &Numbering) -> Option<Self> {
        let Numbering { lineage: own, first_lineage: first, .. } = *numbering;
        let is_one = (1..=MAX_LINEAGE).contains(&own) && (1..=own).contains(&first);
        is_one.then_some(Self { own, first })
    }

    /// A new one, in which this one's sequence continues.
    pub(crate) fn fork(self, known: u64) -> Self {
        Self { own: after(self.own.max(known)), first: self.first }
    }
}

/// The time when the directory of `at` last changed, in microseconds; 0 if that is unknown.
pub(crate) fn last_change(at: &Location) -> u64 {
    let Ok(stat) = rustix::fs::fstat(at.dir()) else { return 0 };
    let seconds = u64::try_from(stat.st_ctime).unwrap_or(0);
    seconds.saturating_mul(1_000_000).saturating_add(stat.st_ctime_nsec / 1000)
}

/// A lineage greater than `known`.
fn after(known: u64) -> u64 {
    above(known, own_time(clock::wall_nanos() / 1000), BootTime::now().as_nanos())
}

/// `now`, or a little later: no two calls in this process return the same time, also if the clock
/// was set back between them.
fn own_time(now: u64) -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let next = |last: u64| now.max(last + 1);
    match LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last))) {
        Ok(last) | Err(last) => next(last),
    }
}

/// `now`, or one of about a million after `known` if that is not less, by `chance`: two writers that know the
/// same lineage, of a file and its copy, begin different ones also while the clock is behind it. There is none
/// after the largest, which only a hostile writer gives.
fn above(known: u64, now: u64, chance: u64) -> u64 {
    match known {
        MAX_LINEAGE.. => now.clamp(1, MAX_LINEAGE),
        _ if now > known => now.min(MAX_LINEAGE),
        _ => known + 1 + chance % SPREAD.min(MAX_LINEAGE - known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use std::collections::HashSet;

    #[test]
    fn a_lineage_is_the_time_or_greater_than_the_greatest_known() {
        assert_eq!(above(5, 100, 7), 100);
        assert_eq!(above(100, 100, 0), 101);
        assert_eq!(above(200, 100, 0), 201, "the clock was set back");
        assert_eq!(above(MAX_LINEAGE - 1, 100, 7), MAX_LINEAGE);
        assert_eq!(above(0, 0, 0), 1, "0 is no lineage");
    }

    #[test]
    fn two_successors_of_one_lineage_differ_while_the_clock_is_behind_it() {
        let known = clock::wall_nanos() / 1000 + 3_600_000_000;
        let old = Lineage { own: known, first: 1 };
        // As by two processes: one continues the file, another one a copy of it.
        let begun: HashSet<_> = (0..100).map(|_| Lineage::begin(known).own).collect();
        let continued: HashSet<_> = (0..100).map(|_| old.fork(0).own).collect();
        assert!(begun.union(&continued).all(|own| (known + 1..=known + SPREAD).contains(own)));
        assert!(begun.len() > 1 && continued.len() > 1);
    }

    #[test]
    fn a_hostile_lineage_does_not_wrap() {
        for known in [MAX_LINEAGE, MAX_LINEAGE + 1, u64::MAX] {
            assert_eq!(above(known, 100, u64::MAX), 100);
        }
        assert_eq!(above(0, u64::MAX, 0), MAX_LINEAGE);
        assert_eq!(above(MAX_LINEAGE - 1, 0, u64::MAX), MAX_LINEAGE);
    }

    #[test]
    fn no_two_threads_of_a_process_begin_the_same_lineage() {
        let begin = || (0..1000).map(|_| Lineage::begin(0).own).collect::<Vec<_>>();
        let of_threads = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(begin)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        let distinct: HashSet<_> = of_threads.iter().collect();
        assert_eq!(distinct.len(), of_threads.len());
    }

    #[test]
    fn a_clock_set_back_does_not_make_a_lineage_of_this_process_less() {
        let now = own_time(0);
        assert!(own_time(0) > now && own_time(1) > now);
    }

    #[test]
    fn the_deletion_of_a_file_is_a_change_of_its_directory() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stu.region");
        let at = Location::open(&Address::from(path.as_path())).unwrap();
        std::fs::write(&path, "").unwrap();
        let before = last_change(&at);
        // The kernel's clock for files moves on in steps of some milliseconds.
        let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
        while last_change(&at) == before {
            assert!(std::time::Instant::now() < deadline, "a deletion is no change");
            std::fs::write(&path, "").unwrap();
            std::fs::remove_file(&path).unwrap();
        }
        assert!(last_change(&at) > before);
        assert!(last_change(&at) <= clock::wall_nanos() / 1000);
    }
}
