//! Limits of a process that runs already: prlimit(1), as the user whose process it is.

use std::os::unix::process::CommandExt;
use std::process::Stdio;

use crate::program::tool;
use crate::{Daemon, proc};

/// A limit of a running process. Dropping it gives back what was there before.
#[derive(Debug)]
pub struct Limit {
    pid: u32,
    /// As prlimit(1) calls it.
    name: &'static str,
    before: String,
}

impl Limit {
    /// From now on `daemon` can have no descriptor more than it has.
    #[track_caller]
    pub fn of_descriptors(daemon: &Daemon) -> Self {
        Self::of_descriptors_and(daemon, 0)
    }

    /// From now on `daemon` can have `more` descriptors more than it has.
    #[track_caller]
    pub fn of_descriptors_and(daemon: &Daemon, more: usize) -> Self {
        // The limit is on the number that a new one would get: the lowest that is free.
        let taken = proc::descriptors(daemon.pid());
        let mut free = (0..u64::MAX).filter(|number| !taken.contains(number));
        Self::set(daemon, "nofile", free.nth(more).expect("a free number"))
    }

    /// From now on `daemon` can have `more` bytes of address space more than it has.
    #[track_caller]
    pub fn of_address_space(daemon: &Daemon, more: u64) -> Self {
        Self::set(daemon, "as", proc::status(daemon.pid(), "VmSize") * 1024 + more)
    }

    /// From now on `daemon` can make no file longer than `len` bytes.
    #[track_caller]
    pub fn of_file_length(daemon: &Daemon, len: u64) -> Self {
        Self::set(daemon, "fsize", len)
    }

    /// From now on `daemon` can lock `more` bytes more than it has locked.
    #[track_caller]
    pub fn of_locked_memory(daemon: &Daemon, more: u64) -> Self {
        Self::set(daemon, "memlock", proc::status(daemon.pid(), "VmLck") * 1024 + more)
    }

    /// From now on `daemon` can have no more memory of its own than it has.
    #[track_caller]
    pub fn of_own_memory(daemon: &Daemon) -> Self {
        Self::set(daemon, "data", proc::status(daemon.pid(), "VmData") * 1024)
    }

    #[track_caller]
    fn set(daemon: &Daemon, name: &'static str, limit: u64) -> Self {
        let pid = daemon.pid();
        let asked = ask(pid, &[&format!("--{name}"), "--raw", "--noheadings", "--output", "SOFT"]);
        let before = asked.expect("prlimit").trim().to_owned();
        ask(pid, &[&format!("--{name}={limit}:")]).expect("prlimit");
        Self { pid, name, before }
    }
}

/// Runs prlimit(1) on the process `pid`, as its user; `None` if that fails.
fn ask(pid: u32, what: &[&str]) -> Option<String> {
    let mut command = tool("prlimit");
    command.args(["--pid", &pid.to_string()]).args(what).stdin(Stdio::null());
    let number = |name| u32::try_from(proc::status(pid, name)).expect("a number of 32 bits");
    if number("Uid") != nix::unistd::geteuid().as_raw() {
        command.uid(number("Uid")).gid(number("Gid"));
    }
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

impl Drop for Limit {
    fn drop(&mut self) {
        // The process may have ended; then its status is gone, or all zeros.
        if std::path::Path::new(&format!("/proc/{}/status", self.pid)).exists() {
            let _ = ask(self.pid, &[&format!("--{}={}:", self.name, self.before)]);
        }
    }
}
