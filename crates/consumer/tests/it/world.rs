//! A directory with regions, and consumers started in it.

use std::fs::Permissions;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use layout::{Record, Stu};
use region::{DynWriter, Options};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Far beyond what a busy machine takes.
const DEADLINE: Duration = Duration::from_mins(1);

/// Fails the test if `ready` does not come true; a watchdog, not a measurement.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut ready: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !ready() {
        assert!(Instant::now() < deadline, "not within {DEADLINE:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A directory that is the default directory of regions.
pub(crate) struct World {
    dir: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        // The umask may leave it writable by others, and such a default directory is refused.
        let owners_alone = Permissions::from_mode(0o700);
        Self { dir: tempfile::Builder::new().permissions(owners_alone).tempdir().unwrap() }
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    /// A region called `name` with one student in it, and its writer.
    pub(crate) fn region(&self, name: &str) -> DynWriter {
        let path = self.path(&format!("{name}.region"));
        let mut writer = DynWriter::open_with(&path, &Stu::schema(), &Options::new()).unwrap();
        writer.publish(bytemuck::bytes_of(&Stu::new(10, "xiaoming", 'm'))).unwrap();
        writer
    }

    /// A command that runs `program` with an environment of its own, and pipes.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("MAPCAST_DIR", self.dir.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn consumer(&self, args: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_consumer"));
        command.args(args);
        command
    }

    /// Runs to the end: exit code, stdout, stderr.
    pub(crate) fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let output = self.consumer(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    pub(crate) fn start(&self, args: &[&str]) -> Consumer {
        Consumer(self.consumer(args).spawn().unwrap())
    }
}

/// A running consumer; killed when it goes out of scope.
pub(crate) struct Consumer(pub(crate) Child);

impl Consumer {
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Stops it (SIGSTOP) and waits until it is stopped: on another processor it runs for a moment more.
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
        let stat = format!("/proc/{}/stat", self.0.id());
        wait_until("it is stopped", || std::fs::read_to_string(&stat).unwrap().contains(") T "));
    }

    /// Waits for the first line on stdout; the rest stays to be read.
    pub(crate) fn first_line(&mut self) -> String {
        read_line(self.0.stdout.as_mut().unwrap())
    }

    /// Waits for the first line on stderr.
    pub(crate) fn first_notice(&mut self) -> String {
        let stderr: &mut ChildStderr = self.0.stderr.as_mut().unwrap();
        read_line(stderr)
    }

    pub(crate) fn end(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until("the consumer ends", || {
            status = self.0.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        // In a test that passes, it has exited already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads one line, byte by byte, so that the bytes after it are left.
fn read_line(from: &mut impl Read) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while byte != *b"\n" && from.read(&mut byte).unwrap() == 1 {
        line.push(byte[0]);
    }
    String::from_utf8(line).unwrap()
}
