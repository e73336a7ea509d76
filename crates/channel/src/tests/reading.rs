//! Reads without a concurrent writer: nothing here depends on timing.

use super::{LEN, publish, publisher, record, ring};
use crate::heap::Heap;
use crate::{BadSlots, Publication, Ring, Step, Tail};

fn publication(sequence: u64) -> Publication {
    Publication { sequence, published_at: 1000 + sequence, retries: 0 }
}

#[test]
fn a_ring_needs_a_power_of_two_of_slots_and_at_least_four() {
    for slots in [0, 1, 2, 3, 5, 12, u32::MAX] {
        let heap = Heap::new(4, LEN);
        assert_eq!(Ring::new(&heap, slots).map(drop), Err(BadSlots { slots }));
    }
    assert_eq!(ring(&Heap::new(8, LEN), 8).slots(), 8);
    let message = BadSlots { slots: 5 }.to_string();
    assert!(message.starts_with("5 slots is not a power of two"), "{message}");
}

#[test]
fn a_fresh_ring_has_nothing() {
    let heap = Heap::new(4, LEN);
    let mut bytes = [0; LEN];
    assert_eq!(ring(&heap, 4).latest(&mut bytes), Ok(None));
    assert_eq!(ring(&heap, 4).next(0, &mut bytes), Ok(Step::Pending));
}

#[test]
fn a_ring_that_begins_at_a_later_number_has_nothing_before_its_first_record() {
    for base in [1, 3, 4, 1_000_003] {
        let heap = Heap::with_head(base, 4, LEN);
        let (ring, mut writer) = (ring(&heap, 4), publisher(&heap, 4));
        let mut bytes = [0; LEN];
        assert_eq!((ring.head(), ring.latest(&mut bytes)), (base, Ok(None)));
        assert_eq!(ring.next(base, &mut bytes), Ok(Step::Pending));

        publish(&mut writer, 1);
        assert_eq!(ring.latest(&mut bytes), Ok(Some(publication(base + 1))));
        assert_eq!(bytes, record(base + 1));
        assert_eq!(ring.next(base, &mut bytes), Ok(Step::Record(publication(base + 1))));
    }
}

#[test]
fn the_oldest_record_is_the_one_that_the_next_publish_overwrites() {
    let heap = Heap::new(4, LEN);
    let (ring, mut writer) = (ring(&heap, 4), publisher(&heap, 4));
    assert_eq!(ring.oldest(), 1);
    for (published, oldest) in [(1, 1), (2, 1), (3, 1), (4, 1), (5, 2), (100, 97)] {
        publish(&mut writer, published - ring.head());
        assert_eq!((ring.head(), ring.oldest()), (published, oldest));
        let mut bytes = [0; LEN];
        assert_eq!(ring.next(oldest - 1, &mut bytes), Ok(Step::Record(publication(oldest))));
    }
}

#[test]
fn latest_returns_the_last_of_many() {
    let heap = Heap::new(4, LEN);
    let (ring, mut writer) = (ring(&heap, 4), publisher(&heap, 4));
    for n in 1..=100 {
        let mut bytes = [0; LEN];
        publish(&mut writer, 1);
        assert_eq!(ring.latest(&mut bytes), Ok(Some(publication(n))));
        assert_eq!(bytes, record(n));
        assert_eq!(ring.head(), n);
    }
}

#[test]
fn a_record_of_any_length_is_read_back_exactly() {
    for len in 0..=40 {
        let heap = Heap::new(4, len);
        let sent: Vec<u8> = (1..=u8::MAX).take(len).collect();
        publisher(&heap, 4).publish(1, &sent);
        let mut got = vec![0xee; len];
        ring(&heap, 4).latest(&mut got).expect("no writer").expect("one is published");
        assert_eq!(got, sent);
    }
}

#[test]
fn the_bytes_of_the_last_word_past_the_record_are_zero() {
    let heap = Heap::new(4, LEN);
    publisher(&heap, 4).publish(1, &[0xff; LEN]);
    let mut words = [0; LEN + 4];
    ring(&heap, 4).latest(&mut words).expect("no writer").expect("one is published");
    assert_eq!(words[LEN..], [0; 4]);
}

#[test]
#[should_panic(expected = "out of range")]
fn a_record_longer_than_the_slot_panics() {
    let heap = Heap::new(4, LEN);
    publisher(&heap, 4).publish(1, &[0; LEN + 5]);
}

#[test]
fn next_returns_each_record_in_order_and_then_pending() {
    let heap = Heap::new(8, LEN);
    let (ring, mut writer) = (ring(&heap, 8), publisher(&heap, 8));
    publish(&mut writer, 7);
    for n in 1..=7 {
        let mut bytes = [0; LEN];
        assert_eq!(ring.next(n - 1, &mut bytes), Ok(Step::Record(publication(n))));
        assert_eq!(bytes, record(n));
    }
    assert_eq!(ring.next(7, &mut [0; LEN]), Ok(Step::Pending));
}

#[test]
fn a_whole_ring_can_be_read_before_its_oldest_slot_is_reused() {
    let heap = Heap::new(4, LEN);
    let (ring, mut writer) = (ring(&heap, 4), publisher(&heap, 4));
    publish(&mut writer, 4);
    assert_eq!(ring.next(0, &mut [0; LEN]), Ok(Step::Record(publication(1))));
    publish(&mut writer, 1);
    assert_eq!(ring.next(0, &mut [0; LEN]), Ok(Step::Missed(2)));
}

#[test]
fn a_lapped_reader_gets_the_exact_number_of_missed_records() {
    for slots in [4, 8, 16] {
        for start in 0..2 * u64::from(slots) {
            for ahead in 0..4 * u64::from(slots) {
                assert_eq!(follow(slots, start, ahead), ahead, "{slots} {start} {ahead}");
            }
        }
    }
}

/// Follows from `start` after the writer has gone `ahead` of it: records returned plus records missed.
fn follow(slots: u32, start: u64, ahead: u64) -> u64 {
    let heap = Heap::new(slots, LEN);
    let (ring, mut writer) = (ring(&heap, slots), publisher(&heap, slots));
    publish(&mut writer, start + ahead);
    let (mut tail, mut given, mut missed) = (Tail::after(start), 0, 0);
    loop {
        let mut bytes = [0; LEN];
        match tail.next(&ring, &mut bytes).expect("no writer") {
            Step::Record(got) => {
                given += 1;
                assert_eq!(got, publication(start + missed + given));
                assert_eq!(bytes, record(got.sequence));
            }
            Step::Missed(count) => {
                assert_eq!((missed, given), (0, 0), "reported once, and before the rest");
                missed = count;
            }
            Step::Pending => break,
        }
    }
    let kept = u64::from(slots) - 1;
    assert!(given >= ahead.min(kept), "only the slot that the writer works in is skipped");
    assert_eq!(tail.last(), start + ahead);
    given + missed
}

#[test]
fn latest_does_not_move_the_cursor() {
    let heap = Heap::new(4, LEN);
    let (ring, mut writer) = (ring(&heap, 4), publisher(&heap, 4));
    publish(&mut writer, 3);
    let mut tail = Tail::after(1);
    assert_eq!(tail.latest(&ring, &mut [0; LEN]), Ok(Some(publication(3))));
    assert_eq!(tail.last(), 1);
    assert_eq!(tail.next(&ring, &mut [0; LEN]), Ok(Step::Record(publication(2))));
    assert_eq!(tail.latest(&ring, &mut [0; LEN]), Ok(Some(publication(3))));
}
