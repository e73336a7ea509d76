//! The fixture of a test: a directory, a configuration, a region, and producers that end with it.

use std::fmt::Write as _;
use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use layout::Value;
use region::DynReader;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

pub(crate) const COUNTER: &[(&str, &str)] = &[("u32", "counter = { start = 1, step = 1 }")];
pub(crate) const TICK: &str = "[producer]\ntick = \"10ms\"\n";

/// Far beyond what a busy machine takes.
const DEADLINE: Duration = Duration::from_mins(1);

/// A directory with a configuration, a region and the log of its producers.
pub(crate) struct Place {
    dir: TempDir,
}

/// A running producer, killed if the test ends before it.
pub(crate) struct Running {
    pub(crate) child: Child,
    log: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[track_caller]
pub(crate) fn wait_until(what: &str, mut ready: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !ready() {
        assert!(Instant::now() < deadline, "not within {DEADLINE:?}: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The state of a process with one thread: a letter of proc(5).
pub(crate) fn state_of(child: &Child) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

impl Place {
    pub(crate) fn new() -> Self {
        // Not writable by others, for any umask: the producer would warn of that.
        let owners_alone = Permissions::from_mode(0o700);
        let dir = tempfile::Builder::new().permissions(owners_alone).tempdir();
        Self { dir: dir.expect("directory") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn region(&self) -> PathBuf {
        self.path("x.region")
    }

    /// Writes the configuration: fields as pairs of type and source, `more` at the end.
    pub(crate) fn configure(&self, fields: &[(&str, &str)], more: &str) {
        let region = self.region();
        let region = region.display();
        let mut text = format!("[region]\npath = \"{region}\"\n[record]\nname = \"X\"\n");
        for (index, (ctype, source)) in fields.iter().enumerate() {
            let _ = writeln!(text, "[[record.field]]\nname = \"f{index}\"\ntype = {ctype:?}");
            let _ = writeln!(text, "source = {{ {source} }}");
        }
        fs::write(self.path("x.toml"), text + more).expect("write");
    }

    /// Starts `producer x.toml ARGS`, which logs to the file `name`.
    pub(crate) fn start(&self, name: &str, stdin: Stdio, args: &[&str]) -> Running {
        let mut command = self.command(env!("CARGO_BIN_EXE_producer"));
        command.arg(self.path("x.toml")).args(args).stdin(stdin);
        self.spawn(name, &mut command)
    }

    /// A command that runs `program` with an environment of its own.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("MAPCAST_DIR", self.dir.path());
        command
    }

    /// Starts `command`, which ends up as a producer.
    pub(crate) fn spawn(&self, name: &str, command: &mut Command) -> Running {
        let log = self.path(name);
        let child = command
            .stderr(File::create(&log).expect("log"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("start");
        Running { child, log }
    }

    pub(crate) fn start_quietly(&self, name: &str) -> Running {
        let running = self.start(name, Stdio::null(), &[]);
        running.wait_for("publishing");
        running
    }

    pub(crate) fn reader(&self) -> DynReader {
        DynReader::open(self.region()).expect("attach")
    }

    /// Epoch, sequence and the first field of the newest record.
    pub(crate) fn newest(&self) -> Option<(u64, u64, Value)> {
        let mut reader = DynReader::open(self.region()).ok()?;
        let schema = reader.schema().clone();
        let mut record = layout::RecordBuf::new(schema);
        let found = reader.latest(record.bytes_mut()).ok()??;
        Some((reader.epoch(), found.sequence, record.value(0)))
    }

    pub(crate) fn wait_for_record(&self, what: &str, good: impl Fn(&(u64, u64, Value)) -> bool) {
        wait_until(what, || self.newest().is_some_and(|newest| good(&newest)));
    }

    /// Replaces `from` in the configuration.
    pub(crate) fn reconfigure(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.path("x.toml")).expect("read");
        assert!(text.contains(from), "{text}");
        fs::write(self.path("x.toml"), text.replace(from, to)).expect("write");
    }

    pub(crate) fn inode(&self) -> u64 {
        fs::metadata(self.region()).expect("region").ino()
    }
}

impl Running {
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("a pid");
        kill_process(Pid::from_raw(pid).expect("a pid"), signal).expect("signal");
    }

    /// Stops it (SIGSTOP) and waits until it is stopped: on another processor it runs for a moment more.
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
        wait_until("it is stopped", || state_of(&self.child) == Some('T'));
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("log")
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        wait_until(text, || self.log().contains(text));
    }

    #[track_caller]
    pub(crate) fn end(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until("the end of the producer", || {
            status = self.child.try_wait().expect("wait");
            status.is_some()
        });
        status.expect("it has ended")
    }

    /// The output of a producer, which must exit with 0.
    #[track_caller]
    pub(crate) fn stdout_of_success(mut self) -> String {
        self.ends_with(0);
        let mut text = String::new();
        let mut stdout = self.child.stdout.take().expect("a pipe");
        stdout.read_to_string(&mut text).expect("UTF-8");
        text
    }

    #[track_caller]
    pub(crate) fn ends_with(&mut self, code: i32) -> String {
        let status = self.end();
        let log = self.log();
        assert_eq!(status.code(), Some(code), "{log}");
        assert!(!log.contains("panicked"), "{log}");
        log
    }
}
