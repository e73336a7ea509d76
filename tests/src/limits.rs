//! Limits of a process that runs already: prlimit(2).

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::{Daemon, proc};

/// A limit of a running process. Dropping it gives back what was there before.
#[derive(Debug)]
pub struct Limit {
    pid: Pid,
    resource: Resource,
    before: Rlimit,
}

impl Limit {
    /// From now on `daemon` can have no descriptor more than it has.
    #[track_caller]
    pub fn of_descriptors(daemon: &Daemon) -> Self {
        // The limit is on the number that a new one would get: the lowest that is free.
        let taken = proc::descriptors(daemon.pid());
        let free = (0..u64::MAX).find(|number| !taken.contains(number)).expect("a free number");
        Self::set(daemon, Resource::Nofile, free)
    }

    /// From now on `daemon` can have `more` bytes of address space more than it has.
    #[track_caller]
    pub fn of_address_space(daemon: &Daemon, more: u64) -> Self {
        Self::set(daemon, Resource::As, proc::address_space(daemon.pid()) + more)
    }

    /// From now on `daemon` can make no file longer than `len` bytes.
    #[track_caller]
    pub fn of_file_length(daemon: &Daemon, len: u64) -> Self {
        Self::set(daemon, Resource::Fsize, len)
    }

    #[track_caller]
    fn set(daemon: &Daemon, resource: Resource, current: u64) -> Self {
        let pid = i32::try_from(daemon.pid()).ok().and_then(Pid::from_raw).expect("a pid");
        let ask = Rlimit { current: Some(current), maximum: None };
        let maximum = rustix::process::getrlimit(resource).maximum;
        let before = prlimit(Some(pid), resource, Rlimit { maximum, ..ask }).expect("prlimit");
        Self { pid, resource, before }
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        // The process may have ended.
        let _ = prlimit(Some(self.pid), self.resource, self.before);
    }
}
