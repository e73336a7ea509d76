//! What a follower learns of instances that were retired before it had read them to their end.

use super::{events, publish, reader, writer};
use crate::Place;
use layout::{FieldSpec, Scalar, Schema, Stu};
use region::{
    DynInstanceReader, DynInstanceWriter, InstanceChange, InstanceReader, InstanceWriter, Options,
    Step,
};
use std::collections::BTreeMap;

/// Publishes so many records of an instance that joins for them.
fn joins(writer: &mut InstanceWriter<Stu>, name: &str, records: u64) {
    let instance = writer.instance(name).unwrap();
    (0..records).for_each(|_| publish(writer, instance));
}

fn retires(writer: &mut InstanceWriter<Stu>, name: &str) {
    let instance = writer.find(name).expect("an instance");
    writer.retire(instance).unwrap();
}

/// A region of one block, and a follower that has read the first of `records` records of `a`.
fn followed(place: &Place, records: u64) -> (InstanceWriter<Stu>, InstanceReader<Stu>) {
    let mut writer = writer(place, 1);
    joins(&mut writer, "a", 1);
    let mut reader = reader(place);
    assert_eq!(events(&mut reader), ["a +", "a 1"]);
    joins(&mut writer, "a", records - 1);
    (writer, reader)
}

#[test]
fn the_rest_of_a_retired_instance_is_counted_when_its_block_has_the_next_one() {
    let place = Place::new();
    let (mut writer, mut reader) = followed(&place, 9);
    retires(&mut writer, "a");
    joins(&mut writer, "b", 2);
    let expected = ["a missed 8", "a -", "b +", "b 10", "b 11"];
    assert_eq!(events(&mut reader), expected);
    assert_eq!(events(&mut reader), [""; 0]);
}

#[test]
fn numbers_that_no_record_had_are_not_counted() {
    let place = Place::new();
    let mut writer = writer(&place, 2);
    for (name, records) in [("x", 100), ("y", 1)] {
        joins(&mut writer, name, records);
    }
    let mut reader = reader(&place);
    assert_eq!(events(&mut reader), ["x +", "x 100", "y +", "y 1"]);
    retires(&mut writer, "x");
    retires(&mut writer, "y");
    // All begin after 100.
    joins(&mut writer, "a", 3);
    joins(&mut writer, "b", 2);
    assert_eq!(
        events(&mut reader)[2..],
        ["a +", "a 101", "a 102", "a 103", "b +", "b 101", "b 102"]
    );
    joins(&mut writer, "a", 1);
    joins(&mut writer, "b", 4);
    for (gone, next) in [("b", "c"), ("a", "d")] {
        retires(&mut writer, gone);
        joins(&mut writer, next, 1);
    }
    let expected = ["a missed 1", "a -", "b missed 4", "b -", "c +", "c 107", "d +", "d 107"];
    let mut found = events(&mut reader);
    found.sort_by_key(|event| event.as_bytes()[0]);
    assert_eq!(found, expected);
}

#[test]
fn instances_that_come_and_go_unseen_are_counted_in_all() {
    let place = Place::new();
    let (mut writer, mut reader) = followed(&place, 4);
    retires(&mut writer, "a");
    for (name, records) in [("b", 5), ("c", 0)] {
        joins(&mut writer, name, records);
        retires(&mut writer, name);
    }
    // The block is free, and then it is not.
    assert_eq!(events(&mut reader), ["a missed 3", "a -", "missed 5"]);
    joins(&mut writer, "d", 7);
    retires(&mut writer, "d");
    joins(&mut writer, "e", 1);
    assert_eq!(events(&mut reader), ["missed 7", "e +", "e 17"]);
}

#[test]
fn after_more_than_three_the_rest_is_counted_with_those_that_came_after() {
    for unseen in 0..6 {
        let place = Place::new();
        let (mut writer, mut reader) = followed(&place, 4);
        for _ in 0..unseen {
            retires(&mut writer, "a");
            joins(&mut writer, "a", 10);
        }
        retires(&mut writer, "a");
        joins(&mut writer, "z", 1);
        let last = format!("z {}", 4 + 10 * unseen + 1);
        let mut expected: Vec<String> = match unseen {
            0 => vec!["a missed 3".into(), "a -".into()],
            1 | 2 => vec!["a missed 3".into(), "a -".into(), format!("missed {}", 10 * unseen)],
            _ => vec!["a -".into(), format!("missed {}", 3 + 10 * unseen)],
        };
        expected.extend(["z +".into(), last]);
        assert_eq!(events(&mut reader), expected, "{unseen} unseen");
    }
}

#[test]
fn a_lapped_instance_is_read_to_its_end_while_its_block_is_free() {
    let place = Place::new();
    let (mut writer, mut reader) = followed(&place, 20);
    retires(&mut writer, "a");
    let mut expected = vec!["a missed 12".to_owned()];
    expected.extend((14..=20).map(|id| format!("a {id}")));
    expected.push("a -".into());
    assert_eq!(events(&mut reader), expected);
}

#[test]
fn an_end_that_was_lapped_in_the_changes_comes_with_the_last_record() {
    let place = Place::new();
    let (mut writer, mut reader) = followed(&place, 80);
    retires(&mut writer, "a");
    let mut expected = vec!["a missed 72".to_owned()];
    expected.extend((74..=80).map(|id| format!("a {id}")));
    expected.push("a -".into());
    assert_eq!(events(&mut reader), expected);
    joins(&mut writer, "b", 3);
    assert_eq!(events(&mut reader), ["b +", "b 81", "b 82", "b 83"]);
}

