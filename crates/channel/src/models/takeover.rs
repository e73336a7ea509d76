//! A reader against a writer that dies at each step in turn, and the one that takes over.
//!
//! The first writer stops after a step, as by `kill -9`, and all its stores stay. The second begins
//! afterwards, on the same thread: a lock that the kernel frees orders the two just so.

use super::{Reader, content, model, publish, resume};
use crate::publisher::death::After;

/// One take-over in a ring with `before` records, for each step that a writer can die after.
fn each_death(
    before: u64,
    preemptions: Option<usize>,
    reader: impl Fn(std::sync::Arc<crate::Heap>) + Copy + Send + Sync + 'static,
) {
    for last in After::ALL {
        model(
            before,
            preemptions,
            move |heap, first| {
                let (word, record) = content(1, before + 1);
                first.publish_and_die(last, word, &record);
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
        reader.latest_at_once();
    });
}

#[test]
fn a_takeover_is_never_seen_going_back() {
    each_death(1, None, |heap| {
        let mut reader = Reader::after(heap, 1);
        reader.latest_at_once();
        reader.next();
        reader.next();
        reader.latest_at_once();
    });
}

#[test]
fn a_takeover_in_a_full_ring_tears_nothing() {
    each_death(4, Some(3), |heap| {
        let mut reader = Reader::after(heap, 0);
        reader.next();
        reader.latest_at_once();
    });
}
