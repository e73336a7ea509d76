//! The writing side: one publisher at a time, wait-free, blind to its readers.
//!
//! Invariant: `head` names a complete slot at every moment, also if the writer dies between any two
//! of its stores; and no sequence number is ever used for two different records.
//!
//! ```text
//!   begin      W0 stamp := writing(n), W1   dead here: n is not there, n - 1 is the newest
//!   fill       W2 published_at, words       dead here: the same
//!   seal       W3 stamp := complete(n)      dead here: next() has n, latest() n - 1; T1 keeps n
//!   announce   W4 head := n, W5: the last   dead here: n is the newest
//! ```
//!
//! Price: three stores beside the record's own words. No loop, no load from shared memory.

use crate::choice;
use crate::memory::Memory;
use crate::ring::{Ring, Slot};
use crate::stamp;
use crate::sync;

/// Publishes records into a ring.
///
/// There must be no more than one for the same memory, in this process or another; its owner sees
/// to that with a lock. With two, readers are told of records that nobody published.
#[derive(Debug)]
pub struct Publisher<M> {
    ring: Ring<M>,
    /// The number of the newest record.
    sequence: u64,
}

impl<M: Memory> Publisher<M> {
    /// The writer that goes on where the last one stopped, or begins a fresh ring.
    ///
    /// The last one may have died between completing a record and naming it in head, and a reader
    /// may have got that record by `next`. It is kept, and head moves on to it.
    pub fn resume(ring: Ring<M>) -> Self {
        let head = ring.head();
        let unannounced = head.wrapping_add(1);
        let found = sync::load(ring.slot(unannounced).stamp);
        let mut publisher = Self { ring, sequence: head };
        if sync::keeps_unannounced_t1(found == stamp::complete(unannounced)) {
            choice::names_it_first_t2(|| announce(&publisher.ring, unannounced));
            publisher.sequence = unannounced;
        }
        publisher
    }

    /// The number of the newest record, or the one that the ring began after.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The ring that is published into.
    pub fn ring(&self) -> &Ring<M> {
        &self.ring
    }

    /// Publishes a record, with the time to stamp it with, and returns its sequence number.
    ///
    /// # Panics
    /// If `record` is longer than a slot.
    #[inline(always)]
    #[allow(clippy::inline_always)] // a record of a known size is then a few stores
    pub fn publish(&mut self, published_at: u64, record: &[u8]) -> u64 {
        let sequence = self.sequence.wrapping_add(1);
        let slot = self.ring.slot(sequence);
        begin(&slot, sequence);
        sync::complete_before_head_w5(
            || {
                sync::words_before_complete_w2(
                    || fill(&self.ring, &slot, published_at, record),
                    || seal(&slot, sequence),
                );
            },
            || announce(&self.ring, sequence),
        );
        self.sequence = sequence;
        sequence
    }
}

#[inline]
fn begin(slot: &Slot<'_>, sequence: u64) {
    sync::store_writing_w0(slot.stamp, stamp::writing(sequence));
    sync::fence_w1();
}

#[inline]
fn fill<M: Memory>(ring: &Ring<M>, slot: &Slot<'_>, published_at: u64, record: &[u8]) {
    sync::store(slot.published_at, published_at);
    ring.memory().copy_in(slot.words, record);
}

#[inline]
fn seal(slot: &Slot<'_>, sequence: u64) {
    sync::store_stamp_w3(slot.stamp, stamp::complete(sequence));
}

#[inline]
fn announce<M: Memory>(ring: &Ring<M>, sequence: u64) {
    sync::store_head_w4(ring.memory().head(), sequence);
}

/// A writer that dies on the way, for the tests: it does what `publish` does, up to a step.
#[cfg(test)]
pub(crate) mod death {
    use super::{Publisher, announce, begin, fill, seal};
    use crate::memory::Memory;

    /// The last thing that the writer still did.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
    pub(crate) enum After {
        Nothing,
        Begin,
        FirstWord,
        Fill,
        Seal,
        Announce,
    }

    impl After {
        pub(crate) const ALL: [Self; 6] =
            [Self::Nothing, Self::Begin, Self::FirstWord, Self::Fill, Self::Seal, Self::Announce];
    }

    impl<M: Memory> Publisher<M> {
        pub(crate) fn publish_and_die(self, last: After, published_at: u64, record: &[u8]) {
            let sequence = self.sequence + 1;
            let slot = self.ring.slot(sequence);
            if last >= After::Begin {
                begin(&slot, sequence);
            }
            if last == After::FirstWord {
                fill(&self.ring, &slot, published_at, &record[..8]);
            }
            if last >= After::Fill {
                fill(&self.ring, &slot, published_at, record);
            }
            if last >= After::Seal {
                seal(&slot, sequence);
            }
            if last >= After::Announce {
                announce(&self.ring, sequence);
            }
        }
    }
}
