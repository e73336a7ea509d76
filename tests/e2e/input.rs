//! Values from outside: JSON lines on standard input or through a named pipe.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use e2e::{Daemon, Place, Reading};
use nix::sys::stat::Mode;

use crate::{consumer, producer};

const GOOD: &str = r#"{"sensor": "roof", "state": "ok", "temperature": 21.5, "humidity": 40.25, "imu": {"accel": [0.5, 0, 9.75]}}"#;
const NEXT: &str = r#"{"sensor": "cellar", "state": 1, "temperature": -3, "humidity": 99, "imu": {"accel": [0, 1, 2]}}"#;

/// Bad lines, and a part of the message about each.
const BAD: [(&str, &str); 7] = [
    ("not json", "skipped: "),
    (r#"{"sensor": "roof""#, "skipped: "),
    (r#"["roof"]"#, "skipped: "),
    (
        r#"{"sensor": "roof", "state": "ok", "temprature": 1, "humidity": 1, "imu": {"accel": [0, 0, 0]}}"#,
        "temprature",
    ),
    (
        r#"{"sensor": "roof", "state": "fine", "temperature": 1, "humidity": 1, "imu": {"accel": [0, 0, 0]}}"#,
        "state",
    ),
    (
        r#"{"sensor": "roof", "state": 256, "temperature": 1, "humidity": 1, "imu": {"accel": [0, 0, 0]}}"#,
        "state",
    ),
    (
        r#"{"sensor": "roof", "state": "ok", "temperature": 1, "humidity": 1, "imu": {"accel": [0, 0]}}"#,
        "accel",
    ),
];

fn latest(place: &Place) -> Reading {
    let mut consumer = consumer().start(place, "sensor --once --format json --timeout 1m");
    assert_eq!(consumer.exit_code(), 0, "{:?}", consumer.err());
    Reading::of(&consumer.next_out())
}

fn follower(place: &Place) -> Daemon {
    let mut consumer = consumer().start(place, "sensor --follow --format json");
    consumer.says("waiting for");
    consumer
}

fn start(place: &Place) -> Daemon {
    place.shipped("sensor-input.toml");
    let mut producer = producer().start_with_input(place, "./sensor-input.toml");
    producer.says("publishing SENSOR to");
    producer
}

#[test]
fn each_good_line_of_standard_input_is_one_record() {
    let place = Place::new();
    let mut follower = follower(&place);
    let mut producer = start(&place);
    follower.says("attached, record SENSOR");
    producer.say(GOOD);
    let first = Reading::of(&follower.next_out());
    producer.say(NEXT);
    let second = Reading::of(&follower.next_out());
    let mut want = serde_json::json!({
        "received": first.record["received"], "sensor": "roof", "state": 0,
        "temperature": 21.5, "humidity": 40.25, "accel": [0.5, 0.0, 9.75],
    });
    assert_eq!(first.record, want);
    assert!(first.record["received"].as_u64() < second.record["received"].as_u64());
    want = serde_json::json!({
        "received": second.record["received"], "sensor": "cellar", "state": 1,
        "temperature": -3.0, "humidity": 99.0, "accel": [0.0, 1.0, 2.0],
    });
    assert_eq!(second.record, want);
    assert_eq!((first.sequence, second.sequence), (1, 2));
    let mut text = consumer().start(&place, "sensor --once");
    assert_eq!(text.exit_code(), 0);
    assert_eq!(text.out(), ["cellar\tdegraded\t-3.0 C\t99.0 %\taccel [0.00, 1.00, 2.00]"]);
}

#[test]
fn a_bad_line_is_reported_with_its_number_and_the_last_good_record_stays() {
    let place = Place::new();
    let mut producer = start(&place);
    producer.say(GOOD);
    let before = latest(&place);
    for (number, (line, word)) in (2..).zip(BAD) {
        producer.say(line);
        let said = producer.says(&format!("line {number} skipped: "));
        assert!(said.contains(word), "{said}");
    }
    let after = latest(&place);
    assert_eq!((after.order(), &after.record), (before.order(), &before.record));
    assert!(after.is_held(), "the producer is alive, and readers see it");
    // Line numbers count blank lines, too.
    producer.say("");
    producer.say("no");
    producer.says("line 10 skipped: ");
    producer.say(NEXT);
    e2e::wait_until("the next good line", || latest(&place).record["sensor"] == "cellar");
    assert_eq!(latest(&place).sequence, 2);
    producer.end_input();
    assert_eq!(producer.exit_code(), 0);
    producer.says("(end of input): 2 records, 8 bad lines");
}

#[test]
fn an_omitted_member_keeps_its_value_and_an_incomplete_record_is_not_published() {
    let place = Place::new();
    let mut producer = start(&place);
    producer.say(r#"{"sensor": "roof", "state": "ok"}"#);
    producer.says("line 1: nothing is published until there is a value for");
    producer.say(r#"{"temperature": 21.5, "humidity": 40.25, "imu": {"accel": [0, 0, 0]}}"#);
    assert_eq!(latest(&place).record["sensor"], "roof");
    producer.say(r#"{"temperature": 22}"#);
    e2e::wait_until("the third line", || latest(&place).sequence == 2);
    let record = latest(&place).record;
    assert_eq!((&record["temperature"], &record["humidity"]), (&22.0.into(), &40.25.into()));
    assert_eq!(record["sensor"], "roof");
}

#[test]
fn the_end_of_the_input_closes_the_region() {
    let place = Place::new();
    let mut follower = follower(&place);
    let mut producer = start(&place);
    producer.say(GOOD);
    follower.next_out();
    producer.end_input();
    assert_eq!(producer.exit_code(), 0);
    follower.says(": closed: ");
    assert_eq!(latest(&place).state, "closed");
}

#[test]
fn a_last_line_without_a_newline_counts() {
    let place = Place::new();
    place.shipped("sensor-input.toml");
    let file = place.write("lines", format!("{NEXT}\n{GOOD}"));
    let mut command = producer().command(&place);
    let mut producer = Daemon::start_reading(
        "producer",
        command.arg("./sensor-input.toml"),
        File::open(file).expect("open"),
    );
    assert_eq!(producer.exit_code(), 0);
    producer.says("2 records, 0 bad lines");
    assert_eq!(latest(&place).record["sensor"], "roof");
}

#[test]
fn an_input_without_a_good_line_publishes_nothing_and_logs_that() {
    let place = Place::new();
    let mut producer = start(&place);
    producer.say("nonsense");
    producer.says("line 1 skipped: ");
    let mut consumer = consumer().start(&place, "sensor --once");
    assert_eq!(consumer.exit_code(), 3);
    consumer.says("nothing has been published yet");
    producer.end_input();
    assert_eq!(producer.exit_code(), 0);
    producer.says("nothing was published");
}

#[test]
fn a_line_beyond_the_limit_is_skipped_and_the_next_one_counts() {
    let place = Place::new();
    let mut producer = start(&place);
    producer.say(&"x".repeat(1 << 20));
    producer.says("line 1 skipped: ");
    producer.say(GOOD);
    assert_eq!(latest(&place).record["sensor"], "roof");
    producer.end_input();
    assert_eq!(producer.exit_code(), 0);
    producer.says("1 record, 1 bad line");
}

#[test]
fn a_producer_with_a_silent_input_is_live() {
    let place = Place::new();
    let text = fs::read_to_string(place.shipped("sensor-input.toml")).expect("a config");
    place.write("sensor-input.toml", text.replace("tick = \"1s\"", "tick = \"50ms\""));
    let mut producer = producer().start_with_input(&place, "./sensor-input.toml");
    producer.says("publishing");
    producer.say(GOOD);
    let mut consumer = consumer().start(&place, "sensor --poll 10ms --format json --timeout 2s");
    assert_eq!(consumer.exit_code(), 3, "no new record for two seconds");
    e2e::wait_until("a live writer", || latest(&place).state == "live");
}

// ---- a named pipe ----

/// The shipped configuration, reading from `./sensor.pipe`.
fn start_on_pipe(place: &Place) -> Daemon {
    let text = fs::read_to_string(place.shipped("sensor-input.toml")).expect("a config");
    let marker = "max_line = \"64KiB\"\n";
    assert!(text.contains(marker));
    let text = text.replace(marker, &format!("{marker}input = \"./sensor.pipe\"\n"));
    place.write("sensor-input.toml", text);
    make_pipe(&place.path("sensor.pipe"));
    let mut producer = producer().start(place, "./sensor-input.toml");
    producer.says("publishing SENSOR to");
    producer
}

fn make_pipe(path: &Path) {
    nix::unistd::mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR).expect("mkfifo");
}

fn write_to(pipe: &Path, lines: &str) {
    let mut pipe = File::options().write(true).open(pipe).expect("a reader is there");
    pipe.write_all(lines.as_bytes()).expect("write");
}

#[test]
fn a_named_pipe_may_have_one_writer_after_another() {
    let place = Place::new();
    let pipe = place.path("sensor.pipe");
    let mut follower = follower(&place);
    let mut producer = start_on_pipe(&place);
    follower.says("attached");
    for round in 1..=5 {
        // Opened, written and closed again, as `echo ... > sensor.pipe` does it.
        write_to(&pipe, &format!("{GOOD}\n"));
        assert_eq!(Reading::of(&follower.next_out()).sequence, 2 * round - 1);
        write_to(&pipe, &format!("{NEXT}\nbad\n"));
        assert_eq!(Reading::of(&follower.next_out()).sequence, 2 * round);
        producer.says(&format!("line {} skipped: ", 3 * round));
    }
    assert!(producer.is_running(), "the end of a writer is not the end of the pipe");
    producer.stop();
    assert_eq!(producer.said("10 records, 5 bad lines"), 1, "{:?}", producer.err());
}

#[test]
fn a_recreated_pipe_is_followed() {
    let place = Place::new();
    let pipe = place.path("sensor.pipe");
    let mut producer = start_on_pipe(&place);
    write_to(&pipe, &format!("{GOOD}\n"));
    assert_eq!(latest(&place).record["sensor"], "roof");
    fs::remove_file(&pipe).expect("remove");
    // `echo ... > sensor.pipe` while there is no pipe.
    fs::write(&pipe, format!("{NEXT}\n")).expect("a file");
    producer.says("sensor.pipe: is no pipe any more; give a named pipe (mkfifo)");
    fs::remove_file(&pipe).expect("remove");
    make_pipe(&pipe);
    producer.says("the input pipe was replaced; reading the new one");
    assert_eq!(latest(&place).record["sensor"], "roof", "the file was not read");
    write_to(&pipe, &format!("{NEXT}\n"));
    e2e::wait_until("a line of the new pipe", || latest(&place).record["sensor"] == "cellar");
    producer.stop();
}

#[test]
fn a_missing_pipe_is_a_clear_error() {
    let place = Place::new();
    let text = fs::read_to_string(place.shipped("sensor-input.toml")).expect("a config");
    let text = text.replace("[producer]\n", "[producer]\ninput = \"./none.pipe\"\n");
    place.write("sensor-input.toml", text);
    let mut producer = producer().start(&place, "./sensor-input.toml");
    assert_eq!(producer.exit_code(), 1);
    producer.says("./none.pipe: there is no such pipe; make it first (mkfifo ./none.pipe)");
    assert!(!place.path("sensor.region").exists(), "nothing was published for it");
}

#[test]
fn a_flood_of_bad_lines_is_logged_up_to_a_limit_and_counted() {
    let place = Place::new();
    place.shipped("sensor-input.toml");
    let lines = place.write("lines", "nonsense\n".repeat(3000));
    let mut command = producer().command(&place);
    let input = File::open(lines).expect("the lines");
    // A file is never full: a producer drops messages for which a pipe has no room.
    let log = File::create(place.path("log")).expect("a log");
    let command = command.args(["sensor-input.toml"]);
    let mut producer = Daemon::start_logging_to("producer", command, input, log);
    assert_eq!(producer.exit_code(), 0);
    let log = fs::read_to_string(place.path("log")).expect("text");
    assert_eq!(log.lines().filter(|line| line.contains("skipped")).count(), 1001, "{log}");
    assert!(log.contains("2000 more messages like this one were not logged: line 1001 skipped"));
}
