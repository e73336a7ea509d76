//! What a producer of lines continues with after another one.

use std::process::Stdio;

use super::lines::{INPUT, with_a_and_b};
use super::{configure, wait_for};
use crate::feed::Feed;
use crate::place::Place;

#[test]
fn names_numbers_and_places_stay_over_a_killed_producer() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 2 }", INPUT, "");
    with_a_and_b(&place).kill();
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"s": "C", "x": 3}"#);
    feed.say(r#"{"s": "B", "x": 4}"#);
    wait_for(&place, &[("A", 1, "1"), ("B", 2, "4")]);
    let log = feed.end();
    assert!(log.contains("resumed, epoch 2, 2 instances"), "{log}");
    assert!(log.contains("line 1 skipped: instance \"C\" has no place among the 2"), "{log}");
}

#[test]
fn the_oldest_is_the_one_with_the_oldest_record_after_a_restart() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 3, full = \"retire-oldest\" }", INPUT, "");
    let mut feed = Feed::start(&place, &[]);
    for (name, x) in [("A", 1), ("B", 2), ("C", 3), ("B", 4), ("A", 5)] {
        feed.say(&format!(r#"{{"s": "{name}", "x": {x}}}"#));
    }
    wait_for(&place, &[("A", 2, "5"), ("B", 2, "4"), ("C", 1, "3")]);
    feed.kill();
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"s": "D", "x": 6}"#);
    feed.say(r#"{"s": "E", "x": 7}"#);
    wait_for(&place, &[("A", 2, "5"), ("D", 2, "6"), ("E", 3, "7")]);
    let log = feed.end();
    assert!(
        log.contains("2 instances joined: D, E") || log.contains("1 instance joined: E"),
        "{log}"
    );
    assert!(log.contains("retired to make room: C"), "{log}");
}

#[test]
fn a_line_without_some_values_keeps_those_of_the_newest_record_over_a_restart() {
    let place = Place::new();
    let fields = [INPUT[0], ("u8", "input = { key = \"y\" }"), ("u8", "const = 3")];
    configure(&place, "{ input = \"s\", max = 2 }", &fields, "");
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"s": "A", "x": 1, "y": 2}"#);
    wait_for(&place, &[("A", 1, "1")]);
    feed.kill();
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"s": "A", "y": 3}"#);
    wait_for(&place, &[("A", 2, "1")]);
    feed.end();
    // Not over another record: what there was is none of its values.
    place.reconfigure("u8", "u16");
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"s": "A", "y": 3}"#);
    let log = feed.end();
    assert!(log.contains("1 instance retired: A"), "{log}");
    assert!(
        log.contains("line 1: nothing is published for A until there is a value for x"),
        "{log}"
    );
}

#[test]
fn instances_that_the_configuration_does_not_have_any_more_are_logged() {
    let place = Place::new();
    let fields = [("u8", "const = 1")];
    let run = || place.start("log", Stdio::null(), &["--ticks", "1"]).ends_with(0);
    configure(&place, "[\"a\", \"b\", \"c\"]", &fields, "");
    run();
    place.reconfigure("[\"a\", \"b\", \"c\"]", "[\"b\", \"d\", \"e\"]");
    let log = run();
    assert!(log.contains("2 instances retired: a, c"), "{log}");
    assert!(log.contains("2 instances joined: d, e"), "{log}");
    place.reconfigure("[\"b\", \"d\", \"e\"]", "[\"e\"]");
    let log = run();
    assert!(log.contains("2 instances retired: b, d"), "{log}");
    place.reconfigure("instances = [\"e\"]\n", "");
    let log = run();
    assert!(log.contains("1 instance retired: e"), "{log}");
}
