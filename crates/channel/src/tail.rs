//! One reader's memory of what it has read: where it follows, and the newest it was given.
//!
//! Invariant: records given plus records reported missed leave no gap and no overlap, and what
//! `latest` gives is never older than what this reader was given before, by either call.
//!
//! ```text
//!   after(10)   next: Record 11   next: Record 12   next: Missed 5   next: Record 18   ...
//! ```
//!
//! Price: two numbers.

// A read is inlined as a whole, or its record goes through memory twice: the second copy loads 16
// bytes where the first has just stored 8, which stalls for longer than the read takes (16 ns
// against 4 ns for 28 bytes, on the project's 2-core machine).
#![allow(clippy::inline_always)]

use crate::error::Unstable;
use crate::memory::Memory;
use crate::ring::{Next, Ring, Snapshot};

/// What [`Tail::next`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The next record; its bytes are in the caller's buffer.
    Record(Snapshot),
    /// There is none yet.
    Pending,
    /// The writer has overtaken this reader; exactly so many records are gone. Call again at once.
    Missed(u64),
}

/// A reader's cursor in one ring.
///
/// A caller that may still discard the result (because the file turns out to be truncated) reads
/// with a copy of the cursor, and keeps the copy when it delivers the record.
///
/// When the ring is replaced by another (a new file), begin a new one with the number that the new
/// ring began after; the difference to [`Tail::last`] is what went by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The follower has been given, or told that it missed, everything up to here.
    last: u64,
    /// The newest record given by either call; 0 before the first.
    seen: u64,
}

impl Tail {
    /// A cursor whose next record is number `sequence + 1`.
    pub fn after(sequence: u64) -> Self {
        Self { last: sequence, seen: 0 }
    }

    /// The number up to which records have been given or reported missed.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The newest number that this reader knows of: given by either call, or reported missed.
    pub fn newest(&self) -> u64 {
        self.last.max(self.seen)
    }

    /// Copies the next record to `record` and moves on, or says why not.
    ///
    /// # Panics
    /// If `record` is longer than a slot.
    #[inline(always)]
    pub fn next<M: Memory>(&mut self, ring: &Ring<M>, record: &mut [u8]) -> Result<Step, Unstable> {
        Ok(match ring.next(self.last, record)? {
            Next::Record(snapshot) => {
                self.last = snapshot.sequence;
                // CHOICE L5: what `next` returned is remembered for `latest`.
                self.seen = self.seen.max(snapshot.sequence);
                Step::Record(snapshot)
            }
            Next::Pending => Step::Pending,
            Next::Lapped { missed, resume_after } => {
                self.last = resume_after;
                Step::Missed(missed)
            }
        })
    }

    /// Copies the newest record to `record`; never one older than this reader has been given.
    ///
    /// The cursor stays where it is.
    ///
    /// # Panics
    /// If `record` is longer than a slot.
    #[inline(always)]
    pub fn latest<M: Memory>(
        &mut self,
        ring: &Ring<M>,
        record: &mut [u8],
    ) -> Result<Option<Snapshot>, Unstable> {
        let latest = ring.latest_since(self.seen, record)?;
        if let Some(snapshot) = latest {
            self.seen = snapshot.sequence;
        }
        Ok(latest)
    }

    /// One attempt of [`Tail::latest`]: see [`Ring::try_latest`].
    ///
    /// # Panics
    /// If `record` is longer than a slot.
    #[inline(always)]
    pub fn try_latest<M: Memory>(
        &mut self,
        ring: &Ring<M>,
        retries: u32,
        record: &mut [u8],
    ) -> Option<Snapshot> {
        let snapshot = ring.try_latest(self.seen, retries, record)?;
        self.seen = snapshot.sequence;
        Some(snapshot)
    }

    /// What to do after [`Tail::try_latest`] came to nothing: see [`Ring::after_failure`].
    #[cold]
    pub fn after_failure<M: Memory>(
        &self,
        ring: &Ring<M>,
        retries: u32,
        record_len: usize,
    ) -> Result<Option<u32>, Unstable> {
        ring.after_failure(self.seen, retries, record_len)
    }
}
