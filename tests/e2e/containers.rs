//! Containers without a service manager: the producer is process 1 of one, a consumer process 1 of
//! another, and they share a volume. The recipe of docs/operate.md.
//!
//! Each has pid, mount, ipc, uts and network namespaces of its own, and sees the volume at another path.

use std::process::Command;

use e2e::{Daemon, Place, Program, Reading, proc, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::{consumer, producer};

/// Makes the volume `/mnt` of the container, names it as the default directory, and becomes the program.
const ENTRY: &str =
    "mount --bind $OPTIONS \"$PWD\" /mnt && export MAPCAST_DIR=/mnt && cd / && exec \"$0\" \"$@\"";

/// `program` as process 1, with the volume `place`; `None`, with a word on stderr, where there are no
/// such namespaces.
fn container(program: &Program, place: &Place, options: &str, args: &str) -> Option<Daemon> {
    let root = if nix::unistd::geteuid().is_root() { "--mount" } else { "--map-root-user" };
    let around = [
        "unshare",
        root,
        "--mount",
        "--pid",
        "--fork",
        "--kill-child=KILL",
        "--mount-proc",
        "--ipc",
        "--uts",
        "--net",
        "/bin/sh",
        "-c",
        ENTRY,
    ];
    let run = |program: &Program| -> Command {
        let mut command = program.command_under(&around, place);
        command.env_remove("MAPCAST_DIR").env("OPTIONS", options);
        command
    };
    if !run(&Program::new("true", "/bin/true")).output().is_ok_and(|done| done.status.success()) {
        use std::io::Write as _;
        writeln!(std::io::stderr(), "not run: no containers here").expect("stderr");
        return None;
    }
    Some(Daemon::start(program.name(), run(program).args(args.split_whitespace())))
}

/// What `docker stop` and `docker kill` do: a signal for process 1, from outside.
fn signal_process_1(container: &Daemon, signal: Signal) {
    let process = i32::try_from(proc::only_child(container.pid())).expect("a pid");
    kill(Pid::from_raw(process), signal).expect("a process");
}

#[test]
fn a_producer_and_a_consumer_in_containers_share_a_volume_and_end_with_sigterm() {
    let place = Place::new();
    let Some(mut writer) = container(&producer(), &place, "-o rw", "--tick 10ms") else { return };
    writer.says("publishing STU to /mnt/stu.region");
    let follow = "stu --follow --format json";
    let mut reader = container(&consumer(), &place, "-o ro", follow).expect("as the writer");
    reader.out_line("a record of a live writer", |line| Reading::of(line).state == "live");

    signal_process_1(&writer, Signal::SIGTERM);
    writer.says("closed /mnt/stu.region (SIGTERM)");
    assert_eq!(writer.exit_code(), 0);
    reader.says(": closed: ");

    let mut next = container(&producer(), &place, "-o rw", "--tick 10ms").expect("as the first");
    next.says("(resumed, epoch 2, after record");
    reader.out_line("a record of the next writer", |line| line.contains("\"epoch\":2,"));
    signal_process_1(&next, Signal::SIGKILL);
    wait_until("the container is gone", || !next.is_running());
    reader.says(": dead: ");

    signal_process_1(&reader, Signal::SIGTERM);
    assert_eq!(reader.exit_code(), 0, "{:?}", reader.err());
}
