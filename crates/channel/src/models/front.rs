//! A reader of the front: its records are whole and agree with those of the ring.
//!
//! The ring behind it has four slots, which no model here laps.

use std::sync::Arc;

use super::{LEN, Reader, SLOTS, Step, claim, die, filled, model_over, publish, resume};
use crate::heap::Heap;
use crate::publisher::death::After;

fn with_front(count: u64) -> Arc<Heap> {
    filled(Heap::new(SLOTS, LEN), count)
}

#[test]
fn latest_from_the_front_is_whole_at_the_first_attempt() {
    model_over(
        || with_front(1),
        Some(3),
        |_, mut writer| publish(&mut writer, 0, 2),
        |heap| {
            let mut reader = Reader::after(heap, 0);
            reader.latest_at_first_attempt();
            reader.latest_at_first_attempt();
        },
    );
}

#[test]
fn latest_from_the_front_never_goes_back_behind_next() {
    model_over(
        || with_front(1),
        None,
        |_, mut writer| publish(&mut writer, 0, 1),
        |heap| {
            let mut reader = Reader::after(heap, 1);
            reader.next();
            reader.latest_at_first_attempt();
        },
    );
}

#[test]
fn next_has_what_the_front_gave() {
    model_over(
        || with_front(1),
        None,
        |_, mut writer| publish(&mut writer, 0, 1),
        |heap| {
            let newest = Reader::after(heap, 0).latest_at_first_attempt().sequence;
            let step = Reader::after(heap, newest - 1).next();
            claim!(matches!(step, Step::Record(_)), "the front gave {newest}, next {step:?}");
        },
    );
}

#[test]
fn a_front_that_nothing_was_published_to_gives_nothing() {
    model_over(
        || Arc::new(Heap::with_head(6, SLOTS, LEN)),
        Some(3),
        |_, mut writer| publish(&mut writer, 0, 1),
        |heap| {
            let mut reader = Reader::after(heap, 6);
            reader.first(6);
            reader.first(6);
        },
    );
}

#[test]
fn a_takeover_is_never_seen_in_the_front_as_two_records_or_one_gone_back() {
    for last in After::IN_FRONT {
        model_over(
            || with_front(1),
            Some(3),
            move |heap, first| {
                die(first, 1, last);
                publish(&mut resume(heap), 2, 1);
            },
            |heap| {
                let mut reader = Reader::after(heap, 1);
                reader.latest_at_first_attempt();
                reader.next();
                reader.latest_at_first_attempt();
            },
        );
    }
}
