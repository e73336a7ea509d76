//! A reader against a writer that does not come round to what it reads.

use super::{Reader, Step, model, publish};

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
            let newest = Reader::after(heap.clone(), 0).latest_at_once().sequence;
            let step = Reader::after(heap, newest - 1).next();
            super::claim!(matches!(step, Step::Record(_)), "latest gave {newest}, next {step:?}");
        },
    );
}
