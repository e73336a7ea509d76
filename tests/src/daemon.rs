//! A process under test: collects its output, waits for its end, kills it by its handle.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::lines::Lines;
use crate::proc;
use crate::wait::wait_until;

/// A running process. Dropping it kills it.
#[derive(Debug)]
pub struct Daemon {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    out: Lines,
    err: Lines,
    status: Option<ExitStatus>,
}

impl Daemon {
    /// Starts `command` with an empty standard input.
    #[track_caller]
    pub fn start(name: &str, command: &mut Command) -> Self {
        Self::spawn(name, command.stdin(Stdio::null()))
    }

    /// Starts `command` with a standard input that [`say`](Self::say) writes to.
    #[track_caller]
    pub fn start_with_input(name: &str, command: &mut Command) -> Self {
        Self::spawn(name, command.stdin(Stdio::piped()))
    }

    /// Starts `command` with `input` as its standard input.
    #[track_caller]
    pub fn start_reading(name: &str, command: &mut Command, input: impl Into<Stdio>) -> Self {
        Self::spawn(name, command.stdin(input))
    }

    /// Starts `command` with `input` as its standard input, and with `stderr` instead of a collected one.
    #[track_caller]
    pub fn start_logging_to(
        name: &str,
        command: &mut Command,
        input: impl Into<Stdio>,
        stderr: impl Into<Stdio>,
    ) -> Self {
        let command = command.stdin(input).stdout(Stdio::piped()).stderr(stderr);
        let mut child = command.spawn().unwrap_or_else(|err| panic!("cannot start {name}: {err}"));
        let out = Lines::of(child.stdout.take().expect("piped"));
        let (name, err) = (name.to_owned(), Lines::of(std::io::empty()));
        Self { name, child, input: None, out, err, status: None }
    }

