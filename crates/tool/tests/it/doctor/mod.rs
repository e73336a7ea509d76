//! `doctor`: a region, directory, unit or configuration with one thing wrong, for each finding.
//!
//! Regions lie in memory, where nothing but the provoked fault is wrong with them. `systemctl` is not found
//! unless a test has one of its own.

mod bridge;
mod condition;
mod configuration;
mod documented;
mod file;
mod machine;
mod place;
mod rights;
mod units;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use crate::world::{MAPCAST, World};

/// A user that this machine does not have.
const STRANGER: u32 = 54_321;

/// What `doctor` printed, and its exit code.
#[derive(Debug)]
struct Diagnosis {
    code: Option<i32>,
    all: Value,
}

impl Diagnosis {
    #[track_caller]
    fn of(output: &Output) -> Self {
        let text = String::from_utf8_lossy(&output.stdout);
        let all = serde_json::from_str(&text).unwrap_or_else(|err| panic!("{err}: {output:?}"));
        Self { code: output.status.code(), all }
    }

    fn findings(&self) -> &[Value] {
        self.all["findings"].as_array().expect("a list")
    }

    fn ids(&self) -> Vec<&str> {
        self.findings().iter().map(|finding| finding["id"].as_str().expect("an id")).collect()
    }

    /// These findings and no others.
    #[track_caller]
    fn is(&self, ids: &[&str]) -> &Self {
        assert_eq!(self.ids(), ids, "{:#}", self.all);
        assert_eq!(self.code, Some(i32::from(!ids.is_empty())), "{:#}", self.all);
        self
    }

    /// One of the findings has this id, fact and line of what to type.
    #[track_caller]
    fn has(&self, id: &str, fact: &str, step: &str) -> &Self {
        let text = |finding: &Value, key: &str| finding[key].as_str().expect("a text").to_owned();
        let mut found = self.findings().iter().filter(|finding| finding["id"] == id);
        let is_it = |finding: &Value| {
            text(finding, "fact").contains(fact) && text(finding, "step").contains(step)
        };
        assert!(found.any(is_it), "{id}, {fact:?}, {step:?}: {:#}", self.all);
        self
    }

    fn unchecked(&self) -> String {
        self.all["unchecked"].to_string()
    }
}

impl World {
    /// `mapcast doctor` with these arguments.
    fn doctor(&self, arguments: &str) -> Diagnosis {
        Diagnosis::of(&self.doctor_after(":", arguments).output().expect("mapcast"))
    }

    /// The same through a shell that does `before`.
    fn doctor_after(&self, before: &str, arguments: &str) -> Command {
        let mut shell = self.command_of("/bin/sh");
        shell.env("PATH", self.path("bin")).env("MAPCAST", MAPCAST);
        // Where logind deletes what a user leaves, every region in memory has that finding.
        let always = ["doctor", "--format", "json", "--ignore", "remove-ipc"];
        let script = format!("{before}\nexec \"$MAPCAST\" \"$@\"");
        shell.args(["-c", &script, "sh"]).args(always).args(arguments.split_whitespace());
        shell
    }

    /// The same by a user to whom permissions apply, and who may enter this directory.
    fn doctor_of_ordinary_user(&self, before: &str, arguments: &str) -> Diagnosis {
        let mut shell = self.doctor_after(before, arguments);
        let copy = World::new();
        if is_root() {
            shell.env("MAPCAST", copy.with_program_for_all()).uid(STRANGER).gid(STRANGER);
        }
        Diagnosis::of(&shell.output().expect("a shell"))
    }

    /// Lets all users enter, and puts a copy of mapcast here, which they may execute.
    fn with_program_for_all(&self) -> PathBuf {
        self.chmod(".", 0o755);
        let copy = self.path("mapcast");
        // Copied by another process: one that another test starts would inherit a descriptor that is open
        // for writing, and the file could not be executed meanwhile.
        let mut install = self.command_of("/usr/bin/install");
        install.args(["-m", "0755", MAPCAST]).arg(&copy);
        assert!(install.status().expect("install").success());
        copy
    }

    /// Sets the mode of the file or directory `name`.
    fn chmod(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).expect("chmod");
    }

    /// Copies the region `from` to `to`, with `words` at these offsets. The copy has no writer.
    fn altered(&self, from: &str, to: &str, words: &[(usize, u64)]) {
        let mut bytes = fs::read(self.path(&format!("{from}.region"))).expect("a region");
        for (at, word) in words {
            bytes[*at..at + 8].copy_from_slice(&word.to_le_bytes());
        }
        fs::write(self.path(&format!("{to}.region")), bytes).expect("written");
    }
}

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// A message for the person who runs the tests.
fn say(what: &str) {
    writeln!(std::io::stderr(), "{what}").expect("stderr");
}

#[test]
fn a_region_that_is_published_to_is_well() {
    let world = World::in_memory();
    let _writer = world.students("live");
    world.doctor("live").is(&[]);
    let text = world.prints("doctor live --ignore remove-ipc");
    assert!(
        text.contains("live.region: may be read by root") && text.ends_with("all is well\n"),
        "{text}"
    );
    assert!(world.doctor("live").unchecked().contains("systemctl"));
}

#[test]
fn a_finding_is_a_line_of_fact_and_one_of_what_to_type_and_can_be_left_out() {
    let world = World::in_memory();
    drop(world.students("ended"));
    let output = world.run("doctor ended --ignore remove-ipc");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("\nclosed: /dev/shm/") && text.contains("\n    type: "), "{text}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "mapcast: error: 1 finding; the lines above say what to type\n");
    world.doctor("ended --ignore closed").is(&[]);
}

#[test]
fn nothing_is_changed() {
    let world = World::in_memory();
    drop(world.students("ended"));
    fs::write(world.path(".ended.region.1-2.mapcast-new"), "").expect("a leftover");
    let state = || {
        let entries = fs::read_dir(world.path("")).expect("a directory").flatten();
        let facts = entries.map(|entry| {
            let found = entry.metadata().expect("a file");
            (entry.file_name(), found.modified().expect("a time"), fs::read(entry.path()).ok())
        });
        facts.collect::<std::collections::BTreeSet<_>>()
    };
    let before = state();
    world.doctor("ended");
    world.doctor("");
    assert_eq!(state(), before);
}
