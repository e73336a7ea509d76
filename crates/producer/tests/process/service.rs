//! What a service manager receives: ready, status, watchdog pings, reloading, stopping.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use region::State;
use rustix::process::Signal;

use crate::manager::Manager;
use crate::place::{COUNTER, Place, TICK, wait_until};

/// A tick that is longer than any test.
const SLOW: &str = "[producer]\ntick = \"1h\"\n";

#[test]
fn a_producer_reports_its_state_from_the_first_record_to_the_end() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    let mut manager = Manager::new(&place);
    let mut producer = manager.start("log", None, &[]);
    manager.wait_for("READY=1");
    assert!(place.newest().is_some(), "not ready before there is a record");
    let status = format!("STATUS=publishing {}: sequence ", place.region().display());
    manager.wait_for(&format!("{status}1"));
    wait_until("a rate", || {
        manager.heard().iter().any(|heard| heard.starts_with(&status) && heard.ends_with("/s"))
    });
    producer.signal(Signal::TERM);
    producer.ends_with(0);
    manager.wait_for("STOPPING=1");
    manager.wait_for("STATUS=closed ");
    assert_eq!(manager.count("READY=1"), 1);
    assert_eq!(manager.count("WATCHDOG=1"), 0, "it was not asked for");
    let last = manager.heard().last().expect("the end");
    assert!(last.contains("(SIGTERM)"), "{last}");
}

#[test]
fn a_tick_longer_than_the_watchdog_does_not_delay_pings() {
    let place = Place::new();
    place.configure(COUNTER, SLOW);
    let mut manager = Manager::new(&place).with_watchdog(Duration::from_millis(20));
    let mut producer = manager.start("log", None, &[]);
    wait_until("watchdog pings", || manager.count("WATCHDOG=1") >= 5);
    manager.clear();
    // 100 are due; without them the loop would turn once in that time, to check the region. A busy
    // machine may not run it in one second, but will in another.
    wait_until("more than ten in a second", || {
        let before = manager.count("WATCHDOG=1");
        std::thread::sleep(Duration::from_secs(1));
        manager.count("WATCHDOG=1") > before + 10
    });
    // The loop sends them: a stopped one sends none.
    producer.pause();
    manager.clear();
    std::thread::sleep(Duration::from_millis(300)); // time for pings that must not come
    assert!(manager.count("WATCHDOG=1") <= 1, "sent before the stop");
    producer.signal(Signal::CONT);
    manager.clear();
    wait_until("watchdog pings again", || manager.count("WATCHDOG=1") >= 2);
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn a_reload_is_reported_whether_it_succeeds_or_fails() {
    let place = Place::new();
    place.configure(COUNTER, SLOW);
    let mut manager = Manager::new(&place);
    let mut producer = manager.start("log", None, &[]);
    manager.wait_for("READY=1");
    let good = fs::read_to_string(place.path("x.toml")).expect("read").replace("1h", "2h");
    for text in ["nonsense = 1\n", &good] {
        fs::write(place.path("x.toml"), text).expect("write");
        manager.clear();
        producer.signal(Signal::HUP);
        manager.wait_for("READY=1");
        let heard = manager.heard();
        // An earlier status may still be in the queue.
        let at = heard.iter().position(|heard| heard == "RELOADING=1").expect("it reloads");
        let micros = heard[at + 1].strip_prefix("MONOTONIC_USEC=").expect("a time");
        assert!(!heard[..at].contains(&"READY=1".to_owned()), "ready again only afterwards");
        assert!(micros.parse::<u64>().expect("a number") > 0);
    }
    assert!(producer.log().contains("keeping the old configuration"));
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}

#[test]
fn a_producer_that_waits_for_input_is_ready_and_reports_that() {
    let place = Place::new();
    let pipe = place.path("pipe");
    let producer = format!("[producer]\ninput = {:?}\n", pipe.display().to_string());
    place.configure(&[("u32", "input = { key = \"n\" }")], &producer);
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).expect("a pipe");
    let mut manager = Manager::new(&place).with_watchdog(Duration::from_millis(100));
    let mut producer = manager.start("log", None, &[]);
    manager.wait_for("READY=1");
    assert!(manager.heard().iter().any(|heard| heard.ends_with(": waiting for input")));
    wait_until("watchdog pings", || manager.count("WATCHDOG=1") >= 3);
    fs::write(&pipe, "{\"n\": 5}\n").expect("write");
    place.wait_for_record("the line", |newest| newest.1 == 1);
    producer.signal(Signal::TERM);
    producer.ends_with(0);
    assert_eq!(manager.count("READY=1"), 1);
}

