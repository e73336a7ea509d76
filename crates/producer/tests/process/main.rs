//! The producer as a process: signals, standard input, a region that is removed.
//!
//! Each test has a directory of its own, children are killed by their handle, and a deadline fails
//! a test that hangs.

mod bare_array;
mod checked;
mod feed;
mod input;
mod instances;
mod limits;
mod logs;
mod manager;
mod many;
mod passed;
mod pipe;
mod place;
mod region_lost;
mod reload;
mod reload_many;
mod service;

use std::fs;
use std::process::Stdio;

use layout::Value;
use region::State;
use rustix::process::Signal;

use place::{COUNTER, Place, TICK};

#[test]
fn a_stop_signal_closes_the_region_and_ends_with_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let place = Place::new();
        place.configure(COUNTER, "[producer]\ntick = \"1h\"\n");
        let mut producer = place.start_quietly("log");
        place.wait_for_record("the first record comes at once", |newest| newest.1 == 1);
        let reader = place.reader();
        assert_eq!(reader.state(), State::Live);
        producer.signal(signal);
        let log = producer.ends_with(0);
        assert_eq!(reader.state(), State::Closed);
        let name = if signal == Signal::TERM { "SIGTERM" } else { "SIGINT" };
        assert!(log.contains(&format!("({name}): 1 record, 0 missed ticks")), "{log}");
    }
}

#[test]
fn the_producer_stops_after_its_ticks_one_record_each() {
    let place = Place::new();
    place.configure(COUNTER, "");
    let mut producer = place.start("log", Stdio::null(), &["--tick", "5ms", "--ticks", "7"]);
    producer.ends_with(0);
    let (epoch, sequence, value) = place.newest().expect("a record");
    assert_eq!((epoch, value), (1, Value::Uint(sequence)));
    assert_eq!(sequence, 7);
}

#[test]
fn the_first_record_has_rates() {
    let place = Place::new();
    let file = place.path("count");
    fs::write(&file, "7").expect("write");
    let rate = format!("file = {{ path = '{}', rate = true, default = nan }}", file.display());
    place.configure(&[("f64", &rate)], "");
    place.start("log", Stdio::null(), &["--ticks", "1"]).ends_with(0);
    assert_eq!(place.newest(), Some((1, 1, Value::F64(0.0))));
}

#[test]
fn missed_ticks_are_counted_and_not_caught_up() {
    let place = Place::new();
    place.configure(COUNTER, "[producer]\ntick = \"20ms\"\n");
    let mut producer = place.start_quietly("log");
    place.wait_for_record("the first records", |newest| newest.1 > 1);
    producer.pause();
    std::thread::sleep(std::time::Duration::from_millis(300)); // ticks to miss
    let stopped_at = place.newest().expect("a record").1;
    producer.signal(Signal::CONT);
    // It may have been stopped between a tick and its record.
    place.wait_for_record("records after the pause", |newest| newest.1 > stopped_at + 1);
    producer.signal(Signal::TERM);
    let log = producer.ends_with(0);
    let (_, sequence, value) = place.newest().expect("a record");
    assert_eq!(value, Value::Uint(sequence), "each record was one count");
    let missed = log.rsplit_once(" missed ticks").and_then(|(head, _)| head.rsplit_once(' '));
    let missed: u64 = missed.and_then(|(_, number)| number.parse().ok()).expect("a number");
    assert!(missed >= 10, "300 ms without a tick of 20 ms: {log}");
}

#[test]
fn a_lost_value_is_logged_once_and_not_at_each_tick() {
    let place = Place::new();
    let file = place.path("value");
    let source = format!("file = {{ path = \"{}\", column = 1 }}", file.display());
    place.configure(&[("u32", &source)], TICK);
    fs::write(&file, "7").expect("write");
    let mut producer = place.start_quietly("log");
    place.wait_for_record("the value", |newest| newest.2 == Value::Uint(7));
    fs::remove_file(&file).expect("remove");
    producer.wait_for("No such file or directory (os error 2); it keeps its last value");
    let now = place.newest().expect("a record").1;
    place.wait_for_record("more records", |newest| newest.1 > now + 10);
    assert_eq!(place.newest().map(|newest| newest.2), Some(Value::Uint(7)));
    fs::write(&file, "8").expect("write");
    producer.wait_for("field \"f0\": has a value again");
    place.wait_for_record("the new value", |newest| newest.2 == Value::Uint(8));
    producer.signal(Signal::TERM);
    let log = producer.ends_with(0);
    assert!(log.matches("keeps its last value").count() <= 2, "not once per tick: {log}");
}

#[test]
fn a_bare_file_holds_only_the_struct() {
    let place = Place::new();
    place.configure(&[("u8", "const = 7"), ("u32", "counter = { start = 258 }")], TICK);
    place.reconfigure("[record]", "format = \"bare\"\n[record]");
    place.start("log", Stdio::null(), &["--ticks", "1"]).ends_with(0);
    let bytes = fs::read(place.region()).expect("read");
    assert_eq!(bytes, [7, 0, 0, 0, 2, 1, 0, 0]);
}

#[test]
fn a_check_prints_the_layout_and_publishes_nothing() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    let producer = place.start("log", Stdio::null(), &["--check"]);
    let text = producer.stdout_of_success();
    assert!(
        text.contains("     0     4  u32   f0    1            counter from 1 by 1\n"),
        "{text}"
    );
    assert!(!place.region().exists());
}

#[test]
fn a_failed_start_logs_one_line_and_exits_with_1() {
    let place = Place::new();
    let table = [
        ("", "x.toml: cannot be read"),
        ("[region]\nname = \"x\"\nslot = 8\n", "x.toml:3:1: region.slot: unknown key"),
    ];
    for (text, want) in table {
        if !text.is_empty() {
            fs::write(place.path("x.toml"), text).expect("write");
        }
        let log = place.start("log", Stdio::null(), &[]).ends_with(1);
        assert!(log.starts_with("producer: error: ") && log.lines().count() == 1, "{log}");
        assert!(log.contains(want), "{log}");
    }
    place.configure(COUNTER, "");
    fs::create_dir(place.region()).expect("directory");
    let log = place.start("log", Stdio::null(), &[]).ends_with(1);
    assert!(log.contains("is a directory, not a regular file"), "{log}");
    fs::remove_dir(place.region()).expect("remove");
    fs::write(place.region(), "a text of another program\n".repeat(100)).expect("write");
    let log = place.start("log", Stdio::null(), &[]).ends_with(1);
    assert!(log.contains("is not a region"), "{log}");
    assert!(fs::read_to_string(place.region()).expect("still there").starts_with("a text"));
}
