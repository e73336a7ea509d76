//! The reading side: the newest record, or the one after a given number.
//!
//! Invariant: a record that is returned was published whole under the sequence number it is returned
//! with.
//!
//! ```text
//!   latest   the front: stamp, copy, stamp again               one cache line, if it fits there
//!            head -> its slot: the same                        two, else
//!   next     the slot of n + 1: stamp, copy, stamp again       one cache line, also while waiting
//! ```
//!
//! Price: one copy for each read, another one for each time the writer laps the reader during a copy,
//! and no more than 16384 of them. Neither call blocks, stores to shared memory or calls the kernel.

#![allow(clippy::inline_always)] // see memory.rs

use crate::error::{BadSlots, MIN_SLOTS, Unstable};
use crate::memory::Memory;
use crate::part::Part;
use crate::seen::Seen;
use crate::stamp;
use crate::sync::{self, AtomicU64};

/// How many copies a reader tries before it returns [`Unstable`]: 64 MiB of them, between 64 (a
/// record of 1 MiB and more) and 16384 (4 KiB and less). That is how long a hostile writer can hold
/// a reader, some milliseconds. An honest writer that publishes 4 KiB without a pause into 4 slots
/// can cost hundreds of attempts.
#[inline]
pub(crate) fn attempts(record_len: usize) -> u32 {
    const PAGE: u32 = 4096;
    const BUDGET: u32 = 64 << 20;
    const FEWEST: u32 = 64;
    let record_len = u32::try_from(record_len).unwrap_or(u32::MAX);
    (BUDGET / record_len.max(PAGE)).max(FEWEST)
}

/// Counts a failed attempt. Not inlined, and it returns in registers: the record of a caller
/// that knows its size then never has to be in memory before it is whole.
#[cold]
#[inline(never)]
fn once_more(retries: u32, record_len: usize) -> Result<u32, Unstable> {
    sync::relax();
    let attempts = attempts(record_len);
    if retries + 1 < attempts { Ok(retries + 1) } else { Err(Unstable { attempts }) }
}

/// The number of a record, and when it was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The number of the record: the first is 1, each next one more.
    pub sequence: u64,
    /// When it was published, in the writer's unit (a region's: nanoseconds of `CLOCK_BOOTTIME`).
    pub published_at: u64,
    /// How many copies were discarded before this one.
    pub retries: u32,
}

/// The result of asking for the record after a given one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The next record; its bytes are in the caller's buffer.
    Record(Publication),
    /// The next record is not published yet.
    Pending,
    /// The writer has reused its slot: exactly this many records are missed. The record after them
    /// is the next one to ask for: the oldest that the writer is not about to overwrite.
    Missed(u64),
}

/// A ring of slots, for reading.
///
/// Any number of rings may read the same memory. Reading leaves no trace for the writer.
#[derive(Clone, Debug)]
pub struct Ring<M> {
    memory: M,
    /// slots - 1, where slots is a power of two.
    mask: u32,
}

impl<M: Memory> Ring<M> {
    /// A ring over `memory`, which has `slots` slots: a power of two, at least [`MIN_SLOTS`].
    pub fn new(memory: M, slots: u32) -> Result<Self, BadSlots> {
        if slots < MIN_SLOTS || !slots.is_power_of_two() {
            return Err(BadSlots { slots });
        }
        Ok(Self::with_slots(memory, slots))
    }

    /// The same, if `slots` has been checked.
    #[inline(always)]
    pub(crate) fn with_slots(memory: M, slots: u32) -> Self {
        Self { memory, mask: slots - 1 }
    }

    /// A ring of as many slots over other memory: another block of the same region.
    #[inline(always)]
    pub fn over<N: Memory>(&self, memory: N) -> Ring<N> {
        Ring { memory, mask: self.mask }
    }

    /// Makes this the ring of another instance: empty, with `base` + 1 as its first number. `base`
    /// is not below any number that this ring has had.
    pub(crate) fn restart(&self, base: u64) {
        // CHOICE G8: neither the slot that head names nor the front has a record. Zero is no stamp
        // that a copy began with, so one of the instance before is discarded.
        sync::store(self.stamp(base), stamp::NEVER);
        if let Some(front) = self.front(0) {
            sync::store(front.stamp, stamp::NEVER);
        }
        sync::store(self.memory.head(), base);
    }

    /// The memory given to [`Ring::new`].
    pub fn memory(&self) -> &M {
        &self.memory
    }

    /// How many slots there are.
    pub fn slots(&self) -> u32 {
        self.mask + 1
    }

    /// The sequence number of the newest record, or the one that the ring began after.
    #[inline]
    pub fn head(&self) -> u64 {
        let head = sync::load(self.memory.head());
        // SYNC R0: the slot that head names is read after head. Pairs with W4.
        sync::acquire_fence();
        head
    }

