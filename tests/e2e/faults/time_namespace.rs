//! Clocks that differ: a time namespace shifts `CLOCK_BOOTTIME` and `CLOCK_MONOTONIC`.
//!
//! State and age are the same on both sides.

use std::time::{Duration, SystemTime};

use e2e::counters::Counters;
use e2e::{Daemon, Namespace, Place, Reading, proc};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{goes_on, publishing};
use crate::{consumer, producer};

/// A period longer than the half second of silence that every writer is allowed.
const REGION: Counters<'_> = Counters { region: "./x.region", fields: 2, slots: 64, tick: "20ms" };
/// Far longer than anything here takes, and far less than the difference of the clocks.
const HOUR: Duration = Duration::from_hours(1);

/// Waits for a new record whose writer is live, not stalled.
#[track_caller]
fn is_called_live(reader: &mut Daemon) -> Reading {
    let now = SystemTime::now();
    let is_live = |reading: &Reading| reading.is_fresh(now) && reading.state == "live";
    Reading::of(&reader.out_line("a new record, live", |line| is_live(&Reading::of(line))))
}

/// Asserts that `reader` sees a live writer with current times, then a stalled one, then a live one
/// again.
#[track_caller]
fn sees_what_is(reader: &mut Daemon, writer: u32) {
    let reading = is_called_live(reader);
    assert!(reading.age() < HOUR, "{}", reading.line);
    assert!(
        is_about_now(reading.published_at()),
        "the wall clock is everybody's: {}",
        reading.line
    );
    signal(writer, Signal::SIGSTOP);
    reader.says(": stalled: ");
    signal(writer, Signal::SIGCONT);
    reader.says(": live: ");
    is_called_live(reader);
}

/// Sends `name` to a process that a child of this test waits for.
fn signal(process: u32, name: Signal) {
    let process = i32::try_from(process).expect("a pid");
    kill(Pid::from_raw(process), name).expect("kill");
}

fn is_about_now(time: SystemTime) -> bool {
    let now = SystemTime::now();
    time < now + HOUR && now < time + HOUR
}

const HOW: [&str; 2] = ["--follow", "--poll 10ms"];

#[test]
fn a_reader_whose_clock_is_ahead_calls_a_live_writer_live_and_a_stopped_one_stalled() {
    let place = Place::new();
    REGION.write(&place, "x.toml");
    let mut writer = publishing(&place, "./x.toml");
    for how in HOW {
        let arguments = format!("./x.region --format json {how}");
        let Some(mut reader) = Namespace::LATER.start(&consumer(), &place, &arguments) else {
            return;
        };
        sees_what_is(&mut reader, writer.pid());
    }
    writer.stop();
}

#[test]
fn a_reader_whose_clock_is_behind_calls_a_live_writer_live_and_a_stopped_one_stalled() {
    let place = Place::new();
    REGION.write(&place, "x.toml");
    let Some(mut parent) = Namespace::LATER.start(&producer(), &place, "./x.toml") else { return };
    parent.says("publishing");
    let writer = proc::only_child(parent.pid());
    for how in HOW {
        let arguments = format!("./x.region --format json {how}");
        let mut reader = consumer().start(&place, &arguments);
        sees_what_is(&mut reader, writer);
    }
}

#[test]
fn a_take_over_in_another_time_namespace_keeps_ages_right() {
    let place = Place::new();
    REGION.write(&place, "x.toml");
    let mut here = publishing(&place, "./x.toml");
    let mut reader = consumer().start(&place, "./x.region --follow --format json");
    goes_on(&mut reader);
    here.kill9();
    let Some(mut later) = Namespace::LATER.start(&producer(), &place, "./x.toml --ticks 5") else {
        return;
    };
    assert_eq!(later.exit_code(), 0, "{:?}", later.err());
    reader.says(": closed: ");
    let mut after = Namespace::LATER.start(&consumer(), &place, "./x.region --once --format json");
    let after = after.as_mut().expect("as the producer");
    assert_eq!(after.exit_code(), 0);
    let last = Reading::of(&after.next_out());
    assert!(last.age() < HOUR && is_about_now(last.published_at()), "{}", last.line);
    reader.stop();
    for line in reader.out() {
        let reading = Reading::of(&line);
        assert!(reading.age() < HOUR && is_about_now(reading.published_at()), "{line}");
    }
}
