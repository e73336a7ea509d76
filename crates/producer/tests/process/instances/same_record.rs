//! The records of instances in a file that takes the place of another one: they are as old as they were.

use std::collections::BTreeMap;
use std::fs::{self, File};

use layout::RecordBuf;
use region::{BootTime, DynInstanceReader, State};
use rustix::process::Signal;

use super::lines::{INPUT, with_a_and_b};
use super::{configure, newest, wait_for, wait_for_values};
use crate::feed::Feed;
use crate::place::{Place, wait_until};

const TWO: &str = "{ input = \"s\", max = 2 }";
const SHORT: &str = "[producer]\ninput_deadline = \"500ms\"\ntick = \"10ms\"\n";

/// How the one field of [`INPUT`] ends, in the configuration.
const X: &str = "source = { input = { key = \"x\" } }\n";

/// The same, and one field more.
fn and_field(source: &str) -> String {
    format!("{X}[[record.field]]\nname = \"y\"\ntype = \"u8\"\nsource = {{ {source} }}\n")
}

/// When the newest record of each instance was published.
fn times(place: &Place) -> BTreeMap<String, BootTime> {
    let Ok(mut reader) = DynInstanceReader::open(place.region()) else { return BTreeMap::new() };
    let all: Vec<_> = reader.all().collect();
    let mut record = RecordBuf::new(reader.schema().clone());
    let time = |(instance, name): (_, layout::InstanceName)| {
        let latest = reader.latest(instance, record.bytes_mut()).ok()??;
        Some((name.to_string(), latest.published_at))
    };
    all.into_iter().filter_map(time).collect()
}

#[track_caller]
fn reload(place: &Place, feed: &Feed, from: &str, to: &str) {
    place.reconfigure(from, to);
    feed.producer.signal(Signal::HUP);
    feed.producer.wait_for("is in force: replaced");
}

#[test]
fn a_reload_that_makes_a_new_file_keeps_numbers_and_times() {
    let place = Place::new();
    configure(&place, TWO, INPUT, "");
    let feed = with_a_and_b(&place);
    let (before, inode) = (times(&place), place.inode());
    reload(&place, &feed, "[record]", "slots = 4\n[record]");
    assert_ne!(place.inode(), inode);
    wait_for(&place, &[("A", 1, "1"), ("B", 1, "2")]);
    assert_eq!(times(&place), before);
    feed.end();
}

#[test]
fn a_region_that_was_deleted_keeps_numbers_and_times() {
    let place = Place::new();
    configure(&place, TWO, INPUT, "");
    let feed = with_a_and_b(&place);
    let before = times(&place);
    fs::remove_file(place.region()).expect("remove");
    feed.producer.wait_for("was deleted while in use; recreated");
    wait_for(&place, &[("A", 1, "1"), ("B", 1, "2")]);
    assert_eq!(times(&place), before);
    feed.end();
}

#[test]
fn a_reload_to_another_record_publishes_values_under_the_time_that_they_had() {
    let place = Place::new();
    configure(&place, TWO, INPUT, "");
    let feed = with_a_and_b(&place);
    let before = times(&place);
    let f0 = "[[record.field]]\nname = \"f0\"\n";
    let twice = "[[record.field]]\nname = \"y\"\ntype = \"f64\"\nsource = { expr = \"f0 * 2\" }\n";
    reload(&place, &feed, f0, &format!("{twice}{f0}"));
    // Sources that are new have their values, too.
    wait_for_values(&place, &[("A", "2"), ("B", "4")]);
    assert_eq!(times(&place), before);
    feed.end();
}

#[test]
fn records_that_a_cut_has_lost_are_back_also_after_the_deadline_and_are_no_sign_of_life() {
    let place = Place::new();
    let instances = "{ input = \"s\", max = 2, full = \"retire-oldest\" }";
    configure(&place, instances, INPUT, SHORT);
    let mut feed = with_a_and_b(&place);
    feed.say(r#"{"s": "A", "x": 3}"#);
    wait_until("A again", || newest(&place)["A"].1 == "3");
    feed.producer.wait_for("no good line of input for 500ms");
    let before = times(&place);
    let file = File::options().write(true).open(place.region()).expect("open");
    file.set_len(100).expect("truncate");
    feed.producer.wait_for("was cut short while in use; recreated");
    wait_for_values(&place, &[("A", "3"), ("B", "2")]);
    assert_eq!(times(&place), before);
    let reader = DynInstanceReader::open(place.region()).expect("a region");
    wait_until("stalled", || reader.state() == State::Stalled);
    feed.kill();
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"s": "C", "x": 4}"#);
    wait_for_values(&place, &[("A", "3"), ("C", "4")]);
    feed.end();
}

#[test]
fn a_name_whose_record_a_reload_makes_incomplete_has_no_place() {
    let place = Place::new();
    configure(&place, TWO, INPUT, "");
    let mut feed = with_a_and_b(&place);
    reload(&place, &feed, X, &and_field("input = { key = \"y\" }"));
    feed.producer.wait_for("2 instances retired: A, B");
    for line in [
        r#"{"s": "C", "x": 6, "y": 1}"#,
        r#"{"s": "D", "x": 7, "y": 1}"#,
        r#"{"s": "A", "y": 1}"#, // no place is left
    ] {
        feed.say(line);
    }
    wait_for_values(&place, &[("C", "6"), ("D", "7")]);
    let log = feed.end();
    assert!(log.contains("line 5 skipped: instance \"A\" has no place among the 2"), "{log}");
}
