//! A child process by `fork`: it inherits everything that is mapped and open here.
//!
//! Invariant: a child is made only while this process has one thread, never outlives its parent,
//! and is reaped exactly once.
//!
//! ```text
//!   parent   Child::fork --+--> as before, with a Child: poll, wait, kill
//!                          |
//!   child                  '--> work() --> _exit(its answer)    nothing else of the parent runs
//! ```
//!
//! Where the kernel gives no pidfd (before Linux 5.3, or a container's filter), the read end of a pipe
//! replaces it: the child alone has the other end, and the kernel closes it when the child ends.
//!
//! Price: what `fork` costs (0.2 to 1 ms), one read of `/proc/self/task`, and two microseconds to ask
//! what this kernel allows.
//!
//! # Safety
//! `fork` copies the calling thread alone, so a lock that another thread holds stays locked in the
//! child for ever (fork(2)). With one thread, which is here, no other can hold a lock or start a
//! thread meanwhile.
#![allow(unsafe_code)]

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, getpid, getppid, kill_process,
    parent_process_death_signal, pidfd_open, pidfd_send_signal, set_parent_process_death_signal,
    waitpid,
};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitStatus;

/// What a child ends with if its work panics, as Rust's own processes do.
const PANICKED: u8 = 101;

/// A child of this process that shares its mappings and descriptors. Dropping it ends it.
///
/// ```no_run
/// use shared::{Child, Shared};
///
/// let number = Shared::<i32>::anonymous(1)?;
/// let mut child = Child::fork(|| {
///     number.set(0, 2000);
///     0
/// })?;
/// assert!(child.wait()?.success());
/// assert_eq!(number.get(0), 2000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Its descriptor ([`AsFd`]) is readable as soon as the child has ended. It is a pidfd, or a pipe where
/// the kernel gives none; [`Child::try_wait`] may still return `None` for a moment after a pipe
/// became readable.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    end: End,
    status: Option<ExitStatus>,
}

/// What becomes readable when the child ends.
#[derive(Debug)]
enum End {
    Pidfd(OwnedFd),
    /// The read end; the child has the only write end.
    Pipe(OwnedFd),
}

impl AsFd for End {
    fn as_fd(&self) -> BorrowedFd<'_> {
        let (Self::Pidfd(descriptor) | Self::Pipe(descriptor)) = self;
        descriptor.as_fd()
    }
}

impl Child {
    /// Runs `work` in a new process, whose exit code is its answer (101 if it panics).
    ///
    /// The child inherits everything that is mapped and open but for open writers, which stay with the
    /// parent: open one in the child if that is to publish. It is killed when this thread ends,
    /// however it ends. No destructor of the parent's runs in it.
    ///
    /// # Errors
    /// If this process has more than one thread: `fork` is only safe with one; if `/proc`, which lists
    /// them, is not mounted; if the system gives no process, or refuses to kill a child
    /// whose parent ends (prctl, `PR_SET_PDEATHSIG`). The text names the call.
    pub fn fork(work: impl FnOnce() -> u8) -> io::Result<Self> {
        expect_one_thread()?;
        expect_death_signals()?;
        let pipe = pipe_without_pidfd()?;
        // What is buffered must not be written by both.
        io::stdout().flush()?;
        let parent = getpid();
        // SAFETY: this process has one thread, so the child may do all that the parent may; it
        // leaves by `_exit` within `run`, so that nothing of the parent's stack is used twice.
        match unsafe { libc::fork() } {
            -1 => Err(named("fork", io::Error::last_os_error())),
            0 => {
                // Keeps the write end open until the child ends.
                let _end = pipe.map(|(_, write)| write);
                run(parent, work)
            }
            pid => Self::adopt(pid, pipe.map(|(read, _)| read)),
        }
    }

    fn adopt(pid: libc::pid_t, pipe: Option<OwnedFd>) -> io::Result<Self> {
        let pid = Pid::from_raw(pid).ok_or_else(|| io::Error::other("fork answered below 0"))?;
        if let Some(pipe) = pipe {
            return Ok(Self { pid, end: End::Pipe(pipe), status: None });
        }
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(pidfd) => Ok(Self { pid, end: End::Pidfd(pidfd), status: None }),
            Err(err) => {
                // No descriptor for it, so no child: it is ended by its number, which is its own
                // until it is reaped.
                let _ = kill_process(pid, Signal::KILL);
                let _ = waitpid(Some(pid), WaitOptions::empty());
                Err(named("pidfd_open", err))
            }
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.pid.as_raw_pid().unsigned_abs()
    }

