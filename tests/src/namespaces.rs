//! Processes in namespaces of their own: unshare(1).
//!
//! Price: one more process where the program needs a parent (pid and time namespaces).

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::program::tool;
use crate::{Daemon, Place, Program};

/// The namespaces that a program is started in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// Its name in messages.
    pub name: &'static str,
    /// The arguments of unshare(1).
    flags: &'static [&'static str],
}

/// A child that is killed with its parent.
const FORK: &str = "--kill-child=KILL";

impl Namespace {
    /// The namespaces of the tests.
    pub const HERE: Self = Self { name: "here", flags: &[] };
    /// Process ids of its own: the program is number 1.
    pub const PIDS: Self =
        Self { name: "pid namespace", flags: &["--pid", "--fork", FORK, "--mount-proc"] };
    /// The same without a /proc of that namespace, in which its own number is another process.
    pub const PIDS_ALONE: Self =
        Self { name: "pid namespace, foreign /proc", flags: &["--pid", "--fork", FORK] };
    /// This user as root, and no other user.
    pub const ROOT: Self =
        Self { name: "user namespace, as root", flags: &["--user", "--map-root-user"] };
    /// No mapped user: every user is number 65534.
    pub const NOBODY: Self = Self { name: "user namespace, unmapped", flags: &["--user"] };
    /// Mounts of its own.
    pub const MOUNTS: Self = Self { name: "mount namespace", flags: &["--mount"] };
    /// The namespaces of a container.
    pub const CONTAINER: Self = Self {
        name: "container",
        flags: &[
            "--user",
            "--map-root-user",
            "--pid",
            "--fork",
            FORK,
            "--mount",
            "--mount-proc",
            "--ipc",
            "--uts",
            "--net",
            "--cgroup",
        ],
    };
    /// Clocks since the start of the machine that are a year ahead.
    pub const LATER: Self = Self {
        name: "time namespace, a year ahead",
        flags: &["--time", "--boottime=31536000", "--monotonic=31536000", "--fork", FORK],
    };

    /// A command that runs `program` there; `None`, with a message on stderr, if this user may not
    /// create such namespaces.
    pub fn command(self, program: &Program, place: &Place) -> Option<Command> {
        if self.flags.is_empty() {
            return Some(program.command(place));
        }
        let mut around = vec!["unshare"];
        if !nix::unistd::geteuid().is_root() && !self.flags.contains(&"--user") {
            around.extend(["--user", "--map-root-user"]);
        }
        around.extend(self.flags);
        let mut probe = tool(around[0]);
        probe.args(&around[1..]).arg("true").stdin(Stdio::null()).stderr(Stdio::null());
        if !probe.status().is_ok_and(|status| status.success()) {
            let _ = writeln!(std::io::stderr(), "not run: no {} here", self.name);
            return None;
        }
        Some(program.command_under(&around, place))
    }

    /// Starts `program` there with `args`, which are split at white space.
    pub fn start(self, program: &Program, place: &Place, args: &str) -> Option<Daemon> {
        let mut command = self.command(program, place)?;
        let name = format!("{} ({})", program.name(), self.name);
        Some(Daemon::start(&name, command.args(args.split_whitespace())))
    }
}
