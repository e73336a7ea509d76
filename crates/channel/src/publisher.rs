//! The writing side: one publisher at a time, wait-free, independent of its readers.
//!
//! Invariant: `head` names a complete slot at every moment, even if the writer dies between two of
//! its stores, and no sequence number is used for two different records. (After slots - 2 numbers were left
//! out, a reader may find the slot begun anew before it sees the next head: docs/protocol.md.)
//!
//! ```text
//!   begin      W0 stamp := writing(n), W1   dead here: n does not exist, n - 1 is the newest
//!   fill       W2 published_at, words       dead here: the same
//!   seal       W3 stamp := complete(n)      dead here: next() has n, latest() n - 1; T1 keeps n
//!   announce   W4 head := n, W5: the last   dead here: n is the newest
//! ```
//!
//! Each number skipped by `publish_as` is stamped as the record that takes its slot one round later.
//!
//! Price: three stores beside the record's own words. No loop, no load from shared memory.

use crate::memory::Memory;
use crate::ring::{Ring, Slot};
use crate::stamp;
use crate::sync::{self, AtomicU64};

/// Publishes records into a ring.
///
/// There must be at most one for the same memory, in all processes; the owner of the memory ensures
/// that by a lock. With two, readers get records that neither has published.
#[derive(Debug)]
pub struct Publisher<M> {
    ring: Ring<M>,
    /// The number of the newest record.
    sequence: u64,
}

impl<M: Memory> Publisher<M> {
    /// Continues after the last record of the writer before, or begins a fresh ring.
    ///
    /// The previous writer may have died between sealing a record and announcing it, and a reader
    /// may have read that record by `next`. It is kept, and head is moved to it.
    pub fn resume(ring: Ring<M>) -> Self {
        let sequence = adopt(&ring);
        Self { ring, sequence }
    }

    /// The number of the newest record, or the one that the ring began after.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The ring that is published into.
    pub fn ring(&self) -> &Ring<M> {
        &self.ring
    }

    /// Publishes a record with its time of publication, and returns its sequence number.
    ///
    /// # Panics
    /// If `record` is longer than a slot.
    #[inline(always)]
    #[allow(clippy::inline_always)] // a record of a known size is then a few stores
    pub fn publish(&mut self, published_at: u64, record: &[u8]) -> u64 {
        self.turn().publish(published_at, record)
    }

    /// The next publish, for a caller that looks at the memory before and after it.
    #[inline]
    pub fn turn(&mut self) -> Turn<'_, M> {
        Turn { ring: &self.ring, sequence: &mut self.sequence }
    }
}

/// The next publish of a [`Publisher`].
#[derive(Debug)]
pub struct Turn<'a, M> {
    ring: &'a Ring<M>,
    sequence: &'a mut u64,
}

impl<'a, M: Memory> Turn<'a, M> {
    /// The memory that is published into.
    #[inline]
    pub fn memory(&self) -> &'a M {
        self.ring.memory()
    }

    /// As [`Publisher::publish`].
    ///
    /// # Panics
    /// If `record` is longer than a slot.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as there
    pub fn publish(self, published_at: u64, record: &[u8]) -> u64 {
        let sequence = self.sequence.wrapping_add(1);
        publish(self.ring, self.sequence, sequence, published_at, record);
        sequence
    }

    /// As [`publish`](Self::publish), under the number `sequence`, for a writer that copies records of another ring:
    /// followers report the numbers between the newest one and this as missed.
    ///
    /// `false`, and nothing is published, unless the number is greater than the newest one by less than the number of
    /// slots: the newest record stays in its slot until head names another.
    ///
    /// # Panics
    /// If `record` is longer than a slot.
    pub fn publish_as(self, sequence: u64, published_at: u64, record: &[u8]) -> bool {
        let (ring, newest) = (self.ring, *self.sequence);
        let step = sequence.saturating_sub(newest);
        if !(1..u64::from(ring.slots())).contains(&step) {
            return false;
        }
        leave_out(ring, newest, sequence);
        publish(ring, self.sequence, sequence, published_at, record);
        true
    }
}

