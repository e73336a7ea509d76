//! What becomes of instances when the writer or the file is another one.

use super::{events, publish, reader, stu, writer};
use crate::Place;
use layout::header::offset;
use layout::{FieldSpec, InstanceName, Record, Scalar, Schema, Stu};
use region::{
    BootTime, Changed, DynInstanceWriter, InstanceStandby, Options, Origin, Refreshed,
    RegionErrorKind as Kind, State, Why, Writer,
};
use std::os::unix::fs::FileExt;
use std::time::Duration;

#[test]
fn the_next_writer_continues_with_all_names_and_numbers() {
    let place = Place::new();
    let mut first = writer(&place, 3);
    let (a, b) = (first.instance("a").unwrap(), first.instance("b").unwrap());
    (0..3).for_each(|_| publish(&mut first, a));
    (0..9).for_each(|_| publish(&mut first, b));
    first.retire(b).unwrap();
    let mut reader = reader(&place);
    assert_eq!(events(&mut reader), ["a +", "a 3"]);
    drop(first);
    let mut second = writer(&place, 3);
    assert_eq!((second.origin(), second.len()), (&Origin::Resumed, 1));
    let a = second.find("a").unwrap();
    publish(&mut second, a);
    let b = second.instance("b").unwrap();
    publish(&mut second, b);
    assert_eq!(events(&mut reader), ["a 4", "b +", "b 10"]);
}

#[test]
fn a_file_for_more_instances_keeps_names_numbers_and_newest_records() {
    let place = Place::new();
    let mut first = writer(&place, 2);
    let (a, b) = (first.instance("a").unwrap(), first.instance("b").unwrap());
    (0..3).for_each(|_| publish(&mut first, a));
    let mut reader = reader(&place);
    assert_eq!(events(&mut reader), ["a +", "a 3", "b +"]);
    let (old_a, old_b) = (reader.find("a").unwrap(), reader.find("b").unwrap());
    publish(&mut first, b);
    drop(first);
    let mut second = writer(&place, 5);
    assert_eq!(second.origin(), &Origin::Replaced(Why::OtherShape));
    let (a, b) = (second.find("a").unwrap(), second.find("b").unwrap());
    assert_eq!((second.sequence_of(a), second.sequence_of(b)), (Some(3), Some(1)));
    publish(&mut second, a);
    reader.refresh().unwrap();
    assert_eq!(events(&mut reader), ["a +", "a 4", "b +", "b 1"]);
    for old in [old_a, old_b] {
        assert!(matches!(reader.latest(old).unwrap_err().kind(), Kind::NoSuchInstance));
    }
}

#[test]
fn a_reader_that_attaches_twice_between_two_events_still_counts_what_it_missed() {
    let place = Place::new();
    let mut first = writer(&place, 2);
    let a = first.instance("a").unwrap();
    (0..3).for_each(|_| publish(&mut first, a));
    let mut reader = reader(&place);
    assert_eq!(events(&mut reader), ["a +", "a 3"]);
    publish(&mut first, a);
    drop(first);
    for max in [3, 4] {
        let mut next = writer(&place, max);
        let a = next.find("a").unwrap();
        publish(&mut next, a);
        assert_eq!(reader.refresh().unwrap(), Refreshed::Reattached);
    }
    assert_eq!(events(&mut reader), ["a +", "a missed 1", "a 5", "a 6"]);
}

#[test]
fn an_instance_that_joins_or_is_retired_makes_no_region_stalled() {
    let place = Place::new();
    // Long enough for a busy machine, and shorter than it has been up.
    let options = Options::new().period(Duration::from_secs(5));
    let schema = Stu::schema();
    let mut writer = DynInstanceWriter::open_with(&place.path, &schema, &options, 2).unwrap();
    let a = writer.instance("a").unwrap();
    let before = BootTime::now();
    writer.publish(a, bytemuck::bytes_of(&stu(1))).unwrap();
    // As if the last heartbeat were long ago: only the record shows that the writer lives.
    let file = std::fs::File::options().write(true).open(&place.path).unwrap();
    let forget = || file.write_all_at(&1_u64.to_le_bytes(), offset::HEARTBEAT as u64).unwrap();
    forget();
    assert_eq!(reader(&place).state(), State::Live);
    assert!(reader(&place).heartbeat() >= before, "a publish is a heartbeat");
    let b = writer.instance("b").unwrap();
    assert_eq!(reader(&place).state(), State::Live, "one has joined");
    forget();
    writer.retire(b).unwrap();
    assert_eq!(reader(&place).state(), State::Live, "it is retired");
    assert_eq!(writer.change(&schema, &options, 4).unwrap(), Changed::Replaced);
    assert_eq!(reader(&place).state(), State::Live, "in a new file");
}

