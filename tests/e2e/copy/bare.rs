//! A copier with system calls refused by a filter, or without `/proc`: it copies by other means, or
//! names what is missing.

use std::io::Write as _;
use std::process::Command;

use e2e::{Daemon, Place, Program, Unprivileged, compile_c};

use super::{LARGE, names, noise, same};
use crate::copier;

/// The errors that filters return.
const ANSWERS: [i32; 2] = [nix::libc::EPERM, nix::libc::ENOSYS];

/// The number of a user without other processes, different in each run of the tests.
fn loner() -> u32 {
    30_000 + std::process::id() % 20_000
}

/// A message for the person who runs the tests.
fn say(what: &str) {
    writeln!(std::io::stderr(), "{what}").expect("stderr");
}

struct Stage {
    place: Place,
    refuse: Program,
    _tools: Place,
}

impl Stage {
    fn new() -> Self {
        let (place, tools) = (Place::new(), Place::on_disk());
        place.write("source", noise(LARGE));
        place.write("copy", "old");
        Self { place, refuse: compile_c("refuse", &tools), _tools: tools }
    }

    /// Copies with four processes under a filter that refuses `calls`; returns the summary.
    #[track_caller]
    fn copies_without(&self, calls: &str, answer: i32) -> String {
        let mut command = self.refuse.command(&self.place);
        command.args([calls, &answer.to_string()]).arg(copier().path());
        command.args(["source", "copy", "--jobs", "4", "-v"]);
        self.has_copied(&mut command)
    }

    #[track_caller]
    fn has_copied(&self, command: &mut Command) -> String {
        let mut copy = Daemon::start("a copier in a sandbox", command);
        assert_eq!(copy.exit_code(), 0, "{:?}", copy.err());
        same(&self.place.path("source"), &self.place.path("copy"));
        assert_eq!(names(&self.place), ["copy".into(), "source".into()].into());
        self.place.write("copy", "old");
        copy.says("copied 32.0 MiB in ")
    }
}

#[test]
fn without_a_call_that_several_processes_need_one_process_copies() {
    let stage = Stage::new();
    for answer in ANSWERS {
        for (calls, named) in [
            ("memfd_create", "memfd_create"),
            ("prctl", "prctl(PR_SET_PDEATHSIG)"),
            ("epoll_create1", "epoll_create1"),
            ("clone", "fork"),
        ] {
            let line = stage.copies_without(calls, answer);
            let fact = format!("1 process instead of 4 ({named}: ");
            assert!(line.contains(&fact), "{calls}: {line}");
        }
    }
}

#[test]
fn pidfd_and_exchanging_names_are_optional() {
    let stage = Stage::new();
    for answer in ANSWERS {
        for calls in ["pidfd_open", "renameat2", "pidfd_open,renameat2"] {
            let line = stage.copies_without(calls, answer);
            assert!(line.contains(", 4 processes, "), "{calls}: {line}");
        }
    }
}

#[test]
fn without_proc_one_process_copies() {
    let stage = Stage::new();
    let without_proc = |program: Program| {
        let script = "mount -t tmpfs none /proc || exit 77; exec \"$0\" \"$@\"";
        let around = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script];
        program.command_under(&around, &stage.place)
    };
    let mut probe = without_proc(Program::new("true", "true"));
    if !probe.status().is_ok_and(|status| status.success()) {
        return say("not run: no namespaces here");
    }
    let mut command = without_proc(copier());
    let line = stage.has_copied(command.args(["source", "copy", "--jobs", "4", "-v"]));
    assert!(line.contains("1 process instead of 4 (/proc is not mounted)"), "{line}");
}

#[test]
fn a_limit_of_processes_reduces_their_number() {
    if !nix::unistd::geteuid().is_root() {
        return say(
            "not run: the limit counts all processes of a user, and only root can be another",
        );
    }
    let stage = Stage::new();
    let copier = Unprivileged::new(&copier());
    std::os::unix::fs::chown(stage.place.dir(), Some(loner()), None).expect("chown");
    let loner = loner().to_string();
    let ids = ["setpriv", "--reuid", &loner, "--regid", &loner];
    let around = [&ids[..], &["--clear-groups", "prlimit", "--nproc=3"]].concat();
    let program = Program::new("copier", copier.path());
    let mut command = program.command_under(&around, &stage.place);
    std::fs::remove_file(stage.place.path("copy")).expect("unlink");
    let line = stage.has_copied(command.args(["source", "copy", "--jobs", "4", "-v"]));
    assert!(line.contains(", 2 processes instead of 4 (fork: "), "{line}");
}
