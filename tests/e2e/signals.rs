//! SIGTERM and SIGINT stop a producer, which closes its region; SIGHUP reloads its configuration.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use e2e::{Daemon, Place, Reading};
use nix::sys::signal::Signal;

use crate::{consumer, producer};

/// A configuration whose record is one of these two fields, with slots for as long as a busy machine
/// may keep a follower from running.
fn config(place: &Place, name: &str, field: &str) {
    let text = format!(
        "[region]\npath = \"./x.region\"\nslots = 4096\n\
         [record]\nname = \"X\"\n\
         [[record.field]]\nname = \"count\"\ntype = \"u32\"\nsource = {{ counter = {{}} }}\n\
         [[record.field]]\n{field}\n\
         [producer]\ntick = \"10ms\"\n"
    );
    place.write(name, text);
}

const ONE: &str = "name = \"a\"\ntype = \"i32\"\nsource = { const = 1 }";
const TWO: &str = "name = \"a\"\ntype = \"i32\"\nsource = { const = 2 }";
const OTHER: &str = "name = \"b\"\ntype = \"f64\"\nsource = { const = 0.5 }";

fn inode(path: &Path) -> u64 {
    fs::metadata(path).expect("a region").ino()
}

fn next(consumer: &mut Daemon) -> Reading {
    Reading::of(&consumer.next_out())
}

/// A producer on `x.toml` and a consumer that follows it and has printed something.
fn pair(place: &Place) -> (Daemon, Daemon) {
    config(place, "x.toml", ONE);
    let mut producer = producer().start(place, "./x.toml");
    producer.says("publishing");
    let mut consumer = consumer().start(place, "./x.region --follow --format json");
    assert_eq!(next(&mut consumer).number("a"), 1);
    (producer, consumer)
}

#[test]
fn a_stopped_producer_closes_the_region_and_readers_log_that_once() {
    for (signal, name) in [(Signal::SIGTERM, "SIGTERM"), (Signal::SIGINT, "SIGINT")] {
        let place = Place::new();
        let (mut old, mut consumer) = pair(&place);
        old.signal(signal);
        assert_eq!(old.exit_code(), 0);
        assert_eq!(old.said(&format!("closed ./x.region ({name})")), 1, "{:?}", old.err());
        consumer.says(": closed: ");
        // Only the next writer causes another notice.
        let _next = producer().start(&place, "./x.toml");
        consumer.says(": live: ");
        let is_second = |line: &str| Reading::of(line).epoch == 2;
        let after = Reading::of(&consumer.out_line("a record of the second writer", is_second));
        let readings: Vec<Reading> = consumer.out().iter().map(|line| Reading::of(line)).collect();
        let before = readings.iter().rfind(|reading| reading.epoch == 1).expect("the first's");
        assert_eq!(after.sequence, before.sequence + 1);
        consumer.stop();
        assert_eq!(consumer.said(": closed: "), 1, "{:?}", consumer.err());
        assert_eq!(consumer.said(": dead: "), 0, "{:?}", consumer.err());
    }
}

#[test]
fn a_closed_region_keeps_its_last_record_for_new_readers() {
    let place = Place::new();
    let (mut producer, mut consumer) = pair(&place);
    producer.stop();
    consumer.says(": closed: ");
    let mut late = crate::consumer().start(&place, "./x.region --once --format json");
    assert_eq!(late.exit_code(), 0);
    let read = next(&mut late);
    // The follower's lines before "closed" may still be in the pipe.
    e2e::wait_until("the follower had that record too", || {
        let last = Reading::of(consumer.out().last().expect("records"));
        last.order() == read.order() && last.record == read.record
    });
    assert_eq!(read.state, "closed");
}

#[test]
fn a_reload_with_the_same_record_keeps_the_region() {
    let place = Place::new();
    let (mut producer, mut consumer) = pair(&place);
    let region = place.path("x.region");
    let before = inode(&region);
    config(&place, "x.toml", TWO);
    producer.signal(Signal::SIGHUP);
    producer.says("SIGHUP: ./x.toml is in force: same region, mode 0644");
    let line = consumer.out_line("the new constant", |line| Reading::of(line).number("a") == 2);
    assert_eq!(Reading::of(&line).epoch, 1, "the same writer");
    assert_eq!(inode(&region), before);
    consumer.stop();
    let said = consumer.err();
    assert_eq!(consumer.said("re-attached") + consumer.said("retired"), 0, "{said:?}");
    everything_in_order(&consumer);
}

