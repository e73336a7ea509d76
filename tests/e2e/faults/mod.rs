//! Injected faults: what the machine refuses, removes or stops.
//!
//! Every test requires that no process dies of a signal, the message names the file, the fact and
//! the next step, no incomplete file is left, and the programs continue when the fault is gone.
//!
//! | fault | story |
//! |---|---|
//! | the file system is full, the file would be too large | `full` |
//! | a file or directory that cannot be written | `read_only` |
//! | no descriptor, no memory left | `limits` |
//! | the file cut at each of its pages, and grown again | `pages` |
//! | the writer, or a reader, stopped for a while | `stopped` |
//! | borders of pid, user and mount namespaces between writer and readers | `namespaces` |
//! | clocks that differ: a time namespace | `time_namespace` |
//! | the wall clock set a year forth and back | `wall_clock` |
//! | memory that is locked, and no more of it; ordinary users | `locked` |
//! | the file replaced all the time | `churn` |
//! | a log, a terminal or a journal that nothing reads | `unread` |
//! | two files that look like one: overlayfs | `overlay` |
//! | a thousand readers, a thousand regions | `crowd` |

mod churn;
mod crowd;
mod full;
mod limits;
mod locked;
mod namespaces;
mod overlay;
mod pages;
mod read_only;
mod stopped;
mod stopped_instances;
mod time_namespace;
mod unread;
mod wall_clock;

use std::path::Path;
use std::time::SystemTime;

use e2e::{Daemon, Place, Reading};

use crate::{consumer, producer};

/// Starts a producer with `arguments` and waits for its region.
#[track_caller]
fn publishing(place: &Place, arguments: &str) -> Daemon {
    let mut producer = producer().start(place, arguments);
    producer.says("publishing");
    producer
}

/// A producer with `arguments` that fails: one line with these words, exit code 1, and no new name
/// in `dir`.
#[track_caller]
fn refused(place: &Place, dir: &Path, arguments: &str, words: &[&str]) {
    let before = e2e::names_in(dir);
    let mut refused = producer().start(place, arguments);
    assert_eq!(refused.exit_code(), 1, "{:?}", refused.err());
    is_one_line(&refused, words);
    assert_eq!(e2e::names_in(dir), before, "left behind by {:?}", refused.err());
}

/// Asserts that `daemon` logged exactly one line, with these words.
#[track_caller]
fn is_one_line(daemon: &Daemon, words: &[&str]) {
    let said = daemon.err();
    let [line] = &said[..] else { panic!("not one line: {said:?}") };
    for word in words {
        assert!(line.contains(word), "no {word:?} in {line}");
    }
}

/// Starts a follower that prints JSON and waits for its first record.
#[track_caller]
fn follower(place: &Place, region: &str) -> Daemon {
    let mut follower = consumer().start(place, &format!("{region} --follow --format json"));
    follower.next_out();
    follower
}

/// Waits for a record that a live producer publishes from now on, and returns it.
#[track_caller]
fn goes_on(consumer: &mut Daemon) -> Reading {
    let now = SystemTime::now();
    let is_fresh = |line: &str| Reading::of(line).is_fresh(now);
    Reading::of(&consumer.out_line("a new record of a live producer", is_fresh))
}

/// Whether a line holds a record of epoch `epoch` or later.
fn is_of_epoch(epoch: u64) -> impl Fn(&str) -> bool {
    move |line| Reading::of(line).epoch >= epoch
}
