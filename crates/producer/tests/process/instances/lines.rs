//! Lines that name their instance.

use super::{configure, file_of_each, make, wait_for};
use crate::feed::Feed;
use crate::place::Place;

/// A feed whose region has the instances A and B, each with a record.
pub(super) fn with_a_and_b(place: &Place) -> Feed {
    let mut feed = Feed::start(place, &[]);
    feed.say(r#"{"s": "A", "x": 1}"#);
    feed.say(r#"{"s": "B", "x": 2}"#);
    wait_for(place, &[("A", 1, "1"), ("B", 1, "2")]);
    feed
}

pub(super) const INPUT: &[(&str, &str)] = &[("u32", "input = { key = \"x\" }")];

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
        r#"{"x": 9}"#, // 4 to 6: bad
        r#"{"s": 7, "x": 9}"#,
        r#"{"s": "", "x": 9}"#,
        r#"{"s": "B", "y": 6}"#,
        r#"{"s": "C", "x": 9, "y": 1}"#,
        r#"{"s": "A", "x": 10, "s": "A"}"#,
        r#"{"s": "A", "z": 1}"#,
    ] {
        feed.say(line);
    }
    wait_for(&place, &[("A", 2, "9"), ("B", 1, "5")]);
    let log = feed.end();
    for part in [
        "joined: A",
        "line 2: nothing is published for B until there is a value for y",
        "line 4 skipped: key \"s\" is missing, and it names the instance; write it in each line",
        "line 5 skipped: key \"s\" is a number, and it names the instance; write a string, \"name\"",
        "line 6 skipped: an instance needs a name; write 1 to 64 bytes of text",
        "line 8 skipped: instance \"C\" has no place among the 2 that are there; raise max, or",
        "line 9 skipped: key \"s\" appears twice",
        "line 10 skipped: key \"z\" is unknown",
        "(end of input): 3 records, 6 bad lines",
    ] {
        assert!(log.contains(part), "{part}\n{log}");
    }
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

#[test]
fn a_recorded_record_of_a_name_that_is_not_in_the_list_takes_no_place() {
    let place = Place::new();
    configure(&place, "[\"a\", \"b\"]", &[("u32", "const = 1")], "");
    let mut feed = Feed::start(&place, &["--replay"]);
    for name in ["c", "a", "b"] {
        feed.say(&format!(r#"{{"instance":"{name}","record":{{"f0":5}}}}"#));
    }
    wait_for(&place, &[("a", 1, "5"), ("b", 1, "5")]);
    let log = feed.end();
    assert!(log.contains("line 1 skipped: instance \"c\" is not in the list; add it"), "{log}");
}

#[test]
fn a_name_inside_of_an_object_is_under_the_rules_for_all_keys() {
    let place = Place::new();
    configure(&place, "{ input = \"/head/s\" }", INPUT, "");
    let mut feed = Feed::start(&place, &[]);
    for line in [
        r#"{"head": {"s": "A", "s": "B"}, "x": 1}"#,
        r#"{"head": {"s": "B", "sender": 7}, "x": 2}"#,
        r#"{"head": {"s": "B"}, "x": 3, "head": {"s": "A"}}"#,
        r#"{"head": {"s": "A"}, "x": 4}"#,
    ] {
        feed.say(line);
    }
    wait_for(&place, &[("A", 1, "4")]);
    let log = feed.end();
    for part in [
        "line 1 skipped: key \"/head/s\" appears twice; leave one of them out",
        "line 2 skipped: key \"/head/sender\" is unknown; use /head/s",
        "line 3 skipped: key \"head\" appears twice; leave one of them out",
    ] {
        assert!(log.contains(part), "{part}\n{log}");
    }
}
