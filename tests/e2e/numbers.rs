//! Numbers in input text are the same numbers in the region and in the output of consumers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use e2e::Place;
use fastrand::Rng;
use serde_json::value::RawValue;

use crate::{consumer, producer};

/// A region NAME of one field of each kind of number, with room for every record of a story.
fn configure(place: &Place, name: &str) {
    let mut text = format!("[region]\nname = \"{name}\"\nslots = 1024\n[record]\nname = \"X\"\n");
    for (field, ctype) in [("u", "u64"), ("i", "i64"), ("d", "f64"), ("f", "f32"), ("b", "bool")] {
        let _ = writeln!(text, "[[record.field]]\nname = \"{field}\"\ntype = \"{ctype}\"");
        text.push_str("source = { input = {} }\n");
    }
    place.write(&format!("{name}.toml"), text);
}

/// The consumer's lines for the records that a producer makes from `lines`.
fn through(place: &Place, name: &str, lines: &[String]) -> Vec<String> {
    configure(place, name);
    let args = format!("{name} --follow --count {} --format json", lines.len());
    let mut follower = consumer().start(place, &args);
    follower.says("waiting for");
    let mut producer = producer().start_with_input(place, &format!("./{name}.toml"));
    follower.says("attached, record X");
    producer.say(&lines.join("\n"));
    producer.end_input();
    assert_eq!(producer.exit_code(), 0);
    assert_eq!(producer.said(" 0 bad lines"), 1, "{:?}", producer.err());
    assert_eq!(follower.exit_code(), 0, "{:?}", follower.err());
    let record = |line: String| {
        let (_, record) = line.split_once("\"record\":").expect("a record");
        record.strip_suffix('}').expect("the end of the line").to_owned()
    };
    follower.out().into_iter().map(record).collect()
}

/// The values of a record, as they are printed.
fn numbers(record: &str) -> (u64, i64, u64, u32, bool) {
    let members: BTreeMap<&str, &RawValue> = serde_json::from_str(record).expect("JSON");
    let member = |name| members[name].get();
    (
        member("u").parse().expect("a u64"),
        member("i").parse().expect("an i64"),
        member("d").parse::<f64>().expect("an f64").to_bits(),
        member("f").parse::<f32>().expect("an f32").to_bits(),
        member("b").parse().expect("a bool"),
    )
}

#[test]
fn numbers_survive_the_way_from_json_to_json() {
    let place = Place::new();
    let mut random = Rng::with_seed(7);
    let mut lines = vec![
        r#"{"u": 18446744073709551615.0, "i": -9.223372036854775808e18, "d": 1e300, "f": 1e-45, "b": 2}"#
            .to_owned(),
        r#"{"u": 9007199254740993.0, "i": 1e3, "d": 5e-324, "f": -0.0, "b": 0.4}"#.to_owned(),
    ];
    let mut want = vec![
        (u64::MAX, i64::MIN, 1e300_f64.to_bits(), 1, true),
        (9_007_199_254_740_993, 1000, 1, (-0.0_f32).to_bits(), true),
    ];
    for _ in 0..400 {
        let (u, i, d, f) = (random.u64(..), random.i64(..), random.f64() * 2e3 - 1e3, random.f32());
        lines
            .push(format!(r#"{{"u": {u}.0, "i": {i}, "d": {d:?}, "f": {f:?}, "b": {}.0}}"#, u % 2));
        want.push((u, i, d.to_bits(), f.to_bits(), u % 2 == 1));
    }
    let first = through(&place, "first", &lines);
    let again = through(&place, "again", &first);
    for ((want, line), (first, again)) in want.iter().zip(&lines).zip(first.iter().zip(&again)) {
        assert_eq!(numbers(first), *want, "{line}");
        assert_eq!(again, first, "{line}");
    }
    assert_eq!(again.len(), want.len());
}
