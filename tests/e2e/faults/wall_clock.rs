//! The wall clock is set a year forward and back, repeatedly: only a producer's changes the printed time
//! of its later records, and every consumer prints the same.
//!
//! Only the clock of one process is set (`e2e::WallClock`), not the machine's.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, SystemTime};

use e2e::counters::{self, Counters};
use e2e::{Daemon, Place, Reading, WallClock, wait_until};
use layout::header::offset;

use super::{follower, publishing};
use crate::{consumer, producer};

const REGION: Counters<'_> = Counters { region: "./x.region", fields: 2, slots: 64, tick: "5ms" };
/// In seconds.
const YEAR: i64 = 31_536_000;
/// The settings of the clock: forward, back, far back, and right again.
const STEPS: [i64; 9] = [YEAR, 0, -YEAR, YEAR, -YEAR, 1, -1, 10 * YEAR, 0];
/// Far longer than anything here takes, and far less than a step.
const HOUR: Duration = Duration::from_hours(1);

/// The machine's time, `seconds` later.
fn now_and(seconds: i64) -> SystemTime {
    let span = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { SystemTime::now() - span } else { SystemTime::now() + span }
}

#[track_caller]
fn is_about(time: SystemTime, wanted: SystemTime) {
    assert!(are_about(time, wanted), "{time:?}, not about {wanted:?}");
}

fn are_about(time: SystemTime, wanted: SystemTime) -> bool {
    time < wanted + HOUR && wanted < time + HOUR
}

/// The time of each record that `reader` has printed, as it was printed.
fn times(reader: &Daemon) -> BTreeMap<u64, String> {
    let lines = reader.out().into_iter().map(|line| Reading::of(&line));
    lines.map(|reading| (reading.sequence, reading.line["published_at"].to_string())).collect()
}

/// Asserts that both have printed the same time for each record that both have printed.
#[track_caller]
fn agree(one: &Daemon, other: &Daemon) {
    let (one, other) = (times(one), times(other));
    let both: Vec<_> = one.iter().filter(|(sequence, _)| other.contains_key(sequence)).collect();
    assert!(both.len() > 10, "{} records of {} and {}", both.len(), one.len(), other.len());
    for (sequence, time) in both {
        assert_eq!(*time, other[sequence], "record {sequence}");
    }
}

/// Asserts that the log reports no change of the writer, and that no record is torn, out of order
/// or of a wrong age.
#[track_caller]
fn was_not_disturbed(reader: &Daemon) {
    for line in reader.err() {
        let load = line.contains("missed ") || line.contains(": stalled: ");
        let fine = line.contains(": live: ") || line.contains(": closed: ") || load;
        assert!(fine, "{line}");
    }
    let readings: Vec<Reading> = reader.out().iter().map(|line| Reading::of(line)).collect();
    for pair in readings.windows(2) {
        assert!(pair[0].order() <= pair[1].order(), "{} then {}", pair[0].line, pair[1].line);
    }
    for reading in readings {
        counters::value(&reading);
        assert!(reading.age() < HOUR, "{}", reading.line);
        assert_eq!(reading.epoch, 1);
    }
}

#[test]
fn setting_a_producers_wall_clock_changes_neither_ticks_nor_order_nor_readers() {
    let place = Place::new();
    REGION.write(&place, "x.toml");
    let Some((mut producer, clock)) = WallClock::start(&producer(), &place, "./x.toml") else {
        return;
    };
    producer.says("publishing");
    let mut follows = follower(&place, "./x.region");
    let mut polls = consumer().start(&place, "./x.region --poll 5ms --format json");
    for seconds in STEPS {
        clock.set(seconds);
        let next = Reading::of(&follows.next_out()).sequence + 10;
        for reader in [&mut follows, &mut polls] {
            let line = reader.out_line("ten more", |line| Reading::of(line).sequence > next);
            assert!(Reading::of(&line).is_held(), "{line}");
            // The producer notices at its next heartbeat, and waits until the ring keeps no record of
            // two steps ago.
            let has_it = |line: &str| are_about(Reading::of(line).published_at(), now_and(seconds));
            reader.out_line("a record with that time", has_it);
        }
    }
    producer.stop();
    let said = producer.says("closed ./x.region");
    let missed = said.rsplit(", ").next().and_then(|words| words.split(' ').next());
    let missed: u64 = missed.and_then(|number| number.parse().ok()).expect("missed ticks");
    assert!(missed < 1_000_000, "a year has six milliard ticks: {said}");
    for reader in [&mut follows, &mut polls] {
        reader.says(": closed: ");
        reader.stop();
        was_not_disturbed(reader);
    }
    agree(&follows, &polls);
}

