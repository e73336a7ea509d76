//! With which record of each instance a reader begins, also in the next file.

use super::{events, publish, reader, writer};
use crate::Place;
use region::{Begin, DynInstanceReader, Instance, InstanceWriter, RegionErrorKind as Kind, Writer};
use std::fs::File;
use std::path::Path;

/// A region in which a has five records and b has two.
fn filled(place: &Place) -> (InstanceWriter<layout::Stu>, Instance, Instance) {
    let mut writer = writer(place, 3);
    let (a, b) = (writer.instance("a").unwrap(), writer.instance("b").unwrap());
    (0..5).for_each(|_| publish(&mut writer, a));
    (0..2).for_each(|_| publish(&mut writer, b));
    (writer, a, b)
}

#[test]
fn following_begins_with_the_record_of_each_instance_that_was_asked_for() {
    let place = Place::new();
    let (mut writer, ..) = filled(&place);
    let cases: [(Begin, &[&str]); 5] = [
        (Begin::Newest, &["a +", "a 5", "b +", "b 2"]),
        (Begin::Oldest, &["a +", "a 1", "a 2", "a 3", "a 4", "a 5", "b +", "b 1", "b 2"]),
        (Begin::Last(3), &["a +", "a 3", "a 4", "a 5", "b +", "b 1", "b 2"]),
        (Begin::Last(0), &["a +", "b +"]),
        (Begin::Sequence(4), &["a +", "a 4", "a 5", "b +"]),
    ];
    let mut reader = reader(&place);
    for (begin, expected) in cases {
        reader.begin(begin);
        assert_eq!(events(&mut reader), expected, "{begin:?}");
    }
    // The first record of an instance that joins later is its own first one.
    let c = writer.instance("c").unwrap();
    publish(&mut writer, c);
    assert_eq!(events(&mut reader), ["c +", "c 1"]);
}

#[test]
fn an_instance_that_is_published_to_without_pause_does_not_keep_a_reader_from_the_others() {
    let place = Place::new();
    let (mut writer, a, _) = filled(&place);
    let mut reader = reader(&place);
    let mut names = Vec::new();
    for _ in 0..4 {
        publish(&mut writer, a);
        let region::Step::Record(event) = reader.next().unwrap() else { panic!("an event") };
        names.push(event.name.to_string());
    }
    assert_eq!(names, ["a", "a", "b", "b"]);
    assert_eq!(events(&mut reader), [""; 0], "every block was read");
    // The records after the turn of a are announced by its changes.
    assert_eq!(events(&mut reader), ["a 7", "a 8", "a 9"]);
}

#[test]
fn a_name_that_another_instance_has_in_the_next_file_has_missed_nothing() {
    let place = Place::new();
    let (mut first, a, b) = filled(&place);
    (0..20).for_each(|_| publish(&mut first, b));
    let mut reader = reader(&place);
    assert_eq!(events(&mut reader), ["a +", "a 5", "b +", "b 22"]);
    // b raises the number after which a joins again, in another file, to 22.
    first.retire(b).unwrap();
    first.retire(a).unwrap();
    let a = first.instance("a").unwrap();
    publish(&mut first, a);
    drop(first);
    let mut second = writer(&place, 5);
    let a = second.find("a").unwrap();
    publish(&mut second, a);
    reader.refresh().unwrap();
    let events = events(&mut reader);
    assert_eq!(events[..2], ["a -", "a +"], "{events:?}");
    assert!(events.iter().all(|event| !event.contains("missed")), "{events:?}");
    assert_eq!(events[events.len() - 2..], ["a 24", "b -"], "{events:?}");
}

#[test]
fn a_passed_descriptor_of_instances_is_read_by_a_reader_of_instances() {
    let place = Place::new();
    let (mut writer, a, _) = filled(&place);
    let (file, label) = (File::open(&place.path).unwrap(), Path::new("fd:x"));
    let mut reader = DynInstanceReader::open_file(&file, label).unwrap();
    publish(&mut writer, a);
    let (a, mut record) = (reader.find("a").unwrap(), [0; 28]);
    assert_eq!(reader.latest(a, &mut record).unwrap().expect("a record").sequence, 6);
    let err = region::DynReader::open_file(&file, label).unwrap_err();
    assert!(matches!(err.kind(), Kind::HasInstances { max: 3 }), "{err}");
    drop(writer);
    std::fs::remove_file(&place.path).unwrap();
    drop(Writer::<layout::Stu>::open(&place.path).unwrap());
    let err = DynInstanceReader::open_file(&File::open(&place.path).unwrap(), label).unwrap_err();
    assert!(matches!(err.kind(), Kind::NoInstances), "{err}");
}
