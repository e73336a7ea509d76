//! Lines of JSON from standard input, from a named pipe, and none.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use layout::Value;
use rustix::process::Signal;

use crate::feed::Feed;
use crate::pipe::{make_pipe, reads};
use crate::place::{COUNTER, Place, TICK};

#[test]
fn a_restart_continues_with_the_values_of_the_newest_record() {
    let place = Place::new();
    let fields = [
        ("u32", "input = { key = \"x\" }"),
        ("u8", "input = { key = \"y\" }"),
        ("u8", "const = 3"),
    ];
    place.configure(&fields, "");
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"x": 1, "y": 2}"#);
    place.wait_for_record("the first record", |newest| newest.1 == 1);
    feed.kill();
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"y": 3}"#);
    place.wait_for_record("x of before", |newest| (newest.1, &newest.2) == (2, &Value::Uint(1)));
    let mut standby = Feed::logging_to(&place, "standby", &["--standby"]);
    standby.producer.wait_for("waiting to take over");
    standby.say(r#"{"x": 5}"#);
    feed.end();
    place.wait_for_record("y of before", |newest| (newest.1, &newest.2) == (3, &Value::Uint(5)));
    standby.end();
    // Not over another record.
    place.reconfigure("\"u8\"", "\"u16\"");
    let mut feed = Feed::start(&place, &[]);
    feed.say(r#"{"y": 3}"#);
    let log = feed.end();
    assert!(log.contains("line 1: nothing is published until there is a value for x"), "{log}");
}

#[test]
fn a_reload_of_a_standby_keeps_what_it_has_read_of_the_same_stream() {
    let place = Place::new();
    let fields = [("u8", "input = { key = \"x\" }"), ("u8", "input = { key = \"y\" }")];
    place.configure(&fields, "[producer]\ntick = \"1h\"\n");
    let active = Feed::start(&place, &[]);
    active.producer.wait_for("publishing");
    let mut standby = Feed::logging_to(&place, "standby", &["--standby"]);
    standby.producer.wait_for("waiting to take over");
    standby.say(r#"{"x": 5, "y": 6}"#);
    standby.say("bad");
    standby.producer.wait_for("line 2 skipped");
    place.reconfigure("1h", "2h");
    standby.producer.signal(Signal::HUP);
    standby.producer.wait_for("is in force: waiting to take over");
    standby.say("bad");
    standby.producer.wait_for("line 3 skipped");
    active.end();
    place.wait_for_record("the line from before the reload", |newest| {
        (newest.1, &newest.2) == (1, &Value::Uint(5))
    });
    let log = standby.end();
    assert!(log.contains("1 record, 2 bad lines"), "{log}");
}

#[test]
fn a_producer_without_input_fields_does_not_read_standard_input() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    let (mut reader, mut writer) = std::io::pipe().expect("pipe");
    writer.write_all(b"for another reader\n").expect("write");
    drop(writer);
    let stdin = Stdio::from(reader.try_clone().expect("dup"));
    place.start("log", stdin, &["--ticks", "3"]).ends_with(0);
    let mut left = String::new();
    reader.read_to_string(&mut left).expect("read");
    assert_eq!(left, "for another reader\n");
}

#[test]
fn each_good_line_is_a_record_and_the_end_of_the_input_ends_the_producer() {
    let place = Place::new();
    let fields = [("u32", "input = { key = \"n\" }"), ("u8", "input = { key = \"m\" }")];
    place.configure(&fields, "[producer]\ntick = \"1h\"\nmax_line = \"64B\"\n");
    let mut producer = place.start("log", Stdio::piped(), &[]);
    let mut stdin = producer.child.stdin.take().expect("stdin");
    let endless = format!("{{\"n\": {}}}\n", " ".repeat(100));
    let lines = [
        "{\"n\": 1}\n",           // 1: good, but m has no value yet
        "{\"n\": 2, \"m\": 3}\n", // 2: the first record
        "hello\n",                // 3 to 5: bad
        "{\"n\": -1}\n",
        &endless,
        "{\"n\": 7}\n",         // 6: the second record
        "{\"n\": 8, \"m\": 9}", // 7: the third, without a newline
    ];
    for line in lines {
        stdin.write_all(line.as_bytes()).expect("write");
        stdin.flush().expect("write");
    }
    place.wait_for_record("a record per line, long before any tick", |newest| newest.1 == 2);
    drop(stdin);
    let log = producer.ends_with(0);
    assert_eq!(place.newest(), Some((1, 3, Value::Uint(8))));
    for part in [
        "line 1: nothing is published until there is a value for m",
        "line 3 skipped: not JSON (expected value at column 1); write one object per line",
        "line 4 skipped: key \"n\": -1 does not fit field \"f0\" (u32); use a value it can hold",
        "line 5 skipped: longer than 64 bytes; shorten it or raise max_line",
        "(end of input): 3 records, 3 bad lines",
    ] {
        assert!(log.contains(part), "{part}\n{log}");
    }
}

#[test]
fn a_named_pipe_feeds_the_producer_from_one_writer_after_another() {
    let place = Place::new();
    let pipe = make_pipe(&place);
    place.configure(&[("u32", "input = {}")], &reads(&pipe));
    let mut producer = place.start_quietly("log");
    for n in 1..=3 {
        fs::write(&pipe, format!("{{\"f0\": {n}}}")).expect("write");
        place.wait_for_record("its record", |newest| (newest.1, &newest.2) == (n, &Value::Uint(n)));
    }
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn a_check_warns_of_a_pipe_that_is_not_there_and_of_a_directory_of_others() {
    let place = Place::new();
    let pipe = place.path("my pipe");
    place.configure(&[("u32", "input = {}")], &format!("[producer]\ninput = {pipe:?}\n"));
    fs::set_permissions(place.path("."), fs::Permissions::from_mode(0o777)).expect("chmod");
    let log = place.start("log", Stdio::null(), &["--check"]).ends_with(0);
    let mkfifo = format!("there is no such pipe; make it first (mkfifo '{}')", pipe.display());
    assert!(log.contains(&mkfifo), "{log}");
    assert!(log.contains("x.region: is in a directory of mode 0777: others may"), "{log}");
    assert!(!place.region().exists());
}

#[test]
fn an_input_that_cannot_be_read_is_named() {
    let place = Place::new();
    // Its first byte is at an address that no process has.
    let input = "[producer]\ninput = \"/proc/self/mem\"\n";
    place.configure(&[("u8", "input = { key = \"x\" }")], input);
    let log = place.start("log", Stdio::null(), &[]).ends_with(1);
    let named =
        "/proc/self/mem: cannot read the input: Input/output error (os error 5); correct that";
    assert!(log.contains(named), "{log}");
}
