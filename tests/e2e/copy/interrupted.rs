//! A copy that is interrupted: by a signal, by the death of one of its processes, by a process that
//! writes to its source.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use e2e::Place;
use nix::sys::signal::Signal;
use rustix::process::Signal as ToWorker;

use super::caught::{Caught, HUGE};
use super::{copies, fails_without_leftovers, names, noise, same};

/// A place with a large source, and an older file under the name of the copy.
///
/// One test at a time has it, because each needs half a gigabyte of memory.
pub(super) fn stage() -> (Place, MutexGuard<'static, ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = Place::new();
    place.write("source", noise(HUGE));
    (place, alone)
}

/// Asserts that the copy failed with `fact` and left neither files nor processes, and that the same
/// copy works afterwards.
#[track_caller]
fn failed_cleanly(place: &Place, mut caught: Caught, fact: &str) {
    fails_without_leftovers(place, &mut caught.copy, fact, &["source".into()].into());
    caught.workers_are_gone();
}

#[test]
fn the_death_of_a_worker_ends_the_copy() {
    let (place, _alone) = stage();
    let caught = Caught::new(&place, "");
    caught.workers[1].send(ToWorker::KILL);
    let fact = format!("process {} of the copy was killed by signal 9", caught.workers[1].pid);
    failed_cleanly(&place, caught, &fact);
    copies(&place, "source copy --verify");
    same(&place.path("source"), &place.path("copy"));
}

#[test]
fn a_stop_signal_leaves_no_files() {
    let (place, _alone) = stage();
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut caught = Caught::new(&place, "");
        caught.copy.signal(signal);
        failed_cleanly(&place, caught, &format!("stopped by {signal}; copy was not touched"));
    }
}

/// Ctrl-C goes to every process of the terminal's foreground group, the workers included.
#[test]
fn ctrl_c_in_a_terminal_ends_the_workers_and_leaves_no_files() {
    let (place, _alone) = stage();
    let mut caught = Caught::new(&place, "");
    for worker in &caught.workers {
        worker.send(ToWorker::INT);
    }
    caught.copy.signal(Signal::SIGINT);
    caught.release();
    failed_cleanly(&place, caught, "stopped by SIGINT; copy was not touched");
}

#[test]
fn a_killed_copier_leaves_neither_workers_nor_files() {
    let (place, _alone) = stage();
    let mut caught = Caught::new(&place, "");
    caught.copy.kill9();
    caught.workers_are_gone();
    assert_eq!(names(&place), ["source".into()].into());
}

/// In the mapping engine this would be SIGBUS.
#[test]
fn a_truncated_source_is_an_error_with_every_engine() {
    let (place, _alone) = stage();
    for engine in ["mmap", "pread", "copy-range", "auto"] {
        place.write("source", noise(HUGE));
        let caught = Caught::new(&place, &format!("--engine {engine}"));
        File::options().write(true).open(place.path("source")).unwrap().set_len(4097).unwrap();
        caught.release();
        failed_cleanly(&place, caught, "became shorter while it was copied");
    }
}

#[test]
fn a_source_written_to_during_the_copy_is_an_error() {
    let (place, _alone) = stage();
    let caught = Caught::new(&place, "");
    let source = File::options().write(true).open(place.path("source")).expect("the source");
    source.write_all_at(b"changed", 0).expect("a write");
    caught.release();
    failed_cleanly(&place, caught, "was written to while it was copied");
    let caught = Caught::new(&place, "");
    source.set_len(HUGE as u64 + 1).expect("a longer file");
    caught.release();
    failed_cleanly(&place, caught, "bytes while it was copied");
}

#[test]
fn the_old_destination_stays_until_the_copy_is_complete() {
    let (place, _alone) = stage();
    let mut caught = Caught::new(&place, "");
    place.write("copy", "meanwhile");
    assert_eq!(fs::read(place.path("copy")).expect("a file"), b"meanwhile");
    caught.release();
    assert_eq!(caught.copy.exit_code(), 0, "{:?}", caught.copy.err());
    same(&place.path("source"), &place.path("copy"));
    assert_eq!(names(&place).len(), 2);
}
