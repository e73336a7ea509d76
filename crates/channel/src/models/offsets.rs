//! A reader of the number that goes with a record's time, against a change of it, and deaths in one.

use std::sync::Arc;

use super::claim;
use crate::offsets::Offsets;
use crate::sync::{self, AtomicU64};

/// The words, and the newest record's time: what a record of a ring brings along.
struct Words {
    current: AtomicU64,
    since: AtomicU64,
    before: AtomicU64,
    newest: AtomicU64,
}

impl Words {
    fn offsets(&self) -> Offsets<'_> {
        Offsets { current: &self.current, since: &self.since, before: &self.before }
    }
}

/// `before` is 1 for times below 5, `current` 10 from then on.
fn words() -> Arc<Words> {
    let word = |value| AtomicU64::new(value);
    Arc::new(Words { current: word(10), since: word(5), before: word(1), newest: word(0) })
}

/// Claims that a record of `time`, which is kept, goes with `number` at every look.
fn goes_with(words: &Words, time: u64, number: u64) {
    let got = words.offsets().at(time);
    claim!(got == number, "{got} for a record of time {time}, not {number}");
}

/// Runs `writer` against a reader that looks at the record of `time`, and then at the newest one.
fn model(writer: impl Fn(&Words) + Send + Sync + 'static, time: u64, number: u64) {
    loom::model(move || {
        let words = words();
        let shared = Arc::clone(&words);
        let thread = loom::thread::spawn(move || {
            goes_with(&shared, time, number);
            let newest = sync::load(&shared.newest);
            sync::acquire_fence();
            if newest != 0 {
                goes_with(&shared, newest, 20);
            }
        });
        writer(&words);
        thread.join().expect("the reader holds all claims");
    });
}

fn publish(words: &Words, time: u64) {
    sync::store_release(&words.newest, time);
}

#[test]
fn a_change_leaves_every_kept_record_its_number() {
    model(
        |words| {
            assert!(words.offsets().change(20, 9, [5, 6].into_iter()));
            publish(words, 9);
        },
        6,
        10,
    );
}

#[test]
fn a_change_leaves_the_records_before_the_last_change_their_number() {
    model(
        |words| {
            assert!(words.offsets().change(20, 9, [3].into_iter()));
            publish(words, 9);
        },
        3,
        1,
    );
}

#[test]
fn no_change_is_made_while_records_go_with_both_numbers() {
    model(
        |words| {
            words.offsets().change(20, 9, [3, 6].into_iter());
        },
        3,
        1,
    );
}

#[test]
fn a_record_whose_time_lies_ahead_keeps_its_number() {
    model(
        |words| {
            assert!(words.offsets().change(20, 9, [5, 12].into_iter()));
            publish(words, 13);
        },
        12,
        10,
    );
}

#[test]
fn a_writer_may_die_between_any_two_stores_of_a_change() {
    for stores in 0..=3 {
        model(
            move |words| {
                words.offsets().change_and_die(stores, 15, 9, [5, 6].into_iter());
                assert!(words.offsets().change(20, 10, [5, 6].into_iter()));
                publish(words, 11);
            },
            6,
            10,
        );
    }
}
