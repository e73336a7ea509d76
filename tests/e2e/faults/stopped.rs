//! SIGSTOP and SIGCONT: a process that exists and does nothing.

use e2e::counters::{self, Counters};
use e2e::region_dump::RegionDump;
use e2e::{Daemon, Place, Reading, wait_until};
use nix::sys::signal::Signal;

use super::{follower, goes_on, publishing};
use crate::kill::logged_as_missed;
use crate::{consumer, producer};

/// With enough slots for a follower's pauses on a busy machine.
const REGION: Counters<'_> = Counters { region: "./x.region", fields: 4, slots: 4096, tick: "5ms" };

/// Waits until the last state that `reader` logged is `news`; on a busy machine it may have logged
/// that before.
#[track_caller]
fn says_at_last(reader: &Daemon, news: &str) {
    let is_news =
        |line: &&String| [": live: ", ": stalled: "].iter().any(|word| line.contains(word));
    wait_until(&format!("{news} is the last word"), || {
        reader.err().iter().rfind(is_news).is_some_and(|line| line.contains(news))
    });
}

/// Asserts that every record is whole, in order, and by the right writer: the first one up to
/// record `last_of_first`, then the next one, whose counter restarts. Missing records must have
/// been logged as missed.
#[track_caller]
fn nothing_lost_silently(follower: &Daemon, last_of_first: u64) -> u64 {
    let readings: Vec<Reading> = follower.out().iter().map(|line| Reading::of(line)).collect();
    for reading in &readings {
        let before = if reading.sequence > last_of_first { last_of_first } else { 0 };
        assert_eq!(counters::value(reading), reading.sequence - before, "{}", reading.line);
    }
    let mut missed = 0;
    for pair in readings.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        assert!(before.sequence < after.sequence, "{} then {}", before.line, after.line);
        missed += after.sequence - before.sequence - 1;
    }
    assert_eq!(logged_as_missed(follower), missed, "{:?}", follower.err());
    missed
}

/// The number in `line` behind `words`.
fn number_after(words: &str, line: &str) -> u64 {
    let rest = line.split_once(words).expect("the words").1;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().unwrap_or_else(|_| panic!("no number behind {words:?}: {line}"))
}

fn writer_standby_and_follower(place: &Place) -> (Daemon, Daemon, Daemon) {
    REGION.write(place, "x.toml");
    let first = publishing(place, "./x.toml");
    let mut standby = producer().start(place, "./x.toml --standby");
    standby.says("waiting to take over");
    (first, standby, follower(place, "./x.region"))
}

#[test]
fn a_stopped_writer_is_stalled_and_locked_and_live_again_when_continued() {
    let place = Place::new();
    let (mut first, mut standby, mut follows) = writer_standby_and_follower(&place);
    let mut polls = consumer().start(&place, "./x.region --poll 10ms --format json");
    for _ in 0..3 {
        first.pause();
        let pid = first.pid();
        for reader in [&follows, &polls] {
            says_at_last(reader, &format!(": stalled: process {pid} has sent no heartbeat"));
        }
        let mut late = consumer().start(&place, "./x.region --once --format json");
        assert_eq!(late.exit_code(), 0);
        assert_eq!(Reading::of(&late.next_out()).state, "stalled");
        let mut rival = producer().start(&place, "./x.toml");
        assert_eq!(rival.exit_code(), 1, "it is held: {:?}", rival.err());
        assert_eq!(standby.said("publishing"), 0, "{:?}", standby.err());

        first.signal(Signal::SIGCONT);
        for reader in [&mut follows, &mut polls] {
            says_at_last(reader, &format!(": live: process {pid} publishes, epoch 1"));
            assert_eq!(goes_on(reader).epoch, 1);
        }
    }
    // Missed ticks are counted and not caught up; no number is missing.
    first.stop();
    let said = first.says("closed ./x.region");
    assert!(!said.contains(" 0 missed ticks"), "{said}");
    let took_over = standby.says("(resumed, epoch 2, after record ");
    let last_of_first = number_after("after record ", &took_over);
    follows.out_line("a record of the standby", |line| Reading::of(line).sequence > last_of_first);
    follows.says(&format!(": live: process {} publishes, epoch 2", standby.pid()));
    follows.stop();
    polls.stop();
    nothing_lost_silently(&follows, last_of_first);
    standby.stop();
}

#[test]
fn a_stopped_writer_that_is_killed_is_dead_and_the_standby_takes_over() {
    let place = Place::new();
    let (mut first, mut standby, mut follows) = writer_standby_and_follower(&place);
    first.pause();
    follows.says(": stalled: ");
    first.kill9();
    standby.says("(resumed, epoch 2, after record");
    follows.out_line("a record of the standby", super::is_of_epoch(2));
    standby.stop();
}

#[test]
fn a_stopped_reader_learns_how_many_records_it_missed_and_affects_no_process() {
    let place = Place::new();
    let lapping = Counters { slots: 8, tick: "1h", ..REGION };
    lapping.write(&place, "x.toml");
    let mut producer = publishing(&place, "./x.toml");
    // Records missed before the first or after the last printed one would not show, so both are
    // published alone.
    let mut other = follower(&place, "./x.region");
    let mut reader = follower(&place, "./x.region");
    let mut ticks_every = |tick| {
        Counters { tick, ..lapping }.write(&place, "x.toml");
        producer.signal(Signal::SIGHUP);
        producer.says("SIGHUP: ./x.toml is in force");
    };
    ticks_every("1ms");
    for _ in 0..3 {
        reader.pause();
        let before = goes_on(&mut other).sequence;
        // Far more records than slots pass.
        other.out_line("200 more", |line| Reading::of(line).sequence > before + 200);
        reader.skip_out();
        reader.signal(Signal::SIGCONT);
        reader.says("missed ");
        reader.out_line("a newer one", |line| Reading::of(line).sequence > before + 200);
    }
    ticks_every("1h");
    let last = RegionDump::of(&place.path("x.region")).expect("a region").head();
    for reader in [&mut reader, &mut other] {
        reader.out_line("the last record", |line| Reading::of(line).sequence >= last);
        reader.stop();
    }
    assert!(nothing_lost_silently(&reader, u64::MAX) > 3 * 150);
    nothing_lost_silently(&other, u64::MAX);
    producer.stop();
    assert!(producer.said("closed ./x.region (SIGTERM)") == 1, "{:?}", producer.err());
}