/// The number of the newest record of a ring whose writer has ended; head names it afterwards.
pub(crate) fn adopt<M: Memory>(ring: &Ring<M>) -> u64 {
    let head = ring.head();
    let mut unannounced = head.wrapping_add(1);
    // CHOICE K2: the record may lie behind numbers that the dead writer left out.
    while unannounced.wrapping_sub(head) < u64::from(ring.slots()) && is_left_out(ring, unannounced)
    {
        unannounced = unannounced.wrapping_add(1);
    }
    let found = sync::load(ring.stamp(unannounced));
    // SYNC T1: a record that was completed but not yet named by head may have been read already,
    // so the next writer keeps the record and its number. Pairs with R1 of `next`.
    if found != stamp::complete(unannounced) {
        return head;
    }
    // CHOICE F3: readers of the front do not look at head, and the dead writer may have left the record
    // before there. The stamp sends them to the ring, until the first publish.
    //
    // CHOICE F5: the front has had no such stamp as a complete one. With the last one restored, a reader
    // that was copying when the writer died could find it before and after words of two records.
    if let Some(front) = ring.front(0).filter(|front| !stamp::is_never(sync::load(front.stamp))) {
        sync::store(front.stamp, stamp::writing(unannounced));
    }
    // CHOICE T2: head names the kept record before the next one is begun. T1 looks one record
    // past head, so of two unannounced records it would find only the first.
    announce(ring.memory().head(), unannounced);
    unannounced
}

/// Marks the numbers between the newest record and record `sequence`, slots - 2 at most.
fn leave_out<M: Memory>(ring: &Ring<M>, newest: u64, sequence: u64) {
    for number in newest + 1..sequence {
        // CHOICE K1: a follower that comes to a number without a record finds the stamp of a later one in its slot, as
        // if the writer had lapped it. With the stamp that was there it would wait for the record.
        begin(&ring.slot(number, 0), one_round_later(ring, number));
    }
}

/// Whether the slot of a number has the mark of one that was left out.
fn is_left_out<M: Memory>(ring: &Ring<M>, number: u64) -> bool {
    sync::load(ring.stamp(number)) == stamp::writing(one_round_later(ring, number))
}

/// The number of the next record in the same slot.
fn one_round_later<M: Memory>(ring: &Ring<M>, number: u64) -> u64 {
    number.wrapping_add(ring.slots().into())
}

/// Publishes record `sequence`, which is greater than the `newest` by less than the number of slots; it is the newest
/// afterwards.
#[inline(always)]
#[allow(clippy::inline_always)] // as `Publisher::publish`
pub(crate) fn publish<M: Memory>(
    ring: &Ring<M>,
    newest: &mut u64,
    sequence: u64,
    published_at: u64,
    record: &[u8],
) {
    // All places before the first store: the compiler then loads once where the memory lies.
    let slot = ring.slot(sequence, record.len());
    let front = ring.front(record.len());
    let head = ring.memory().head();
    // Before the stores to shared memory: the next publish begins with a load of it, which would wait for a
    // store behind them.
    *newest = sequence;
    begin(&slot, sequence);
    // SYNC W2: the words change only between `writing` and `complete`. Pairs with R3.
    fill(ring, &slot, published_at, record);
    seal(&slot, sequence);
    // CHOICE F1: the front has n only once the slot has it, or a take-over would not find a
    // record that a reader has read from the front.
    if let Some(front) = front {
        begin(&front, sequence);
        fill(ring, &front, published_at, record);
        seal(&front, sequence);
    }
    // SYNC W5: head names n only once n is complete. Pairs with R0.
    announce(head, sequence);
}

#[inline]
fn begin(slot: &Slot<'_>, sequence: u64) {
    // SYNC W0: the slot says that n is being written before a word of it changes. Pairs with R3.
    sync::store(slot.stamp, stamp::writing(sequence));
    // SYNC W1: no word of record n is seen before the stamp that says n is being written. Pairs with
    // R2. A release *store* of the stamp would not do: it orders what came before it, not the words
    // after.
    sync::release_fence();
}

