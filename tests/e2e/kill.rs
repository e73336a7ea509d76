//! kill -9 of the producer, at random times, a hundred times: no other process is affected.
//!
//! ```text
//!   producer  *===X   *==X *=X  *=====X      killed at a random moment, started again
//!   follower  1 2 3     4 5 6     7 8 9      every record, or how many it missed
//!   poller    1   3     4   6       8 9      the latest at each poll
//! ```
//!
//! `cargo xtask stress kill --times 10000` does the same to writers that publish without a pause.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use e2e::kills::{SHAPES, Toll, kill};
use e2e::{Daemon, Place, Program, Reading};

use crate::{consumer, producer};

/// Fields whose values agree in every whole record; 1 KiB of them, so that a copy takes some time.
const COUNTERS: usize = 128;

/// A record of counters that count in step.
fn config(place: &Place) {
    let mut text = String::from(
        "[region]\npath = \"./counters.region\"\nslots = 64\n\
         [record]\nname = \"COUNT\"\n[producer]\ntick = \"200us\"\n",
    );
    for field in 0..COUNTERS {
        let _ = writeln!(
            text,
            "[[record.field]]\nname = \"f{field}\"\ntype = \"u64\"\n\
             source = {{ counter = {{ start = 1 }} }}"
        );
    }
    place.write("counters.toml", text);
}

/// The one value of all fields of a whole record.
#[track_caller]
fn whole(reading: &Reading) -> u64 {
    let fields = reading.record.as_object().expect("an object");
    assert_eq!(fields.len(), COUNTERS);
    let first = &fields["f0"];
    for (name, value) in fields {
        assert_eq!(value, first, "torn at {name}: {}", reading.line);
    }
    first.as_u64().expect("a number")
}

fn start_producer(place: &Place) -> Daemon {
    producer().start(place, "./counters.toml")
}

/// Kills a hundred producers. Every tenth time it waits until the follower has noticed.
fn kill_a_hundred(place: &Place, follower: &mut Daemon) {
    for round in 1..=100 {
        let mut producer = start_producer(place);
        if round % 10 == 0 {
            producer.says("publishing");
            let pid = producer.pid();
            // The record of this producer's first publish.
            follower.skip_out();
            follower.next_out();
            producer.kill9();
            follower.says(&format!(": dead: process {pid} ended without closing"));
        } else {
            // A random moment, not synchronisation: it may not even be up by then.
            sleep(Duration::from_micros(fastrand::u64(0..60_000)));
            producer.kill9();
        }
    }
}

#[test]
fn no_reader_sees_a_torn_or_backward_record_while_producers_are_killed() {
    let place = Place::new();
    config(&place);
    let mut follower = consumer().start(&place, "./counters.region --follow --format json");
    let mut poller = consumer().start(&place, "./counters.region --poll 1ms --format json");
    // One record alone at the start: records missed before the first printed one would not show.
    let mut quiet = producer().start(&place, "./counters.toml --tick 1h");
    follower.next_out();
    quiet.kill9();
    kill_a_hundred(&place, &mut follower);

    // The next producer is followed as usual.
    let mut last = start_producer(&place);
    let line = last.says("publishing");
    follower
        .out_line(&format!("each was a new epoch: {line}"), |line| Reading::of(line).epoch > 10);
    last.stop();
    follower.says(": closed: ");
    poller.says(": closed: ");
    follower.stop();
    poller.stop();

    check_follower(&follower);
    check_poller(&poller);
    check_directory(place.dir());
}

/// Asserts that every record is whole, in order and printed once, or was logged as missed.
fn check_follower(follower: &Daemon) {
    let readings: Vec<Reading> = follower.out().iter().map(|line| Reading::of(line)).collect();
    let mut missed = 0;
    for pair in readings.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        assert!(before.order() < after.order(), "{} then {}", before.line, after.line);
        assert!(before.sequence < after.sequence, "no number is used twice: {}", after.line);
        let apart = after.sequence - before.sequence;
        missed += apart - 1;
        let (old, new) = (whole(before), whole(after));
        let counted_on = new == old + apart;
        let began_anew = new <= apart && after.epoch > 1;
        assert!(counted_on || began_anew, "{} then {}", before.line, after.line);
    }
    assert_eq!(missed, logged_as_missed(follower), "each missed record is logged");
    assert_eq!(follower.said("re-attached"), 0, "a killed producer's region is kept");
    assert!(follower.said(": dead: ") >= 10);
    only_news(follower);
}

/// The number of missed records that the follower has logged.
pub(crate) fn logged_as_missed(follower: &Daemon) -> u64 {
    let count = |line: &String| -> Option<u64> {
        line.split_once("missed ")?.1.split(' ').next()?.parse().ok()
    };
    follower.err().iter().filter_map(count).sum()
}

/// Asserts that the latest record may repeat, but no older one follows.
fn check_poller(poller: &Daemon) {
    let readings: Vec<Reading> = poller.out().iter().map(|line| Reading::of(line)).collect();
    for pair in readings.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        assert!(before.order() <= after.order(), "{} then {}", before.line, after.line);
        assert!(before.sequence <= after.sequence, "{} then {}", before.line, after.line);
        if before.sequence == after.sequence {
            assert_eq!(whole(before), whole(after), "a record does not change");
        }
    }
    only_news(poller);
}

/// Asserts that the log has only notices of the region, and no state twice in a row.
fn only_news(consumer: &Daemon) {
    let news =
        ["waiting for", "attached", "missed ", ": live: ", ": dead: ", ": stalled: ", ": closed: "];
    let mut last = String::new();
    for line in consumer.err() {
        assert!(news.iter().any(|word| line.contains(word)), "unexpected: {line}");
        // Without the time in front.
        let text = line.split_once("consumer: ").map_or(line.as_str(), |(_, text)| text).to_owned();
        let repeated = text == last && !text.starts_with("missed");
        assert!(!repeated, "said twice: {line}");
        last = text;
    }
}

/// Asserts that temporary files of killed creators do not accumulate.
fn check_directory(dir: &Path) {
    let names = fs::read_dir(dir).expect("the place").map(|entry| entry.expect("an entry"));
    let mut names: Vec<_> =
        names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, ["counters.region", "counters.toml"]);
}

#[test]
fn a_killed_creator_does_not_block_the_next_one() {
    let place = Place::new();
    config(&place);
    let region = place.path("counters.region");
    for _ in 0..50 {
        let mut producer = start_producer(&place);
        // Killed between its first look at the directory and the naming of the file.
        sleep(Duration::from_micros(fastrand::u64(0..20_000)));
        producer.kill9();
        // The name belongs to a whole region, or to no file.
        let mut consumer = consumer().start(&place, "./counters.region --once --format json");
        let code = consumer.exit_code();
        assert!(code == 0 || code == 3, "{code}: {:?}", consumer.err());
        if region.exists() {
            fs::remove_file(&region).expect("remove");
        }
    }
    let mut producer = start_producer(&place);
    producer.says("(created, epoch 1)");
    producer.stop();
    check_directory(place.dir());
}

#[test]
#[allow(clippy::print_stdout, reason = "print! is what the test harness captures")]
fn killing_writers_at_full_speed_loses_no_record_and_reuses_no_number() {
    let writer = Program::new("torn_writer", env!("CARGO_BIN_EXE_torn_writer"));
    let mut total = Toll::default();
    for shape in SHAPES {
        total += kill(&writer, shape, 50, |_| {});
    }
    println!("{total}");
    assert_eq!(total.faults(), 0, "{total}");
    assert_eq!(total.kills, 150);
    assert!(total.writing > 0, "no writer died in the middle of a record: {total}");
}
