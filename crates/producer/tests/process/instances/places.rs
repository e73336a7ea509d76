//! Which names of the input have a place in the region.

use std::process::Stdio;

use rustix::process::Signal;

use super::lines::{INPUT, with_a_and_b};
use super::{configure, newest, wait_for, wait_for_values};
use crate::feed::Feed;
use crate::place::{Place, wait_until};

/// Two fields, both of lines.
const TWO: &[(&str, &str)] = &[INPUT[0], ("u8", "input = { key = \"y\" }")];

#[test]
fn one_name_more_takes_the_place_of_the_oldest() {
    let place = Place::new();
    let instances = "{ input = \"s\", max = 2, full = \"retire-oldest\" }";
    configure(&place, instances, INPUT, "");
    let mut feed = Feed::start(&place, &[]);
    for line in [
        r#"{"s": "A", "x": 1}"#,
        r#"{"s": "B", "x": 2}"#,
        r#"{"s": "A", "x": 3}"#,
        r#"{"s": "C", "x": "no"}"#, // a bad line retires none
        r#"{"s": "C", "x": 4}"#,
    ] {
        feed.say(line);
    }
    // C begins after all that were retired.
    wait_for(&place, &[("A", 2, "3"), ("C", 2, "4")]);
    let log = feed.end();
    assert!(log.contains("1 instance retired to make room: B"), "{log}");
}

