//! Lines that a standby reads, and the region of the producer that it waits for.

use std::io::Write;
use std::process::Stdio;

use rustix::process::Signal;

use super::lines::{INPUT, with_a_and_b};
use super::{configure, newest, wait_for, wait_for_values};
use crate::feed::Feed;
use crate::place::{Place, wait_until};

/// A standby that reads its input.
fn standby(place: &Place) -> Feed {
    let standby = Feed::logging_to(place, "standby", &["--standby"]);
    standby.producer.wait_for("waiting to take over");
    standby
}

#[test]
fn a_standby_publishes_what_lines_had_for_each_instance_meanwhile() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 9 }", INPUT, "");
    let mut active = Feed::start(&place, &[]);
    active.say(r#"{"s": "A", "x": 1}"#);
    wait_for(&place, &[("A", 1, "1")]);
    let mut standby = place.start("standby", Stdio::piped(), &["--standby"]);
    let mut stdin = standby.child.stdin.take().expect("stdin");
    standby.wait_for("waiting to take over");
    stdin.write_all(b"{\"s\": \"A\", \"x\": 2}\n{\"s\": \"B\", \"x\": 3}\n").expect("write");
    active.end();
    wait_for(&place, &[("A", 2, "2"), ("B", 1, "3")]);
    drop(stdin);
    standby.ends_with(0);
}

#[test]
fn a_standby_completes_what_lines_had_with_the_newest_record() {
    let place = Place::new();
    let fields = [INPUT[0], ("u8", "input = { key = \"y\" }")];
    configure(&place, "{ input = \"s\", max = 9 }", &fields, "");
    let mut active = Feed::start(&place, &[]);
    active.say(r#"{"s": "A", "x": 1, "y": 1}"#);
    wait_for(&place, &[("A", 1, "1")]);
    let mut standby = Feed::logging_to(&place, "standby", &["--standby"]);
    standby.producer.wait_for("waiting to take over");
    standby.say(r#"{"s": "A", "y": 2}"#);
    standby.say(r#"{"s": "B", "x": 5}"#);
    active.end();
    wait_for(&place, &[("A", 2, "1")]);
    standby.say(r#"{"s": "B", "y": 5}"#);
    wait_for(&place, &[("A", 2, "1"), ("B", 1, "5")]);
    standby.end();
}

#[test]
fn a_standby_counts_the_places_of_the_region_and_keeps_them() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 3 }", INPUT, "");
    let active = with_a_and_b(&place);
    let mut standby = standby(&place);
    for line in [
        r#"{"s": "C", "x": 3}"#, // the last free place
        r#"{"s": "D", "x": 4}"#,
        r#"{"s": "B", "x": 5}"#,
        r#"{"s": "A", "x": 6}"#,
    ] {
        standby.say(line);
    }
    standby.producer.wait_for("line 2 skipped: instance \"D\" has no place among the 3");
    active.end();
    wait_for(&place, &[("A", 2, "6"), ("B", 2, "5"), ("C", 1, "3")]);
    let log = standby.end();
    assert!(!log.contains("retired") && log.contains("1 bad line"), "{log}");
}

#[test]
fn a_name_that_found_no_place_at_the_take_over_retires_none() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 3 }", INPUT, "");
    let mut active = with_a_and_b(&place);
    let mut standby = standby(&place);
    standby.say(r#"{"s": "C", "x": 3}"#);
    standby.say(r#"{"s": "D", "x": 4}"#);
    standby.producer.wait_for("line 2 skipped");
    active.say(r#"{"s": "D", "x": 7}"#);
    wait_for_values(&place, &[("A", "1"), ("B", "2"), ("D", "7")]);
    active.end();
    standby.producer.wait_for("the values of 1 name are dropped for lack of room: C");
    wait_for_values(&place, &[("A", "1"), ("B", "2"), ("D", "7")]);
    let log = standby.end();
    assert!(!log.contains("retired"), "{log}");
}

#[test]
fn a_standby_that_could_not_take_over_says_so_while_it_waits() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 2 }", INPUT, "");
    let active = with_a_and_b(&place);
    place.reconfigure("max = 2", "max = 1");
    let standby = standby(&place);
    standby.producer.wait_for("has 2 instances, more than 1; raise max");
    standby.producer.wait_for("without that this standby ends when it is to take over");
    place.reconfigure("max = 1", "max = 2");
    standby.producer.signal(Signal::HUP);
    standby.producer.wait_for("is in force: waiting to take over");
    active.end();
    standby.producer.wait_for("publishing X");
    let log = standby.end();
    assert_eq!(log.matches("without that").count(), 1, "{log}");
}

#[test]
fn the_oldest_at_a_take_over_is_the_one_without_a_record_or_line_for_the_longest_time() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 2, full = \"retire-oldest\" }", INPUT, "");
    let mut active = with_a_and_b(&place);
    let mut standby = standby(&place);
    for line in [r#"{"s": "C", "x": 3}"#, r#"{"s": "D", "x": 4}"#, r#"{"s": "D", "x": "no"}"#] {
        standby.say(line);
    }
    standby.producer.wait_for("line 3 skipped");
    wait_until("a later record of B", || {
        active.say(r#"{"s": "B", "x": 4}"#);
        newest(&place)["B"].0 > 20
    });
    active.end();
    wait_until("D in place of A", || newest(&place).keys().eq(["B", "D"]));
    let log = standby.end();
    assert!(log.contains("1 instance retired to make room: A"), "{log}");
}

#[test]
fn a_reload_of_a_standby_keeps_what_lines_had_for_each_instance() {
    let place = Place::new();
    let fields = [INPUT[0], ("u8", "input = { key = \"y\" }")];
    configure(&place, "{ input = \"s\", max = 9 }", &fields, "[producer]\ntick = \"1h\"\n");
    let mut active = Feed::start(&place, &[]);
    active.say(r#"{"s": "A", "x": 1, "y": 1}"#);
    wait_for(&place, &[("A", 1, "1")]);
    let mut standby = standby(&place);
    for line in [
        r#"{"s": "A", "x": 2}"#, // its y is the region's
        r#"{"s": "B", "x": 3, "y": 3}"#,
        r#"{"s": "C", "x": 4}"#, // not whole yet
        "bad",
    ] {
        standby.say(line);
    }
    standby.producer.wait_for("line 4 skipped");
    place.reconfigure("1h", "2h");
    standby.producer.signal(Signal::HUP);
    standby.producer.wait_for("is in force: waiting to take over");
    active.end();
    wait_for(&place, &[("A", 2, "2"), ("B", 1, "3")]);
    standby.say(r#"{"s": "C", "y": 4}"#);
    wait_for(&place, &[("A", 2, "2"), ("B", 1, "3"), ("C", 1, "4")]);
    standby.end();
}
