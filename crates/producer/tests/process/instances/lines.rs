//! Lines that name their instance.

use std::io::Write;
use std::process::Stdio;

use rustix::process::Signal;

use super::{configure, file_of_each, make, newest, wait_for};
use crate::place::{Place, Running, wait_until};

/// A producer of lines.
struct Feed {
    producer: Running,
    stdin: std::process::ChildStdin,
}

impl Feed {
    fn start(place: &Place, args: &[&str]) -> Self {
        let mut producer = place.start("log", Stdio::piped(), args);
        let stdin = producer.child.stdin.take().expect("stdin");
        Self { producer, stdin }
    }

    fn say(&mut self, line: &str) {
        self.stdin.write_all(format!("{line}\n").as_bytes()).expect("write");
    }

    /// Ends the input; returns the log.
    fn end(self) -> String {
        let Self { mut producer, stdin } = self;
        drop(stdin);
        producer.ends_with(0)
    }
}

const INPUT: &[(&str, &str)] = &[("u32", "input = { key = \"x\" }")];

#[test]
fn a_line_publishes_the_instance_that_it_names_and_no_other() {
    let place = Place::new();
    let fields = [INPUT[0], ("u8", "input = { key = \"y\" }")];
    configure(&place, "{ input = \"s\", max = 2 }", &fields, "[producer]\ntick = \"1h\"\n");
    let mut feed = Feed::start(&place, &[]);
    for line in [
        r#"{"s": "A", "x": 1, "y": 2}"#,
        r#"{"s": "B", "x": 5}"#, // 2: B has no y yet
        r#"{"x": 9, "s": "A"}"#,
        r#"{"x": 9}"#, // 4 to 9: bad
        r#"{"s": 7, "x": 9}"#,
        r#"{"s": "", "x": 9}"#,
        r#"{"s": "C", "x": 9, "y": 1}"#,
        r#"{"s": "A", "x": 10, "s": "A"}"#,
        r#"{"s": "A", "z": 1}"#,
        r#"{"s": "B", "y": 6}"#,
    ] {
        feed.say(line);
    }
    wait_for(&place, &[("A", 2, "9"), ("B", 1, "5")]);
    let log = feed.end();
    for part in [
        "line 2: nothing is published before there is a value for y",
        "line 4 skipped: key \"s\" is missing, and it names the instance; write it in each line",
        "line 5 skipped: key \"s\" is a number, and it names the instance; write a text, \"name\"",
        "line 6 skipped: an instance needs a name of 1 to 64 bytes; write 1 to 64 bytes of text",
        "line 7 skipped: instance \"C\" has no place among the 2 that are there; raise max, or",
        "line 8 skipped: key \"s\" appears twice",
        "line 9 skipped: key \"z\" is unknown",
        "(end of input): 3 records, 6 bad lines",
    ] {
        assert!(log.contains(part), "{part}\n{log}");
    }
}

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
    feed.end();
}

#[test]
fn a_name_that_leads_out_of_a_folder_is_a_bad_line() {
    let place = Place::new();
    make(&place, "a", "7");
    let fields = [("u32", file_of_each(&place)), ("u8", "input = { key = \"x\" }".to_owned())];
    let fields = fields.each_ref().map(|(ctype, source)| (*ctype, source.as_str()));
    configure(&place, "{ input = \"s\" }", &fields, "");
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"s": "..", "x": 1}"#);
    feed.say(r#"{"s": "../if/a", "x": 1}"#);
    feed.say(r#"{"s": "a", "x": 1}"#);
    wait_for(&place, &[("a", 1, "7")]);
    let log = feed.end();
    assert!(log.contains("line 1 skipped: \"..\" would lead out of a folder"), "{log}");
    assert!(log.contains("line 2 skipped: \"../if/a\" would lead out of a folder"), "{log}");
}

#[test]
fn names_numbers_and_places_stay_over_a_killed_producer() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 2 }", INPUT, "");
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"s": "A", "x": 1}"#);
    feed.say(r#"{"s": "B", "x": 2}"#);
    wait_for(&place, &[("A", 1, "1"), ("B", 1, "2")]);
    feed.producer.signal(Signal::KILL);
    feed.producer.end();
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"s": "C", "x": 3}"#);
    feed.say(r#"{"s": "B", "x": 4}"#);
    wait_for(&place, &[("A", 1, "1"), ("B", 2, "4")]);
    let log = feed.end();
    assert!(log.contains("resumed, epoch 2, 2 instances"), "{log}");
    assert!(log.contains("line 1 skipped: instance \"C\" has no place among the 2"), "{log}");
}

#[test]
fn a_maximum_that_is_too_small_for_those_that_are_there_is_refused() {
    let place = Place::new();
    configure(&place, "{ input = \"s\", max = 2 }", INPUT, "");
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"s": "A", "x": 1}"#);
    feed.say(r#"{"s": "B", "x": 2}"#);
    wait_for(&place, &[("A", 1, "1"), ("B", 1, "2")]);
    place.reconfigure("max = 2", "max = 1");
    feed.producer.signal(Signal::HUP);
    feed.producer
        .wait_for("allow more of them (max), or retire one; keeping the old configuration");
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
fn recorded_records_are_published_again_under_their_instances() {
    let place = Place::new();
    configure(&place, "[\"a\", \"b\"]", &[("u32", "const = 1")], "");
    let mut feed = Feed::start(&place, &["--replay"]);
    for (name, sequence, value) in [("a", 7, 5), ("b", 9, 6), ("a", 8, 7)] {
        feed.say(&format!(
            r#"{{"lineage":1,"sequence":{sequence},"instance":"{name}","record":{{"f0":{value}}}}}"#
        ));
    }
    feed.say(r#"{"lineage":1,"sequence":1,"record":{"f0":1}}"#);
    wait_for(&place, &[("a", 2, "7"), ("b", 1, "6")]);
    let log = feed.end();
    assert!(log.contains("line 4 skipped: key \"instance\" is missing"), "{log}");
}