#[test]
fn the_rest_is_counted_when_another_file_has_taken_the_name() {
    for retires_first in [true, false] {
        let place = Place::new();
        let (mut first, mut reader) = followed(&place, 4);
        if retires_first {
            retires(&mut first, "a");
        }
        drop(first);
        // Another file, for more instances.
        let mut second = writer(&place, 3);
        if !retires_first {
            joins(&mut second, "a", 1);
            retires(&mut second, "a");
        }
        joins(&mut second, "b", 6);
        retires(&mut second, "b");
        joins(&mut second, "a", 2);
        reader.refresh().unwrap();
        let records = if retires_first { 4 } else { 5 };
        let begins = records + 6;
        let expected = [
            format!("a missed {}", records - 1),
            "a -".into(),
            "missed 6".into(),
            "a +".into(),
            format!("a {}", begins + 1),
            format!("a {}", begins + 2),
        ];
        assert_eq!(events(&mut reader), expected);
    }
}

#[test]
fn the_rest_is_counted_when_the_instance_is_not_in_the_next_file() {
    let place = Place::new();
    let (first, mut reader) = followed(&place, 4);
    drop(first);
    let only = Options::new().only_instances(["b".parse().unwrap()]);
    let mut second = only.open_instances::<Stu>(&place.path, 2).unwrap();
    joins(&mut second, "b", 1);
    reader.refresh().unwrap();
    assert_eq!(events(&mut reader), ["a missed 3", "a -", "b +", "b 5"]);
}

#[test]
fn the_rest_is_counted_when_the_next_file_has_another_schema() {
    let place = Place::new();
    let mut first = writer(&place, 1);
    joins(&mut first, "a", 1);
    let mut reader = DynInstanceReader::open(&place.path).unwrap();
    let mut record = [0; size_of::<Stu>()];
    while !matches!(reader.next(&mut record).unwrap(), Step::Pending) {}
    joins(&mut first, "a", 5);
    drop(first);
    let field = FieldSpec::new("n", Scalar::U64);
    let schema = Schema::builder("OTHER").field(field).build().unwrap();
    let mut second =
        DynInstanceWriter::open_with(&place.path, &schema, &Options::new(), 1).unwrap();
    let b = second.instance("b").unwrap();
    second.publish(b, &[0; 8]).unwrap();
    reader.refresh().unwrap();
    let mut next = || match reader.next(&mut [0; 8]).unwrap() {
        Step::Record(event) => (event.name.to_string(), event.what),
        other => panic!("{other:?}"),
    };
    assert_eq!(next(), ("a".into(), InstanceChange::Missed(5)));
    assert_eq!(next(), ("a".into(), InstanceChange::Retired));
    assert_eq!(next(), ("b".into(), InstanceChange::Joined));
}

/// What a follower was given, and what it was reported to have missed.
#[derive(Default)]
struct Heard {
    of: BTreeMap<String, u64>,
    unseen: u64,
}

impl Heard {
    fn take(&mut self, reader: &mut DynInstanceReader) -> bool {
        match reader.next(&mut [0; size_of::<Stu>()]).unwrap() {
            Step::Pending => return false,
            Step::Missed(count) => self.unseen += count,
            Step::Record(event) => {
                let count = match event.what {
                    InstanceChange::Record(_) => 1,
                    InstanceChange::Missed(count) => count,
                    _ => 0,
                };
                *self.of.entry(event.name.to_string()).or_default() += count;
            }
        }
        true
    }

    fn sum(&self) -> u64 {
        self.of.values().sum::<u64>() + self.unseen
    }
}

#[test]
fn each_record_is_given_or_counted_whatever_comes_and_goes() {
    for seed in 0..300 {
        let (place, mut random) = (Place::new(), fastrand::Rng::with_seed(seed));
        let (mut writer, mut max) = (writer(&place, 2), 2);
        let mut reader = DynInstanceReader::open(&place.path).unwrap();
        assert!(matches!(reader.next(&mut [0; size_of::<Stu>()]), Ok(Step::Pending)));
        let (mut published, mut heard) = (BTreeMap::new(), Heard::default());
        let mut names = (0..).map(|number| format!("i{number}"));
        for _ in 0..random.u32(1..200) {
            let all = writer.all();
            let one = (!all.is_empty()).then(|| all[random.usize(..all.len())]);
            match (random.u32(..12), one) {
                (0, _) | (_, None) if all.len() < max as usize => {
                    writer.instance(&names.next().unwrap()).unwrap();
                }
                (1, Some((instance, _))) => writer.retire(instance).unwrap(),
                (2, _) => while heard.take(&mut reader) {},
                (3, _) => drop(heard.take(&mut reader)),
                (4, _) if random.u32(..8) == 0 => {
                    max += 1;
                    drop(writer);
                    writer = super::writer(&place, max);
                }
                (_, Some((instance, name))) => {
                    let records = random.u64(..12);
                    (0..records).for_each(|_| publish(&mut writer, instance));
                    *published.entry(name.to_string()).or_default() += records;
                }
                (_, None) => {}
            }
        }
        reader.refresh().unwrap();
        while heard.take(&mut reader) {}
        while heard.take(&mut reader) {}
        assert_eq!(heard.sum(), published.values().sum::<u64>(), "seed {seed}");
        for (name, count) in &heard.of {
            let published = published.get(name).copied().unwrap_or(0);
            assert!(*count <= published, "{count} of {published} of {name}, seed {seed}");
        }
    }
}
