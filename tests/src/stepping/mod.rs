//! A process that is traced: it goes on by one instruction, or to an address, and dies where it stands.
//!
//! Invariant: whoever starts one is the thread that steps it, because the kernel takes the requests
//! of a trace from that thread alone; and it never outlives its [`Stepped`].
//!
//! ```text
//!   this thread                      the process
//!     start: seize  ------------>      waits for a line on its standard input
//!            a line ------------>      MARK: SIGUSR1 to itself, stops
//!     step, run_to  ------------>      one instruction, or up to an address
//!     kill          ------------>      SIGKILL: not one instruction more
//! ```
//!
//! The process needs no unsafe code (`PTRACE_SEIZE` asks nothing of the one that is traced) and takes
//! no harm from the marks: the signal is taken away before it is delivered.
//!
//! Price: a step is two switches of context and an exception, about 20 us in a virtual machine. So a
//! point far inside is reached by a breakpoint near it: see [`Trace`].

mod trace;
mod traced;

pub use trace::{Arrival, Trace};
pub use traced::Traced;

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::ptr;

use nix::libc::c_long;
use nix::sys::personality::{self, Persona};
use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

/// Where a traced process stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Before an instruction between the marks.
    Inside,
    /// At the second mark.
    Mark,
}

/// A traced process, standing still. Dropping it kills it.
#[derive(Debug)]
pub struct Stepped {
    child: Child,
    pid: Pid,
}

impl Stepped {
    /// Starts `command` and lets it run to its first mark.
    ///
    /// # Panics
    /// If this machine does not allow it, or the process ends before its mark.
    #[track_caller]
    pub fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::piped()).spawn().expect("start the traced process");
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
        let mut stepped = Self { child, pid };
        ptrace::seize(pid, ptrace::Options::PTRACE_O_EXITKILL).expect("ptrace: seize a child");
        let mut input = stepped.child.stdin.take().expect("piped");
        input.write_all(b"go\n").expect("tell it to go on");
        assert_eq!(stepped.wait(), Signal::SIGUSR1, "it did not come to its first mark");
        stepped
    }

    /// The address of the instruction that it will do next.
    #[track_caller]
    pub fn address(&self) -> u64 {
        ptrace::getregs(self.pid).expect("ptrace: registers").rip
    }

    /// Lets it do one instruction. A system call is one.
    #[track_caller]
    pub fn step(&mut self) -> Stop {
        ptrace::step(self.pid, None).expect("ptrace: step");
        self.stop()
    }

    /// Lets it run until it is about to do the instruction at `address`, or to the second mark.
    #[track_caller]
    pub fn run_to(&mut self, address: u64) -> Stop {
        const INT3: c_long = 0xcc;
        let at = ptr::with_exposed_provenance_mut(usize::try_from(address).expect("an address"));
        let code = ptrace::read(self.pid, at).expect("ptrace: read code");
        ptrace::write(self.pid, at, (code & !0xff) | INT3).expect("ptrace: set a breakpoint");
        ptrace::cont(self.pid, None).expect("ptrace: go on");
        let stop = self.stop();
        ptrace::write(self.pid, at, code).expect("ptrace: take the breakpoint away");
        if stop == Stop::Inside {
            let mut registers = ptrace::getregs(self.pid).expect("ptrace: registers");
            assert_eq!(registers.rip, address + 1, "stopped by another breakpoint");
            registers.rip = address;
            ptrace::setregs(self.pid, registers).expect("ptrace: registers");
        }
        stop
    }

    /// Lets it run to its second mark; answers with the numbers of its system calls on the way.
    #[track_caller]
    pub fn system_calls(&mut self) -> Vec<c_long> {
        let mut calls = Vec::new();
        loop {
            // Stops twice at each call: before the kernel does it, and after.
            ptrace::syscall(self.pid, None).expect("ptrace: go on");
            if self.stop() == Stop::Mark {
                calls.pop(); // the mark itself
                return calls;
            }
            let registers = ptrace::getregs(self.pid).expect("ptrace: registers");
            calls.push(registers.orig_rax.cast_signed());
            ptrace::syscall(self.pid, None).expect("ptrace: go on");
            assert_eq!(self.stop(), Stop::Inside, "a call does not return");
        }
    }

    /// Kills it where it stands, and waits until the kernel has cleared everything away.
    #[track_caller]
    pub fn kill(mut self) {
        self.child.kill().expect("kill");
        self.child.wait().expect("wait");
    }

    #[track_caller]
    fn stop(&self) -> Stop {
        match self.wait() {
            Signal::SIGTRAP => Stop::Inside,
            Signal::SIGUSR1 => Stop::Mark,
            signal => panic!("the traced process got {signal} at {:#x}", self.address()),
        }
    }

    #[track_caller]
    fn wait(&self) -> Signal {
        match waitpid(self.pid, None).expect("wait for a traced process") {
            WaitStatus::Stopped(_, signal) => signal,
            ended => panic!("the traced process is gone: {ended:?}"),
        }
    }
}

impl Drop for Stepped {
    fn drop(&mut self) {
        // After `kill` both fail, and there is nothing left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// While it lives, what this thread starts has the same addresses in every process.
#[derive(Debug)]
pub struct SameAddresses(Persona);

impl SameAddresses {
    /// `None`: this machine does not allow it (some containers do not).
    pub fn hold() -> Option<Self> {
        let before = personality::get().ok()?;
        personality::set(before | Persona::ADDR_NO_RANDOMIZE).ok()?;
        Some(Self(before))
    }
}

impl Drop for SameAddresses {
    fn drop(&mut self) {
        let _ = personality::set(self.0);
    }
}
