//! A running process whose system calls are reported one by one.

use nix::errno::Errno;
use nix::libc::c_long;
use nix::sys::ptrace::{self, Options};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// A traced process. Only the thread that attached to it can trace its calls.
#[derive(Debug)]
pub struct Traced(Pid);

impl Traced {
    /// Attaches to a child of this process.
    ///
    /// # Panics
    /// If this machine does not allow it.
    #[track_caller]
    pub fn attach(pid: u32) -> Self {
        let pid = Pid::from_raw(i32::try_from(pid).expect("a pid"));
        let options = Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_EXITKILL;
        ptrace::seize(pid, options).expect("ptrace: seize a child");
        ptrace::interrupt(pid).expect("ptrace: interrupt");
        let stopped = waitpid(pid, Some(WaitPidFlag::__WALL)).expect("wait for it");
        assert!(matches!(stopped, WaitStatus::PtraceEvent(..)), "{stopped:?}");
        Self(pid)
    }

    /// Runs it until it is about to make a system call; returns the call's number.
    #[track_caller]
    pub fn next_call(&mut self) -> c_long {
        const NOT_DONE_YET: i64 = -(Errno::ENOSYS as i64);
        loop {
            ptrace::syscall(self.0, None).expect("ptrace: go on");
            let stopped = waitpid(self.0, Some(WaitPidFlag::__WALL)).expect("wait for it");
            assert!(matches!(stopped, WaitStatus::PtraceSyscall(_)), "{stopped:?}");
            let registers = ptrace::getregs(self.0).expect("ptrace: registers");
            if registers.rax.cast_signed() == NOT_DONE_YET {
                return registers.orig_rax.cast_signed();
            }
        }
    }
}