    /// The number of the oldest record that is whole now. The next publish may overwrite it.
    ///
    /// If there is none, it is the number of one that was never in this ring, or of the next one.
    pub fn oldest(&self) -> u64 {
        let head = self.head();
        let oldest = head.saturating_sub(u64::from(self.mask)).max(1);
        // The slot that the writer takes next may still hold its record.
        let found = sync::load(self.stamp(oldest));
        if found == stamp::complete(oldest) { oldest } else { oldest.min(head).saturating_add(1) }
    }

    /// The times of the records that the ring keeps, for their writer.
    pub fn times(&self) -> impl Iterator<Item = u64> {
        (0..u64::from(self.slots())).map(|index| self.slot(index, 0)).filter_map(|slot| {
            let found = sync::load(slot.stamp);
            let is_record =
                !stamp::is_never(found) && found == stamp::complete(stamp::sequence(found));
            is_record.then(|| sync::load(slot.published_at))
        })
    }

    /// Copies the newest record to `record`; `None` if nothing has been published in this ring yet.
    ///
    /// A slot may be complete before head names it, and then [`Ring::next`] already returns a
    /// record that this does not. A reader that uses both and must never go back keeps a
    /// [`Tail`](crate::Tail), or uses [`Ring::latest_since`].
    ///
    /// # Panics
    /// If `record` is longer than a slot.
    #[inline(always)]
    pub fn latest(&self, record: &mut [u8]) -> Result<Option<Publication>, Unstable> {
        self.latest_since(0, record)
    }

    /// [`Ring::latest`] for a reader that this ring has returned record `seen` to before: returns
    /// that record or a newer one.
    ///
    /// # Panics
    /// If `record` is longer than a slot.
    #[inline(always)]
    pub fn latest_since(
        &self,
        seen: u64,
        record: &mut [u8],
    ) -> Result<Option<Publication>, Unstable> {
        let (mut part, mut retries, seen) = (Part::whole(record), 0, Seen::record(seen));
        if let Some(publication) = self.try_front(seen, &mut part) {
            return Ok(Some(publication));
        }
        loop {
            if let Some(publication) = self.try_slot(seen, retries, &mut part) {
                return Ok(Some(publication));
            }
            match self.after_failure(seen, retries, part.record_len())? {
                Some(next) => retries = next,
                None => return Ok(None),
            }
        }
    }

    /// The first attempt of [`Ring::latest_since`], in the front; `None` if records of this length have
    /// none, or it is being written, or older than one returned before. Then [`Ring::try_slot`] has one.
    ///
    /// The two and [`Ring::after_failure`] are separate for the sake of callers: if everything between
    /// the shared words and the caller's record is inlined, and the rest returns in registers, a record of
    /// a size known to the compiler costs one load and one store for each word.
    #[inline(always)]
    pub fn try_front(&self, seen: Seen, part: &mut Part<'_>) -> Option<Publication> {
        let front = self.front(part.record_len())?;
        let found = sync::load(front.stamp);
        let sequence = seen.whole_since(found)?;
        let published_at = self.copy_out(&front, found, part)?;
        Some(Publication { sequence, published_at, retries: 0 })
    }

    /// An attempt of [`Ring::latest_since`] in the slot of the newest record, after `retries` others.
    /// [`Ring::after_failure`] finds the reason for `None`.
    ///
    /// # Panics
    /// If the record is longer than a slot.
    #[inline(always)]
    pub fn try_slot(&self, seen: Seen, retries: u32, part: &mut Part<'_>) -> Option<Publication> {
        let sequence = self.newest(seen);
        let slot = self.slot(sequence, part.record_len());
        let found = sync::load(slot.stamp);
        // CHOICE L1: only from a slot that holds the record named by head, complete.
        if stamp::is_never(found) || found != stamp::complete(sequence) {
            return None;
        }
        let published_at = self.copy_out(&slot, found, part)?;
        Some(Publication { sequence, published_at, retries })
    }

    /// After [`Ring::try_slot`] returned `None`: returns the number of retries to try again with,
    /// or `None` because nothing has been published yet.
    #[cold]
    #[inline(never)]
    pub fn after_failure(
        &self,
        seen: Seen,
        retries: u32,
        record_len: usize,
    ) -> Result<Option<u32>, Unstable> {
        let found = sync::load(self.stamp(self.newest(seen)));
        if stamp::is_never(found) {
            return Ok(None);
        }
        // CHOICE L3: the slot was reused meanwhile; start over from head.
        once_more(retries, record_len).map(Some)
    }

    /// The newest known record.
    #[inline(always)]
    fn newest(&self, seen: Seen) -> u64 {
        // CHOICE L4: a record returned before is newer than a head that does not name it yet.
        self.head().max(seen.sequence())
    }

