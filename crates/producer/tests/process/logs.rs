//! `--log-format`: the same events for machines.

use std::process::Stdio;

use rustix::process::Signal;
use serde_json::Value;

use crate::place::{COUNTER, Place, TICK};

#[test]
fn json_is_one_object_a_line_with_fields_for_region_epoch_and_sequence() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    let mut producer = place.start("log", Stdio::null(), &["--log-format", "json"]);
    place.wait_for_record("records", |newest| newest.1 > 2);
    producer.signal(Signal::TERM);
    let log = producer.ends_with(0);
    let events: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let region = place.region().display().to_string();
    for event in &events {
        assert_eq!((&event["region"], &event["epoch"]), (&region.clone().into(), &1.into()));
        assert!(event["timestamp"].is_string() && event["target"].is_string(), "{event}");
    }
    let (first, last) = (&events[0], events.last().expect("events"));
    assert_eq!((&first["level"], &first["sequence"]), (&"INFO".into(), &0.into()));
    let hello = format!("publishing X to {region} every 10ms (created, epoch 1)");
    assert_eq!(first["message"], hello, "the words are those of the text format");
    assert!(last["message"].as_str().expect("text").starts_with("closed "));
    assert!(last["sequence"].as_u64().expect("a number") > 2);
}

#[test]
fn the_last_words_are_json_too_and_are_said_even_when_nothing_else_is_logged() {
    let place = Place::new();
    for args in [&["--log-format", "json"][..], &["--log-format", "json", "--log", "off"]] {
        let log = place.start("log", Stdio::null(), args).ends_with(1);
        let event: Value = serde_json::from_str(&log).expect("one object");
        let message = event["message"].as_str().expect("text");
        assert!(message.contains("x.toml: cannot be read"), "{message}");
        assert_eq!(event["level"], "ERROR");
    }
}

#[test]
fn an_unknown_format_and_a_journal_that_is_not_there_are_wrong_usage() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    place.start("log", Stdio::null(), &["--log-format", "xml"]).ends_with(2);
    if !std::path::Path::new("/run/systemd/journal/socket").exists() {
        let log = place.start("log", Stdio::null(), &["--log-format", "journal"]).ends_with(2);
        assert!(log.starts_with("producer: error: there is no journal here ("), "{log}");
    }
}
