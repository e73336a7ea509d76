//! The file is cut at each of its pages, under a running pair and under readers without a producer;
//! or cut and extended again, which loses the bytes and keeps the length.
//!
//! `E2E_EVERY_PAGE=1` uses a region of many pages.

use std::fs::File;

use e2e::counters::{self, Counters};
use e2e::{Daemon, Place, Reading};
use nix::sys::signal::Signal;

use super::{follower, goes_on, is_of_epoch, publishing};
use crate::consumer;

/// A region of some pages of slots and schema, or of many.
fn region() -> Counters<'static> {
    let slots = if std::env::var_os("E2E_EVERY_PAGE").is_some() { 64 } else { 4 };
    Counters { region: "./x.region", fields: 250, slots, tick: "2ms" }
}

/// What happens to the file.
#[derive(Clone, Copy, Debug)]
enum Harm {
    Cut,
    CutAndGrown,
}

impl Harm {
    /// Cuts the region in `place` to `len` bytes; returns its former length.
    fn befalls(self, place: &Place, len: u64) -> u64 {
        let file = File::options().write(true).open(place.path("x.region")).expect("a region");
        let before = file.metadata().expect("its length").len();
        file.set_len(len).expect("cut");
        if matches!(self, Self::CutAndGrown) {
            file.set_len(before).expect("grown");
        }
        before
    }
}

/// Lengths to cut a file of `len` bytes to: at each page, first and last included.
fn cuts(len: u64) -> impl Iterator<Item = u64> {
    (0..len.div_ceil(4096)).map(|page| page * 4096)
}

fn readers(place: &Place) -> [Daemon; 2] {
    let mut polls = consumer().start(place, "./x.region --poll 2ms --format json");
    polls.next_out();
    [follower(place, "./x.region"), polls]
}

fn len_of_region(place: &Place) -> u64 {
    std::fs::metadata(place.path("x.region")).expect("a region").len()
}

/// Asserts that every line is a whole record, none is older than the previous one, and the sequence
/// continues.
#[track_caller]
fn all_whole(reader: &Daemon) {
    let readings: Vec<Reading> = reader.out().iter().map(|line| Reading::of(line)).collect();
    for reading in &readings {
        counters::value(reading);
    }
    for pair in readings.windows(2) {
        assert!(pair[0].order() <= pair[1].order(), "{} then {}", pair[0].line, pair[1].line);
    }
}

#[test]
fn a_pair_continues_after_a_cut_at_any_page() {
    for harm in [Harm::Cut, Harm::CutAndGrown] {
        let place = Place::new();
        region().write(&place, "x.toml");
        let mut producer = publishing(&place, "./x.toml");
        let mut readers = readers(&place);
        let len = len_of_region(&place);
        assert!(len > 3 * 4096, "several pages: {len}");
        for (epoch, cut) in (2..).zip(cuts(len)) {
            assert_eq!(harm.befalls(&place, cut), len);
            producer.says("./x.region was cut short while in use; recreated");
            for reader in &mut readers {
                reader.out_line("a record of the new file", is_of_epoch(epoch));
                assert!(reader.is_running());
            }
        }
        producer.stop();
        for reader in &mut readers {
            reader.says(": closed: ");
            reader.stop();
            all_whole(reader);
        }
    }
}

#[test]
fn readers_without_a_writer_report_a_cut_at_any_page_and_find_the_next_file() {
    for harm in [Harm::Cut, Harm::CutAndGrown] {
        let place = Place::new();
        region().write(&place, "x.toml");
        let mut producer = publishing(&place, "./x.toml");
        let mut readers = readers(&place);
        for cut in cuts(len_of_region(&place)) {
            producer.kill9();
            for reader in &mut readers {
                reader.says(": dead: ");
            }
            harm.befalls(&place, cut);
            for reader in &mut readers {
                reader.says("truncated: the file was cut short");
            }
            // A file without a header is not a region; an administrator has to remove it.
            if cut == 0 {
                std::fs::remove_file(place.path("x.region")).expect("removed");
            }
            producer = publishing(&place, "./x.toml");
            for reader in &mut readers {
                reader.says("re-attached");
                reader.skip_out();
                reader.next_out();
            }
        }
        for reader in &mut readers {
            reader.stop();
            for line in reader.out() {
                counters::value(&Reading::of(&line));
            }
        }
    }
}

/// The number of missed records that a consumer has logged.
fn missed(consumer: &Daemon) -> u64 {
    let count = |line: &String| {
        let (_, rest) = line.split_once(": missed ")?;
        rest.split(' ').next()?.parse::<u64>().ok()
    };
    consumer.err().iter().filter_map(count).sum()
}

#[test]
fn records_lost_to_cuts_are_counted_exactly() {
    const CUTS: u64 = 30;
    let place = Place::new();
    let slow = Counters { region: "./x.region", fields: 2, slots: 16, tick: "1h" };
    slow.write(&place, "x.toml");
    let mut producer = publishing(&place, "./x.toml");
    // The first record is published alone: what a follower misses before the first that it prints does not show.
    let mut followers = [follower(&place, "./x.region"), follower(&place, "./x.region")];
    Counters { tick: "4ms", ..slow }.write(&place, "x.toml");
    producer.signal(Signal::SIGHUP);
    producer.says("is in force");
    let len = len_of_region(&place);
    for epoch in 2..2 + CUTS {
        // The end mark alone, or more of the file, within its one page.
        let file = File::options().write(true).open(place.path("x.region")).expect("a region");
        file.set_len(len - 8 * (1 + epoch % 8)).expect("cut");
        producer.says("./x.region was cut short while in use; recreated");
        for follower in &mut followers {
            follower.out_line("a record of the new file", is_of_epoch(epoch));
        }
    }
    goes_on(&mut followers[0]);
    producer.stop();
    for follower in &mut followers {
        follower.says(": closed: ");
        follower.stop();
        let given: Vec<u64> =
            follower.out().iter().map(|line| Reading::of(line).sequence).collect();
        let [first, .., last] = given[..] else { panic!("no records") };
        assert_eq!(given.len() as u64 + missed(follower), last - first + 1, "{:?}", follower.err());
    }
}
