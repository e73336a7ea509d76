//! `--log-format`: the same events for machines.

use std::fs;
use std::process::Stdio;
use std::time::Instant;

use layout::Value as Field;
use rustix::process::Signal;
use serde_json::Value;

use crate::place::{COUNTER, Place, TICK};

#[test]
fn a_json_log_has_one_object_per_line_with_region_epoch_and_sequence() {
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
fn the_last_error_is_json_too_and_logged_at_every_level() {
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
fn a_value_that_is_lost_is_logged_once_and_its_return_only_after_that() {
    let place = Place::new();
    let file = place.path("v");
    for (default, level, odd) in [("", "WARN", "ERROR"), (", default = 255", "INFO", "WARN")] {
        fs::write(&file, "20").expect("write");
        let source = format!("file = {{ path = {:?}{default} }}", file.display().to_string());
        place.configure(&[("u8", &source)], TICK);
        let mut producer = place.start_quietly("log");
        place.wait_for_record("a value", |newest| newest.2 == Field::Uint(20));
        let instead = if default.is_empty() { "keeps its last value" } else { "holds its default" };
        for (text, level, why) in [("oops", level, "not a number"), ("300", odd, "does not fit")] {
            fs::write(&file, text).expect("write");
            producer.wait_for(why);
            let now = place.newest().expect("a record").1;
            place.wait_for_record("more records", |newest| newest.1 > now + 5);
            let log = producer.log();
            let lost: Vec<&str> = log.lines().filter(|line| line.contains(why)).collect();
            assert_eq!(lost.len(), 1, "{log}");
            assert!(lost[0].contains(level) && lost[0].ends_with(instead), "{}", lost[0]);
            assert_eq!(lost[0].matches("field \"f0\"").count(), 1, "{}", lost[0]);
        }
        fs::write(&file, "21").expect("write");
        producer.wait_for("has a value again");
        producer.signal(Signal::TERM);
        producer.ends_with(0);
        assert_eq!(producer.log().matches("has a value again").count(), 1, "{}", producer.log());
    }
}

#[test]
fn a_source_that_has_never_given_a_value_is_warned_of_once_default_or_not() {
    let place = Place::new();
    let none = place.path("none").display().to_string();
    fs::write(place.path("memory"), "MemAvailable: 7 kB\n").expect("write");
    let misspelt = format!(
        "file = {{ path = {:?}, key = \"MemAvailible\", default = 1 }}",
        place.path("memory").display().to_string()
    );
    let missing = format!("file = {{ path = {none:?}, default = 1 }}");
    place.configure(&[("u64", "counter = {}"), ("u8", &misspelt), ("u8", &missing)], TICK);
    let mut producer = place.start_quietly("log");
    place.wait_for_record("some records", |newest| newest.1 > 5);
    producer.signal(Signal::TERM);
    let log = producer.ends_with(0);
    let warned: Vec<&str> =
        log.lines().filter(|line| line.contains("WARN producer: field")).collect();
    assert_eq!(warned.len(), 2, "{log}");
    let key = "no line has the words \"MemAvailible\"; correct key, perhaps to MemAvailable; it holds its default";
    assert!(warned[0].contains("field \"f1\": ") && warned[0].ends_with(key), "{log}");
    assert!(warned[1].contains("field \"f2\": ") && warned[1].contains(&none), "{log}");
}

#[test]
fn a_value_that_flaps_does_not_flood_the_log() {
    let place = Place::new();
    let file = place.path("v");
    let source = format!("file = {{ path = {:?} }}", file.display().to_string());
    place.configure(&[("u8", &source)], "[producer]\ntick = \"1ms\"\n");
    // Renamed into place: a file that is written in place is empty for a moment.
    let put = |text: &str| {
        fs::write(place.path("new"), text).expect("write");
        fs::rename(place.path("new"), &file).expect("rename");
    };
    put("0");
    let start = Instant::now();
    let mut producer = place.start_quietly("log");
    place.wait_for_record("a value", |_| true);
    for number in 1..=120 {
        put("oops");
        let before = place.newest().expect("a record").1;
        place.wait_for_record("a record without a value", |newest| newest.1 > before + 1);
        put(&number.to_string());
        place.wait_for_record("a value", |newest| newest.2 == Field::Uint(number));
    }
    producer.signal(Signal::TERM);
    let log = producer.ends_with(0);
    let lost = log.matches("keeps its last value").count();
    let windows = start.elapsed().as_secs() / 10 + 1;
    assert!(lost as u64 <= 100 * windows, "{lost} messages in {windows} windows of 10 s");
    assert_eq!(log.matches("has a value again").count(), lost, "what was not lost is not found");
}

#[test]
fn an_unknown_format_and_a_missing_journal_are_wrong_usage() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    place.start("log", Stdio::null(), &["--log-format", "xml"]).ends_with(2);
    if !std::path::Path::new("/run/systemd/journal/socket").exists() {
        let log = place.start("log", Stdio::null(), &["--log-format", "journal"]).ends_with(2);
        assert!(log.starts_with("producer: error: there is no journal here ("), "{log}");
    }
}