#[test]
fn a_writer_changes_the_most_instances_while_it_publishes() {
    let place = Place::new();
    let open = |options: &Options, max| {
        DynInstanceWriter::open_with(&place.path, &Stu::schema(), options, max).unwrap()
    };
    let mut writer = open(&Options::new(), 2);
    let (a, b) = (writer.instance("a").unwrap(), writer.instance("b").unwrap());
    let bytes = |id| bytemuck::bytes_of(&stu(id)).to_vec();
    writer.publish(a, &bytes(1)).unwrap();
    let mut reader = reader(&place);
    assert_eq!(events(&mut reader), ["a +", "a 1", "b +"]);
    let schema = Stu::schema();
    let full = writer.change(&schema, &Options::new(), 1).unwrap_err();
    assert!(matches!(full.kind(), Kind::TooManyInstances { have: 2, max: 1 }), "{full}");
    assert_eq!((writer.max(), writer.len()), (2, 2), "nothing has changed");
    assert_eq!(writer.change(&schema, &Options::new(), 2).unwrap(), Changed::Kept);
    assert_eq!(writer.change(&schema, &Options::new(), 4).unwrap(), Changed::Replaced);
    assert_eq!(writer.max(), 4);
    writer.publish(b, &bytes(1)).unwrap();
    reader.refresh().unwrap();
    assert_eq!(events(&mut reader), ["a +", "b +", "b 1"]);
}

#[test]
fn instances_that_are_not_to_stay_are_retired_or_left_out_of_a_smaller_file() {
    let place = Place::new();
    let mut first = writer(&place, 3);
    for name in ["a", "b", "c"] {
        let instance = first.instance(name).unwrap();
        publish(&mut first, instance);
    }
    drop(first);
    let only = |names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| name.parse().unwrap()).collect();
        Options::new().only_instances(names)
    };
    let second = only(&["a", "b"]).open_instances::<Stu>(&place.path, 3).unwrap();
    assert_eq!((second.origin(), second.len(), second.find("c")), (&Origin::Resumed, 2, None));
    assert_eq!(second.gone(), ["c".parse().unwrap()]);
    drop(second);
    let third = only(&["b"]).open_instances::<Stu>(&place.path, 1).unwrap();
    assert_eq!(third.gone(), ["a".parse().unwrap()]);
    assert_eq!(third.origin(), &Origin::Replaced(Why::OtherShape));
    let mut reader = reader(&place);
    assert_eq!(events(&mut reader), ["b +", "b 1"]);
    drop(third);
    let mut fourth = writer(&place, 2);
    let a = fourth.instance("a").unwrap();
    publish(&mut fourth, a);
    assert_eq!(fourth.sequence_of(a), Some(2), "no number is used twice");
}

#[test]
fn a_standby_takes_over_all_instances() {
    let place = Place::new();
    let mut first = writer(&place, 2);
    let a = first.instance("a").unwrap();
    publish(&mut first, a);
    let (schema, options) = (Stu::schema(), Options::new());
    let mut standby = InstanceStandby::new(&place.path, &schema, &options, 2).unwrap();
    assert!(standby.try_open().unwrap().is_none());
    assert!(standby.holder().is_some());
    drop(first);
    let second = standby.try_open().unwrap().expect("the region is free");
    let a = second.find("a").expect("it has stayed");
    assert_eq!((second.sequence_of(a), second.epoch()), (Some(1), 2));
}

#[test]
fn a_memfd_for_more_instances_has_names_and_newest_records() {
    let (schema, options) = (Stu::schema(), Options::new());
    let open = |kept, max| {
        let label = std::path::Path::new("class");
        DynInstanceWriter::open_memfd(kept, label, &schema, &options, max).unwrap()
    };
    let mut first = open(None, 1);
    let a = first.instance("a").unwrap();
    first.publish(a, bytemuck::bytes_of(&stu(1))).unwrap();
    let kept = first.share().unwrap();
    drop(first);
    let mut second = open(Some(kept), 2);
    let a = second.find("a").expect("it has stayed");
    assert_eq!((second.sequence_of(a), second.epoch()), (Some(1), 2));
    assert_eq!(second.change(&schema, &options, 3).unwrap(), Changed::Replaced);
    assert_eq!((second.find("a"), second.sequence_of(a), second.max()), (Some(a), Some(1), 3));
}

