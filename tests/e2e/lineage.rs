//! Standbys are killed, stopped and continued, and their file is deleted and cut, at random: lineage and
//! sequence name one record for every follower, and each follower reads them in increasing order.
//!
//! ```text
//!   4 producers  *==X   *===#.....#==*  *==E      killed, stopped and continued, ended; started again
//!   the file          deleted     cut to any length
//!   2 followers  1 2 3 | 1 2 | 3 4 ...            every record once, in the order of its name; the second
//!                                                 one is ended and started again, and remembers nothing
//! ```
//!
//! `E2E_LINEAGE_MS` makes it longer, `E2E_LINEAGE_SEED` different.

use std::collections::HashMap;
use std::fs::{self, File};
use std::thread::sleep;
use std::time::{Duration, Instant};

use e2e::{Daemon, Place, Reading, wait_until};
use fastrand::Rng;
use nix::sys::signal::Signal;

use crate::{consumer, producer};

const MILLISECONDS: u64 = 2000;
const STANDBYS: usize = 4;

/// Each record has the time at which it was made, so that no two are the same.
const CONFIG: &str = "[region]\npath = \"./x.region\"\nslots = 64\n\
    [record]\nname = \"X\"\n[producer]\ntick = \"2ms\"\n\
    [[record.field]]\nname = \"n\"\ntype = \"u64\"\nsource = { counter = { start = 1 } }\n\
    [[record.field]]\nname = \"made\"\ntype = \"u64\"\n\
    source = { clock = { kind = \"boottime\", unit = \"ns\" } }\n";

fn number_of(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The producers of one region, one of which publishes.
struct Standbys<'a> {
    place: &'a Place,
    random: Rng,
    daemons: Vec<Daemon>,
    /// Which of them is stopped.
    stopped: Option<usize>,
    faults: u64,
}

impl<'a> Standbys<'a> {
    fn new(place: &'a Place, seed: u64) -> Self {
        let random = Rng::with_seed(seed);
        let daemons = (0..STANDBYS).map(|_| start(place)).collect();
        Self { place, random, daemons, stopped: None, faults: 0 }
    }

    /// Injects a random fault into one of them, or the file.
    fn inject_fault(&mut self) {
        self.faults += 1;
        let which = self.random.usize(..STANDBYS);
        match self.random.u8(..6) {
            0 | 1 => self.restart(which, Signal::SIGKILL),
            2 => self.restart(which, Signal::SIGTERM),
            3 => self.stop_or_continue(which),
            // There may be none.
            4 => drop(fs::remove_file(self.place.path("x.region"))),
            _ => drop(self.cut()),
        }
    }

    fn restart(&mut self, which: usize, signal: Signal) {
        if self.stopped == Some(which) {
            self.continue_stopped();
        }
        end(&mut self.daemons[which], signal);
        // One that was asked to end may still be doing that.
        self.daemons[which] = start(self.place);
    }

    fn stop_or_continue(&mut self, which: usize) {
        if self.stopped.is_some() {
            return self.continue_stopped();
        }
        // One that found another's file in place of its own has ended.
        if self.daemons[which].is_running() {
            self.daemons[which].signal(Signal::SIGSTOP);
            self.stopped = Some(which);
        }
    }

    fn continue_stopped(&mut self) {
        if let Some(which) = self.stopped.take() {
            self.daemons[which].signal(Signal::SIGCONT);
        }
    }

    fn cut(&mut self) -> std::io::Result<()> {
        let file = File::options().write(true).open(self.place.path("x.region"))?;
        file.set_len(self.random.u64(..file.metadata()?.len().max(1)))
    }
}

/// Ends a producer, unless it has ended because another one's file has the name.
fn end(daemon: &mut Daemon, signal: Signal) {
    if daemon.is_running() {
        daemon.signal(signal);
    }
}

fn start(place: &Place) -> Daemon {
    producer().start(place, "./x.toml --standby")
}

/// Faults between two starts of the second follower.
const FAULTS: u64 = 5;

fn follow(place: &Place) -> Daemon {
    consumer().start(place, "./x.region --follow --format json")
}

/// Ends the follower, which may have ended because the file was cut when it attached, and starts another.
/// Returns what it has printed.
#[track_caller]
fn restart(follower: &mut Daemon, place: &Place) -> Vec<Reading> {
    end(follower, Signal::SIGKILL);
    wait_until("the end of a follower", || !follower.is_running());
    let mut lines = follower.out();
    lines.pop(); // it may have been killed in the middle of it
    *follower = follow(place);
    readings(&lines)
}

/// What a follower has printed: the record of each name, in order.
#[track_caller]
fn readings(lines: &[String]) -> Vec<Reading> {
    let readings: Vec<_> = lines.iter().map(|line| Reading::of(line)).collect();
    for pair in readings.windows(2) {
        assert!(pair[0].order() < pair[1].order(), "{} then {}", pair[0].line, pair[1].line);
    }
    readings
}

#[test]
#[allow(clippy::print_stdout, reason = "`cargo xtask stress lineage` shows the figures")]
fn no_follower_sees_a_name_twice_or_goes_back_whatever_happens_to_standbys_and_files() {
    let place = Place::new();
    place.write("x.toml", CONFIG);
    let seed = number_of("E2E_LINEAGE_SEED", 1);
    let mut standbys = Standbys::new(&place, seed);
    let mut followers = [(); 2].map(|()| follow(&place));
    let mut read = Vec::new();
    for follower in &mut followers {
        follower.next_out();
    }
    let until = Instant::now() + Duration::from_millis(number_of("E2E_LINEAGE_MS", MILLISECONDS));
    while Instant::now() < until {
        // A random moment, not synchronisation.
        sleep(Duration::from_micros(standbys.random.u64(..40_000)));
        standbys.inject_fault();
        if standbys.faults.is_multiple_of(FAULTS) {
            read.extend(restart(&mut followers[1], &place));
        }
    }
    // All of them end, and the next one is followed as usual.
    standbys.continue_stopped();
    for daemon in &mut standbys.daemons {
        end(daemon, Signal::SIGKILL);
        wait_until("the end of a producer", || !daemon.is_running());
    }
    // A file that was cut to less than a header is no region, and no producer is left that would recreate it: it has
    // to be removed by hand.
    let region = place.path("x.region");
    let header = layout::header::offset::HEADER_LEN as u64;
    if fs::metadata(&region).is_ok_and(|meta| meta.len() < header) {
        fs::remove_file(&region).expect("remove");
    }
    let mut last = start(&place);
    last.says("publishing X");
    read.extend(restart(&mut followers[1], &place));
    let started = std::time::SystemTime::now();
    for follower in &mut followers {
        follower
            .out_line("a record of the last producer", |line| Reading::of(line).is_fresh(started));
    }
    last.stop();
    for follower in &mut followers {
        follower.says(": closed: ");
        follower.stop();
    }

    let mut records = HashMap::new();
    let mut lineages = Vec::new();
    read.extend(followers.iter().flat_map(|follower| readings(&follower.out())));
    for reading in read {
        let value = (reading.record.to_string(), reading.line["published_at"].to_string());
        let first = records.entry(reading.order()).or_insert_with(|| value.clone());
        assert_eq!(*first, value, "seed {seed}: two records have the name {:?}", reading.order());
        lineages.push(reading.lineage);
    }
    lineages.sort_unstable();
    lineages.dedup();
    println!("names={} lineages={} faults={}", records.len(), lineages.len(), standbys.faults);
    assert!(records.len() > 10, "{} records", records.len());
}
