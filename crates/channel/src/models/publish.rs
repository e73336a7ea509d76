//! A reader against a writer that does not reuse the slot being read.

use super::{Reader, Step, fresh, model, model_over, publish};

#[test]
fn next_returns_a_whole_record_or_none() {
    model(
        0,
        None,
        |_, mut writer| publish(&mut writer, 0, 1),
        |heap| {
            let mut reader = Reader::after(heap, 0);
            reader.next();
            reader.next();
        },
    );
}

#[test]
fn latest_succeeds_at_the_first_attempt() {
    model(
        1,
        None,
        |_, mut writer| publish(&mut writer, 0, 2),
        |heap| {
            let mut reader = Reader::after(heap, 0);
            reader.latest_at_first_attempt();
            reader.latest_at_first_attempt();
        },
    );
}

#[test]
fn latest_is_never_older_than_next() {
    model(
        1,
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
fn next_returns_what_latest_has_returned() {
    model(
        1,
        None,
        |_, mut writer| publish(&mut writer, 0, 1),
        |heap| {
            let newest = Reader::after(heap, 0).latest_at_first_attempt().sequence;
            let step = Reader::after(heap, newest - 1).next();
            super::claim!(
                matches!(step, Step::Record(_)),
                "latest returned {newest}, next {step:?}"
            );
        },
    );
}

#[test]
fn a_fresh_ring_has_nothing_until_its_first_record_is_whole() {
    // A stamp of zero is also the stamp of record 0.
    read_a_fresh_ring_twice(0);
}

#[test]
fn a_ring_that_begins_later_has_nothing_until_its_first_record_is_whole() {
    read_a_fresh_ring_twice(6);
}

/// Reads an empty ring, and one while its first two records are published.
fn read_a_fresh_ring_twice(head: u64) {
    for count in [0, 2] {
        model_over(
            move || fresh(head),
            None,
            move |_, mut writer| publish(&mut writer, 0, count),
            move |heap| {
                let mut reader = Reader::after(heap, head);
                reader.first(head);
                reader.first(head);
                reader.next();
            },
        );
    }
}
