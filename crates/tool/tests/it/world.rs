//! A directory of regions of a test's own.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use mapcast::Stu;
use mapcast::Writer;
use tempfile::TempDir;

/// A default directory that nothing else uses.
pub(crate) struct World(TempDir);

impl World {
    pub(crate) fn new() -> Self {
        let owners_alone = Permissions::from_mode(0o700);
        Self(tempfile::Builder::new().permissions(owners_alone).tempdir().expect("a directory"))
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

    pub(crate) fn run(&self, arguments: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mapcast"));
        command.env_clear().env("MAPCAST_DIR", self.0.path()).current_dir(self.0.path());
        command.args(arguments.split_whitespace()).output().expect("mapcast")
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
