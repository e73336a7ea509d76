//! The wall clock is set, a year forth and back, again and again: nothing but the printed time moves.
//!
//! The clock is that of one process (`e2e::WallClock`): the machine's is not touched.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, SystemTime};

use e2e::counters::{self, Counters};
use e2e::{Daemon, Place, Reading, WallClock, wait_until};
use layout::header::offset;

use super::{follower, goes_on, publishing};
use crate::{consumer, producer};

const REGION: Counters<'_> = Counters { region: "./x.region", fields: 2, slots: 64, tick: "5ms" };
/// In seconds.
const YEAR: i64 = 31_536_000;
/// What the clock is set to, one after the other: forth, back, far back, and right again.
const STEPS: [i64; 9] = [YEAR, 0, -YEAR, YEAR, -YEAR, 1, -1, 10 * YEAR, 0];
/// Far more than anything takes here, and far less than a step.
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

/// Nothing on stderr but the news of a region whose writer was there all the time, and no record
/// out of order or torn or of another age.
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
fn a_producer_whose_wall_clock_is_set_keeps_its_ticks_its_order_and_its_readers() {
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
        let next = goes_on(&mut follows).sequence + 10;
        for reader in [&mut follows, &mut polls] {
            let line = reader.out_line("ten more", |line| Reading::of(line).sequence > next);
            let reading = Reading::of(&line);
            assert!(reading.is_held(), "{line}");
            is_about(reading.published_at(), SystemTime::now()); // by the reader's own clock
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
}

#[test]
fn a_consumer_whose_wall_clock_is_set_keeps_its_pace_and_prints_the_time_that_it_has() {
    let place = Place::new();
    REGION.write(&place, "x.toml");
    let mut producer = publishing(&place, "./x.toml");
    for how in ["--follow", "--poll 5ms"] {
        // A minute without news ends it; a year that passes on its clock is none.
        let arguments = format!("./x.region --format json --timeout 1m {how}");
        let Some((mut reader, clock)) = WallClock::start(&consumer(), &place, &arguments) else {
            return;
        };
        reader.next_out();
        for seconds in STEPS {
            clock.set(seconds);
            // What was printed before may come late; from the first that has that time on, all have.
            let has_it = |time| are_about(time, now_and(seconds));
            reader.out_line("that time", |line| has_it(Reading::of(line).published_at()));
            for _ in 0..10 {
                is_about(Reading::of(&reader.next_out()).published_at(), now_and(seconds));
            }
        }
        reader.stop();
        was_not_disturbed(&reader);
    }
    producer.stop();
}

#[test]
fn a_timeout_is_time_that_passes_and_not_what_the_wall_clock_says() {
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
            // No hour has passed: it still runs, and reports the end of the writer.
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
fn what_a_writer_closed_has_the_wall_time_that_its_clock_showed_last() {
    let place = Place::new();
    REGION.write(&place, "x.toml");
    // As a machine without a battery: years behind, until somebody sets the clock.
    for seconds in [-YEAR, YEAR] {
        for is_killed in [false, true] {
            let Some((mut producer, clock)) = WallClock::start(&producer(), &place, "./x.toml")
            else {
                return;
            };
            producer.says("publishing");
            clock.set(seconds);
            let mut reader = follower(&place, "./x.region");
            goes_on(&mut reader);
            if is_killed {
                producer.kill9();
            } else {
                producer.stop();
            }
            let mut late = consumer().start(&place, "./x.region --once --format json");
            assert_eq!(late.exit_code(), 0, "{:?}", late.err());
            let last = Reading::of(&late.next_out());
            assert!(last.age() < HOUR, "{}", last.line);
            // Who was killed said nothing: then it is the time of whoever reads.
            is_about(last.published_at(), if is_killed { now_and(0) } else { now_and(seconds) });
        }
    }
}

#[test]
fn the_clock_of_this_test_is_the_one_that_the_program_reads() {
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
    // Its log is by that clock too: it goes by another way, through the C library.
    clock.set(YEAR);
    producer.stop();
    let said = producer.says("closed ./x.region");
    let time = said.split_whitespace().next().expect("a time");
    is_about(humantime::parse_rfc3339(time).expect(time), now_and(YEAR));
}

#[test]
fn a_wall_clock_that_is_set_is_taken_down_in_the_region_for_those_who_find_it_after_a_boot() {
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
