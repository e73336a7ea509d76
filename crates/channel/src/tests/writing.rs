//! Writers that die, and their successors.

use super::{LEN, publish, publisher, record, ring};
use crate::heap::Heap;
use crate::publisher::death::After;
use crate::{Step, Tail};

#[test]
fn a_writer_that_dies_at_any_step_leaves_the_newest_record_whole() {
    for last in After::each() {
        for before in 1..=9 {
            let heap = Heap::new(4, LEN);
            let mut writer = publisher(&heap, 4);
            publish(&mut writer, before);
            writer.publish_and_die(last, 1, &[0xdd; LEN]);

            let mut bytes = [0; LEN];
            let got = ring(&heap, 4)
                .latest(&mut bytes)
                .expect("no contention")
                .expect("one is published");
            if last >= After::FrontSeal {
                assert_eq!((got.sequence, bytes), (before + 1, [0xdd; LEN]));
            } else {
                assert_eq!((got.sequence, bytes), (before, record(before)), "{last:?}");
            }
        }
    }
}

#[test]
fn the_next_writer_never_uses_a_sequence_number_twice() {
    for last in After::each() {
        let heap = Heap::new(4, LEN);
        let mut writer = publisher(&heap, 4);
        publish(&mut writer, 5);
        writer.publish_and_die(last, 1, &[0xdd; LEN]);
        let given = matches!(ring(&heap, 4).next(5, &mut [0; LEN]), Ok(Step::Record(_)));
        assert_eq!(given, last >= After::Seal);

        let mut successor = publisher(&heap, 4);
        assert_eq!(successor.sequence(), if given { 6 } else { 5 });
        assert_eq!(ring(&heap, 4).head(), successor.sequence());
        assert_eq!(successor.publish(2, &record(2)), if given { 7 } else { 6 });
    }
}

#[test]
fn a_half_written_slot_is_rewritten() {
    let heap = Heap::new(4, LEN);
    let mut writer = publisher(&heap, 4);
    publish(&mut writer, 5);
    for _ in 0..3 {
        publisher(&heap, 4).publish_and_die(After::FirstWord, 1, &[0xdd; LEN]);
        assert_eq!(ring(&heap, 4).next(5, &mut [0; LEN]), Ok(Step::Pending));
    }
    publish(&mut publisher(&heap, 4), 1);
    let mut bytes = [0; LEN];
    assert!(matches!(ring(&heap, 4).next(5, &mut bytes), Ok(Step::Record(_))));
    assert_eq!(bytes, record(6));
}

#[test]
fn latest_is_never_older_than_a_record_of_next() {
    let heap = Heap::new(4, LEN);
    let mut writer = publisher(&heap, 4);
    publish(&mut writer, 5);
    writer.publish_and_die(After::Seal, 1006, &record(6));

    // head still says 5, until another writer takes over.
    let (ring, mut tail, mut bytes) = (ring(&heap, 4), Tail::after(5), [0; LEN]);
    assert_eq!(ring.head(), 5);
    assert!(matches!(tail.next(&ring, &mut bytes), Ok(Step::Record(got)) if got.sequence == 6));
    let got = tail.latest(&ring, &mut bytes).expect("no contention").expect("one is published");
    assert_eq!((got.sequence, bytes), (6, record(6)));
}

#[test]
fn resuming_does_not_change_the_ring() {
    let heap = Heap::new(4, LEN);
    publish(&mut publisher(&heap, 4), 9);
    let resumed = publisher(&heap, 4);
    assert_eq!((resumed.sequence(), resumed.ring().head()), (9, 9));
    let mut bytes = [0; LEN];
    assert!(matches!(ring(&heap, 4).next(8, &mut bytes), Ok(Step::Record(_))));
    assert_eq!(bytes, record(9));
}

#[test]
fn numbers_that_were_left_out_are_missed_and_the_newest_record_stays() {
    for (slots, published) in [(4, 1), (4, 9), (8, 3)] {
        for step in 1..u64::from(slots) {
            let heap = Heap::new(slots, LEN);
            let mut writer = publisher(&heap, slots);
            publish(&mut writer, published);
            let (mut tail, mut bytes) = (Tail::after(published), [0; LEN]);
            let sequence = published + step;
            assert!(writer.turn().publish_as(sequence, 1, &record(sequence)));
            for _ in 1..step {
                assert_eq!(tail.next(&ring(&heap, slots), &mut bytes), Ok(Step::Missed(1)));
            }
            let got = tail.next(&ring(&heap, slots), &mut bytes);
            assert!(matches!(got, Ok(Step::Record(got)) if got.sequence == sequence), "{got:?}");
            assert_eq!(bytes, record(sequence));
            let after = writer.publish(1, &record(sequence + 1));
            let got = tail.next(&ring(&heap, slots), &mut bytes);
            assert!(matches!(got, Ok(Step::Record(got)) if got.sequence == after), "{got:?}");
        }
    }
}

#[test]
fn no_number_is_taken_that_is_not_greater_or_too_far_ahead() {
    let heap = Heap::new(4, LEN);
    let mut writer = publisher(&heap, 4);
    publish(&mut writer, 5);
    for sequence in [0, 4, 5, 9, u64::MAX] {
        assert!(!writer.turn().publish_as(sequence, 1, &record(1)), "{sequence}");
    }
    let mut bytes = [0; LEN];
    let got = ring(&heap, 4).latest(&mut bytes).expect("no contention").expect("one is published");
    assert_eq!((got.sequence, bytes), (5, record(5)));
    assert_eq!(ring(&heap, 4).next(5, &mut bytes), Ok(Step::Pending));
}

#[test]
fn the_next_writer_keeps_a_record_behind_numbers_that_were_left_out() {
    for last in After::each() {
        let heap = Heap::new(4, LEN);
        let mut writer = publisher(&heap, 4);
        publish(&mut writer, 5);
        writer.publish_as_and_die(8, last, 1, &record(8));
        let mut tail = Tail::after(5);
        let mut next = || tail.next(&ring(&heap, 4), &mut [0; LEN]);
        assert_eq!([next(), next()], [Ok(Step::Missed(1)); 2]);
        let is_given = matches!(next(), Ok(Step::Record(_)));
        assert_eq!(is_given, last >= After::Seal, "{last:?}");
        assert_eq!(publisher(&heap, 4).sequence(), if is_given { 8 } else { 5 });
    }
}
