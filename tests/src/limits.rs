//! Limits of a running process: prlimit(1), run as the user of the process.

use std::os::unix::process::CommandExt;
use std::process::Stdio;

use crate::program::tool;
use crate::{Daemon, proc};

/// A limit of a running process. Dropping it restores the former one.
#[derive(Debug)]
pub struct Limit {
    pid: u32,
    /// As prlimit(1) calls it.
    name: &'static str,
    before: String,
}

impl Limit {
    /// Limits `daemon` to the descriptors that it has.
    #[track_caller]
    pub fn of_descriptors(daemon: &Daemon) -> Self {
        Self::of_descriptors_and(daemon, 0)
    }

    /// Limits `daemon` to `more` additional descriptors.
    #[track_caller]
    pub fn of_descriptors_and(daemon: &Daemon, more: usize) -> Self {
        // The limit applies to the number of a new descriptor, which is the lowest free one.
        let taken = proc::descriptors(daemon.pid());
        let mut free = (0..u64::MAX).filter(|number| !taken.contains(number));
        Self::set(daemon, "nofile", free.nth(more).expect("a free number"))
    }

    /// Limits `daemon` to `more` additional bytes of address space.
    #[track_caller]
    pub fn of_address_space(daemon: &Daemon, more: u64) -> Self {
        Self::set(daemon, "as", proc::status(daemon.pid(), "VmSize") * 1024 + more)
    }

    /// Limits the files of `daemon` to `len` bytes.
    #[track_caller]
    pub fn of_file_length(daemon: &Daemon, len: u64) -> Self {
        Self::set(daemon, "fsize", len)
    }

    /// Limits `daemon` to `more` additional bytes of locked memory.
    #[track_caller]
    pub fn of_locked_memory(daemon: &Daemon, more: u64) -> Self {
        Self::set(daemon, "memlock", proc::status(daemon.pid(), "VmLck") * 1024 + more)
    }

    /// Limits `daemon` to the private memory that it has.
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
