//! Parts of a record: every one of them is what the whole record has there.

use super::{LEN, publish, publisher, record, ring};
use crate::heap::Heap;
use crate::{Part, Seen, Step, Tail};

#[test]
fn every_part_of_a_record_is_read_exactly() {
    let heap = Heap::new(4, LEN);
    publish(&mut publisher(&heap, 4), 3);
    let (ring, whole) = (ring(&heap, 4), record(3));
    for first in 0..=LEN {
        for len in 0..=LEN - first {
            let mut bytes = vec![0xee; len];
            let mut part = Part::of(LEN, first, &mut bytes).expect("within the record");
            let got = ring.try_front(Seen::NOTHING, &mut part).expect("no writer");
            assert_eq!((got.sequence, &*bytes), (3, &whole[first..first + len]));
            bytes.fill(0xee);
            let mut part = Part::of(LEN, first, &mut bytes).expect("within the record");
            let got = ring.try_slot(Seen::NOTHING, 0, &mut part).expect("no writer");
            assert_eq!((got.sequence, &*bytes), (3, &whole[first..first + len]));
            let mut part = Part::of(LEN, first, &mut bytes).expect("within the record");
            let step = Tail::after(1).next_part(&ring, &mut part).expect("no writer");
            assert!(matches!(step, Step::Record(got) if got.sequence == 2));
            assert_eq!(*bytes, record(2)[first..first + len]);
        }
    }
}

#[test]
fn a_part_that_reaches_past_the_record_is_none() {
    for (first, len) in [(0, 29), (1, 28), (28, 1), (29, 0), (usize::MAX, 1), (usize::MAX, 0)] {
        assert!(Part::of(LEN, first, &mut vec![0; len]).is_none(), "{first} {len}");
    }
}