#[test]
fn a_reload_with_another_record_retires_the_region_and_readers_follow() {
    let place = Place::new();
    let (mut producer, mut consumer) = pair(&place);
    let region = place.path("x.region");
    let before = inode(&region);
    config(&place, "x.toml", OTHER);
    producer.signal(Signal::SIGHUP);
    producer.says("SIGHUP: ./x.toml is in force: replaced (the old one holds another record)");
    let line = consumer.out_line("the new field", |line| Reading::of(line).record["b"] == 0.5);
    let first = Reading::of(&line);
    assert_eq!(first.epoch, 2);
    assert!(first.record.get("a").is_none(), "{line}");
    assert_ne!(inode(&region), before);
    consumer.says("re-attached, record now X");
    consumer.stop();
    assert_eq!(consumer.said("re-attached"), 1, "{:?}", consumer.err());
    everything_in_order(&consumer);
    // A new consumer reads only the new record.
    let mut fresh = crate::consumer().start(&place, "./x.region --once --format json");
    assert_eq!(fresh.exit_code(), 0);
    assert_eq!(next(&mut fresh).record["b"], 0.5);
}

#[test]
fn a_reload_of_a_bad_file_is_logged_and_changes_nothing() {
    let place = Place::new();
    let (mut producer, mut consumer) = pair(&place);
    let before = inode(&place.path("x.region"));
    for (bad, why) in [
        ("[region]\npath = \n", "./x.toml:2:"),
        ("[region]\npath = \"./x.region\"\nslot = 8\n", "region.slot: unknown key"),
        ("", "region: missing"),
    ] {
        place.write("x.toml", bad);
        producer.signal(Signal::SIGHUP);
        let line = producer.says("SIGHUP: ");
        assert!(line.contains(why), "{line}");
        assert!(line.contains("keeping the old configuration"), "{line}");
    }
    fs::remove_file(place.path("x.toml")).expect("remove");
    producer.signal(Signal::SIGHUP);
    producer.says("keeping the old configuration");
    consumer.skip_out();
    assert_eq!(next(&mut consumer).number("a"), 1);
    assert_eq!(inode(&place.path("x.region")), before);
    // A good one is applied after that.
    config(&place, "x.toml", TWO);
    producer.signal(Signal::SIGHUP);
    consumer.out_line("the new constant", |line| Reading::of(line).number("a") == 2);
    everything_in_order(&consumer);
    producer.stop();
}

#[test]
fn a_reload_without_a_change_or_without_a_file_changes_nothing() {
    let place = Place::new();
    let (mut with_file, _consumer) = pair(&place);
    with_file.signal(Signal::SIGHUP);
    with_file.says("SIGHUP: ./x.toml is unchanged");
    let mut built_in = producer().start(&place, "--region ./stu.region --tick 10ms");
    built_in.says("publishing");
    built_in.signal(Signal::SIGHUP);
    built_in.says("SIGHUP: the built-in configuration has no file to read again");
    built_in.stop();
}

#[test]
fn a_reload_can_change_the_tick() {
    let place = Place::new();
    config(&place, "x.toml", ONE);
    let text = fs::read_to_string(place.path("x.toml")).expect("a file");
    place.write("x.toml", text.replace("10ms", "1h"));
    let mut producer = producer().start(&place, "./x.toml");
    producer.says("every 1h");
    let mut consumer = consumer().start(&place, "./x.region --follow --format json");
    assert_eq!(next(&mut consumer).sequence, 1);
    place.write("x.toml", text);
    producer.signal(Signal::SIGHUP);
    // The change does not wait for the end of the hour.
    assert_eq!(next(&mut consumer).sequence, 2);
    assert_eq!(next(&mut consumer).sequence, 3);
    producer.stop();
}

/// Asserts that no record was printed twice or out of order, and that the counter of a kept field
/// continued.
#[track_caller]
fn everything_in_order(consumer: &Daemon) {
    let readings: Vec<Reading> = consumer.out().iter().map(|line| Reading::of(line)).collect();
    for pair in readings.windows(2) {
        let (one, two) = (&pair[0], &pair[1]);
        assert!(one.order() < two.order(), "{} then {}", one.line, two.line);
        let (apart, counted) =
            (two.sequence - one.sequence, two.number("count") - one.number("count"));
        assert_eq!(i64::try_from(apart).unwrap(), counted, "{} then {}", one.line, two.line);
    }
}
