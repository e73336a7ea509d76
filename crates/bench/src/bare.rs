//! The bare limits of publish and latest: a ring, a cell, or a ring with a front, as words in private
//! memory, and nothing around them.
//!
//! ```text
//!   head line   | head | stamp | time | words |      one line of 4 words, two of 12
//!   slot 0..8          | stamp | time | words |
//! ```
//!
//! No schema, no file that could be cut or deleted, no second process that could have been forked, no
//! readers to wake, no take-over. The stores and loads are those of the protocol.
#![allow(clippy::disallowed_types)] // bare words, without `channel`: that is the point

use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Its slots are mapcast's usual number.
const SLOTS: usize = 8;

/// One record: its number, when it was published, and its words.
#[derive(Debug)]
struct Cells<const WORDS: usize> {
    stamp: AtomicU64,
    time: AtomicU64,
    words: [AtomicU64; WORDS],
}

#[derive(Debug)]
#[repr(C, align(64))]
struct HeadLine<const WORDS: usize> {
    head: AtomicU64,
    front: Cells<WORDS>,
}

#[derive(Debug)]
#[repr(C, align(64))]
struct Slot<const WORDS: usize>(Cells<WORDS>);

/// The words that a writer and its readers share. There is one writer, which counts.
#[derive(Debug)]
pub struct Bare<const WORDS: usize> {
    line: HeadLine<WORDS>,
    slots: [Slot<WORDS>; SLOTS],
}

/// Where records are.
pub trait Design {
    /// Its name in a table.
    const NAME: &'static str;

    /// Publishes record `sequence`.
    fn publish<const WORDS: usize>(
        bare: &Bare<WORDS>,
        sequence: u64,
        time: u64,
        record: &[u64; WORDS],
    );

    /// Copies the newest record, and returns its number and time; `None`: it was being written.
    fn latest<const WORDS: usize>(
        bare: &Bare<WORDS>,
        record: &mut [u64; WORDS],
    ) -> Option<(u64, u64)>;
}

/// In the ring alone, as records of mapcast are that do not fit beside head.
#[derive(Debug)]
pub struct Ring;

/// In one cell: a reader waits for the writer.
#[derive(Debug)]
pub struct Cell;

/// In the ring, and the newest once more in the line of head, as small records of mapcast.
#[derive(Debug)]
pub struct Front;

impl Design for Ring {
    const NAME: &'static str = "bare ring";

    #[inline]
    fn publish<const WORDS: usize>(
        bare: &Bare<WORDS>,
        sequence: u64,
        time: u64,
        record: &[u64; WORDS],
    ) {
        bare.slot(sequence).put(sequence, time, record);
        bare.line.head.store(sequence, Ordering::Release);
    }

    #[inline]
    fn latest<const WORDS: usize>(
        bare: &Bare<WORDS>,
        record: &mut [u64; WORDS],
    ) -> Option<(u64, u64)> {
        let head = bare.line.head.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        bare.slot(head).get(record).filter(|(sequence, _)| *sequence == head)
    }
}

impl Design for Cell {
    const NAME: &'static str = "bare cell";

    #[inline]
    fn publish<const WORDS: usize>(
        bare: &Bare<WORDS>,
        sequence: u64,
        time: u64,
        record: &[u64; WORDS],
    ) {
        bare.line.front.put(sequence, time, record);
    }

    #[inline]
    fn latest<const WORDS: usize>(
        bare: &Bare<WORDS>,
        record: &mut [u64; WORDS],
    ) -> Option<(u64, u64)> {
        bare.line.front.get(record)
    }
}

impl Design for Front {
    const NAME: &'static str = "bare ring and front";

    #[inline]
    fn publish<const WORDS: usize>(
        bare: &Bare<WORDS>,
        sequence: u64,
        time: u64,
        record: &[u64; WORDS],
    ) {
        bare.slot(sequence).put(sequence, time, record);
        bare.line.front.put(sequence, time, record);
        bare.line.head.store(sequence, Ordering::Release);
    }

    #[inline]
    fn latest<const WORDS: usize>(
        bare: &Bare<WORDS>,
        record: &mut [u64; WORDS],
    ) -> Option<(u64, u64)> {
        bare.line.front.get(record).or_else(|| bare.latest_in_ring(record))
    }
}

impl<const WORDS: usize> Bare<WORDS> {
    #[cold]
    #[inline(never)]
    fn latest_in_ring(&self, record: &mut [u64; WORDS]) -> Option<(u64, u64)> {
        Ring::latest(self, record)
    }

    #[inline]
    fn slot(&self, sequence: u64) -> &Cells<WORDS> {
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits count")]
        &self.slots[sequence as usize % SLOTS].0
    }
}

impl<const WORDS: usize> Cells<WORDS> {
    fn zeros() -> Self {
        let words = std::array::from_fn(|_| AtomicU64::new(0));
        Self { stamp: AtomicU64::new(0), time: AtomicU64::new(0), words }
    }

    #[inline]
    fn put(&self, sequence: u64, time: u64, record: &[u64; WORDS]) {
        self.stamp.store(2 * sequence + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        self.time.store(time, Ordering::Relaxed);
        for (word, value) in self.words.iter().zip(record) {
            word.store(*value, Ordering::Relaxed);
        }
        self.stamp.store(2 * sequence, Ordering::Release);
    }

    #[inline]
    fn get(&self, record: &mut [u64; WORDS]) -> Option<(u64, u64)> {
        let found = self.stamp.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        if found & 1 == 1 {
            return None;
        }
        let time = self.time.load(Ordering::Relaxed);
        for (value, word) in record.iter_mut().zip(&self.words) {
            *value = word.load(Ordering::Relaxed);
        }
        fence(Ordering::Acquire);
        (self.stamp.load(Ordering::Relaxed) == found).then_some((found >> 1, time))
    }
}

impl<const WORDS: usize> Default for Bare<WORDS> {
    fn default() -> Self {
        let line = HeadLine { head: AtomicU64::new(0), front: Cells::zeros() };
        Self { line, slots: std::array::from_fn(|_| Slot(Cells::zeros())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publishes_and_reads_whole_records<D: Design>() {
        let (bare, mut record) = (Bare::<12>::default(), [0; 12]);
        for sequence in 1..=20 {
            D::publish(&bare, sequence, 7 * sequence, &[sequence; 12]);
            assert_eq!(D::latest(&bare, &mut record), Some((sequence, 7 * sequence)));
            assert_eq!(record, [sequence; 12]);
        }
    }

    #[test]
    fn every_design_publishes_and_reads_whole_records() {
        publishes_and_reads_whole_records::<Ring>();
        publishes_and_reads_whole_records::<Cell>();
        publishes_and_reads_whole_records::<Front>();
    }

    #[test]
    fn a_front_that_is_being_written_leaves_the_record_in_the_ring() {
        let (bare, mut record) = (Bare::<4>::default(), [0; 4]);
        Front::publish(&bare, 1, 7, &[1; 4]);
        bare.line.front.stamp.store(5, Ordering::Relaxed);
        assert_eq!((Front::latest(&bare, &mut record), record), (Some((1, 7)), [1; 4]));
    }

    #[test]
    fn four_words_take_a_line_and_twelve_take_two() {
        assert_eq!((size_of::<HeadLine<4>>(), size_of::<HeadLine<12>>()), (64, 128));
        assert_eq!((size_of::<Slot<4>>(), size_of::<Slot<12>>()), (64, 128));
    }
}
