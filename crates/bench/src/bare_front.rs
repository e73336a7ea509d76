//! The bare limit of publish and latest: ring, front and head as words in private memory, with a record
//! of four words, and nothing around them.
//!
//! ```text
//!   head line   | head | stamp | time | 4 words | -
//!   slot 0..8          | stamp | time | 4 words | - | -
//! ```
//!
//! No schema, no file that could be cut or deleted, no second process that could have been forked, no
//! readers to wake, no take-over. The stores and loads are those of the protocol.
#![allow(clippy::disallowed_types)] // bare words, without `channel`: that is the point

use std::sync::atomic::{AtomicU64, Ordering, fence};

/// Words of a record.
pub type Record = [u64; 4];

type Cells = [AtomicU64; 6];

/// Its slots are mapcast's usual number.
const SLOTS: usize = 8;

#[derive(Debug, Default)]
#[repr(C, align(64))]
struct HeadLine {
    head: AtomicU64,
    front: Cells,
}

#[derive(Debug, Default)]
#[repr(C, align(64))]
struct Slot(Cells);

/// The words, and the number of the last record.
#[derive(Debug, Default)]
pub struct BareFront {
    line: HeadLine,
    slots: [Slot; SLOTS],
    sequence: u64,
}

impl BareFront {
    /// Publishes a record, as `Writer::publish_at`.
    #[inline]
    pub fn publish(&mut self, time: u64, record: &Record) -> u64 {
        self.sequence += 1;
        let sequence = self.sequence;
        put(&self.slot(sequence).0, sequence, time, record);
        put(&self.line.front, sequence, time, record);
        self.line.head.store(sequence, Ordering::Release);
        sequence
    }

    /// Copies the newest record, and returns its number and time, as `Reader::latest`.
    #[inline]
    pub fn latest(&self, record: &mut Record) -> Option<(u64, u64)> {
        get(&self.line.front, record).or_else(|| self.latest_in_ring(record))
    }

    #[cold]
    #[inline(never)]
    fn latest_in_ring(&self, record: &mut Record) -> Option<(u64, u64)> {
        let head = self.line.head.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        get(&self.slot(head).0, record).filter(|(sequence, _)| *sequence == head)
    }

    #[inline]
    fn slot(&self, sequence: u64) -> &Slot {
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits count")]
        &self.slots[sequence as usize % SLOTS]
    }
}

#[inline]
fn put([stamp, published_at, words @ ..]: &Cells, sequence: u64, time: u64, record: &Record) {
    stamp.store(2 * sequence + 1, Ordering::Relaxed);
    fence(Ordering::Release);
    published_at.store(time, Ordering::Relaxed);
    for (word, value) in words.iter().zip(record) {
        word.store(*value, Ordering::Relaxed);
    }
    stamp.store(2 * sequence, Ordering::Release);
}

#[inline]
fn get([stamp, published_at, words @ ..]: &Cells, record: &mut Record) -> Option<(u64, u64)> {
    let found = stamp.load(Ordering::Relaxed);
    fence(Ordering::Acquire);
    if found & 1 == 1 {
        return None;
    }
    let time = published_at.load(Ordering::Relaxed);
    for (value, word) in record.iter_mut().zip(words) {
        *value = word.load(Ordering::Relaxed);
    }
    fence(Ordering::Acquire);
    (stamp.load(Ordering::Relaxed) == found).then_some((found >> 1, time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bare_limit_publishes_and_reads_whole_records() {
        let (mut bare, mut record) = (BareFront::default(), Record::default());
        for sequence in 1..=20 {
            assert_eq!(bare.publish(7 * sequence, &[sequence; 4]), sequence);
            assert_eq!(bare.latest(&mut record), Some((sequence, 7 * sequence)));
            assert_eq!(record, [sequence; 4]);
        }
        assert_eq!((bare.latest_in_ring(&mut record), record), (Some((20, 140)), [20; 4]));
    }
}