#[test]
fn a_maximum_that_is_too_small_for_those_that_are_there_is_refused() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 2 }", INPUT, "");
    let mut feed = with_a_and_b(&place);
    place.reconfigure("max = 2", "max = 1");
    feed.producer.signal(Signal::HUP);
    let refused = "has 2 instances, more than 1; raise max, or write full = \"retire-oldest\" to retire those with \
                   the oldest records";
    feed.producer.wait_for(&format!("{refused}; keeping"));
    let log = place.start("check", Stdio::null(), &["--check"]).ends_with(1);
    assert!(log.contains(refused), "{log}");
    place.reconfigure("max = 1", "max = 3");
    feed.producer.signal(Signal::HUP);
    feed.producer.wait_for("is in force");
    feed.say(r#"{"s": "C", "x": 3}"#);
    feed.say(r#"{"s": "A", "x": 4}"#);
    wait_until("all three", || newest(&place).len() == 3 && newest(&place)["A"].1 == "4");
    assert_eq!(newest(&place)["B"].1, "2", "the new file has its record");
    feed.end();
}

#[test]
fn a_smaller_maximum_retires_the_oldest_where_they_make_room() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 4, full = \"retire-oldest\" }", INPUT, "");
    let mut feed = with_a_and_b(&place);
    for line in [r#"{"s": "C", "x": 3}"#, r#"{"s": "D", "x": 4}"#, r#"{"s": "A", "x": 5}"#] {
        feed.say(line);
    }
    wait_for(&place, &[("A", 2, "5"), ("B", 1, "2"), ("C", 1, "3"), ("D", 1, "4")]);
    place.reconfigure("max = 4", "max = 3");
    feed.producer.signal(Signal::HUP);
    feed.producer.wait_for("1 instance retired: B");
    feed.say(r#"{"s": "A", "x": 6}"#);
    wait_for_values(&place, &[("A", "6"), ("C", "3"), ("D", "4")]);
    let log = feed.end();
    assert_eq!(log.matches("retired").count(), 1, "{log}");
    place.reconfigure("max = 3", "max = 1");
    let mut feed = Feed::start(&place, &[]);
    feed.producer.wait_for("2 instances retired: C, D");
    feed.say(r#"{"s": "C", "x": 7}"#);
    feed.producer.wait_for("1 instance retired to make room: A");
    feed.end();
}

#[test]
fn a_name_has_no_place_before_its_first_whole_record() {
    for full in ["refuse", "retire-oldest"] {
        let place = Place::new();
        let instances = format!("{{ input = \"s\", max = 1, full = \"{full}\" }}");
        configure(&place, &instances, TWO, "");
        let mut feed = Feed::start(&place, &[]);
        for line in [
            r#"{"s": "B", "x": 1}"#,
            r#"{"s": "C"}"#,
            r#"{"s": "B", "x": 3}"#,
            r#"{"s": "A", "x": 4, "y": 4}"#,
            r#"{"s": "D", "x": 5}"#,
            r#"{"s": "A", "x": 6}"#,
        ] {
            feed.say(line);
        }
        wait_for(&place, &[("A", 2, "6")]);
        if full == "retire-oldest" {
            feed.say(r#"{"s": "B", "y": 7}"#);
            wait_for(&place, &[("B", 3, "3")]);
        }
        let log = feed.end();
        for part in [
            "line 1: nothing is published for B until there is a value for y",
            "line 2: nothing is published for C until there is a value for x, y",
        ] {
            assert_eq!(log.matches(part).count(), 1, "{part}\n{log}");
        }
        assert!(!log.contains("line 3"), "{log}");
        assert!(log.contains("values were not published for"), "{log}");
        assert!(log.contains("C (no value for x, y)"), "{log}");
    }
}

#[test]
fn a_required_value_that_is_missing_takes_no_place_and_retires_none() {
    let place = Place::new();
    let fields = [INPUT[0], ("u8", "input = { key = \"y\", required = true }")];
    let instances = "{ input = \"s\", max = 1, full = \"retire-oldest\" }";
    configure(&place, instances, &fields, "");
    let mut feed = Feed::start(&place, &[]);
    for line in [
        r#"{"s": "A", "x": 1, "y": 1}"#,
        r#"{"s": "B", "x": 2}"#,
        r#"{"s": "C", "y": 3}"#,
        r#"{"s": "A", "x": 4, "y": 4}"#,
    ] {
        feed.say(line);
    }
    wait_for(&place, &[("A", 2, "4")]);
    let log = feed.end();
    assert!(log.contains("line 2 skipped: key \"y\" is missing"), "{log}");
    assert!(
        log.contains("line 3: nothing is published for C until there is a value for x"),
        "{log}"
    );
}

#[test]
fn names_without_whole_records_are_bounded_and_the_oldest_is_dropped() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 2 }", TWO, "");
    let mut feed = Feed::start(&place, &[]);
    for number in 0..65 {
        feed.say(&format!(r#"{{"s": "n{number}", "x": {number}}}"#));
    }
    feed.say(r#"{"s": "n1", "y": 1}"#);
    wait_for(&place, &[("n1", 1, "1")]);
    feed.say(r#"{"s": "n0", "y": 1}"#);
    feed.say(r#"{"s": "n1", "y": 2}"#);
    wait_for(&place, &[("n1", 2, "1")]);
    let log = feed.end();
    assert!(log.contains("the values of 1 name are dropped for lack of room: n0"), "{log}");
    assert!(
        log.contains("values were not published for n0 (no value for x), n10 (no value for y)"),
        "{log}"
    );
    assert!(log.contains(" and 56 more"), "{log}");
}

#[test]
fn a_reload_keeps_what_a_name_has_had_before_its_first_record() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 2 }", TWO, "");
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"s": "A", "x": 1}"#);
    feed.producer.wait_for("nothing is published for A until");
    place.reconfigure("max = 2", "max = 3");
    feed.producer.signal(Signal::HUP);
    feed.producer.wait_for("is in force");
    feed.say(r#"{"s": "A", "y": 1}"#);
    wait_for(&place, &[("A", 1, "1")]);
    let log = feed.end();
    assert!(log.contains("1 instance joined: A"), "{log}");
    assert!(!log.contains("not published"), "{log}");
}

#[test]
fn an_input_without_a_name_is_warned_of_at_the_end() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 2 }", TWO, "");
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"x": 1, "y": 1}"#);
    let log = feed.end();
    assert!(log.contains("nothing was published: no good line named an instance"), "{log}");
}

#[test]
fn a_value_continues_over_a_reload_that_changes_what_lines_without_it_mean() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 2 }", &[TWO[1], INPUT[0]], "");
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"s": "A", "x": 1, "y": 6}"#);
    wait_for(&place, &[("A", 1, "6")]);
    place.reconfigure("key = \"y\"", "key = \"y\", default = 0, max_age = \"1h\"");
    feed.producer.signal(Signal::HUP);
    feed.producer.wait_for("is in force");
    feed.say(r#"{"s": "A", "x": 2}"#);
    wait_for(&place, &[("A", 2, "6")]);
    feed.end();
}