#[test]
fn a_look_at_all_instances_is_complete_also_when_it_attaches_to_a_new_file() {
    let place = Place::new();
    let fill = |max| {
        let mut writer = writer(&place, max);
        for name in ["a", "b"] {
            let instance = writer.instance(name).unwrap();
            publish(&mut writer, instance);
        }
        writer
    };
    let mut writer = fill(2);
    let mut reader = reader(&place);
    reader.refresh_every(Duration::ZERO);
    for max in 3..20 {
        let mut names = Vec::new();
        reader.latest_all(|name, _| names.push(name.to_string())).unwrap();
        assert_eq!(names, ["a", "b"], "up to {max} instances");
        drop(writer);
        writer = fill(max);
    }
}

#[test]
fn an_instance_that_joins_after_a_new_file_was_read_has_missed_nothing() {
    let place = Place::new();
    let mut first = writer(&place, 2);
    let (a, b) = (first.instance("a").unwrap(), first.instance("b").unwrap());
    (0..9).for_each(|_| publish(&mut first, b));
    publish(&mut first, a);
    let mut reader = reader(&place);
    assert_eq!(events(&mut reader), ["a +", "a 1", "b +", "b 9"]);
    first.retire(a).unwrap();
    drop(first);
    let mut second = writer(&place, 3);
    assert_eq!(reader.refresh().unwrap(), Refreshed::Reattached);
    assert_eq!(events(&mut reader), ["a -", "b +"]);
    let b = second.find("b").unwrap();
    second.retire(b).unwrap();
    let a = second.instance("a").unwrap();
    publish(&mut second, a);
    assert_eq!(events(&mut reader), ["b -", "a +", "a 10"]);
}

#[test]
fn a_region_that_gets_instances_and_loses_them_uses_no_number_twice() {
    let place = Place::new();
    let plain = || Writer::<Stu>::open(&place.path).unwrap();
    let mut first = plain();
    for id in 1..=3 {
        first.publish(&stu(id)).unwrap();
    }
    let lineage = first.lineage();
    drop(first);
    let second = writer(&place, 2);
    assert_eq!((second.lineage(), second.sequence()), (lineage, 3));
    drop(second);
    let mut third = plain();
    assert_eq!((third.lineage(), third.publish(&stu(4)).unwrap()), (lineage, 4));
    drop(third);
    let mut fourth = writer(&place, 2);
    let a = fourth.instance("a").unwrap();
    assert_eq!(fourth.publish(a, &stu(5)).unwrap(), 5);
}

#[test]
fn a_file_for_fewer_instances_than_there_are_is_refused() {
    let place = Place::new();
    let mut first = writer(&place, 3);
    let a = first.instance("a").unwrap();
    first.instance("b").unwrap();
    drop(first);
    let err = Writer::options().open_instances::<Stu>(&place.path, 1).unwrap_err();
    assert!(matches!(err.kind(), Kind::TooManyInstances { have: 2, max: 1 }), "{err}");
    let mut again = writer(&place, 3);
    assert_eq!(again.len(), 2, "the region is as it was");
    let also_a = again.find("a").unwrap();
    assert_eq!(again.sequence_of(a), again.sequence_of(also_a));
    again.retire(also_a).unwrap();
    drop(again);
    assert_eq!(writer(&place, 1).len(), 1);
}

