//! The reading side: the newest record, or the one after a given number.
//!
//! Invariant: what is returned was published whole under the sequence number it is returned with.
//!
//! ```text
//!   latest   head -> its slot: stamp, copy, stamp again        two cache lines
//!   next     the slot of n + 1: stamp, copy, stamp again       one cache line, also while waiting
//! ```
//!
//! Price: a copy for each read, another one for each time the writer laps the reader during a copy,
//! and no more than 16384 of them. Neither call blocks, stores to shared memory or calls the kernel.

// A read is inlined as a whole, or its record goes through memory twice: the second copy loads 16
// bytes where the first has just stored 8, which stalls for longer than the read takes (16 ns
// against 4 ns for 28 bytes, on the project's 2-core machine).
#![allow(clippy::inline_always)]

use crate::error::{BadSlots, Unstable};
use crate::memory::Memory;
use crate::stamp;
use crate::sync::{self, AtomicU64};

/// The smallest ring: one slot being written, one newest, one being read, one to spare.
pub const MIN_SLOTS: u32 = 4;

/// Copies a reader tries before it calls the record unstable: 64 MiB of them, between 64 (a record
/// of 1 MiB and more) and 16384 (4 KiB and less). A hostile writer wins some milliseconds so. An
/// honest one that publishes 4 KiB without a pause into 4 slots can cost hundreds of attempts.
#[inline]
pub(crate) fn attempts(record_len: usize) -> u32 {
    const PAGE: u32 = 4096;
    const BUDGET: u32 = 64 << 20;
    const FEWEST: u32 = 64;
    let record_len = u32::try_from(record_len).unwrap_or(u32::MAX);
    (BUDGET / record_len.max(PAGE)).max(FEWEST)
}

/// Counts an attempt that failed. Out of the way of those that do not, and it answers in registers:
/// the record of a caller that knows its size then never has to be in memory before it is whole.
#[cold]
#[inline(never)]
fn once_more(retries: u32, record_len: usize) -> Result<u32, Unstable> {
    sync::relax();
    let attempts = attempts(record_len);
    if retries + 1 < attempts { Ok(retries + 1) } else { Err(Unstable { attempts }) }
}

/// What a record was published with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The number of the record: the first is 1, each next one more.
    pub sequence: u64,
    /// When it was published, in the writer's unit (a region's: nanoseconds of `CLOCK_BOOTTIME`).
    pub published_at: u64,
    /// How many attempts were thrown away before this one.
    pub retries: u32,
}

/// What there is after a given record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The next record; its bytes are in the caller's buffer.
    Record(Snapshot),
    /// It is not published yet.
    Pending,
    /// Its slot has been used again.
    Lapped {
        /// How many records went by unread, exactly: `resume_after` less the `after` asked with.
        missed: u64,
        /// Ask for the record after this one: the oldest that the writer is not about to replace.
        resume_after: u64,
    },
}

