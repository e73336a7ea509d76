//! Regions of instances: names that come and go under a producer that is killed, and the shipped ones.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use e2e::{Daemon, Place, shipped_config, wait_until};
use layout::{RecordBuf, Value};
use region::{DynInstanceReader, State};

use crate::producer;

/// The number and the values of the newest record of each instance that has one.
fn newest(place: &Place, region: &str) -> BTreeMap<String, (u64, Vec<Value>)> {
    let path = place.path(&format!("{region}.region"));
    let Ok(mut reader) = DynInstanceReader::open(path) else { return BTreeMap::new() };
    let all: Vec<_> = reader.all().collect();
    let mut record = RecordBuf::new(reader.schema().clone());
    let mut found = BTreeMap::new();
    for (instance, name) in all {
        if let Ok(Some(latest)) = reader.latest(instance, record.bytes_mut()) {
            let values = (0..record.schema().fields().len()).map(|index| record.value(index));
            found.insert(name.to_string(), (latest.sequence, values.collect()));
        }
    }
    found
}

fn names(place: &Place, region: &str) -> BTreeSet<String> {
    newest(place, region).into_keys().collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn make(place: &Place, name: &str, count: &str) {
    let folder = place.path("ports").join(name);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("count"), count).expect("write");
}

const PORTS: &str = r#"
[region]
name = "ports"
[record]
name = "PORT"
instances = { glob = "@/ports/*", rescan = "20ms", max = 8 }
[[record.field]]
name = "count"
type = "u32"
source = { file = { path = "@/ports/{instance}/count" } }
[producer]
tick = "10ms"
"#;

#[test]
fn a_killed_producer_continues_with_the_names_that_are_still_there() {
    let place = Place::new();
    place.write("ports.toml", PORTS.replace('@', &place.dir().display().to_string()));
    for name in ["a", "b", "c"] {
        make(&place, name, "1");
    }
    let mut first = producer().start(&place, "./ports.toml");
    wait_until("three instances", || names(&place, "ports") == set(&["a", "b", "c"]));
    let mut reader = DynInstanceReader::open(place.path("ports.region")).expect("a region");
    let b = reader.find("b").expect("it is there");
    fs::remove_dir_all(place.path("ports/c")).expect("remove");
    make(&place, "d", "4");
    wait_until("c is gone and d is there", || names(&place, "ports") == set(&["a", "b", "d"]));

    first.kill9();
    assert_eq!(reader.state(), State::Dead);
    let dead = newest(&place, "ports");
    fs::remove_dir_all(place.path("ports/a")).expect("remove");
    make(&place, "e", "5");
    make(&place, "b", "7");

    let mut second = producer().start(&place, "./ports.toml");
    wait_until("a is gone and e is there", || names(&place, "ports") == set(&["b", "d", "e"]));
    wait_until("b continues", || newest(&place, "ports")["b"].0 > dead["b"].0);
    assert_eq!(newest(&place, "ports")["b"].1, [Value::Uint(7)]);
    assert!(newest(&place, "ports")["d"].0 >= dead["d"].0, "no number is used twice");
    let mut record = RecordBuf::new(reader.schema().clone());
    let latest = reader.latest(b, record.bytes_mut()).expect("the handle is good for both");
    assert!(latest.expect("a record").sequence > dead["b"].0);
    wait_until("a live writer", || reader.state() == State::Live);
    assert_eq!(reader.epoch(), 2);
    second.says("resumed, epoch 2, 2 instances");
    second.stop();
    assert_eq!(reader.state(), State::Closed);
}

/// The folders below `folder`.
fn folders(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    folders.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn kernel(path: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.trim().parse().expect("a number")
}

#[test]
fn one_process_publishes_the_interfaces_and_the_disks_of_this_machine() {
    let place = Place::new();
    let mut command = producer().command(&place);
    command.args(["net.toml", "disks.toml"].map(shipped_config)).args(["--tick", "50ms"]);
    let mut producer = Daemon::start("producer", &mut command);
    let interfaces = folders("/sys/class/net");
    wait_until("all interfaces", || names(&place, "net") == interfaces);
    for (name, (_, values)) in newest(&place, "net") {
        let now = kernel(&format!("/sys/class/net/{name}/statistics/rx_bytes"));
        assert!(matches!(values[0], Value::Uint(bytes) if bytes <= now), "{name}: {values:?}");
    }
    let is_disk = |name: &String| name.starts_with("vd") || name.starts_with("sd");
    let disks: BTreeSet<_> = folders("/sys/block").into_iter().filter(is_disk).collect();
    wait_until("all disks", || names(&place, "disks").is_superset(&disks));
    for (name, (_, values)) in newest(&place, "disks") {
        let size = kernel(&format!("/sys/block/{name}/size")) * 512;
        assert_eq!(values[0], Value::Uint(size), "{name}");
    }
    producer.stop();
}

#[test]
fn a_class_takes_thirty_students_and_refuses_the_next() {
    let place = Place::new();
    let config = place.shipped("students.toml");
    let mut command = producer().command(&place);
    let mut producer = Daemon::start_with_input("producer", command.arg(config));
    for id in 10..41 {
        producer.say(&format!(r#"{{"name": "student{id}", "id": {id}, "sex": "m"}}"#));
    }
    producer.says("line 31 skipped: instance \"student40\" has no place among the 30");
    producer.say(r#"{"name": "student10", "sex": "f"}"#);
    wait_until("a line that changes one field", || {
        let class = newest(&place, "students");
        class.len() == 30 && class["student10"].0 == 2
    });
    let (_, values) = &newest(&place, "students")["student10"];
    let shown: Vec<_> = values.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["10", "student10", "f"]);
    producer.end_input();
    assert_eq!(producer.exit_code(), 0);
}

#[test]
fn a_feed_of_more_symbols_than_there_are_places_keeps_the_newest() {
    let place = Place::new();
    let text = fs::read_to_string(shipped_config("quotes.toml")).expect("a config");
    let config = place.write("quotes.toml", text.replace("max = 1000", "max = 3"));
    let mut command = producer().command(&place);
    let mut producer = Daemon::start_with_input("producer", command.arg(config));
    for symbol in ["AAA", "BBB", "CCC", "AAA", "DDD", "EEE"] {
        producer.say(&format!(r#"{{"symbol": "{symbol}", "bid": 10.25, "ask": null}}"#));
    }
    producer.end_input();
    assert_eq!(producer.exit_code(), 0, "{:?}", producer.err());
    assert_eq!(names(&place, "quotes"), set(&["AAA", "DDD", "EEE"]));
    assert_eq!(newest(&place, "quotes")["AAA"].0, 2);
}