#[test]
fn a_file_for_fewer_instances_has_those_with_the_newest_records_if_the_oldest_make_room() {
    let place = Place::new();
    let mut first = writer(&place, 4);
    let [a, _empty, b, c] = ["a", "empty", "b", "c"].map(|name| first.instance(name).unwrap());
    for instance in [b, c, a] {
        publish(&mut first, instance);
    }
    drop(first);
    let open = |options: &Options, max| {
        DynInstanceWriter::open_with(&place.path, &Stu::schema(), options, max).unwrap()
    };
    let names = |writer: &DynInstanceWriter| -> Vec<_> {
        writer.all().into_iter().map(|(_, name)| name.to_string()).collect()
    };
    let options = Options::new().retire_oldest();
    let mut second = open(&options, 2);
    assert_eq!(names(&second), ["a", "c"]);
    assert_eq!(second.sequence_of(second.find("a").unwrap()), Some(1));
    assert_eq!(second.gone().len(), 2, "{:?}", second.gone());
    assert_eq!(second.change(&Stu::schema(), &options, 1).unwrap(), Changed::Replaced);
    assert_eq!((names(&second), second.gone()), (vec!["a".into()], &["c".parse().unwrap()][..]));
    drop(second);
    assert_eq!(names(&open(&options, 4)), ["a"], "with room for all, none is retired");
}

#[test]
fn another_schema_begins_without_names_and_after_all_numbers() {
    let place = Place::new();
    let mut first = writer(&place, 2);
    let a = first.instance("a").unwrap();
    (0..6).for_each(|_| publish(&mut first, a));
    drop(first);
    let schema = Schema::builder("X").field(FieldSpec::new("x", Scalar::U64)).build().unwrap();
    let mut second =
        DynInstanceWriter::open_with(&place.path, &schema, &Options::new(), 2).unwrap();
    assert_eq!((second.origin(), second.len()), (&Origin::Replaced(Why::OtherSchema), 0));
    let a = second.instance("a").unwrap();
    assert_eq!(second.publish(a, &[0; 8]).unwrap(), 7);
}

#[test]
fn a_writer_names_the_instances_that_a_region_has_lost() {
    let place = Place::new();
    let with_two = || {
        let mut first = writer(&place, 2);
        for name in ["a", "b"] {
            first.instance(name).unwrap();
        }
    };
    let all: Vec<InstanceName> = ["a", "b"].map(|name| name.parse().unwrap()).to_vec();
    with_two();
    assert_eq!(writer(&place, 3).gone(), [], "in a larger file");
    let plain = Writer::<Stu>::open(&place.path).unwrap();
    assert_eq!(plain.gone(), all);
    drop(plain);
    with_two();
    let other = Schema::builder("X").field(FieldSpec::new("x", Scalar::U8)).build().unwrap();
    let open = || DynInstanceWriter::open_with(&place.path, &other, &Options::new(), 2).unwrap();
    assert_eq!(open().gone(), all, "of another schema");
    assert_eq!(open().gone(), []);
}

#[test]
fn a_writer_reads_the_newest_record_of_an_instance() {
    let place = Place::new();
    let mut first = writer(&place, 2);
    let (a, b) = (first.instance("a").unwrap(), first.instance("b").unwrap());
    for (id, nanos) in [(1, 5), (2, 7)] {
        first.publish_at(a, &stu(id), BootTime::from_nanos(nanos)).unwrap();
    }
    drop(first);
    let mut second = writer(&place, 2);
    let mut record = [0; size_of::<Stu>()];
    assert_eq!(second.latest(a, &mut record).unwrap(), Some(BootTime::from_nanos(7)));
    assert_eq!(record, *bytemuck::bytes_of(&stu(2)));
    assert_eq!(second.latest(b, &mut record).unwrap(), None);
    assert!(matches!(second.latest(b, &mut [0]).unwrap_err().kind(), Kind::WrongSize { .. }));
    second.retire(b).unwrap();
    assert!(second.latest(b, &mut record).unwrap_err().is_no_such_instance());
}

#[test]
fn too_many_instances_are_counted_in_the_message() {
    let place = Place::new();
    let mut first = writer(&place, 3);
    for name in ["a", "b", "c"] {
        first.instance(name).unwrap();
    }
    let message =
        |error: region::RegionError| error.to_string().split(": ").last().map(str::to_owned);
    let full = first.instance("d").unwrap_err();
    assert_eq!(message(full).unwrap(), "has 3 instances, as many as it can have");
    drop(first);
    let options = Options::new().only_instances(["a", "b"].map(|name| name.parse().unwrap()));
    let smaller = options.open_instances::<Stu>(&place.path, 1).unwrap_err();
    assert_eq!(message(smaller).unwrap(), "has 2 instances, more than 1");
    let smaller = Writer::options().open_instances::<Stu>(&place.path, 1).unwrap_err();
    assert_eq!(message(smaller).unwrap(), "has 3 instances, more than 1");
}