/// A ring of slots, for reading.
///
/// Any number of rings may look at the same memory. Nothing they do can be seen by the writer.
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
        Ok(Self { memory, mask: slots - 1 })
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
        // SYNC R0: the slot that head names is looked at after head. Pairs with W4.
        sync::acquire_fence();
        head
    }

    /// Copies the newest record to `record`; `None` if nothing has been published in this ring yet.
    ///
    /// A slot may have been completed while head does not name it yet, and then [`Ring::next`]
    /// already returns a record that this does not. A reader that uses both and wants never to go
    /// back keeps a [`Tail`](crate::Tail), or uses [`Ring::latest_since`].
    ///
    /// # Panics
    /// If `record` is longer than a slot.
    #[inline(always)]
    pub fn latest(&self, record: &mut [u8]) -> Result<Option<Snapshot>, Unstable> {
        self.latest_since(0, record)
    }

    /// [`Ring::latest`] for a reader that has got record `seen` out of this ring before: the answer
    /// is that record or a newer one.
    ///
    /// # Panics
    /// If `record` is longer than a slot.
    #[inline(always)]
    pub fn latest_since(&self, seen: u64, record: &mut [u8]) -> Result<Option<Snapshot>, Unstable> {
        let mut retries = 0;
        loop {
            if let Some(snapshot) = self.try_latest(seen, retries, record) {
                return Ok(Some(snapshot));
            }
            match self.after_failure(seen, retries, record.len())? {
                Some(next) => retries = next,
                None => return Ok(None),
            }
        }
    }

    /// One attempt of [`Ring::latest_since`], after `retries` others. `None` has a reason, which
    /// [`Ring::after_failure`] finds out.
    ///
    /// The two are apart for callers who can do so too: as long as all that is on the way of a
    /// record is inlined, and what is not answers in registers, a record of a size known to the
    /// compiler goes from the slot to where it is wanted by one load and one store for each word.
    ///
    /// # Panics
    /// If `record` is longer than a slot.
    #[inline(always)]
    pub fn try_latest(&self, seen: u64, retries: u32, record: &mut [u8]) -> Option<Snapshot> {
        let sequence = self.newest(seen);
        let slot = self.slot(sequence);
        let found = sync::load(slot.stamp);
        // CHOICE L1: only from a slot that holds the record named by head, complete.
        if stamp::is_never(found) || found != stamp::complete(sequence) {
            return None;
        }
        let published_at = self.copy_out(&slot, found, record)?;
        Some(Snapshot { sequence, published_at, retries })
    }

    /// What to do after [`Ring::try_latest`] came to nothing: `None` if nothing has been published
    /// yet, else try again with this number of retries.
    #[cold]
    #[inline(never)]
    pub fn after_failure(
        &self,
        seen: u64,
        retries: u32,
        record_len: usize,
    ) -> Result<Option<u32>, Unstable> {
        let found = sync::load(self.slot(self.newest(seen)).stamp);
        if stamp::is_never(found) {
            return Ok(None);
        }
        // CHOICE L3: the slot was reused meanwhile; start over from head.
        once_more(retries, record_len).map(Some)
    }

    /// The newest known record.
    #[inline(always)]
    fn newest(&self, seen: u64) -> u64 {
        // CHOICE L4: a record returned before is newer than a head that does not name it yet.
        self.head().max(seen)
    }

    /// Copies the record after number `after` to `record`, if it is there.
    ///
    /// Looks at that record's slot and not at head, so that stamp and record travel together.
    ///
    /// # Panics
    /// If `record` is longer than a slot.
    #[inline(always)]
    pub fn next(&self, after: u64, record: &mut [u8]) -> Result<Next, Unstable> {
        let sequence = after.wrapping_add(1);
        let slot = self.slot(sequence);
        let mut retries = 0;
        loop {
            let found = sync::load(slot.stamp);
            // CHOICE N1: only from a slot that holds the record asked for, complete.
            if stamp::is_never(found) || found != stamp::complete(sequence) {
                return Ok(self.not_there(after, found));
            }
            if let Some(published_at) = self.copy_out(&slot, found, record) {
                return Ok(Next::Record(Snapshot { sequence, published_at, retries }));
            }
            // CHOICE N2: it was there and changed under the copy, so it is not pending: look again.
            retries = once_more(retries, record.len())?;
        }
    }

    /// Why the record after `after` is not to be had from a slot that says `found`.
    #[inline]
    fn not_there(&self, after: u64, found: u64) -> Next {
        // CHOICE N3: the stamp of a later record, complete or not, says that this one is gone.
        if stamp::is_past(found, after.wrapping_add(1)) {
            self.lapped(after)
        } else {
            Next::Pending
        }
    }

    #[cold]
    fn lapped(&self, after: u64) -> Next {
        // CHOICE N4: slots - 1 records are kept; the writer works in the slot after the newest's.
        let oldest = self.head().saturating_sub(u64::from(self.mask));
        // CHOICE N5: the record asked for is gone, also if head was looked at too early to say so.
        let resume_after = oldest.max(after.wrapping_add(1));
        // CHOICE N6: what is reported missed is exactly what is passed over.
        Next::Lapped { missed: resume_after.wrapping_sub(after), resume_after }
    }

    /// The bytes of a slot whose stamp was `found` and complete, and when they were published;
    /// `None` if it has been used again meanwhile.
    #[inline(always)]
    fn copy_out(&self, slot: &Slot<'_>, found: u64, record: &mut [u8]) -> Option<u64> {
        // SYNC R1: the words are copied after the stamp was found complete. Pairs with W3.
        sync::acquire_fence();
        let published_at = sync::load(slot.published_at);
        self.memory.copy_out(slot.words, record);
        // SYNC R2: a word of a newer record brings that record's `writing` stamp with it. Pairs with
        // W1. An acquire *load* of the stamp would not do: it orders what comes after it, not the
        // copy before.
        sync::acquire_fence();
        // SYNC R3: the copy counts only if the stamp is still the one found before it. Pairs with W2.
        (sync::load(slot.stamp) == found).then_some(published_at)
    }

    /// The slot of a record.
    #[inline(always)]
    pub(crate) fn slot(&self, sequence: u64) -> Slot<'_> {
        #[expect(clippy::cast_possible_truncation, reason = "the mask is a u32")]
        let index = (sequence & u64::from(self.mask)) as usize;
        let [stamp, published_at, words @ ..] = self.memory.slot(index) else {
            panic!("Memory::slot promises at least two cells");
        };
        Slot { stamp, published_at, words }
    }
}

/// The cells of one slot, by name.
pub(crate) struct Slot<'a> {
    pub(crate) stamp: &'a AtomicU64,
    pub(crate) published_at: &'a AtomicU64,
    pub(crate) words: &'a [AtomicU64],
}
