//! A copy stopped half-way: its workers are stopped (SIGSTOP) until the test has done its part.

use std::fs;

use std::os::fd::OwnedFd;

use e2e::{Daemon, Place, wait_until};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::copier;

/// Bytes of a source that takes long enough to be stopped.
pub(super) const HUGE: usize = 256 << 20;
/// Most attempts: a copy that ends before its workers are found is repeated.
const ATTEMPTS: u32 = 50;

/// A running copy of `source` to `copy` whose workers are stopped.
pub(super) struct StoppedCopy {
    pub(super) copy: Daemon,
    pub(super) workers: Vec<Worker>,
}

impl StoppedCopy {
    /// Starts copies until one is caught with two workers at work.
    pub(super) fn new(place: &Place, arguments: &str) -> Self {
        Self::copying_to(place, "copy", arguments)
    }

    /// The same, with a copy called `dest`.
    pub(super) fn copying_to(place: &Place, dest: &str, arguments: &str) -> Self {
        for _ in 0..ATTEMPTS {
            // SIGHUP as it is by default: the tests may have been started by `nohup`, which ignores it.
            let mut command = copier().command_under(&["env", "--default-signal=HUP"], place);
            command.args(["source", dest, "--jobs", "2"]).args(arguments.split_whitespace());
            let mut copy = Daemon::start("copier", &mut command);
            if let Some(workers) = stop_workers(copy.pid(), || copy.is_running()) {
                return Self { copy, workers };
            }
            copy.exit_code();
            let _ = fs::remove_file(place.path(dest)); // there, unless the copy failed
        }
        panic!("none of {ATTEMPTS} copies could be caught at work");
    }

    /// Continues the workers.
    pub(super) fn release(&self) {
        for worker in &self.workers {
            worker.send(Signal::CONT);
        }
    }

    /// Asserts that no worker runs.
    #[track_caller]
    pub(super) fn workers_are_gone(&self) {
        for worker in &self.workers {
            wait_until("no worker is left", || worker.has_ended());
        }
    }
}

/// A process of a copy. Its number may be reused once the copier has reaped it; its descriptor
/// stays valid.
pub(super) struct Worker {
    pub(super) pid: Pid,
    handle: OwnedFd,
}

impl Worker {
    /// The worker `pid` of the process `copier`; `None` if it is not one, or has ended.
    fn of(copier: u32, pid: Pid) -> Option<Self> {
        let handle = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        // Checked after the descriptor was opened, so both are of the same process. A child is a
        // worker once it has that name: before, it may not have asked the kernel yet to be killed
        // with its parent.
        let stat = stat_of(pid)?;
        let is_worker = stat.name == "copier-worker" && stat.parent == copier.to_string();
        is_worker.then_some(Self { pid, handle })
    }

    /// Sends `signal` unless the worker has ended.
    pub(super) fn send(&self, signal: Signal) {
        let _ = pidfd_send_signal(&self.handle, signal);
    }

    /// Whether it has ended. (It may be a zombie until its adoptive parent reaps it.)
    fn has_ended(&self) -> bool {
        let mut fds = [PollFd::new(&self.handle, PollFlags::IN)];
        poll(&mut fds, Some(&Timespec::default())).expect("poll") > 0
    }

    /// Stops it; `false` if it ended first.
    fn stop(&self) -> bool {
        self.send(Signal::STOP);
        let is_stopped = || stat_of(self.pid).is_some_and(|stat| stat.state == "T");
        // It stops when it returns from the kernel, unless it was about to end.
        wait_until("a worker is stopped", || is_stopped() || self.has_ended());
        !self.has_ended()
    }
}

/// Stops both workers of the process `copier`; `None` if the copy ended first.
pub(super) fn stop_workers(
    copier: u32,
    mut is_running: impl FnMut() -> bool,
) -> Option<Vec<Worker>> {
    let mut workers = Vec::new();
    wait_until("two workers, or the end", || {
        workers = workers_of(copier);
        workers.len() == 2 || !is_running()
    });
    let all = workers.len() == 2 && workers.iter().all(Worker::stop);
    if !all {
        for worker in &workers {
            worker.send(Signal::CONT);
        }
    }
    all.then_some(workers)
}

/// The workers of the process `copier`, from /proc/PID/task/PID/children.
fn workers_of(copier: u32) -> Vec<Worker> {
    let path = format!("/proc/{copier}/task/{copier}/children");
    let list = fs::read_to_string(path).unwrap_or_default();
    let children = list.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?));
    children.filter_map(|child| Worker::of(copier, child)).collect()
}

/// Name, state (R, S, D, T, Z ...) and parent of a process, from proc(5).
struct Stat {
    name: String,
    state: String,
    parent: String,
}

fn stat_of(pid: Pid) -> Option<Stat> {
    // PID (NAME) STATE PARENT ...
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (head, rest) = text.rsplit_once(") ")?;
    let mut words = rest.split(' ').map(str::to_owned);
    let name = head.split_once(" (")?.1.to_owned();
    Some(Stat { name, state: words.next()?, parent: words.next()? })
}
