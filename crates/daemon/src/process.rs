//! What a process asks of the kernel to be on time: a processor of its own, a real-time priority, memory
//! that stays in RAM, and as many descriptors as it may have.
//!
//! Price: four system calls, once. A real-time process that never sleeps starves everything else on its
//! processor.
//!
//! # Safety
//! One call that neither `rustix` nor `nix` has: `sched_setscheduler`, which reads one struct of ours.
#![allow(unsafe_code)]

use std::io;

use nix::libc;
use rustix::io::Errno;
use rustix::mm::{MlockAllFlags, mlockall, munlockall};
use rustix::process::{Resource, getrlimit, setrlimit};
use rustix::thread::{CapabilitySet, CpuSet, capabilities, sched_getaffinity, sched_setaffinity};

/// The processors that this thread may run on.
#[derive(Clone, Copy, Debug)]
pub struct Processors(CpuSet);

impl Processors {
    /// Those of this thread now.
    pub fn current() -> io::Result<Self> {
        Ok(Self(sched_getaffinity(None)?))
    }

    /// Processor `number` alone, counted from 0; none if a machine cannot have so many.
    pub fn only(number: u32) -> Self {
        let mut set = CpuSet::new();
        if (number as usize) < CpuSet::MAX_CPU {
            set.set(number as usize);
        }
        Self(set)
    }

    /// Keeps this thread on these processors, and those that it starts.
    pub fn keep(&self) -> io::Result<()> {
        Ok(sched_setaffinity(None, &self.0)?)
    }
}

/// When this thread runs: by `SCHED_FIFO` with a priority of 1 to 99, before every thread without one
/// or with a lower one; with `None` by the system's usual scheduler.
pub fn set_priority(priority: Option<u8>) -> io::Result<()> {
    let policy = if priority.is_some() { libc::SCHED_FIFO } else { libc::SCHED_OTHER };
    let param = libc::sched_param { sched_priority: priority.map_or(0, i32::from) };
    // SAFETY: `param` is a valid struct that the call only reads; 0 is this thread.
    match unsafe {
        libc::sched_setscheduler(0, policy | libc::SCHED_RESET_ON_FORK, &raw const param)
    } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Keeps all memory of this process in RAM, also what it maps later: a publish never waits for a page.
pub fn lock_memory() -> io::Result<()> {
    Ok(mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE)?)
}

/// Ends [`lock_memory`].
pub fn unlock_memory() -> io::Result<()> {
    Ok(munlockall()?)
}

/// Raises the limit of open files to the most that this process may set. One that cannot be raised stays.
pub fn raise_open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        limit.current = limit.maximum;
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

/// The next step for an error of [`set_priority`].
pub fn priority_step(error: &io::Error) -> &'static str {
    let has_the_right =
        capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::SYS_NICE));
    if has_the_right { priority_step_with_the_right(error) } else { process_step(error) }
}

/// The same for a process that has `CAP_SYS_NICE`.
fn priority_step_with_the_right(error: &io::Error) -> &'static str {
    match Errno::from_io_error(error) {
        // The kernel has no other reason for a process with the capability (sched_setscheduler in
        // kernel/sched/syscalls.c).
        Some(Errno::PERM) => {
            "its control group has no real-time processor time: write some into that group's \
             cpu.rt_runtime_us, or start it in another group"
        }
        _ => process_step(error),
    }
}

/// The next step for an error of [`Processors::keep`] or [`lock_memory`].
pub fn process_step(error: &io::Error) -> &'static str {
    match Errno::from_io_error(error) {
        Some(Errno::PERM) => {
            "start it as root, or allow it (LimitRTPRIO=, LimitMEMLOCK=, CAP_SYS_NICE, CAP_IPC_LOCK; \
             RestrictRealtime=no and SystemCallFilter=@resources in a sandbox)"
        }
        Some(Errno::NOMEM | Errno::AGAIN) => {
            "allow it more locked memory (ulimit -l, LimitMEMLOCK=)"
        }
        Some(Errno::INVAL) => {
            "give the number of a processor that this process may use (nproc, taskset -p)"
        }
        _ => crate::next_step(error),
    }
}

#[cfg(test)]
mod tests {
    use super::{Errno, Processors, Resource, getrlimit, raise_open_files, set_priority};
    use super::{priority_step_with_the_right, process_step};

    #[test]
    fn a_thread_can_be_kept_on_a_processor_and_let_go() {
        let all = Processors::current().expect("processors");
        let first = (0..1024).find(|&number| all.0.is_set(number)).expect("one");
        Processors::only(u32::try_from(first).expect("a number")).keep().expect("kept");
        assert_eq!(Processors::current().expect("processors").0.count(), 1);
        all.keep().expect("let go");
        assert_eq!(Processors::current().expect("processors").0, all.0);
        let none = Processors::only(u32::MAX).keep().expect_err("no such processor");
        assert_eq!(none.kind(), std::io::ErrorKind::InvalidInput);
    }

    #[test]
    fn the_usual_scheduler_needs_no_right() {
        set_priority(None).expect("the usual one");
    }

    #[test]
    fn a_process_with_the_right_to_a_priority_is_not_asked_to_get_it() {
        let refused = Errno::PERM.into();
        assert!(priority_step_with_the_right(&refused).contains("cpu.rt_runtime_us"));
        assert!(process_step(&refused).starts_with("start it as root"));
    }

    #[test]
    fn the_soft_limit_of_open_files_becomes_the_hard_one() {
        raise_open_files();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
