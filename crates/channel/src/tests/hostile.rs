//! Words that no honest writer stores: a reader may get a wrong record, but every call returns.

use super::{LEN, Stop, publish, publisher, record, ring};
use crate::heap::Heap;
use crate::ring::attempts;
use crate::stamp::{complete, writing};
use crate::{AtomicU64, Memory, Publisher, Ring, Step, Tail, Unstable, sync};

/// What a reader of 28 bytes returns after its last attempt.
const GIVEN_UP: Unstable = Unstable { attempts: 16_384 };

/// Numbers around every edge of the arithmetic, and any others.
fn hostile(random: &mut fastrand::Rng) -> u64 {
    let edge = [0, 1 << 31, 1 << 32, 1 << 62, 1 << 63, u64::MAX][random.usize(..6)];
    match random.u8(..4) {
        0 => random.u64(..),
        1 => random.u64(..16),
        _ => edge.wrapping_add(random.u64(..16)).wrapping_sub(8),
    }
}

fn scribble(heap: &Heap, random: &mut fastrand::Rng) {
    sync::store(heap.head(), hostile(random));
    for index in 0..4 {
        for cell in heap.slot(index, LEN) {
            sync::store(cell, hostile(random));
        }
    }
}

#[test]
fn next_over_random_words_never_panics_or_hangs_and_always_advances() {
    let mut random = fastrand::Rng::with_seed(7);
    let heap = Heap::new(4, LEN);
    for _ in 0..30_000 {
        scribble(&heap, &mut random);
        let (ring, after) = (ring(&heap, 4), hostile(&mut random));
        if let Ok(Step::Missed(missed)) = ring.next(after, &mut [0; LEN]) {
            assert_ne!(missed, 0, "a lapped reader moves on");
        }
        let mut tail = Tail::after(after);
        for _ in 0..4 {
            let _ = tail.next(&ring, &mut [0; LEN]);
        }
    }
}

#[test]
fn latest_over_random_words_never_panics_or_hangs() {
    let mut random = fastrand::Rng::with_seed(6);
    let heap = Heap::new(4, LEN);
    // Few rounds: a read of such a ring fails only after thousands of attempts.
    for _ in 0..100 {
        scribble(&heap, &mut random);
        let ring = ring(&heap, 4);
        let _ = ring.latest(&mut [0; LEN]);
        let _ = ring.latest_since(hostile(&mut random), &mut [0; LEN]);
    }
}

#[test]
fn a_writer_resumes_over_random_words() {
    let mut random = fastrand::Rng::with_seed(8);
    let heap = Heap::new(4, LEN);
    for _ in 0..100_000 {
        scribble(&heap, &mut random);
        let mut writer = publisher(&heap, 4);
        for _ in 0..3 {
            let sequence = writer.publish(1, &record(1));
            assert_eq!(writer.sequence(), sequence);
        }
        assert_eq!(sync::load(heap.head()), writer.sequence());
    }
}

#[test]
fn a_slot_that_was_never_published_is_not_record_zero() {
    let heap = Heap::with_head(u64::MAX, 4, LEN);
    assert_eq!(ring(&heap, 4).next(u64::MAX, &mut [0; LEN]), Ok(Step::Pending));
    // 2 * 2^63 is zero too.
    assert_eq!(ring(&heap, 4).next((1 << 63) - 1, &mut [0; LEN]), Ok(Step::Pending));
}

#[test]
fn a_tail_at_the_last_number_does_not_go_back_to_the_first() {
    let heap = Heap::with_head(u64::MAX, 4, LEN);
    let mut tail = Tail::after(u64::MAX - 1);
    for slot in 0..4 {
        // Of each kind: of an earlier number, of the tail's next one, and of one after all others.
        for stamp in [complete(6), writing(6), complete(u64::MAX), u64::MAX] {
            sync::store(&heap.slot(slot, LEN)[0], stamp);
            for _ in 0..4 {
                let before = tail.last();
                tail.next(&ring(&heap, 4), &mut [0; LEN]).expect("nothing moves");
                assert!(tail.last() >= before, "{before} to {}", tail.last());
            }
        }
    }
    assert_eq!(tail.last(), u64::MAX, "it got there");
}

#[test]
fn latest_is_unstable_if_head_names_a_slot_of_another_record() {
    for stamp in [complete(6), complete(10), writing(6), writing(2), u64::MAX] {
        let heap = Heap::new(4, LEN);
        publish(&mut publisher(&heap, 4), 6);
        sync::store(heap.head(), 1 << 40 | 6);
        sync::store(&heap.slot(2, LEN)[0], stamp);
        sync::store(&heap.front(LEN).expect("it has one")[0], writing(7));
        assert_eq!(ring(&heap, 4).latest(&mut [0; LEN]), Err(GIVEN_UP));
    }
}

/// Memory whose stamp changes during every copy.
#[derive(Debug)]
struct Restless(Heap);

impl Memory for Restless {
    fn head(&self) -> &AtomicU64 {
        self.0.head()
    }
    fn slot(&self, index: usize, record_len: usize) -> &[AtomicU64] {
        let cells = self.0.slot(index, record_len);
        sync::store(&cells[0], complete(sync::load(self.0.head())));
        cells
    }
    fn copy_out(&self, _: &[AtomicU64], _: &mut [u8]) {
        for index in 0..4 {
            sync::store(&self.0.slot(index, LEN)[0], writing(1));
        }
    }
}

#[test]
fn a_record_that_changes_during_every_copy_is_unstable() {
    let ring = Ring::new(Restless(Heap::with_head(5, 4, LEN)), 4).expect("four");
    let err = ring.latest(&mut [0; LEN]).expect_err("it never holds still");
    assert_eq!(err, GIVEN_UP);
    assert_eq!(
        err.to_string(),
        "the record changed under each of 16384 attempts to copy it; \
         give the region more slots, or look at what its writer does"
    );
}

#[test]
fn a_writer_at_full_speed_over_random_words_cannot_hold_a_reader() {
    let heap = Heap::new(4, LEN);
    let stop = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut random = fastrand::Rng::with_seed(9);
            while !Stop::is_set(&stop) {
                scribble(&heap, &mut random);
            }
        });
        let _guard = Stop(&stop);
        let (ring, mut tail, mut bytes) = (ring(&heap, 4), Tail::after(0), [0; LEN]);
        for _ in 0..300 {
            let _ = tail.latest(&ring, &mut bytes);
            let _ = tail.next(&ring, &mut bytes);
        }
    });
}

#[test]
fn a_publisher_past_the_last_number_does_not_panic() {
    let heap = Heap::with_head(u64::MAX - 1, 4, LEN);
    let mut writer = Publisher::resume(Ring::new(&heap, 4).expect("four"));
    let numbers: Vec<u64> = (0..4).map(|_| writer.publish(1, &record(1))).collect();
    assert_eq!(numbers, [u64::MAX, 0, 1, 2]);
}

#[test]
fn the_attempts_copy_no_more_for_a_large_record_than_for_a_small_one() {
    assert_eq!(attempts(0), GIVEN_UP.attempts);
    assert_eq!((attempts(4096), attempts(65_536), attempts(1 << 20)), (16_384, 1024, 64));
    assert_eq!((attempts(16 << 20), attempts(usize::MAX)), (64, 64));
}
