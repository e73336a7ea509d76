//! Copies of another region's records: each keeps its lineage and number.

use super::*;
use region::{Event, Numbering, Origin, Why};

const LINEAGE: u64 = 1_700_000_000_000_000;

fn numbering(lineage: u64, after: u64) -> Options {
    Options::new().numbering(Numbering { lineage, first_lineage: LINEAGE, after })
}

fn open(place: &Place, options: &Options) -> DynWriter {
    DynWriter::open_with(&place.path, &Stu::schema(), options).expect("a writer")
}

fn copy(writer: &mut DynWriter, sequence: u64) -> bool {
    let id = i32::try_from(sequence % 1000).expect("small");
    writer.publish_copy(sequence, bytemuck::bytes_of(&Stu::new(id, "x", 'm'))).expect("published")
}

/// What a follower gets: the numbers of records, and of missed ones how many, as less than zero.
fn numbers(reader: &mut DynReader) -> Vec<i64> {
    let mut follow = reader.follow().look_every(Duration::ZERO);
    let mut numbers = Vec::new();
    while let Some(event) = follow.try_next().expect("a region that can be read") {
        match event {
            Event::Record(sample) => numbers.push(sample.publication.sequence.cast_signed()),
            Event::Missed(count) => numbers.push(-count.cast_signed()),
            _ => {}
        }
    }
    numbers
}

#[test]
fn a_copy_has_the_name_of_its_record_and_what_is_left_out_is_missed() {
    let place = Place::new();
    let mut writer = open(&place, &numbering(LINEAGE, 100));
    assert_eq!((writer.lineage(), writer.sequence()), (LINEAGE, 100));
    let mut reader = place.reader();
    for sequence in [101, 102, 105, 106] {
        assert!(copy(&mut writer, sequence));
    }
    assert_eq!(numbers(&mut reader), [101, 102, -1, -1, 105, 106]);
    let mut record = [0; size_of::<Stu>()];
    let newest = place.reader().latest(&mut record).unwrap().expect("a record");
    assert_eq!((newest.lineage(), newest.sequence), (LINEAGE, 106));
}

#[test]
fn a_number_that_is_not_greater_is_not_taken() {
    let place = Place::new();
    let mut writer = open(&place, &numbering(LINEAGE, 5));
    for (sequence, is_taken) in [(5, false), (6, true), (6, false), (1, false), (u64::MAX, false)] {
        assert_eq!(copy(&mut writer, sequence), is_taken, "{sequence}");
    }
    assert_eq!(numbers(&mut place.reader()), [6]);
}

#[test]
fn more_left_out_than_there_are_slots_is_missed_too() {
    let place = Place::new();
    let mut writer = open(&place, &numbering(LINEAGE, 0));
    assert!(copy(&mut writer, 1));
    let mut reader = place.reader();
    assert_eq!(numbers(&mut reader), [1]);
    for sequence in [8, 16, 1017] {
        assert!(copy(&mut writer, sequence));
    }
    assert_eq!(writer.origin(), &Origin::Replaced(Why::LeftOut));
    let seen = numbers(&mut reader);
    let (given, missed): (Vec<i64>, Vec<i64>) = seen.iter().partition(|number| **number > 0);
    assert_eq!(given.last(), Some(&1017));
    assert_eq!(given.len().cast_signed() as i64 - missed.iter().sum::<i64>(), 1016, "{seen:?}");
    assert_eq!(reader.lineage(), LINEAGE);
}

#[test]
fn the_next_writer_of_the_same_lineage_continues_and_of_another_begins_anew() {
    let place = Place::new();
    assert!(copy(&mut open(&place, &numbering(LINEAGE, 0)), 7));
    let writer = open(&place, &numbering(LINEAGE, 3));
    assert_eq!((writer.origin(), writer.sequence()), (&Origin::Resumed, 7));
    drop(writer);
    let mut writer = open(&place, &numbering(LINEAGE + 1, 3));
    assert_eq!(writer.origin(), &Origin::Replaced(Why::OtherLineage));
    assert_eq!((writer.lineage(), writer.sequence()), (LINEAGE + 1, 3));
    let mut record = [0; size_of::<Stu>()];
    assert_eq!(place.reader().latest(&mut record).unwrap(), None, "its records are others");
    assert!(copy(&mut writer, 4));
    let changed = writer.change(&Stu::schema(), &numbering(LINEAGE + 2, 9)).unwrap();
    assert_eq!(changed, region::Changed::Replaced);
    assert_eq!((writer.lineage(), writer.sequence()), (LINEAGE + 2, 9));
}

