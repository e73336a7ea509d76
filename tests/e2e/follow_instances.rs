//! A follower of all instances, while their writer dies, and they change their places.
//!
//! ```text
//!   writer 1, for 2    a 1..3   b 1           kill -9
//!   writer 2, for 4    another file: a 4   c 1   a retired   d gets its block   a 5 from another block
//!   consumer           each record once, with its instance's name and number, and never another's
//! ```

use std::collections::BTreeMap;

use e2e::{Daemon, Place, Program, instances};
use serde_json::Value;

use crate::consumer;

fn writer(place: &Place, max: u32) -> Daemon {
    Program::new("many", env!("CARGO_BIN_EXE_many"))
        .start_with_input(place, &format!("x.region {max}"))
}

/// Lets the writer do these things, one after the other.
#[track_caller]
fn does(writer: &mut Daemon, lines: &[&str]) {
    for line in lines {
        writer.say(line);
        assert_eq!(writer.next_out(), "done");
    }
}

/// What a consumer has printed: of each instance the numbers, in order.
type Numbers = BTreeMap<String, Vec<u64>>;

/// Reads until record `number` of `instance`. Each record is one that this instance has published.
#[track_caller]
fn follows_to(consumer: &mut Daemon, numbers: &mut Numbers, instance: &str, number: u64) {
    while numbers.get(instance).and_then(|all| all.last()) != Some(&number) {
        let line: Value = serde_json::from_str(&consumer.next_out()).expect("JSON");
        let name = line["instance"].as_str().expect("a name");
        let sequence = line["sequence"].as_u64().expect("a number");
        let words: Vec<u64> = serde_json::from_value(line["record"]["words"].clone()).unwrap();
        let expected = instances::record(name, sequence);
        let (expected, _) = expected.as_chunks::<8>();
        let expected: Vec<u64> = expected.iter().map(|word| u64::from_le_bytes(*word)).collect();
        assert_eq!(words, expected, "{name} {sequence}");
        numbers.entry(name.to_owned()).or_default().push(sequence);
    }
}

#[test]
fn a_follower_of_all_gets_each_record_once_and_of_its_own_instance() {
    let place = Place::new();
    let mut first = writer(&place, 2);
    does(&mut first, &["publish a", "publish a", "publish b", "publish a"]);
    let args = "./x.region --follow --from oldest --format json";
    let mut consumer = consumer().start(&place, args);
    let mut numbers = Numbers::new();
    follows_to(&mut consumer, &mut numbers, "b", 1);
    first.kill9();
    consumer.says("dead");

    let mut second = writer(&place, 4);
    does(&mut second, &["publish a", "publish c"]);
    follows_to(&mut consumer, &mut numbers, "a", 4);
    does(&mut second, &["retire a", "publish d", "publish a"]);
    consumer.says("instance c joined");
    consumer.says("instance a retired");
    consumer.says("instance a joined");
    // It begins after all that were retired.
    follows_to(&mut consumer, &mut numbers, "a", 5);
    assert_eq!(numbers["a"], [1, 2, 3, 4, 5]);
    assert!(numbers.values().all(|numbers| numbers.is_sorted()), "{numbers:?}");
    assert_eq!(consumer.said("missed"), 0);

    let place_of_one = "./x.region --once --instance a --require live --format json";
    let mut once = self::consumer().start(&place, place_of_one);
    let line: Value = serde_json::from_str(&once.next_out()).expect("JSON");
    assert_eq!((line["instance"].as_str(), line["sequence"].as_u64()), (Some("a"), Some(5)));
    assert_eq!(once.exit_code(), 0);
}
