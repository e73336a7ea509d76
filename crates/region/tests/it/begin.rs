//! With which record following begins, and what is missed by then.

use super::*;
use region::{Begin, Options, Step};

/// What a reader that begins there gets until nothing is left: numbers, and missed ones as negatives.
fn read(reader: &mut DynReader, with: Begin) -> Vec<i64> {
    reader.begin(with);
    let (mut record, mut got) = ([0; 28], Vec::new());
    loop {
        got.push(match reader.next(&mut record).expect("a whole region") {
            Step::Record(record) => record.sequence.cast_signed(),
            Step::Missed(count) => -count.cast_signed(),
            Step::Pending => return got,
        });
    }
}

/// A region of four slots with `count` records.
fn published(place: &Place, count: i32) -> DynWriter {
    let options = Options::new().slots(4);
    let mut writer = DynWriter::open_with(&place.path, &Stu::schema(), &options).expect("a writer");
    for id in 1..=count {
        writer.publish(&stu(id)).expect("a publish");
    }
    writer
}

#[test]
fn following_begins_with_the_record_that_was_asked_for() {
    let place = Place::new();
    let _writer = published(&place, 10);
    let mut reader = place.reader();
    for (with, want) in [
        (Begin::Newest, &[10][..]),
        (Begin::Oldest, &[7, 8, 9, 10]),
        (Begin::Last(2), &[9, 10]),
        (Begin::Last(100), &[7, 8, 9, 10]),
        (Begin::Last(0), &[]),
        (Begin::First, &[-7, 8, 9, 10]),
        (Begin::Sequence(8), &[8, 9, 10]),
        (Begin::Sequence(11), &[]),
    ] {
        assert_eq!(read(&mut reader, with), want, "{with:?}");
    }
}

#[test]
fn records_from_a_number_on_that_are_gone_are_missed_exactly() {
    let place = Place::new();
    let _writer = published(&place, 10);
    let mut reader = place.reader();
    // Three of four slots are kept for readers.
    for (first, missed) in [(0, 7), (1, 7), (2, 6), (6, 2)] {
        assert_eq!(read(&mut reader, Begin::Sequence(first)), [-missed, 8, 9, 10], "{first}");
    }
}

#[test]
fn records_before_the_file_began_are_missed_too() {
    let place = Place::new();
    drop(published(&place, 10));
    let other = Options::new().slots(8);
    let mut writer = DynWriter::open_with(&place.path, &Stu::schema(), &other).expect("a writer");
    writer.publish(&stu(11)).expect("a publish");
    let mut reader = place.reader();
    assert_eq!(read(&mut reader, Begin::Sequence(5)), [-5, 10, 11]);
    assert_eq!(read(&mut reader, Begin::Oldest), [10, 11]);
    assert_eq!(read(&mut reader, Begin::First), [10, 11], "the file's first");
    assert_eq!(read(&mut reader, Begin::Last(5)), [10, 11]);
}

#[test]
fn a_number_that_is_not_published_yet_is_waited_for() {
    let place = Place::new();
    let mut writer = published(&place, 3);
    let mut reader = place.reader();
    assert_eq!(read(&mut reader, Begin::Sequence(5)), [0; 0]);
    for id in 4..=6 {
        writer.publish(&stu(id)).expect("a publish");
    }
    let mut record = [0; 28];
    assert!(matches!(reader.next(&mut record), Ok(Step::Record(first)) if first.sequence == 5));
}

#[test]
fn in_an_empty_region_everything_begins_with_the_first_record() {
    let place = Place::new();
    let mut writer = published(&place, 0);
    let mut readers =
        [Begin::Newest, Begin::Oldest, Begin::Last(3), Begin::Sequence(1)].map(|with| {
            let mut reader = place.reader();
            assert_eq!(read(&mut reader, with), [0; 0]);
            reader
        });
    writer.publish(&stu(1)).expect("a publish");
    let mut record = [0; 28];
    for reader in &mut readers {
        assert!(matches!(reader.next(&mut record), Ok(Step::Record(first)) if first.sequence == 1));
    }
}