#[test]
fn a_follower_counts_across_a_lineage_that_continues_the_numbers_of_the_one_before() {
    let place = Place::new();
    let mut writer = open(&place, &numbering(LINEAGE, 0));
    assert!(copy(&mut writer, 1));
    let mut reader = place.reader();
    assert_eq!(numbers(&mut reader), [1]);
    writer.change(&Stu::schema(), &numbering(LINEAGE + 1, 9)).unwrap();
    assert!(copy(&mut writer, 10));
    assert_eq!(numbers(&mut reader), [-8, 10]);
}

#[test]
fn a_copy_whose_file_was_deleted_or_cut_keeps_its_lineage_and_its_numbers() {
    let place = Place::new();
    let mut writer = open(&place, &numbering(LINEAGE, 0).check_every(Duration::ZERO));
    assert!(copy(&mut writer, 1));
    let mut reader = place.reader();
    assert_eq!(numbers(&mut reader), [1]);
    std::fs::remove_file(&place.path).unwrap();
    assert!(copy(&mut writer, 2));
    assert_eq!(numbers(&mut reader), [2]);
    std::fs::File::options().write(true).open(&place.path).unwrap().set_len(64).unwrap();
    assert!(copy(&mut writer, 4));
    assert_eq!(numbers(&mut reader), [-1, 4]);
    assert_eq!((writer.lineage(), reader.lineage()), (LINEAGE, LINEAGE));
}

#[test]
fn a_number_that_was_left_out_is_not_given_to_an_earlier_record_when_the_file_was_deleted() {
    let place = Place::new();
    // The next check is far off: the deletion is found by the new file only.
    let mut writer = open(&place, &numbering(LINEAGE, 4).check_every(Duration::from_hours(1)));
    assert!(copy(&mut writer, 5));
    let mut reader = place.reader();
    assert_eq!(numbers(&mut reader), [5]);
    std::fs::remove_file(&place.path).unwrap();
    assert!(copy(&mut writer, 100));
    assert_eq!(numbers(&mut reader), [-94, 100]);
    assert_eq!(reader.header().base_sequence, 99);
}

#[test]
fn a_cut_is_an_error_of_a_copy_whose_writer_leaves_the_check_to_its_caller() {
    let place = Place::new();
    let mut writer = open(&place, &numbering(LINEAGE, 0).check_every(Duration::MAX));
    assert!(copy(&mut writer, 1));
    std::fs::File::options().write(true).open(&place.path).unwrap().set_len(64).unwrap();
    let record = Stu::new(2, "x", 'm');
    let err = writer.publish_copy(2, bytemuck::bytes_of(&record)).unwrap_err();
    assert!(err.is_truncated(), "{err}");
    assert_eq!(place.path.metadata().unwrap().len(), 64, "no new file");
}

#[test]
fn a_region_without_a_name_copies_records_of_another_one_too() {
    let options = numbering(LINEAGE, 4);
    let (schema, label) = (Stu::schema(), std::path::Path::new("x"));
    let memfd = || {
        let flags = rustix::fs::MemfdFlags::CLOEXEC;
        std::fs::File::from(rustix::fs::memfd_create("x", flags).expect("a memfd"))
    };
    let passed = DynWriter::open_file(memfd(), label, &schema, &options).expect("a writer");
    let own = DynWriter::open_memfd(None, label, &schema, &options).expect("a writer");
    let damaged = memfd();
    drop(DynWriter::open_file(damaged.try_clone().unwrap(), label, &schema, &options).unwrap());
    std::os::unix::fs::FileExt::write_all_at(&damaged, &[0xff; 8], 0x20).unwrap();
    let again = DynWriter::open_memfd(Some(damaged), label, &schema, &options).expect("a writer");
    let anonymous = region::Region::anonymous(&schema, &options).unwrap();
    for mut writer in [passed, own, again, anonymous.writer().unwrap()] {
        assert_eq!((writer.lineage(), writer.sequence()), (LINEAGE, 4));
        assert!(copy(&mut writer, 6));
        assert_eq!(writer.sequence(), 6);
    }
}

#[test]
fn a_lineage_that_no_region_can_have_is_not_taken() {
    let place = Place::new();
    for lineage in [0, layout::header::MAX_LINEAGE + 1, LINEAGE - 1] {
        let writer = open(&place, &numbering(lineage, 5));
        assert_ne!(writer.lineage(), lineage);
    }
}
