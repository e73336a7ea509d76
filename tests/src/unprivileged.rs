//! A user to whom permissions apply.

use std::io::Write as _;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::program::tool;
use crate::{Daemon, Place, Program};

/// `nobody` on most machines, an unused number on the others.
pub const NOBODY: u32 = 65_534;

/// A program run by a user to whom permissions apply: the user of the tests, or another one if that
/// is root.
#[derive(Debug)]
pub struct Unprivileged {
    program: Program,
    group: u32,
    /// Holds a copy, if other users cannot reach the original.
    _copy: Option<Place>,
}

impl Unprivileged {
    /// `program`, copied if needed to where an ordinary user can execute it.
    pub fn new(program: &Program) -> Self {
        let group = NOBODY;
        if !nix::unistd::geteuid().is_root() || is_open_to_all(program.path()) {
            return Self { program: program.clone(), group, _copy: None };
        }
        let place = Place::on_disk().open_to_all();
        let copy = place.path(program.name());
        // Copied by another process: children that other tests start would inherit a descriptor
        // open for writing, and the file could not be executed meanwhile.
        let done = tool("install").args(["-m", "0755"]).arg(program.path()).arg(&copy).status();
        assert!(done.expect("install").success(), "cannot copy {}", program.path().display());
        Self { program: Program::new(program.name(), copy), group, _copy: Some(place) }
    }

    /// `program`, for another user than that of the tests. `None`, with a message on stderr, unless
    /// the tests run as root.
    pub fn another(program: &Program) -> Option<Self> {
        if nix::unistd::geteuid().is_root() {
            return Some(Self::new(program));
        }
        let word = b"not run: only root can start a process of another user\n";
        std::io::stderr().write_all(word).expect("stderr");
        None
    }

    /// The same user in this group only. Needs root.
    #[must_use]
    pub fn in_group(mut self, group: u32) -> Self {
        self.group = group;
        self
    }

    /// A command that runs it in `place` as the user of the tests, for a program that switches
    /// users itself.
    pub fn command_as_is(&self, place: &Place) -> Command {
        self.program.command(place)
    }

    /// The executable, in a place that every user can reach.
    pub fn path(&self) -> &Path {
        self.program.path()
    }

    /// A command that runs it in `place`, which must be [open to all](Place::open_to_all).
    pub fn command(&self, place: &Place) -> Command {
        let mut command = self.program.command(place);
        if nix::unistd::geteuid().is_root() {
            // Drops all other groups, too.
            command.uid(NOBODY).gid(self.group);
        }
        command
    }

    /// Starts it in `place` with `args`, which are split at white space, and an input to write to.
    pub fn start(&self, place: &Place, args: &str) -> Daemon {
        let mut command = self.command(place);
        let name = format!("{} of an ordinary user", self.program.name());
        Daemon::start_with_input(&name, command.args(args.split_whitespace()))
    }
}

/// Whether every user can reach and execute `path`.
fn is_open_to_all(path: &Path) -> bool {
    let path = path.canonicalize().expect("an executable");
    path.ancestors().all(|part| part.metadata().is_ok_and(|meta| meta.mode() & 0o001 != 0))
}