    /// Copies the record after number `after` to `record`, if it is published. [`Step::Missed`]
    /// counts from `after`: after m missed records, ask for the one after `after + m`.
    ///
    /// Polls that record's slot and not head, so that stamp and record travel in one cache line.
    ///
    /// # Panics
    /// If `record` is longer than a slot.
    #[inline(always)]
    pub fn next(&self, after: u64, record: &mut [u8]) -> Result<Step, Unstable> {
        self.next_part(after, &mut Part::whole(record))
    }

    /// [`Ring::next`], of which the caller wants a part only.
    ///
    /// # Panics
    /// If the record is longer than a slot.
    #[inline(always)]
    pub fn next_part(&self, after: u64, part: &mut Part<'_>) -> Result<Step, Unstable> {
        let sequence = after.wrapping_add(1);
        let slot = self.slot(sequence, part.record_len());
        let mut retries = 0;
        loop {
            let found = sync::load(slot.stamp);
            // CHOICE N1: only from a slot that holds the record asked for, complete.
            if stamp::is_never(found) || found != stamp::complete(sequence) {
                return Ok(self.pending_or_missed(after, found));
            }
            if let Some(published_at) = self.copy_out(&slot, found, part) {
                return Ok(Step::Record(Publication { sequence, published_at, retries }));
            }
            // CHOICE N2: it was complete and changed under the copy, so it is not pending: read
            // again.
            retries = once_more(retries, part.record_len())?;
        }
    }

    /// Why the record after `after` is not in its slot, whose stamp is `found`.
    #[inline]
    fn pending_or_missed(&self, after: u64, found: u64) -> Step {
        // CHOICE N3: the stamp of a later record, complete or not, means that this one is gone.
        if stamp::is_past(found, after.wrapping_add(1)) {
            self.missed(after)
        } else {
            Step::Pending
        }
    }

    /// The answer that the records after `after` are gone, and how many.
    #[cold]
    fn missed(&self, after: u64) -> Step {
        // Forged stamps can take a reader to the last number there is, after which none is gone.
        if after == u64::MAX {
            return Step::Pending;
        }
        // CHOICE N4: slots - 1 records are kept; the writer works in the slot after the newest's.
        let oldest = self.head().saturating_sub(u64::from(self.mask));
        // CHOICE N5: the record asked for is gone, even if head was read too early to show that.
        Step::Missed(oldest.max(after.wrapping_add(1)).wrapping_sub(after))
    }

    /// The wanted bytes of a slot whose stamp was `found` and complete, and when they were published;
    /// `None` if it was reused meanwhile.
    #[inline(always)]
    fn copy_out(&self, slot: &Slot<'_>, found: u64, part: &mut Part<'_>) -> Option<u64> {
        // SYNC R1: the words are copied after the stamp was found complete. Pairs with W3.
        sync::acquire_fence();
        let published_at = sync::load(slot.published_at);
        part.copy_from(&self.memory, slot.words);
        // SYNC R2: a word of a newer record brings that record's `writing` stamp with it. Pairs with
        // W1. An acquire *load* of the stamp would not do: it orders what comes after it, not the
        // copy before.
        sync::acquire_fence();
        // SYNC R3: the copy counts only if the stamp is still the one found before it. Pairs with W2.
        (sync::load(slot.stamp) == found).then_some(published_at)
    }

    /// The slot of a record of this length.
    #[inline(always)]
    pub(crate) fn slot(&self, sequence: u64, record_len: usize) -> Slot<'_> {
        #[expect(clippy::cast_possible_truncation, reason = "the mask is a u32")]
        let index = (sequence & u64::from(self.mask)) as usize;
        Slot::of(self.memory.slot(index, record_len))
    }

    /// The stamp of a record's slot.
    pub(crate) fn stamp(&self, sequence: u64) -> &AtomicU64 {
        self.slot(sequence, 0).stamp
    }

    /// The front, if records of this length fit there.
    #[inline(always)]
    pub(crate) fn front(&self, record_len: usize) -> Option<Slot<'_>> {
        self.memory.front(record_len).map(Slot::of)
    }
}

/// The cells of one slot, by name.
pub(crate) struct Slot<'a> {
    pub(crate) stamp: &'a AtomicU64,
    pub(crate) published_at: &'a AtomicU64,
    pub(crate) words: &'a [AtomicU64],
}

impl<'a> Slot<'a> {
    #[inline(always)]
    fn of(cells: &'a [AtomicU64]) -> Self {
        let [stamp, published_at, words @ ..] = cells else {
            panic!("Memory promises at least two cells");
        };
        Self { stamp, published_at, words }
    }
}
