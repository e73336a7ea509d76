//! A reader against a writer that does not come round to what it reads.

use super::{Reader, Step, fresh, model, model_over, publish};

#[test]
fn next_gives_a_whole_record_or_none() {
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
fn latest_never_needs_a_second_look() {
    model(
        1,
        None,
        |_, mut writer| publish(&mut writer, 0, 2),
        |heap| {
            let mut reader = Reader::after(heap, 0);
            reader.latest_at_once();
            reader.latest_at_once();
        },
    );
}

#[test]
fn latest_never_goes_back_behind_next() {
    model(
        1,
        None,
        |_, mut writer| publish(&mut writer, 0, 1),
        |heap| {
            let mut reader = Reader::after(heap, 1);
            reader.next();
            reader.latest_at_once();
        },
    );
}

#[test]
fn next_has_what_latest_gave() {
    model(
        1,
        None,
        |_, mut writer| publish(&mut writer, 0, 1),
        |heap| {
            let newest = Reader::after(heap, 0).latest_at_once().sequence;
            let step = Reader::after(heap, newest - 1).next();
            super::claim!(matches!(step, Step::Record(_)), "latest gave {newest}, next {step:?}");
        },
    );
}

#[test]
fn a_fresh_ring_has_nothing_until_its_first_record_is_whole() {
    // A stamp of zero is the very stamp of record 0.
    two_looks_at_a_fresh_ring(0);
}

#[test]
fn a_ring_that_begins_later_has_nothing_until_its_first_record_is_whole() {
    two_looks_at_a_fresh_ring(6);
}

/// Of a ring that nobody publishes to, and of one that gets its first two records.
fn two_looks_at_a_fresh_ring(head: u64) {
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
