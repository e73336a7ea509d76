//! Output that is not read: a full log pipe, a stopped terminal, a full journal.
//!
//! Every test also requires that records continue, a signal ends the program, and lost messages are
//! counted in the log.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;

use e2e::{Daemon, Mount, Place, Program, Reading, wait_until, with_own_mounts};
use nix::pty::openpty;
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{FlowArg, tcflow};
use nix::unistd::Pid;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use crate::{consumer, copier, producer};

/// Where the journal listens.
const JOURNAL: &str = "/run/systemd/journal/socket";

/// A configuration that counts, in `place`.
fn counting(place: &Place) {
    let text = "[region]\npath = \"./x.region\"\n[record]\nname = \"X\"\n[[record.field]]\n\
                name = \"n\"\ntype = \"u32\"\nsource = { counter = {} }\n[producer]\ntick = \"1ms\"\n";
    place.write("x.toml", text);
}

/// Writes to `output` until it has no room; from then on a blocking write sleeps.
fn fill(output: &OwnedFd) {
    let flags = fcntl_getfl(output).expect("flags");
    fcntl_setfl(output, flags | OFlags::NONBLOCK).expect("flags");
    while rustix::io::write(output, &[b'x'; 4096]).is_ok() {}
    while rustix::io::write(output, b"\n").is_ok() {}
    fcntl_setfl(output, flags).expect("flags");
}

/// A pipe without room, and the end that reads it.
fn full_pipe() -> (File, OwnedFd) {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let writer = OwnedFd::from(writer);
    fill(&writer);
    (File::from(OwnedFd::from(reader)), writer)
}

/// Starts `program` in `place` with the given stderr.
fn start(program: &Program, place: &Place, args: &str, stderr: impl Into<Stdio>) -> Daemon {
    let mut command = program.command(place);
    command.args(args.split_whitespace());
    Daemon::start_logging_to(program.name(), &mut command, Stdio::null(), stderr)
}

/// Waits, with its own follower, until `count` more records were published.
#[track_caller]
fn publishes(place: &Place, count: u64) {
    let mut follower = consumer().start(place, "./x.region --follow --format json");
    let first = Reading::of(&follower.next_out()).sequence;
    follower.out_line("more records", |line| Reading::of(line).sequence >= first + count);
    follower.stop();
}

/// Stops the producer in `place` and waits until it has closed its region.
#[track_caller]
fn ends(producer: &mut Daemon, place: &Place) {
    producer.signal(Signal::SIGTERM);
    assert_eq!(producer.exit_code(), 0);
    is_closed(place);
}

#[track_caller]
fn is_closed(place: &Place) {
    let mut consumer = consumer().start(place, "./x.region --once --format json");
    assert_eq!(Reading::of(&consumer.next_out()).state, "closed");
}

#[test]
fn a_full_log_pipe_delays_neither_records_nor_a_reload_nor_the_end() {
    for format in ["text", "json"] {
        let place = Place::new();
        counting(&place);
        let (_reader, full) = full_pipe();
        let args = format!("./x.toml --log trace --log-format {format}");
        let mut producer = start(&producer(), &place, &args, full);
        publishes(&place, 20);
        producer.signal(Signal::SIGHUP);
        publishes(&place, 20);
        ends(&mut producer, &place);
    }
}

#[test]
fn lost_messages_are_counted_in_the_log() {
    let place = Place::new();
    counting(&place);
    let (reader, full) = full_pipe();
    let mut producer = start(&producer(), &place, "./x.toml --log trace", full);
    // Some hundred are kept in memory.
    publishes(&place, 1500);
    let lines = BufReader::new(reader).split(b'\n').map(|line| line.expect("read"));
    let mut log = lines.map(|line| String::from_utf8_lossy(&line).into_owned());
    let note = log.find(|line| line.contains("were lost")).expect("a note");
    let (_, note) = note.split_once("  WARN producer: ").unwrap_or(("", &note));
    assert!(note.ends_with(" messages were lost while nothing read standard error"), "{note}");
    let count = note.split(' ').find_map(|word| word.parse::<u64>().ok()).expect("a number");
    assert!(count > 100, "{note}");
    let next = log.next().expect("the log continues");
    assert!(next.contains(" TRACE producer"), "each line is whole: {next}");
    // The pipe's reader keeps up from here on.
    let rest = std::thread::spawn(move || log.last());
    ends(&mut producer, &place);
    let last = rest.join().expect("read").expect("a last line");
    assert!(last.contains("closed ./x.region (SIGTERM): "), "{last}");
}

#[test]
fn a_full_log_pipe_does_not_stop_a_consumer() {
    let place = Place::new();
    counting(&place);
    for how in ["--follow", "--poll 10ms"] {
        let (_reader, full) = full_pipe();
        // It logs the wait, the attach, and the state of the writer.
        let mut consumer = start(&consumer(), &place, &format!("./x.region {how}"), full);
        let mut writer = producer().start(&place, "./x.toml");
        for _ in 0..20 {
            consumer.next_out();
        }
        writer.kill9();
        let mut writer = producer().start(&place, "./x.toml");
        writer.says("publishing"); // from here on it handles signals
        consumer.skip_out();
        for _ in 0..20 {
            consumer.next_out();
        }
        consumer.stop();
        writer.stop();
        fs::remove_file(place.path("x.region")).expect("remove");
    }
}

