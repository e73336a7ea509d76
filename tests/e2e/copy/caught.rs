//! A copy caught in the middle: its workers are stopped (SIGSTOP) until the test has done its part.

use std::fs;

use e2e::{Daemon, Place, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::copier;

/// Bytes of a source that takes long enough to be caught.
pub(super) const HUGE: usize = 256 << 20;
/// A copy that is over before its workers are seen is made again; so often at the most.
const ATTEMPTS: u32 = 50;

/// A running copy of `source` to `copy`, none of whose workers moves.
pub(super) struct Caught {
    pub(super) copy: Daemon,
    pub(super) workers: Vec<Pid>,
}

impl Caught {
    /// Starts copies until one is caught with two workers at work.
    pub(super) fn new(place: &Place, arguments: &str) -> Self {
        for _ in 0..ATTEMPTS {
            let mut copy = copier().start(place, &format!("source copy --jobs 2 {arguments}"));
            if let Some(workers) = stop_workers(&mut copy) {
                return Self { copy, workers };
            }
            copy.exit_code();
            let _ = fs::remove_file(place.path("copy")); // there, unless the copy failed
        }
        panic!("none of {ATTEMPTS} copies could be caught at work");
    }

    /// Lets the workers go on.
    pub(super) fn release(&self) {
        send(&self.workers, Signal::SIGCONT);
    }

    /// Neither process nor zombie is left of the workers.
    #[track_caller]
    pub(super) fn workers_are_gone(&self) {
        for worker in &self.workers {
            // An orphan is reaped by whoever adopts it, at a time of its own.
            wait_until("no worker is left", || state_of(*worker).is_none_or(|state| state == 'Z'));
        }
    }
}

/// Sends `signal` to all of `workers` that are left.
fn send(workers: &[Pid], signal: Signal) {
    for worker in workers {
        let _ = kill(*worker, signal);
    }
}

/// Stops both workers of `copy`; `None` if it was over first.
fn stop_workers(copy: &mut Daemon) -> Option<Vec<Pid>> {
    let mut workers = Vec::new();
    wait_until("two workers, or the end", || {
        workers = workers_of(copy.pid());
        workers.len() == 2 || !copy.is_running()
    });
    let stopped = |pid: &Pid| {
        if kill(*pid, Signal::SIGSTOP).is_err() {
            return false;
        }
        // It stops when it comes out of the kernel; unless it was about to end.
        wait_until("a worker stands still", || !matches!(state_of(*pid), Some('R' | 'S' | 'D')));
        matches!(state_of(*pid), Some('T'))
    };
    let all = workers.len() == 2 && workers.iter().all(stopped);
    if !all {
        send(&workers, Signal::SIGCONT);
    }
    all.then_some(workers)
}

/// The workers of the process `pid`, from /proc/PID/task/PID/children. A child becomes a worker when
/// it takes that name: one that is stopped earlier may not have told the kernel yet that it is to
/// die with its parent.
fn workers_of(pid: u32) -> Vec<Pid> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let children = list.split_whitespace().filter_map(|pid| pid.parse().ok().map(Pid::from_raw));
    children.filter(|child| name_of(*child).is_some_and(|name| name == "copier-worker")).collect()
}

/// The name that `ps` shows.
fn name_of(pid: Pid) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

/// Its state by proc(5): R, S, D, T, Z ...; `None`: there is no such process.
fn state_of(pid: Pid) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(')').next()?.trim_start().chars().next()
}
