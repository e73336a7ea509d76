//! What becomes of instances when the writer or the file is another one.

use super::{events, publish, reader, stu, writer};
use crate::{DEADLINE, Place};
use layout::header::offset;
use layout::{FieldSpec, Record, Scalar, Schema, Stu};
use region::{
    Changed, DynInstanceWriter, DynWriter, InstanceStandby, Options, Origin, Refreshed,
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
    let options = Options::new().period(Duration::from_millis(1));
    let schema = Stu::schema();
    let mut writer = DynInstanceWriter::open_with(&place.path, &schema, &options, 2).unwrap();
    let a = writer.instance("a").unwrap();
    writer.publish(a, bytemuck::bytes_of(&stu(1))).unwrap();
    // As if the last heartbeat were long ago: only the record shows that the writer lives.
    let file = std::fs::File::options().write(true).open(&place.path).unwrap();
    let forget = || file.write_all_at(&1_u64.to_le_bytes(), offset::HEARTBEAT as u64).unwrap();
    forget();
    assert_eq!(reader(&place).state(), State::Live);
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
    assert!(matches!(full.kind(), Kind::TooManyInstances { max: 1 }), "{full}");
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
    drop(second);
    let third = only(&["b"]).open_instances::<Stu>(&place.path, 1).unwrap();
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
    assert_eq!(events(&mut reader), ["b +", "a -"]);
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
    assert!(matches!(err.kind(), Kind::TooManyInstances { max: 1 }), "{err}");
    let mut again = writer(&place, 3);
    assert_eq!(again.len(), 2, "the region is as it was");
    let also_a = again.find("a").unwrap();
    assert_eq!(again.sequence_of(a), again.sequence_of(also_a));
    again.retire(also_a).unwrap();
    drop(again);
    assert_eq!(writer(&place, 1).len(), 1);
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
fn a_deleted_file_is_made_anew_with_all_instances() {
    let place = Place::new();
    let options = Options::new().check_every(Duration::ZERO);
    let mut writer = options.open_instances::<Stu>(&place.path, 2).unwrap();
    let (a, b) = (writer.instance("a").unwrap(), writer.instance("b").unwrap());
    (0..3).for_each(|_| publish(&mut writer, a));
    std::fs::remove_file(&place.path).unwrap();
    publish(&mut writer, b);
    publish(&mut writer, a);
    let mut reader = reader(&place);
    assert_eq!(events(&mut reader), ["a +", "a 4", "b +", "b 1"]);
}

#[test]
fn a_truncated_file_is_made_anew_and_no_number_is_used_twice() {
    let place = Place::new();
    let mut writer = writer(&place, 2);
    let a = writer.instance("a").unwrap();
    (0..3).for_each(|_| publish(&mut writer, a));
    let mut reader = reader(&place);
    assert_eq!(events(&mut reader), ["a +", "a 3"]);
    let file = std::fs::File::options().write(true).open(&place.path).unwrap();
    file.set_len(256).unwrap();
    assert_eq!(writer.publish(a, &stu(5)).unwrap(), 5, "number 4 may have been read");
    reader.refresh().unwrap();
    assert_eq!(events(&mut reader), ["a +", "a missed 1", "a 5"]);
}

#[test]
fn a_reader_of_a_truncated_file_returns_an_error() {
    let place = Place::new();
    let mut writer = writer(&place, 2);
    let a = writer.instance("a").unwrap();
    publish(&mut writer, a);
    let mut reader = reader(&place);
    reader.refresh_every(Duration::MAX);
    let a = reader.find("a").unwrap();
    let file = std::fs::File::options().write(true).open(&place.path).unwrap();
    file.set_len(256).unwrap();
    assert!(reader.latest(a).unwrap_err().is_truncated());
    assert!(reader.next().unwrap_err().is_truncated());
    assert!(reader.wait(DEADLINE).unwrap_err().is_truncated());
}

#[test]
fn a_name_twice_or_one_that_is_none_is_damage_to_a_writer_and_nothing_to_a_reader() {
    let place = Place::new();
    for (name, len) in [(&b"a"[..], 1_u64), (b"\x1b", 1), (b"b", 65), (b"b", 0)] {
        let _ = std::fs::remove_file(&place.path);
        let mut first = writer(&place, 2);
        first.instance("a").unwrap();
        first.instance("b").unwrap();
        drop(first);
        let file = std::fs::File::options().read(true).write(true).open(&place.path).unwrap();
        let mut header = [0; 256];
        file.read_exact_at(&mut header, 0).unwrap();
        let instances = layout::Header::decode(&header).unwrap().instances.unwrap();
        let at = instances.name_offset(1) + layout::header::offset::NAME_LEN as u64;
        file.write_all_at(&len.to_le_bytes(), at).unwrap();
        file.write_all_at(name, at + 8).unwrap();
        let reader = reader(&place);
        let names: Vec<String> = reader.all().map(|(_, name)| name.to_string()).collect();
        let twice = name == b"a";
        assert_eq!(names.len(), if twice { 2 } else { 1 }, "{names:?}");
        let second = writer(&place, 2);
        assert!(matches!(second.origin(), Origin::Replaced(Why::Damaged(_))), "{second:?}");
        assert_eq!(second.len(), 0);
    }
}

#[test]
fn a_plain_region_has_the_length_that_it_had_without_instances() {
    let place = Place::new();
    let plain = DynWriter::open(&place.path, &Stu::schema()).unwrap();
    let bytes = std::fs::read(&place.path).unwrap();
    assert_eq!(bytes.len(), 0x440);
    assert!(bytes[0x90..0xf8].iter().all(|byte| *byte == 0));
    drop(plain);
}

#[test]
fn any_words_behind_the_header_end_in_a_record_or_an_error() {
    const EDGES: [u64; 8] = [0, 1, 2, 3, 1 << 32, (1 << 62) - 1, 1 << 63, u64::MAX];
    let place = Place::new();
    let mut random = fastrand::Rng::with_seed(5);
    let mut first = writer(&place, 3);
    for name in ["a", "b", "a", "a"] {
        let instance = first.instance(name).unwrap();
        publish(&mut first, instance);
    }
    drop(first);
    let good = std::fs::read(&place.path).unwrap();
    for _ in 0..300 {
        let _ = std::fs::remove_file(&place.path);
        std::fs::write(&place.path, &good).unwrap();
        let mut readers = [reader(&place), reader(&place)];
        let file = std::fs::File::options().write(true).open(&place.path).unwrap();
        for _ in 0..8 {
            let at = 0x100 + 8 * random.usize(..(good.len() - 0x108) / 8);
            let word = EDGES[random.usize(..EDGES.len())];
            file.write_all_at(&word.to_le_bytes(), at as u64).unwrap();
            for reader in &mut readers {
                let all: Vec<_> = reader.all().collect();
                assert!(all.iter().all(|(_, name)| !name.contains(layout::text::is_control)));
                for (instance, _) in all {
                    drop(reader.latest(instance));
                }
                (0..20).for_each(|_| drop(reader.next()));
                drop(reader.wait(Duration::from_micros(1)));
            }
        }
        // A writer continues with what is there, or replaces it.
        let mut next = writer(&place, 3);
        let instance = next.instance("z").or_else(|_| next.instance("a")).expect("a block");
        next.publish(instance, &stu(1)).unwrap();
    }
}
