//! The protocol without loom: exact counts, hostile words, deaths, and real threads.

mod hostile;
mod instances;
mod offsets;
mod parts;
mod reading;
mod threads;
mod writing;

use crate::heap::Heap;
use crate::{AtomicU64, Memory, Publisher, Ring, sync};

/// Bytes of the records in these tests: three whole words and a half, as `Stu`.
const LEN: usize = 28;

/// Record `sequence`: every byte depends on the number, and neighbours differ.
fn record(sequence: u64) -> [u8; LEN] {
    let [low, ..] = sequence.to_le_bytes();
    let mut bytes = [low.wrapping_mul(31); LEN];
    for (byte, place) in bytes.iter_mut().zip(0_u8..) {
        *byte = byte.wrapping_add(place);
    }
    bytes
}

fn ring(heap: &Heap, slots: u32) -> Ring<&Heap> {
    Ring::new(heap, slots).expect("a power of two")
}

fn publisher(heap: &Heap, slots: u32) -> Publisher<&Heap> {
    Publisher::resume(ring(heap, slots))
}

/// Publishes `count` records, each at the time 1000 + its number.
fn publish<M: Memory>(publisher: &mut Publisher<M>, count: u64) {
    for _ in 0..count {
        let next = publisher.sequence() + 1;
        assert_eq!(publisher.publish(1000 + next, &record(next)), next);
    }
}

/// Stops the other thread when dropped, so that a test that fails does not wait for it for ever.
struct Stop<'a>(&'a AtomicU64);

impl Stop<'_> {
    fn is_set(flag: &AtomicU64) -> bool {
        sync::load(flag) != 0
    }
}

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        sync::store(self.0, 1);
    }
}
