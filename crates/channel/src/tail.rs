//! One reader's position: the number up to which it has followed, and the newest it has seen.
//!
//! Invariant: records returned plus records reported missed leave no gap and no overlap, and `latest`
//! never returns a record older than one that either call has returned before.
//!
//! ```text
//!   after(10)   next: Record 11   next: Record 12   next: Missed 5   next: Record 18   ...
//! ```
//!
//! Price: two numbers.

#![allow(clippy::inline_always)] // see memory.rs

use crate::error::Unstable;
use crate::memory::Memory;
use crate::part::Part;
use crate::ring::{Publication, Ring, Step};
use crate::seen::Seen;

/// A reader's cursor in one ring.
///
/// A caller that may still discard the result (because the file turns out to be truncated) asks the
/// ring, and [advances](Tail::advance) the cursor when it delivers the record.
///
/// When another ring replaces this one (a new file), begin a new cursor with the number that the new
/// ring began after; the difference to [`Tail::last`] is what was missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Every record up to here was returned by `next`, or reported missed.
    last: u64,
    /// The newest record returned by either call.
    seen: Seen,
}

impl Tail {
    /// A cursor whose next record is number `sequence + 1`.
    pub fn after(sequence: u64) -> Self {
        Self { last: sequence, seen: Seen::NOTHING }
    }

    /// The cursor with `sequence + 1` as its next record. What was returned before stays the least that
    /// `latest` returns.
    #[must_use]
    pub fn moved_after(self, sequence: u64) -> Self {
        Self { last: sequence, ..self }
    }

    /// The number up to which records have been returned or reported missed.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// The newest number returned by either call, or reported missed.
    pub fn newest(&self) -> u64 {
        self.last.max(self.seen.sequence())
    }

    /// Copies the next record to `record` and advances, as [`Ring::next`]; after [`Step::Missed`],
    /// call again.
    ///
    /// # Panics
    /// If `record` is longer than a slot.
    #[inline(always)]
    pub fn next<M: Memory>(&mut self, ring: &Ring<M>, record: &mut [u8]) -> Result<Step, Unstable> {
        self.next_part(ring, &mut Part::whole(record))
    }

    /// [`Tail::next`], of which the caller wants a part only.
    ///
    /// # Panics
    /// If the record is longer than a slot.
    #[inline(always)]
    pub fn next_part<M: Memory>(
        &mut self,
        ring: &Ring<M>,
        part: &mut Part<'_>,
    ) -> Result<Step, Unstable> {
        let step = ring.next_part(self.last, part)?;
        self.advance(step);
        Ok(step)
    }

    /// Moves the cursor by what [`Ring::next_part`] has returned for it.
    #[inline(always)]
    pub fn advance(&mut self, step: Step) {
        match step {
            Step::Record(publication) => {
                self.last = publication.sequence;
                // CHOICE L5: what `next` returned is remembered for `latest`.
                self.has_returned(publication.sequence);
            }
            // CHOICE N6: the cursor skips exactly the records that are reported missed.
            Step::Missed(missed) => self.last = self.last.wrapping_add(missed),
            Step::Pending => {}
        }
    }

    /// Copies the newest record to `record`, never one older than a record returned before.
    ///
    /// Does not move the cursor.
    ///
    /// # Panics
    /// If `record` is longer than a slot.
    #[inline(always)]
    pub fn latest<M: Memory>(
        &mut self,
        ring: &Ring<M>,
        record: &mut [u8],
    ) -> Result<Option<Publication>, Unstable> {
        let latest = ring.latest_since(self.seen.sequence(), record)?;
        if let Some(publication) = latest {
            self.has_returned(publication.sequence);
        }
        Ok(latest)
    }

    /// What this reader has seen, for [`Ring::try_front`] and those after it. A record of theirs that the
    /// caller returns is to be made known by [`Tail::has_returned`].
    #[inline]
    pub fn seen(&self) -> Seen {
        self.seen
    }

    /// Keeps the number of a record that is returned; returns whether it is newer than those before.
    #[inline]
    pub fn has_returned(&mut self, sequence: u64) -> bool {
        let is_newer = sequence > self.seen.sequence();
        if is_newer {
            self.seen = Seen::record(sequence);
        }
        is_newer
    }
}