    /// Waits until it has ended; returns how.
    ///
    /// # Errors
    /// If it was already reaped elsewhere.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.reap(WaitOptions::empty())? {
                return Ok(status);
            }
        }
    }

    /// How it ended; `None` if it still runs.
    ///
    /// # Errors
    /// If it was already reaped elsewhere.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.reap(WaitOptions::NOHANG)
    }

    fn reap(&mut self, options: WaitOptions) -> io::Result<Option<ExitStatus>> {
        if self.status.is_none() {
            self.status = match waitpid(Some(self.pid), options) {
                Ok(answer) => answer.map(|(_, status)| ExitStatus::from_raw(status.as_raw())),
                Err(Errno::INTR) => None,
                Err(err) => return Err(err.into()),
            };
        }
        Ok(self.status)
    }

    /// Kills it (SIGKILL), if it has not ended.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn kill(&mut self) -> io::Result<()> {
        if self.status.is_some() {
            return Ok(());
        }
        let sent = match &self.end {
            End::Pidfd(pidfd) => pidfd_send_signal(pidfd, Signal::KILL),
            End::Pipe(_) => Err(Errno::NOSYS),
        };
        match sent {
            // Its number is its own until it is reaped, and it has not been.
            Err(Errno::NOSYS | Errno::PERM) => Ok(kill_process(self.pid, Signal::KILL)?),
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(err) => Err(err.into()),
        }
    }

    /// Has it ended, reaped or not?
    pub fn has_ended(&self) -> bool {
        let mut fds = [PollFd::new(&self.end, PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        self.status.is_some() || matches!(poll(&mut fds, Some(&now)), Ok(1))
    }
}

impl AsFd for Child {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.status.is_none() {
            // A destructor cannot return the errors, and a child that its parent cannot kill has ended.
            let _ = self.kill();
            let _ = self.wait();
        }
    }
}

/// The child's whole life.
fn run(parent: Pid, work: impl FnOnce() -> u8) -> ! {
    let orphaned = set_parent_process_death_signal(Some(Signal::KILL)).is_err()
        // It may have ended before that call.
        || getppid() != Some(parent);
    let code =
        if orphaned { PANICKED } else { catch_unwind(AssertUnwindSafe(work)).unwrap_or(PANICKED) };
    let _ = io::stdout().flush();
    // SAFETY: a call without preconditions; handlers that the parent has registered to run at its
    // exit do not run.
    unsafe { libc::_exit(code.into()) }
}

/// Counts the threads of this process as the kernel does.
fn expect_one_thread() -> io::Result<()> {
    let tasks =
        std::fs::read_dir("/proc/self/task").map_err(|err| named("/proc/self/task", err))?;
    match tasks.count() {
        1 => Ok(()),
        threads => Err(io::Error::other(format!(
            "this process has {threads} threads, and only one with a single thread can be forked safely"
        ))),
    }
}

/// A child that outlives its parent would be useless: checks this before the fork.
fn expect_death_signals() -> io::Result<()> {
    let refused = |err| named("prctl(PR_SET_PDEATHSIG)", err);
    // Sets the current value again, only to find out whether a filter allows the call.
    let now = parent_process_death_signal().map_err(refused)?;
    set_parent_process_death_signal(now).map_err(refused)
}

/// Both ends of a pipe, if this kernel has no pidfd for this process.
fn pipe_without_pidfd() -> io::Result<Option<(OwnedFd, OwnedFd)>> {
    match pidfd_open(getpid(), PidfdFlags::empty()) {
        Ok(_) => Ok(None),
        Err(_) => pipe_with(PipeFlags::CLOEXEC).map(Some).map_err(|err| named("pipe2", err)),
    }
}

/// `err`, with the name of the call in its text.
fn named(call: &str, err: impl Into<io::Error>) -> io::Error {
    let err = err.into();
    io::Error::new(err.kind(), format!("{call}: {err}"))
}

#[cfg(test)]
mod tests {
    use super::Child;

    /// The other cases need a process with one thread, which a test is not: `tests/fork`.
    #[test]
    fn a_process_with_several_threads_is_not_forked() {
        let err = Child::fork(|| 0).unwrap_err();
        assert!(err.to_string().contains("threads"), "{err}");
    }
}
