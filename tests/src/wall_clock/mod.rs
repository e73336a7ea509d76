//! Sets the wall clock of one process, not that of the machine.
//!
//! No namespace has a `CLOCK_REALTIME` of its own. But programs read it by a function in the vDSO,
//! a page of code that the kernel maps into each process. A write by `/proc/PID/mem` gives the
//! process its own copy of that page, in which the function makes the system call and adds a number
//! that the test can change at any time.
//!
//! ```text
//!   sh -c 'kill -STOP $$; exec PROGRAM'     seized by ptrace, continued
//!        exec  -> the new program is stopped before its first instruction: its vDSO is patched
//!        detach -> it runs at full speed, untraced
//!   step(seconds) -> one aligned word of its copy of the page
//! ```
//!
//! Invariant: only `clock_gettime(CLOCK_REALTIME)` of that process is changed.
//!
//! Price: that function is a system call in this process. x86-64 only.

mod vdso;

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::FileExt;

use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::{Daemon, Place, Program, wait_until};

/// The offset of one process's wall clock, in its own memory.
#[derive(Debug)]
pub struct WallClock {
    memory: File,
    /// The address of the seconds.
    seconds: u64,
}

impl WallClock {
    /// Starts `program` with `args`, which are split at white space, with a wall clock of its own.
    ///
    /// `None`, with a message on stderr, if that is not possible: another processor, no ptrace.
    #[track_caller]
    pub fn start(program: &Program, place: &Place, args: &str) -> Option<(Daemon, Self)> {
        Self::start_with(program, place, args, &[])
    }

    /// The same with these variables. The clock of a program that executes another is that of the machine again.
    #[track_caller]
    pub fn start_with(
        program: &Program,
        place: &Place,
        args: &str,
        variables: &[(&str, &str)],
    ) -> Option<(Daemon, Self)> {
        if !cfg!(target_arch = "x86_64") {
            return not_run("the vDSO of this processor is not known");
        }
        let mut command = program.command_after("kill -STOP $$", place);
        command.args(args.split_whitespace()).envs(variables.iter().copied());
        let daemon = Daemon::start(program.name(), &mut command);
        let pid = Pid::from_raw(i32::try_from(daemon.pid()).expect("a pid"));
        wait_until("the shell is stopped", || {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a child");
            status.contains("State:\tT")
        });
        if let Err(error) = ptrace::seize(pid, OPTIONS) {
            return not_run(&format!("ptrace: {error}"));
        }
        run_to_exec(pid);
        let clock = Self::hang_up(pid);
        ptrace::detach(pid, None).expect("detach");
        Some((daemon, clock))
    }

    /// Sets the clock to `seconds` ahead of the machine's.
    #[track_caller]
    pub fn set(&self, seconds: i64) {
        match self.memory.write_all_at(&seconds.to_le_bytes(), self.seconds) {
            Err(error) if error.kind() == std::io::ErrorKind::WriteZero => {} // it has ended
            written => written.expect("write to the vDSO"),
        }
    }

    /// Replaces the function in a stopped process.
    #[track_caller]
    fn hang_up(pid: Pid) -> Self {
        let maps = fs::read_to_string(format!("/proc/{pid}/maps")).expect("maps of a child");
        let (start, end) = vdso::range(&maps).expect("a vDSO");
        let path = format!("/proc/{pid}/mem");
        let memory = File::options().read(true).write(true).open(path).expect("memory of a child");
        let mut image = vec![0; usize::try_from(end - start).expect("a few pages")];
        memory.read_exact_at(&mut image, start).expect("the vDSO");
        let function = vdso::function(&image, b"__vdso_clock_gettime").expect("the function");
        let (code, seconds) = vdso::replacement();
        assert!(code.len() as u64 <= function.len, "no room for it");
        // After the code, aligned, so that a step is atomic.
        let at = start + function.at;
        let shift = at.next_multiple_of(8) - at;
        let mut moved = vdso::nops(shift);
        moved.extend(code);
        assert!(moved.len() as u64 <= function.len, "no room for it");
        memory.write_all_at(&moved, at).expect("write to the vDSO");
        Self { memory, seconds: at + shift + seconds }
    }
}

const OPTIONS: ptrace::Options =
    ptrace::Options::PTRACE_O_TRACEEXEC.union(ptrace::Options::PTRACE_O_EXITKILL);

fn not_run<T>(why: &str) -> Option<T> {
    let _ = writeln!(std::io::stderr(), "not run: {why}");
    None
}

/// Continues a stopped, seized shell until it has executed the program.
#[track_caller]
fn run_to_exec(pid: Pid) {
    kill(pid, Signal::SIGCONT).expect("continue");
    loop {
        match waitpid(pid, None).expect("wait for the shell") {
            WaitStatus::PtraceEvent(_, _, event)
                if event == ptrace::Event::PTRACE_EVENT_EXEC as i32 =>
            {
                return;
            }
            WaitStatus::PtraceEvent(..) => ptrace::cont(pid, None).expect("go on"),
            WaitStatus::Stopped(_, signal) => ptrace::cont(pid, signal).expect("go on"),
            ended => panic!("the shell did not become the program: {ended:?}"),
        }
    }
}