#[test]
fn a_program_that_fails_exits_even_if_its_log_is_full() {
    let place = Place::new();
    for (program, args, code) in [
        (producer(), "./none.toml", 1),
        (producer(), "./none.toml --log-format json", 1),
        (consumer(), "./none --once", 3),
        (copier(), "./none ./copy", 1),
    ] {
        let (_reader, full) = full_pipe();
        let mut program = start(&program, &place, args, full);
        assert_eq!(program.exit_code(), code, "{args}");
    }
}

#[test]
fn a_stopped_or_closed_terminal_stops_no_program() {
    let place = Place::new();
    counting(&place);
    // Stopped by ^S, and in a window that does not read its output.
    for by_hand in [FlowArg::TCOOFF, FlowArg::TCOON] {
        let terminal = openpty(None, None).expect("a terminal");
        let reopened = terminal.slave.try_clone().expect("dup");
        match by_hand {
            FlowArg::TCOOFF => tcflow(&terminal.slave, by_hand).expect("^S"),
            _ => fill(&terminal.slave),
        }
        let mut producer = start(&producer(), &place, "./x.toml --log trace", terminal.slave);
        publishes(&place, 500);
        let flags = fcntl_getfl(&reopened).expect("flags");
        assert!(!flags.contains(OFlags::NONBLOCK), "the terminal is not this program's alone");
        drop(terminal.master); // the window is closed
        publishes(&place, 100);
        ends(&mut producer, &place);
    }
}

#[test]
fn a_stopped_terminal_stops_no_copy() {
    let place = Place::new();
    let source = place.write("source", vec![7; 64 << 20]);
    let terminal = openpty(None, None).expect("a terminal");
    tcflow(&terminal.slave, FlowArg::TCOOFF).expect("^S");
    let mut copier = start(&copier(), &place, "source copy -v", terminal.slave);
    assert_eq!(copier.exit_code(), 0);
    assert_eq!(fs::read(place.path("copy")).expect("a copy"), fs::read(source).expect("read"));
}

/// A shell with a terminal of its own, and a producer in its background.
struct Background {
    shell: std::process::Child,
    producer: Pid,
}

impl Background {
    fn start(place: &Place, terminal: &OwnedFd) -> Self {
        let script = "stty tostop; set -m; \"$@\" >/dev/null & echo $! >pid.new; \
                      mv pid.new pid; wait; sleep 100";
        let mut command =
            producer().command_under(&["setsid", "-c", "sh", "-c", script, "sh"], place);
        let stream = || Stdio::from(terminal.try_clone().expect("dup"));
        command
            .args(["./x.toml", "--log", "trace"])
            .stdin(stream())
            .stdout(stream())
            .stderr(stream());
        let shell = command.spawn().expect("setsid");
        wait_until("the producer's pid", || place.path("pid").exists());
        let text = fs::read_to_string(place.path("pid")).expect("pid");
        Self { shell, producer: Pid::from_raw(text.trim().parse().expect("a number")) }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = kill(self.producer, Signal::SIGKILL);
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

#[test]
fn a_terminal_that_stops_background_jobs_does_not_stop_a_producer() {
    let place = Place::new();
    counting(&place);
    let terminal = openpty(None, None).expect("a terminal");
    let job = Background::start(&place, &terminal.slave);
    let mut master = File::from(terminal.master);
    let window = std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while master.read(&mut bytes).is_ok_and(|read| read > 0) {}
    });
    publishes(&place, 100);
    kill(job.producer, Signal::SIGTERM).expect("kill");
    wait_until("the region is closed", || {
        let mut consumer = consumer().start(&place, "./x.region --once --format json");
        Reading::of(&consumer.next_out()).state == "closed"
    });
    drop((job, terminal.slave));
    window.join().expect("the window is closed");
}

#[test]
fn a_full_journal_delays_neither_records_nor_the_end() {
    with_own_mounts(|| {
        let place = Place::new();
        counting(&place);
        let _run = Mount::tmpfs("/run".into(), "mode=755");
        fs::create_dir_all("/run/systemd/journal").expect("mkdir");
        let journal = UnixDatagram::bind(JOURNAL).expect("a journal");
        let other = UnixDatagram::unbound().expect("socket");
        other.set_nonblocking(true).expect("nonblocking");
        while other.send_to(b"MESSAGE=x\n", JOURNAL).is_ok() {}

        let args = "./x.toml --log trace --log-format journal";
        let mut producer = producer().start(&place, args);
        publishes(&place, 1000);
        journal.set_read_timeout(Some(e2e::DEADLINE)).expect("a deadline");
        let mut bytes = [0; 8192];
        loop {
            let length = journal.recv(&mut bytes).expect("an entry");
            let entry = String::from_utf8_lossy(&bytes[..length]);
            if entry.contains(" messages were lost while nothing read the journal's socket") {
                assert!(entry.contains("PRIORITY=4\n"), "{entry}");
                break;
            }
        }
        ends(&mut producer, &place);
    });
}