#[test]
fn a_waiting_standby_is_ready_and_pings_the_watchdog() {
    for format in ["", "bare"] {
        let place = Place::new();
        place.configure(COUNTER, TICK);
        if format == "bare" {
            place.reconfigure("[record]", "format = \"bare\"\n[record]");
        }
        let mut first = place.start("first", Stdio::null(), &[]);
        first.wait_for("publishing");
        let mut manager = Manager::new(&place).with_watchdog(Duration::from_millis(300));
        let mut standby = manager.start("standby", None, &["--standby"]);
        manager.wait_for("STATUS=waiting to take over ");
        wait_until("watchdog pings", || manager.count("WATCHDOG=1") >= 3);
        first.child.kill().expect("kill");
        first.end();
        standby.wait_for("publishing");
        manager.wait_for("STATUS=publishing ");
        standby.signal(Signal::TERM);
        standby.ends_with(0);
        assert_eq!((manager.count("READY=1"), manager.count("STOPPING=1")), (1, 1));
    }
}

#[test]
fn a_failed_start_reports_its_reason_to_the_manager() {
    let place = Place::new();
    fs::write(place.path("x.toml"), "[region]\nname = 5\n").expect("write");
    let mut manager = Manager::new(&place);
    let log = manager.start("log", None, &[]).ends_with(1);
    manager.wait_for("STATUS=");
    let status = manager.heard().last().expect("a status").clone();
    assert!(status.contains("x.toml:2:8: region.name"), "{status}");
    assert_eq!(log.trim_end(), status.replace("STATUS=", "producer: error: "));
    assert_eq!(manager.count("READY=1"), 0);
}

#[test]
fn an_unresponsive_manager_delays_neither_records_nor_reloads_nor_the_end() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    let mut manager = Manager::new(&place);
    manager.is_busy();
    let mut producer = manager.start("log", None, &[]);
    place.wait_for_record("records without a manager", |newest| newest.1 > 5);
    manager.wait_for("READY=1"); // it was sent again and has room now

    let before = manager.heard().len();
    manager.is_busy();
    place.reconfigure("10ms", "9ms");
    producer.signal(Signal::HUP);
    producer.wait_for("is in force");
    let now = place.newest().expect("a record").1;
    place.wait_for_record("more records", |newest| newest.1 > now + 5);
    wait_until("the end of the reload", || {
        manager.heard()[before..].iter().any(|heard| heard == "READY=1")
    });
    let heard = &manager.heard()[before..];
    let at = |what: &str| heard.iter().position(|heard| heard == what).expect(what);
    assert!(at("RELOADING=1") < at("READY=1"), "{heard:?}");

    manager.is_busy();
    let reader = place.reader();
    producer.signal(Signal::TERM);
    wait_until("the region is closed", || reader.state() == State::Closed);
    producer.ends_with(0);
}

#[test]
fn the_region_is_closed_before_the_manager_is_notified_of_the_end() {
    let place = Place::new();
    place.configure(COUNTER, SLOW);
    let mut manager = Manager::new(&place);
    let mut producer = manager.start("log", None, &[]);
    manager.wait_for("READY=1");
    let reader = place.reader();
    manager.is_busy();
    producer.signal(Signal::TERM);
    wait_until("the region is closed", || reader.state() == State::Closed);
    manager.wait_for("STOPPING=1");
    producer.ends_with(0);
    let last = manager.heard().last().expect("the end");
    assert!(last.starts_with("STATUS=closed ") && last.ends_with("(SIGTERM)"), "{last}");
}

#[test]
fn a_memfd_is_stored_once_the_manager_reads_its_socket() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    let mut manager = Manager::new(&place);
    manager.is_busy();
    let mut producer = manager.start("log", None, &["--memfd"]);
    producer.wait_for("publishing");
    manager.wait_for("FDSTORE=1");
    manager.wait_for("READY=1");
    assert_eq!(manager.stored_count(), 1);
    producer.signal(Signal::TERM);
    producer.ends_with(0);
}
