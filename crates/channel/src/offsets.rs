//! A number that depends on the time of a record and seldom changes: the one before it is kept.
//!
//! Invariant: while a record is kept in the ring, every reader gets the same number for its time, also
//! during a change, and if the writer dies in one.
//!
//! ```text
//!   before        for times before `since`
//!   current       for `since` and later
//!
//!   a change      before := current   if a kept record is of `since` or later; else `before` stays
//!                 since := later      than every kept record: all of them go with `before` now
//!                 current := new      no record goes with it yet
//! ```
//!
//! Price: there are two numbers. While kept records go with both, a change has to wait.

use crate::sync::{self, AtomicU64};

/// How often a reader looks again when `since` changes meanwhile, which an honest writer does once.
const ATTEMPTS: u32 = 4;

/// The three shared words. One writer, any number of readers.
#[derive(Clone, Copy, Debug)]
pub struct Offsets<'a> {
    /// The number for records of `since` or later.
    pub current: &'a AtomicU64,
    /// The time from which `current` holds.
    pub since: &'a AtomicU64,
    /// The number for records before that.
    pub before: &'a AtomicU64,
}

impl<'a> Offsets<'a> {
    /// The number for a record of `time`.
    pub fn at(self, time: u64) -> u64 {
        let mut number = 0;
        for _ in 0..ATTEMPTS {
            let since = sync::load(self.since);
            // SYNC C2: a reader that sees `since` sees the `before` stored ahead of it. Pairs with C1.
            sync::acquire_fence();
            number = sync::load(if time < since { self.before } else { self.current });
            // SYNC C3: a reader that sees `current` sees the `since` stored ahead of it. Pairs with C1.
            sync::acquire_fence();
            // CHOICE C4: a number that was loaded while `since` changed may go with other times.
            if sync::load(self.since) == since {
                return number;
            }
        }
        number
    }

    /// Sets the number for all times, before the first reader.
    pub fn set(self, number: u64) {
        for (word, value) in [(self.before, number), (self.since, 0), (self.current, number)] {
            sync::store(word, value);
        }
    }

    /// The words, for [`restore`](Self::restore).
    pub fn saved(self) -> [u64; 3] {
        [self.current, self.since, self.before].map(sync::load)
    }

    /// Sets the words to those of another file, before the first reader.
    pub fn restore(self, saved: [u64; 3]) {
        for (word, value) in [self.current, self.since, self.before].into_iter().zip(saved) {
            sync::store(word, value);
        }
    }

    /// Changes the number for records from `now` on. `kept` are the times of all records that can still
    /// be read. Returns `false`, without a change, if both numbers go with kept records.
    pub fn change(self, number: u64, now: u64, kept: impl Iterator<Item = u64>) -> bool {
        let Some(steps) = self.steps(number, now, kept) else { return false };
        store(&steps);
        true
    }

    /// The stores of a change, in order.
    fn steps(
        self,
        number: u64,
        now: u64,
        kept: impl Iterator<Item = u64>,
    ) -> Option<[(&'a AtomicU64, u64); 3]> {
        let since = sync::load(self.since);
        let range = kept.fold(None, |range: Option<(u64, u64)>, time| {
            let (oldest, newest) = range.unwrap_or((time, time));
            Some((oldest.min(time), newest.max(time)))
        });
        let (oldest, newest) = range.unwrap_or((since, 0));
        let is_current_used = newest >= since;
        // CHOICE C5: while kept records go with both numbers, neither can be given up.
        if oldest < since && is_current_used {
            return None;
        }
        // CHOICE C6: `before` is given up only for a number that kept records go with.
        let before = sync::load(if is_current_used { self.current } else { self.before });
        // CHOICE C7: a kept record may have a time that lies ahead.
        let next = now.max(newest.saturating_add(1));
        Some([(self.before, before), (self.since, next), (self.current, number)])
    }

    /// As [`change`](Self::change), by a writer that dies after so many stores.
    #[cfg(test)]
    pub(crate) fn change_and_die(
        self,
        stores: usize,
        number: u64,
        now: u64,
        kept: impl Iterator<Item = u64>,
    ) {
        let steps = self.steps(number, now, kept).expect("a change that is made");
        store(&steps[..stores]);
    }
}

fn store(steps: &[(&AtomicU64, u64)]) {
    for (word, value) in steps {
        // SYNC C1: each of these stores is seen only with those ahead of it. Pairs with C2 and C3.
        sync::store_release(word, *value);
    }
}
