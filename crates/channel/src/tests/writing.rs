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
