//! A copy that is interrupted: by a signal, by the death of one of its processes, by a process that
//! writes to its source.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use e2e::{Daemon, Place};
use nix::sys::signal::Signal;
use rustix::process::Signal as ToWorker;

use super::stopped_copy::{HUGE, StoppedCopy};
use super::{copies, fails_without_leftovers, names, noise, same};
use crate::copier;

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
fn failed_cleanly(place: &Place, mut stopped: StoppedCopy, fact: &str) {
    fails_without_leftovers(place, &mut stopped.copy, fact, &["source".into()].into());
    stopped.workers_are_gone();
}

#[test]
fn the_death_of_a_worker_ends_the_copy() {
    let (place, _alone) = stage();
    let stopped = StoppedCopy::new(&place, "");
    stopped.workers[1].send(ToWorker::KILL);
    let fact = format!("process {} of the copy was killed by signal 9", stopped.workers[1].pid);
    failed_cleanly(&place, stopped, &fact);
    copies(&place, "source copy --verify");
    same(&place.path("source"), &place.path("copy"));
}

#[test]
fn a_stop_signal_leaves_no_files() {
    let (place, _alone) = stage();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let mut stopped = StoppedCopy::new(&place, "");
        stopped.copy.signal(signal);
        failed_cleanly(&place, stopped, &format!("stopped by {signal}; copy was not touched"));
    }
}

/// Ctrl-C and the end of the terminal go to every process of its foreground group, the workers included.
#[test]
fn ctrl_c_in_a_terminal_and_its_end_end_the_workers_and_leave_no_files() {
    let (place, _alone) = stage();
    for (signal, to_worker) in [(Signal::SIGINT, ToWorker::INT), (Signal::SIGHUP, ToWorker::HUP)] {
        let mut stopped = StoppedCopy::new(&place, "");
        for worker in &stopped.workers {
            worker.send(to_worker);
        }
        stopped.copy.signal(signal);
        stopped.release();
        failed_cleanly(&place, stopped, &format!("stopped by {signal}; copy was not touched"));
    }
}

#[test]
fn a_killed_copier_leaves_neither_workers_nor_files() {
    let (place, _alone) = stage();
    let mut stopped = StoppedCopy::new(&place, "");
    stopped.copy.kill9();
    stopped.workers_are_gone();
    assert_eq!(names(&place), ["source".into()].into());
}

/// The kernel forgets how the children of such a process ended.
#[test]
fn a_copier_that_was_started_with_sigchld_ignored_waits_for_its_workers() {
    let (place, _alone) = stage();
    let mut command = copier().command_under(&["env", "--ignore-signal=CHLD"], &place);
    let mut copy = Daemon::start("copier", command.args(["source", "copy", "--jobs", "2"]));
    assert_eq!(copy.exit_code(), 0);
    same(&place.path("source"), &place.path("copy"));
}

/// In the mapping engine this would be SIGBUS.
#[test]
fn a_truncated_source_is_an_error_with_every_engine() {
    let (place, _alone) = stage();
    for engine in ["mmap", "pread", "copy-range", "auto"] {
        place.write("source", noise(HUGE));
        let stopped = StoppedCopy::new(&place, &format!("--engine {engine}"));
        File::options().write(true).open(place.path("source")).unwrap().set_len(4097).unwrap();
        stopped.release();
        failed_cleanly(&place, stopped, "became shorter while it was copied");
    }
}

#[test]
fn a_source_written_to_during_the_copy_is_an_error() {
    let (place, _alone) = stage();
    let stopped = StoppedCopy::new(&place, "");
    let source = File::options().write(true).open(place.path("source")).expect("the source");
    source.write_all_at(b"changed", 0).expect("a write");
    stopped.release();
    failed_cleanly(&place, stopped, "was written to while it was copied");
    let stopped = StoppedCopy::new(&place, "");
    source.set_len(HUGE as u64 + 1).expect("a longer file");
    stopped.release();
    failed_cleanly(&place, stopped, "bytes while it was copied");
}

#[test]
fn the_old_destination_stays_until_the_copy_is_complete() {
    let (place, _alone) = stage();
    let mut stopped = StoppedCopy::new(&place, "");
    place.write("copy", "meanwhile");
    assert_eq!(fs::read(place.path("copy")).expect("a file"), b"meanwhile");
    stopped.release();
    assert_eq!(stopped.copy.exit_code(), 0, "{:?}", stopped.copy.err());
    same(&place.path("source"), &place.path("copy"));
    assert_eq!(names(&place).len(), 2);
}
