//! A reader against a writer that dies at each step in turn, and the one that takes over.
//!
//! The first writer stops after a step, as after `kill -9`, and all its stores stay. The second
//! begins afterwards, on the same thread: the kernel's release of the lock orders the two in the
//! same way.

use std::sync::Arc;

use super::{Reader, die, fresh, model, model_over, publish, resume};
use crate::heap::Heap;
use crate::publisher::death::After;

/// One take-over in a ring with `before` records, for each step that a writer can die after.
fn each_death(
    before: u64,
    preemptions: Option<usize>,
    reader: impl Fn(&Arc<Heap>) + Copy + Send + Sync + 'static,
) {
    for last in After::IN_RING {
        model(
            before,
            preemptions,
            move |heap, first| {
                die(first, 1, last);
                publish(&mut resume(heap), 2, 1);
            },
            reader,
        );
    }
}

#[test]
fn a_takeover_never_uses_a_number_twice() {
    each_death(1, None, |heap| {
        let mut reader = Reader::after(heap, 1);
        reader.next();
        reader.latest_at_first_attempt();
    });
}

#[test]
fn no_reader_goes_back_at_a_takeover() {
    each_death(1, None, |heap| {
        let mut reader = Reader::after(heap, 1);
        reader.latest_at_first_attempt();
        reader.next();
        reader.next();
        reader.latest_at_first_attempt();
    });
}

#[test]
fn a_takeover_in_a_full_ring_tears_nothing() {
    each_death(4, Some(3), |heap| {
        let mut reader = Reader::after(heap, 0);
        reader.next();
        reader.latest_at_first_attempt();
    });
}

#[test]
fn a_takeover_of_a_takeover_never_uses_a_number_twice() {
    for (first, second) in pairs() {
        model(
            1,
            None,
            move |heap, writer| {
                die(writer, 1, first);
                die(resume(heap), 2, second);
                publish(&mut resume(heap), 3, 1);
            },
            |heap| {
                // The second writer may leave record 3 complete but not announced.
                let mut reader = Reader::after(heap, 2);
                reader.next();
                reader.latest_at_first_attempt();
            },
        );
    }
}

/// Every pair of steps after which the first and the second writer die.
fn pairs() -> impl Iterator<Item = (After, After)> {
    After::IN_RING.into_iter().flat_map(|first| After::IN_RING.map(|second| (first, second)))
}

#[test]
fn a_takeover_of_an_empty_ring_leaves_its_first_record_whole() {
    for last in After::IN_RING {
        model_over(
            || fresh(0),
            None,
            move |heap, first| {
                die(first, 1, last);
                publish(&mut resume(heap), 2, 1);
            },
            |heap| {
                let mut reader = Reader::after(heap, 0);
                reader.first(0);
                reader.next();
            },
        );
    }
}
