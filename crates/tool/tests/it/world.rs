//! A directory of regions of a test's own.

use std::ffi::OsStr;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Once;
use std::time::{Duration, Instant};

use mapcast::{InstanceWriter, Stu, Writer};
use rustix::fs::Mode;
use tempfile::TempDir;

/// The program.
pub(crate) const MAPCAST: &str = env!("CARGO_BIN_EXE_mapcast");

/// A default directory that nothing else uses.
pub(crate) struct World(TempDir);

impl World {
    pub(crate) fn new() -> Self {
        usual_umask();
        let owners_alone = Permissions::from_mode(0o700);
        Self(tempfile::Builder::new().permissions(owners_alone).tempdir().expect("a directory"))
    }

    /// The same in memory, as regions usually are.
    pub(crate) fn in_memory() -> Self {
        usual_umask();
        let owners_alone = Permissions::from_mode(0o700);
        let builder = tempfile::Builder::new().permissions(owners_alone).tempdir_in("/dev/shm");
        Self(builder.expect("a directory in /dev/shm"))
    }

    /// The same on a disk, if the directory of temporary files or cargo's target is on one.
    pub(crate) fn on_disk() -> Self {
        usual_umask();
        tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).map_or_else(|_| Self::new(), Self)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A live region of students that has one record.
    pub(crate) fn students(&self, name: &str) -> Writer<Stu> {
        let mut writer =
            Writer::<Stu>::open(self.path(&format!("{name}.region"))).expect("a writer");
        writer.publish(&Stu::new(10, "xiaoming", 'm')).expect("a record");
        writer
    }

    /// A live region of up to 30 students, each an instance with one record.
    pub(crate) fn class<const N: usize>(
        &self,
        name: &str,
        students: [&str; N],
    ) -> InstanceWriter<Stu> {
        let path = self.path(&format!("{name}.region"));
        let mut writer = Writer::options().open_instances(path, 30).expect("a writer");
        for (id, student) in (10..).zip(students) {
            let instance = writer.instance(student).expect("a place");
            writer.publish(instance, &Stu::new(id, student, 'm')).expect("a record");
        }
        writer
    }

    pub(crate) fn run(&self, arguments: &str) -> Output {
        self.command_with(arguments).output().expect("mapcast")
    }

    /// The program, in this directory and without an environment of its own.
    pub(crate) fn command(&self) -> Command {
        self.command_of(MAPCAST)
    }

    /// `mapcast ARGUMENTS`, which looks for names here alone.
    pub(crate) fn command_with(&self, arguments: &str) -> Command {
        let mut command = self.command();
        command.args(arguments.split_whitespace());
        command
    }

    /// What bash offers for the last word of a line of `arguments`.
    pub(crate) fn completes(&self, arguments: &str) -> String {
        let mut command = self.command();
        let words = arguments.split(' ').count();
        command.env("MAPCAST_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", words.to_string());
        command.env("_CLAP_IFS", "\n").args(["--", "mapcast"]).args(arguments.split(' '));
        let output = command.output().expect("mapcast");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// A command here, in an environment of its own.
    pub(crate) fn command_of(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("MAPCAST_DIR", self.0.path()).current_dir(self.0.path());
        command
    }

    /// What it prints when it succeeds.
    #[track_caller]
    pub(crate) fn prints(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        assert!(output.status.success(), "{arguments}: {}", text(output.stderr));
        text(output.stdout)
    }
}

/// Sets the usual umask, so that others can read the files of tests but not write to them. Set once, it does not
/// disturb other tests.
fn usual_umask() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        rustix::process::umask(Mode::from_raw_mode(0o022));
    });
}

/// Waits until `ready`.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut ready: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !ready() {
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
