//! A program to start, any number of times.

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

    /// Its name in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The executable.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A command that runs it in `place`, with nothing of this machine's or shell's settings.
    pub fn command(&self, place: &Place) -> Command {
        settled(Command::new(&self.path), place)
    }

    /// The same through a shell that does `before` first (`umask 077`, `ulimit ...`) and then
    /// becomes the program: the process id is the program's.
    pub fn command_after(&self, before: &str, place: &Place) -> Command {
        let mut shell = Command::new("/bin/sh");
        shell.arg("-c").arg(format!("{before} && exec \"$0\" \"$@\"")).arg(&self.path);
        settled(shell, place)
    }

    /// The same as the last argument of another program, such as `unshare --pid --fork`.
    pub fn command_under(&self, around: &[&str], place: &Place) -> Command {
        let mut command = Command::new(around[0]);
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

/// What a service manager or a shell may have set for the tests themselves.
const NOT_FOR_US: [&str; 8] = [
    "MAPCAST_LOG",
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "JOURNAL_STREAM",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
];

/// `command` in `place`, whatever the environment of the tests says.
fn settled(mut command: Command, place: &Place) -> Command {
    command.current_dir(place.dir()).env("MAPCAST_DIR", place.dir());
    for name in NOT_FOR_US {
        command.env_remove(name);
    }
    command
}
