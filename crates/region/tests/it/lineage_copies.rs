//! Lineages of files that were copied, put back, damaged, passed on or made by another boot.

use super::lineage::{change_header, closed, newest, publish};
use super::*;
use layout::header::MAX_LINEAGE;
use region::{Event, Origin, Region, State, Why};
use std::fs::File;

#[test]
fn a_copy_of_a_region_is_continued_in_a_lineage_of_its_own() {
    let place = Place::new();
    let last = closed(&place);
    let copy = place.dir.path().join("copy");
    std::fs::copy(&place.path, &copy).unwrap();
    let mut of_copy = DynWriter::open(&copy, &Stu::schema()).unwrap();
    assert_eq!(*of_copy.origin(), Origin::Replaced(Why::Copied));
    let lineage = of_copy.lineage();
    assert_eq!(newest(&mut DynReader::open(&copy).unwrap()), Some((lineage, 1, 1)));
    assert_eq!(publish(&mut of_copy, 2), (lineage, 2, 2));
    assert_eq!(publish(&mut place.writer(), 3), (last.0, 2, 3));
    assert_ne!(lineage, last.0);
    drop(of_copy);
    assert_eq!(*DynWriter::open(&copy, &Stu::schema()).unwrap().origin(), Origin::Resumed);
}

#[test]
fn an_earlier_copy_put_back_in_place_of_a_region_does_not_repeat_a_name() {
    let place = Place::new();
    let mut last = closed(&place);
    let copy = place.dir.path().join("copy");
    std::fs::copy(&place.path, &copy).unwrap();
    for id in 2..5 {
        last = publish(&mut place.writer(), id);
    }
    std::fs::rename(&copy, &place.path).unwrap();
    let next = publish(&mut place.writer(), 9);
    assert!((next.0, next.1) > (last.0, last.1), "{next:?} after {last:?}");
}

#[test]
fn a_file_with_a_second_name_is_continued_in_a_new_lineage() {
    let place = Place::new();
    let last = closed(&place);
    let second = place.dir.path().join("second");
    std::fs::hard_link(&place.path, &second).unwrap();
    let mut writer = place.writer();
    assert_eq!(*writer.origin(), Origin::Replaced(Why::Linked));
    assert_eq!(newest(&mut place.reader()), Some((writer.lineage(), 1, 1)));
    let own = publish(&mut writer, 2);
    let others = publish(&mut DynWriter::open(&second, &Stu::schema()).unwrap(), 3);
    assert_eq!((others.0, others.1), (last.0, 2));
    assert!(own.0 > last.0);
}

#[test]
fn a_region_of_another_boot_is_not_continued_nor_is_its_record() {
    let place = Place::new();
    let last = closed(&place);
    change_header(&place, |header| header.boot_id = [7; 16]);
    let mut writer = place.writer();
    assert_eq!(*writer.origin(), Origin::Replaced(Why::OtherBoot));
    assert_eq!(newest(&mut place.reader()), None);
    let next = publish(&mut writer, 2);
    assert!(next.0 > last.0 && next.1 == 2, "{next:?} after {last:?}");
}

#[test]
fn a_new_lineage_is_greater_than_that_of_the_damaged_file_it_replaces() {
    let place = Place::new();
    closed(&place);
    let future = MAX_LINEAGE - 5;
    change_header(&place, |header| header.lineage = future);
    File::options().write(true).open(&place.path).unwrap().set_len(0x180).unwrap();
    let (lineage, sequence, id) = publish(&mut place.writer(), 1);
    assert!((future + 1..=MAX_LINEAGE).contains(&lineage), "{lineage} after {future}");
    assert_eq!((sequence, id), (1, 1));
}

#[test]
fn a_lineage_of_the_future_is_kept_and_the_largest_is_followed_by_the_present() {
    let place = Place::new();
    let last = closed(&place);
    change_header(&place, |header| header.lineage = MAX_LINEAGE);
    let mut writer = place.writer();
    assert_eq!(publish(&mut writer, 2), (MAX_LINEAGE, 2, 2));
    std::fs::remove_file(&place.path).unwrap();
    writer.recreate().unwrap();
    let now = writer.lineage();
    assert!(now > last.0 && now < MAX_LINEAGE, "there is none after the largest: {now}");
}

#[test]
fn a_memfd_keeps_its_lineage_in_its_next_writers() {
    let label = std::path::Path::new("memfd");
    let open = |kept, options: &Options| {
        DynWriter::open_memfd(kept, label, &Stu::schema(), options).unwrap()
    };
    let mut first = open(None, &Options::new());
    let last = publish(&mut first, 1);
    let kept = first.share().unwrap();
    die(first);
    let mut second = open(Some(kept), &Options::new());
    assert_eq!(publish(&mut second, 2), (last.0, 2, 2));
    let kept = second.share().unwrap();
    drop(second);
    let third = open(Some(kept.try_clone().unwrap()), &Options::new().slots(16));
    let mut reader = DynReader::open_file(&third.share().unwrap(), label).unwrap();
    assert_eq!(newest(&mut reader), Some((last.0, 2, 2)), "in a new memfd");
    drop(third);
    // The first one is retired: its successor may have published what no writer of it knows.
    let mut fourth = open(Some(kept), &Options::new());
    assert_eq!(*fourth.origin(), Origin::Replaced(Why::Retired));
    assert!(publish(&mut fourth, 4).0 > last.0);
}

#[test]
fn two_anonymous_regions_are_of_two_lineages() {
    let region = || Region::anonymous(&Stu::schema(), &Options::new()).unwrap();
    let (one, other) = (region(), region());
    assert_ne!(one.writer().unwrap().lineage(), other.writer().unwrap().lineage());
    assert_eq!(one.writer().unwrap().lineage(), one.reader().unwrap().lineage());
}

#[test]
fn a_follower_gets_an_event_for_another_lineage_and_only_for_another() {
    let place = Place::new();
    let mut writer = place.writer();
    publish(&mut writer, 1);
    let mut reader = place.reader();
    let mut follow = reader.follow().look_every(Duration::from_millis(1)).idle(DEADLINE);
    let mut next = || match follow.next().unwrap().unwrap() {
        Event::Record(sample) => Event::Record((sample.lineage(), sample.sequence())),
        Event::Lineage(lineage) => Event::Lineage(lineage),
        Event::Replaced => Event::Replaced,
        Event::Missing => Event::Missing,
        Event::Writer(state) => Event::Writer(state),
        other => panic!("{other:?}"),
    };
    let old = writer.lineage();
    assert_eq!(next(), Event::Record((old, 1)));
    writer.change(&Stu::schema(), &Options::new().slots(16)).unwrap();
    publish(&mut writer, 2);
    let mut events: Vec<_> = (0..2).map(|_| next()).collect();
    events.retain(|event| *event != Event::Writer(State::Retired));
    assert_eq!(events.first(), Some(&Event::Replaced));
    if events.len() == 1 {
        events.push(next());
    }
    assert_eq!(events[1], Event::Record((old, 2)), "the same lineage");
    std::fs::remove_file(&place.path).unwrap();
    while next() != Event::Missing {}
    writer.recreate().unwrap();
    publish(&mut writer, 3);
    while next() != Event::Replaced {}
    assert_eq!(next(), Event::Lineage(writer.lineage()));
    assert_eq!(next(), Event::Record((writer.lineage(), 3)));
}
