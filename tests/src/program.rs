//! A program under test, which can be started any number of times.
//!
//! Invariant: no program inherits the environment of the tests: variables of a shell, service
//! manager or desktop (`MAPCAST_DIR`, `XDG_RUNTIME_DIR`, `NOTIFY_SOCKET`, `COLUMNS`) would change
//! its behaviour. `cargo test -p xtask` checks that every test starts programs from here.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Daemon, Place};

/// An executable and the name it has in messages.
#[derive(Clone, Debug)]
pub struct Program {
    name: String,
    path: PathBuf,
}

impl Program {
    /// The program at `path`.
    pub fn new(name: &str, path: impl Into<PathBuf>) -> Self {
        Self { name: name.to_owned(), path: path.into() }
    }

    /// The program `name` in the directory `$E2E_PROGRAMS`, or else the one that cargo built.
    ///
    /// `cargo xtask arm64` has scripts there that start programs of another architecture.
    pub fn under_test(name: &str, built: &str) -> Self {
        let given = std::env::var_os("E2E_PROGRAMS").map(|dir| Path::new(&dir).join(name));
        Self::new(name, given.filter(|path| path.exists()).unwrap_or_else(|| built.into()))
    }

    /// Its name in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The executable.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A command that runs it in `place`, without the settings of this machine or shell.
    pub fn command(&self, place: &Place) -> Command {
        settled(tool(&self.path), place)
    }

    /// The same through a shell that runs `before` (`umask 077`, `ulimit ...`) and then executes
    /// the program, which keeps the process id.
    pub fn command_after(&self, before: &str, place: &Place) -> Command {
        let mut shell = tool("/bin/sh");
        shell.arg("-c").arg(format!("{before} && exec \"$0\" \"$@\"")).arg(&self.path);
        settled(shell, place)
    }

    /// The same as the last argument of another program, such as `unshare --pid --fork`.
    pub fn command_under(&self, around: &[&str], place: &Place) -> Command {
        let mut command = tool(around[0]);
        command.args(&around[1..]).arg(&self.path);
        settled(command, place)
    }

    /// Starts it in `place` with `args`, which are split at white space: `"./a.toml --ticks 3"`.
    /// Its standard input is empty.
    pub fn start(&self, place: &Place, args: &str) -> Daemon {
        let mut command = self.command(place);
        Daemon::start(&self.name, command.args(args.split_whitespace()))
    }

    /// As [`start`](Self::start), with a standard input that [`Daemon::say`] writes to.
    pub fn start_with_input(&self, place: &Place, args: &str) -> Daemon {
        let mut command = self.command(place);
        Daemon::start_with_input(&self.name, command.args(args.split_whitespace()))
    }
}

/// The variables that are inherited: where programs, libraries and temporary files are.
const HANDED_ON: [&str; 4] = ["PATH", "LD_LIBRARY_PATH", "TMPDIR", "LLVM_PROFILE_FILE"];

/// A command that runs a program of this machine (`cc`, `mount`) with a clean environment.
pub(crate) fn tool(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C");
    for name in HANDED_ON {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// `command` in `place`, which is its default directory for regions too.
fn settled(mut command: Command, place: &Place) -> Command {
    command.current_dir(place.dir()).env("MAPCAST_DIR", place.dir());
    command
}