#[inline]
fn fill<M: Memory>(ring: &Ring<M>, slot: &Slot<'_>, published_at: u64, record: &[u8]) {
    sync::store(slot.published_at, published_at);
    ring.memory().copy_in(slot.words, record);
}

#[inline]
fn seal(slot: &Slot<'_>, sequence: u64) {
    // SYNC W3: a reader that sees `complete(n)` sees the words of n. Pairs with R1.
    sync::store_release(slot.stamp, stamp::complete(sequence));
}

#[inline]
fn announce(head: &AtomicU64, sequence: u64) {
    // SYNC W4: a reader that sees head n sees `complete(n)` or a newer stamp in its slot. Pairs
    // with R0.
    sync::store_release(head, sequence);
}

/// A writer that dies during a publish, for the tests: performs `publish` up to a step.
#[cfg(test)]
pub(crate) mod death {
    use super::{Publisher, announce, begin, fill, leave_out, seal};
    use crate::memory::Memory;
    use crate::ring::{Ring, Slot};

    /// The last step before the death.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
    pub(crate) enum After {
        Nothing,
        Begin,
        FirstWord,
        Fill,
        Seal,
        FrontBegin,
        FrontFirstWord,
        FrontFill,
        FrontSeal,
        Announce,
    }

    impl After {
        /// The steps of a writer whose ring has no front.
        pub(crate) const IN_RING: [Self; 6] =
            [Self::Nothing, Self::Begin, Self::FirstWord, Self::Fill, Self::Seal, Self::Announce];
        /// Those of one whose ring has a front, from the sealed slot on.
        pub(crate) const IN_FRONT: [Self; 6] = [
            Self::Seal,
            Self::FrontBegin,
            Self::FrontFirstWord,
            Self::FrontFill,
            Self::FrontSeal,
            Self::Announce,
        ];

        #[cfg(not(loom))]
        pub(crate) fn each() -> impl Iterator<Item = Self> {
            Self::IN_RING.into_iter().chain(Self::IN_FRONT)
        }
    }

    impl<M: Memory> Publisher<M> {
        pub(crate) fn publish_and_die(self, last: After, published_at: u64, record: &[u8]) {
            let sequence = self.sequence + 1;
            self.publish_as_and_die(sequence, last, published_at, record);
        }

        pub(crate) fn publish_as_and_die(
            self,
            sequence: u64,
            last: After,
            published_at: u64,
            record: &[u8],
        ) {
            leave_out(&self.ring, self.sequence, sequence);
            publish_and_die(&self.ring, sequence, last, published_at, record);
        }
    }

    /// Publishes record `sequence` up to step `last`.
    pub(crate) fn publish_and_die<M: Memory>(
        ring: &Ring<M>,
        sequence: u64,
        last: After,
        published_at: u64,
        record: &[u8],
    ) {
        let slot = ring.slot(sequence, record.len());
        if last >= After::Begin {
            begin(&slot, sequence);
        }
        if last == After::FirstWord {
            fill(ring, &slot, published_at, &record[..8]);
        }
        if last >= After::Fill {
            fill(ring, &slot, published_at, record);
        }
        if last >= After::Seal {
            seal(&slot, sequence);
        }
        if let Some(front) = ring.front(record.len()) {
            front_and_die(ring, &front, sequence, last, published_at, record);
        }
        if last >= After::Announce {
            announce(ring.memory().head(), sequence);
        }
    }

    fn front_and_die<M: Memory>(
        ring: &Ring<M>,
        front: &Slot<'_>,
        sequence: u64,
        last: After,
        published_at: u64,
        record: &[u8],
    ) {
        if last >= After::FrontBegin {
            begin(front, sequence);
        }
        if last == After::FrontFirstWord {
            fill(ring, front, published_at, &record[..8]);
        }
        if last >= After::FrontFill {
            fill(ring, front, published_at, record);
        }
        if last >= After::FrontSeal {
            seal(front, sequence);
        }
    }
}