#[test]
fn setting_a_consumers_wall_clock_changes_nothing_that_it_prints() {
    let place = Place::new();
    REGION.write(&place, "x.toml");
    let mut producer = publishing(&place, "./x.toml");
    let mut other = follower(&place, "./x.region");
    for how in ["--follow", "--poll 5ms"] {
        // A minute without a record ends it; a step of a year on its clock does not.
        let arguments = format!("./x.region --format json --timeout 1m {how}");
        let Some((mut reader, clock)) = WallClock::start(&consumer(), &place, &arguments) else {
            return;
        };
        reader.next_out();
        for seconds in STEPS {
            clock.set(seconds);
            for _ in 0..10 {
                is_about(Reading::of(&reader.next_out()).published_at(), SystemTime::now());
            }
        }
        let last = reader.out().last().map(|line| Reading::of(line).sequence);
        other.out_line("the same", |line| Some(Reading::of(line).sequence) >= last);
        reader.stop();
        was_not_disturbed(&reader);
        agree(&reader, &other);
    }
    producer.stop();
}

#[test]
fn a_timeout_does_not_depend_on_the_wall_clock() {
    for (seconds, timeout) in [(YEAR, "1h"), (-YEAR, "2s")] {
        let place = Place::new();
        REGION.write(&place, "x.toml");
        let mut quiet = publishing(&place, "./x.toml --tick 1h");
        let arguments = format!("./x.region --follow --timeout {timeout} --format json");
        let Some((mut reader, clock)) = WallClock::start(&consumer(), &place, &arguments) else {
            return;
        };
        reader.next_out();
        clock.set(seconds);
        if seconds > 0 {
            // No hour has passed: it still runs and reports the end of the writer.
            quiet.stop();
            reader.says(": closed: ");
            reader.stop();
        } else {
            assert_eq!(reader.exit_code(), 3, "{:?}", reader.err());
            reader.says("no new record for 2s");
            quiet.stop();
        }
    }
}

#[test]
fn a_closed_region_keeps_the_wall_time_of_its_writers_clock() {
    let place = Place::new();
    REGION.write(&place, "x.toml");
    // As on a machine without a clock battery: years behind until the clock is set.
    for seconds in [-YEAR, YEAR] {
        for is_killed in [false, true] {
            let Some((mut producer, clock)) = WallClock::start(&producer(), &place, "./x.toml")
            else {
                return;
            };
            producer.says("publishing");
            clock.set(seconds);
            let mut reader = follower(&place, "./x.region");
            let has_it = |line: &str| are_about(Reading::of(line).published_at(), now_and(seconds));
            reader.out_line("a record with that time", has_it);
            if is_killed {
                producer.kill9();
            } else {
                producer.stop();
            }
            let mut late = consumer().start(&place, "./x.region --once --format json");
            assert_eq!(late.exit_code(), 0, "{:?}", late.err());
            let last = Reading::of(&late.next_out());
            assert!(last.age() < HOUR, "{}", last.line);
            is_about(last.published_at(), now_and(seconds));
            reader.stop();
            let of_last = reader.out().into_iter().map(|line| Reading::of(&line).line);
            let of_last = of_last.filter(|line| line["sequence"] == last.line["sequence"]);
            for line in of_last {
                assert_eq!(line["published_at"], last.line["published_at"], "also after the end");
            }
        }
    }
}

#[test]
fn the_programs_read_the_clock_that_the_test_sets() {
    let place = Place::new();
    place.write(
        "clock.toml",
        "[region]\npath = \"./x.region\"\n[record]\nname = \"CLOCK\"\n\
         [[record.field]]\nname = \"s\"\ntype = \"i64\"\n\
         source = { clock = { kind = \"realtime\", unit = \"s\" } }\n[producer]\ntick = \"5ms\"\n",
    );
    let Some((mut producer, clock)) = WallClock::start(&producer(), &place, "./clock.toml") else {
        return;
    };
    producer.says("publishing");
    let mut reader = follower(&place, "./x.region");
    for seconds in STEPS {
        clock.set(seconds);
        let wanted = now_and(seconds).duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        let wanted = i64::try_from(wanted.as_secs()).expect("seconds");
        let shows = |line: &str| (Reading::of(line).number("s") - wanted).abs() < 60;
        reader.out_line("a record with that time", shows);
    }
    // Its log uses that clock, too, through the C library.
    clock.set(YEAR);
    producer.stop();
    let said = producer.says("closed ./x.region");
    let time = said.split_whitespace().next().expect("a time");
    is_about(humantime::parse_rfc3339(time).expect(time), now_and(YEAR));
}

#[test]
fn the_region_stores_a_changed_wall_clock_for_readers_after_a_boot() {
    let place = Place::new();
    REGION.write(&place, "x.toml");
    let Some((mut producer, clock)) = WallClock::start(&producer(), &place, "./x.toml") else {
        return;
    };
    producer.says("publishing");
    let region = File::open(place.path("x.region")).expect("a region");
    let wall_offset = || {
        let mut word = [0; 8];
        region.read_exact_at(&mut word, offset::WALL_OFFSET as u64).expect("the writer line");
        i64::from_le_bytes(word) / 1_000_000_000
    };
    let at_first = wall_offset();
    for seconds in STEPS {
        clock.set(seconds);
        wait_until("the region says so", || (wall_offset() - at_first - seconds).abs() < 60);
    }
    producer.stop();
}
