//! A traced process: it runs one instruction, or up to an address, and can be killed at any of
//! them.
//!
//! Invariant: the thread that starts one also steps it, because the kernel accepts ptrace requests
//! from that thread alone; and the process never outlives its [`Stepped`].
//!
//! ```text
//!   this thread                      the process
//!     start: seize  ------------>      waits for a line on its standard input
//!            a line ------------>      MARK: SIGUSR1 to itself, stops
//!     step, run_to  ------------>      one instruction, or up to an address
//!     kill          ------------>      SIGKILL: no further instruction
//! ```
//!
//! The traced process needs no unsafe code (`PTRACE_SEIZE` needs no cooperation), and the marks do
//! not affect it: the signal is suppressed before delivery.
//!
//! Price: a step is two context switches and an exception, about 20 us in a virtual machine. So a
//! distant point is reached by a breakpoint near it: see [`Trace`].

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

/// Where a traced process is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Before an instruction between the marks.
    Inside,
    /// At the second mark.
    Mark,
}

/// A traced, stopped process. Dropping it kills it.
#[derive(Debug)]
pub struct Stepped {
    child: Child,
    pid: Pid,
}

impl Stepped {
    /// Starts `command` and lets it run to its first mark.
    ///
    /// # Panics
    /// If this machine does not allow tracing, or the process ends before its mark.
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

    /// The address of its next instruction.
    #[track_caller]
    pub fn address(&self) -> u64 {
        ptrace::getregs(self.pid).expect("ptrace: registers").rip
    }

    /// Executes one instruction. A system call is one.
    #[track_caller]
    pub fn step(&mut self) -> Stop {
        ptrace::step(self.pid, None).expect("ptrace: step");
        self.stop()
    }

    /// Runs it up to the instruction at `address`, or to the second mark.
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

    /// Runs it to its second mark; returns the numbers of its system calls.
    #[track_caller]
    pub fn system_calls(&mut self) -> Vec<c_long> {
        let mut calls = Vec::new();
        loop {
            // It stops twice at each call: before and after.
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

    /// Kills it and waits until the kernel has freed its resources.
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
        // After `kill` both calls fail, as intended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Disables address randomisation for processes that this thread starts, while it lives.
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
