//! The number that goes with a record's time.

use crate::offsets::Offsets;
use crate::sync::AtomicU64;

#[derive(Default)]
struct Words([AtomicU64; 3]);

impl Words {
    fn set(number: u64) -> Self {
        let words = Self::default();
        words.offsets().set(number);
        words
    }

    fn offsets(&self) -> Offsets<'_> {
        let [current, since, before] = &self.0;
        Offsets { current, since, before }
    }
}

#[test]
fn at_first_one_number_goes_with_all_times() {
    let words = Words::set(7);
    assert_eq!([0, 1, u64::MAX].map(|time| words.offsets().at(time)), [7; 3]);
}

#[test]
fn a_change_holds_for_the_records_after_it() {
    let words = Words::set(7);
    assert!(words.offsets().change(8, 100, [40, 90].into_iter()));
    assert_eq!([40, 90, 99, 100].map(|time| words.offsets().at(time)), [7, 7, 7, 8]);
}

#[test]
fn changes_without_a_record_in_between_forget_only_what_no_record_goes_with() {
    let words = Words::set(7);
    for (number, now) in [(8, 100), (9, 200), (10, 300)] {
        assert!(words.offsets().change(number, now, [40].into_iter()));
        assert_eq!([40, now].map(|time| words.offsets().at(time)), [7, number]);
    }
}

#[test]
fn a_change_waits_until_one_of_the_numbers_goes_with_no_kept_record() {
    let words = Words::set(7);
    assert!(words.offsets().change(8, 100, [40].into_iter()));
    assert!(!words.offsets().change(9, 200, [40, 150].into_iter()));
    assert_eq!([40, 150, 250].map(|time| words.offsets().at(time)), [7, 8, 8]);
    assert!(words.offsets().change(9, 300, [150, 250].into_iter()));
    assert_eq!([150, 250, 300].map(|time| words.offsets().at(time)), [8, 8, 9]);
}

#[test]
fn without_a_record_the_number_changes_at_once() {
    let words = Words::set(7);
    assert!(words.offsets().change(8, 100, std::iter::empty()));
    assert_eq!([99, 100].map(|time| words.offsets().at(time)), [7, 8]);
}

#[test]
fn a_since_that_lies_far_ahead_is_brought_back() {
    let words = Words::default();
    words.offsets().restore([1, u64::MAX, 2]);
    assert!(words.offsets().change(8, 100, [40].into_iter()));
    assert_eq!([40, 100].map(|time| words.offsets().at(time)), [2, 8]);
    assert_eq!(words.offsets().saved(), [8, 100, 2]);
}

#[test]
fn after_a_death_between_any_two_stores_all_kept_records_keep_their_number() {
    let kept = [40, 90];
    for stores in 0..=3 {
        let words = Words::set(7);
        words.offsets().change_and_die(stores, 8, 100, kept.into_iter());
        assert_eq!(kept.map(|time| words.offsets().at(time)), [7; 2], "{stores}");
        // The next writer changes it again, or finds that it has been.
        assert!(words.offsets().change(9, 200, kept.into_iter()));
        assert_eq!(kept.map(|time| words.offsets().at(time)), [7; 2], "{stores}");
        assert_eq!(words.offsets().at(200), 9, "{stores}");
    }
}

#[test]
fn a_since_that_changes_at_every_look_does_not_hold_a_reader() {
    let words = Words::set(7);
    let done = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut since = 0;
            while crate::sync::load(&done) == 0 {
                since += 1;
                crate::sync::store(words.offsets().since, since);
            }
        });
        for _ in 0..10_000 {
            assert_eq!(words.offsets().at(5), 7);
        }
        crate::sync::store(&done, 1);
    });
}
