//! A region that is deleted, cut short, or taken by another producer, and a standby for it.

use std::fs::{self, File};
use std::process::Stdio;

use layout::Value;
use region::DynReader;
use rustix::process::Signal;

use crate::place::{COUNTER, Place, TICK, wait_until};

#[test]
fn a_deleted_or_truncated_region_is_recreated() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    let mut producer = place.start_quietly("log");
    place.wait_for_record("records", |newest| newest.1 > 2);

    let before = place.newest().expect("a record");
    fs::remove_file(place.region()).expect("remove");
    place.wait_for_record("a new file", |newest| newest.0 == 2 && newest.1 > before.1);
    producer.wait_for("was deleted while in use; recreated");

    for (epoch, length) in [(3, 0), (4, 100)] {
        let before = place.newest().expect("a record");
        let file = File::options().write(true).open(place.region()).expect("open");
        file.set_len(length).expect("truncate");
        place.wait_for_record("a whole file", |newest| newest.0 == epoch && newest.1 > before.1);
        producer.wait_for("was cut short while in use; recreated");
    }
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn a_region_is_recreated_once_its_directory_is_back() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    place.reconfigure("x.region", "sub/x.region");
    fs::create_dir(place.path("sub")).expect("directory");
    let mut producer = place.start_quietly("log");
    fs::remove_dir_all(place.path("sub")).expect("remove");
    producer.wait_for("was deleted and cannot be recreated");
    fs::create_dir(place.path("sub")).expect("directory");
    let region = place.path("sub/x.region");
    wait_until("the region is back", || DynReader::open(&region).is_ok());
    producer.signal(Signal::TERM);
    let log = producer.ends_with(0);
    assert_eq!(log.matches("cannot be recreated").count(), 1, "logged once: {log}");
}

#[test]
fn a_producer_ends_when_another_one_has_taken_its_name() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    let mut first = place.start_quietly("first");
    // Stopped, so that it cannot recreate the region before the second producer starts.
    first.pause();
    fs::remove_file(place.region()).expect("remove");
    let mut second = place.start_quietly("second");
    first.signal(Signal::CONT);
    let log = first.ends_with(1);
    assert!(log.contains("another file has taken this name"), "{log}");
    assert!(second.child.try_wait().expect("wait").is_none(), "{}", second.log());
    second.signal(Signal::TERM);
    second.ends_with(0);
}

#[test]
fn a_second_producer_is_refused_and_a_standby_takes_over() {
    for format in ["", "bare"] {
        let place = Place::new();
        place.configure(COUNTER, TICK);
        if format == "bare" {
            place.reconfigure("[record]", "format = \"bare\"\n[record]");
        }
        let mut first = place.start_quietly("first");
        let log = place.start("second", Stdio::null(), &[]).ends_with(1);
        assert!(log.contains("publishes here already") && log.lines().count() == 1, "{log}");

        let mut idle = place.start("idle", Stdio::null(), &["--standby"]);
        idle.wait_for("waiting to take over");
        idle.signal(Signal::TERM);
        idle.ends_with(0);

        let mut standby = place.start("standby", Stdio::null(), &["--standby"]);
        standby.wait_for("waiting to take over");
        first.child.kill().expect("kill");
        first.end();
        standby.wait_for("publishing");
        if format.is_empty() {
            // The counter restarts; the sequence continues.
            place.wait_for_record("one of the standby", |(epoch, sequence, value)| {
                *epoch == 2 && *value != Value::Uint(*sequence)
            });
        }
        standby.signal(Signal::TERM);
        standby.ends_with(0);
    }
}