    #[track_caller]
    fn spawn(name: &str, command: &mut Command) -> Self {
        let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.unwrap_or_else(|err| panic!("cannot start {name}: {err}"));
        let out = Lines::of(child.stdout.take().expect("piped"));
        let err = Lines::of(child.stderr.take().expect("piped"));
        let input = child.stdin.take();
        Self { name: name.to_owned(), child, input, out, err, status: None }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line on stdout, after the last one found, for which `wanted` returns true;
    /// returns it.
    ///
    /// # Panics
    /// If the stream ends or the deadline passes first.
    #[track_caller]
    pub fn out_line(&mut self, what: &str, wanted: impl FnMut(&str) -> bool) -> String {
        match self.out.find(wanted) {
            Some(line) => line,
            None => self.fail(&format!("no such line on stdout: {what}")),
        }
    }

    /// The next line on stdout.
    #[track_caller]
    pub fn next_out(&mut self) -> String {
        self.out_line("any line", |_| true)
    }

    /// As [`out_line`](Self::out_line), on stderr.
    #[track_caller]
    pub fn err_line(&mut self, what: &str, wanted: impl FnMut(&str) -> bool) -> String {
        match self.err.find(wanted) {
            Some(line) => line,
            None => self.fail(&format!("no such line on stderr: {what}")),
        }
    }

    /// Waits for a line on stderr that contains `text`.
    #[track_caller]
    pub fn says(&mut self, text: &str) -> String {
        self.err_line(text, |line| line.contains(text))
    }

    /// Waits for a line on stderr that contains `text`, also among those that were read already.
    #[track_caller]
    pub fn has_said(&mut self, text: &str) {
        if self.said(text) == 0 {
            self.says(text);
        }
    }

    /// Skips the lines on stdout so far.
    pub fn skip_out(&mut self) {
        self.out.skip();
    }

    /// Skips the lines on stderr so far.
    pub fn skip_err(&mut self) {
        self.err.skip();
    }

    /// Everything on stdout so far.
    pub fn out(&self) -> Vec<String> {
        self.out.all()
    }

    /// Everything on stderr so far.
    pub fn err(&self) -> Vec<String> {
        self.err.all()
    }

    /// How many lines on stderr so far contain `text`. To count what has just been caused, wait
    /// with [`says`](Self::says) or for the end first: the two streams arrive independently.
    pub fn said(&self, text: &str) -> usize {
        self.err().iter().filter(|line| line.contains(text)).count()
    }

    /// Writes `line` and a newline to its standard input.
    #[track_caller]
    pub fn say(&mut self, line: &str) {
        let input = self.input.as_mut().expect("started with input");
        if let Err(err) = input.write_all(format!("{line}\n").as_bytes()) {
            self.fail(&format!("cannot write to its stdin: {err}"));
        }
    }

    /// Closes its standard input.
    pub fn end_input(&mut self) {
        self.input = None;
    }

    /// Sends `signal` to it: its pid cannot be reused before it is waited for.
    #[track_caller]
    pub fn signal(&mut self, signal: Signal) {
        assert!(self.status.is_none(), "{} has ended already", self.name);
        let pid = i32::try_from(self.pid()).expect("a pid");
        kill(Pid::from_raw(pid), signal).expect("kill");
    }

    /// Stops it (SIGSTOP) and waits until it is stopped.
    #[track_caller]
    pub fn pause(&mut self) {
        self.signal(Signal::SIGSTOP);
        wait_until("it is stopped", || proc::is_stopped(self.pid()));
    }

    /// Kills it (SIGKILL) and waits for its end.
    #[track_caller]
    pub fn kill9(&mut self) {
        if let Some(code) = self.poll().and_then(|status| status.code()) {
            self.fail(&format!("ended by itself with {code} before it was killed"));
        }
        self.child.kill().expect("kill");
        let status = self.child.wait().expect("wait");
        self.status = Some(status);
    }

    /// Whether it is still running.
    pub fn is_running(&mut self) -> bool {
        self.poll().is_none()
    }

    /// Waits for its end and returns the exit code; all of its output is collected then.
    ///
    /// # Panics
    /// If the deadline passes first, or if a signal (SIGBUS, SIGSEGV ...) ended it.
    #[track_caller]
    pub fn exit_code(&mut self) -> i32 {
        self.end_input();
        let name = self.name.clone();
        let started = std::time::Instant::now();
        while self.poll().is_none() {
            if started.elapsed() > crate::DEADLINE {
                self.fail("did not end");
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        wait_until(&format!("{name}: end of output"), || {
            self.out.wait_for_end() && self.err.wait_for_end()
        });
        let status = self.status.expect("polled");
        match (status.code(), status.signal()) {
            (Some(code), _) => code,
            (None, signal) => self.fail(&format!("was ended by signal {signal:?}")),
        }
    }

    /// Sends SIGTERM and expects exit code 0.
    #[track_caller]
    pub fn stop(&mut self) {
        self.signal(Signal::SIGTERM);
        let code = self.exit_code();
        if code != 0 {
            self.fail(&format!("ended with {code} after SIGTERM"));
        }
    }

    /// Fails the test with `why`.
    #[track_caller]
    pub fn fail(&self, why: &str) -> ! {
        panic!("{} (pid {}): {why}", self.name, self.pid());
    }

    /// What it wrote, at most the last lines.
    fn story(&self) -> String {
        let mut story = String::new();
        for (name, lines) in [("stdout", self.out()), ("stderr", self.err())] {
            let first = lines.len().saturating_sub(60);
            let _ = writeln!(story, "---- {name}: {} lines, from {}", lines.len(), first + 1);
            for line in &lines[first..] {
                let _ = writeln!(story, "{}", shortened(line));
            }
        }
        story
    }

    fn poll(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().expect("wait");
        }
        self.status
    }
}

/// A line, cut if it is too long to read.
fn shortened(line: &str) -> String {
    const MOST: usize = 240;
    match line.char_indices().nth(MOST) {
        None => line.to_owned(),
        Some((end, _)) => format!("{} [... {} bytes]", &line[..end], line.len()),
    }
}

impl Drop for Daemon {
    /// Of a test that has failed, everything that its processes wrote is shown.
    #[expect(clippy::print_stderr, reason = "the harness shows it with the failure")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{} (pid {}):\n{}", self.name, self.pid(), self.story());
        }
        if self.poll().is_none() {
            // A failure does not matter: the test has ended.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
