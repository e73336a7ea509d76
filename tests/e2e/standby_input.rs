//! A standby with an input: it does not block the program that writes it, and takes over with the
//! newest values.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Stdio};

use e2e::{Daemon, Place, Program, Reading, wait_until};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::{consumer, producer};

/// Far more lines than pipes hold.
const MANY: u64 = 100_000;

fn configure(place: &Place, more: &str) {
    let record = "[region]\npath = \"./x.region\"\n[record]\nname = \"X\"\n[[record.field]]\n\
                  name = \"n\"\ntype = \"u64\"\nsource = { input = {} }\n[producer]\n";
    place.write("x.toml", format!("{record}{more}"));
}

fn pipe(place: &Place) -> PathBuf {
    let path = place.path("pipe");
    mkfifo(&path, Mode::S_IRWXU).expect("mkfifo");
    path
}

/// Opened for reading and writing, so that it neither waits for the other end nor sees its close.
fn both_ends(path: &PathBuf) -> File {
    File::options().read(true).write(true).open(path).expect("a pipe")
}

/// A standby that waits behind `active`, with the pipe as its standard input.
fn standby_on(place: &Place, path: &PathBuf, active: &Daemon) -> Daemon {
    let mut command = producer().command(place);
    let command = command.args(["./x.toml", "--standby"]);
    let mut standby = Daemon::start_reading("standby", command, both_ends(path));
    standby.says(&format!("process {} publishes here; waiting", active.pid()));
    standby
}

fn latest(place: &Place) -> Reading {
    let mut consumer = consumer().start(place, "./x.region --once --format json --timeout 1m");
    assert_eq!(consumer.exit_code(), 0, "{:?}", consumer.err());
    Reading::of(&consumer.next_out())
}

/// tee(1): what is written to it goes to the file `copy` and to its standard output.
struct Tee(Child);

impl Tee {
    fn to(place: &Place, copy: &PathBuf) -> Self {
        let mut command = Program::new("tee", "tee").command(place);
        command.arg(copy).stdin(Stdio::piped()).stdout(Stdio::piped());
        Self(command.spawn().expect("tee"))
    }
}

impl Drop for Tee {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Writes many good lines and a bad one; returns the pipe, whose close would end the active
/// producer.
fn write_lines(mut feed: ChildStdin) -> io::Result<ChildStdin> {
    let lines: Vec<String> = (1..=MANY).map(|n| format!("{{\"n\":{n}}}\n")).collect();
    feed.write_all(lines.concat().as_bytes())?;
    feed.write_all(b"bad\n")?;
    Ok(feed)
}

#[test]
fn a_standby_behind_a_tee_does_not_block_it_and_takes_over_with_the_newest_values() {
    let place = Place::new();
    configure(&place, "");
    let path = pipe(&place);
    let _open = both_ends(&path);
    let mut tee = Tee::to(&place, &path);
    let mut command = producer().command(&place);
    let from_tee = tee.0.stdout.take().expect("piped");
    let mut active = Daemon::start_reading("active", command.arg("./x.toml"), from_tee);
    active.says("publishing X to");
    let mut standby = standby_on(&place, &path, &active);

    let feed = tee.0.stdin.take().expect("piped");
    // In a thread, because a blocked tee would block it.
    let feeder = std::thread::spawn(move || write_lines(feed));
    wait_until("the active producer has published every line", || {
        latest(&place).record["n"] == MANY
    });
    standby.says(&format!("line {} skipped: not JSON", MANY + 1));
    let _feed = feeder.join().expect("it has written all").expect("tee reads on");

    active.kill9();
    standby.says("(resumed, epoch 2, after record");
    wait_until("the take-over is a record", || latest(&place).sequence == MANY + 1);
    let first = latest(&place);
    assert_eq!((first.sequence, &first.record["n"]), (MANY + 1, &MANY.into()));
    writeln!(both_ends(&path), "{{\"n\":7}}").expect("the standby reads on");
    wait_until("the next line is the next record", || latest(&place).sequence == MANY + 2);
    assert_eq!(latest(&place).record["n"], 7);
    standby.stop();
    assert_eq!(standby.said("(SIGTERM): 2 records, 1 bad line"), 1, "{:?}", standby.err());
}

#[test]
fn a_standby_does_not_read_the_active_producers_pipe() {
    let place = Place::new();
    configure(&place, "input = \"./pipe\"\n");
    let path = pipe(&place);
    let mut active = producer().start(&place, "./x.toml");
    active.says("publishing X to");
    let mut standby = producer().start(&place, "./x.toml --standby");
    standby.says("waiting to take over");
    for n in 1..=200 {
        // A new writer for each line, so that the active producer reopens the pipe each time.
        fs::write(&path, format!("{{\"n\":{n}}}\n")).expect("write");
    }
    wait_until("each line is a record of the active one", || latest(&place).sequence == 200);
    active.kill9();
    standby.says("(resumed, epoch 2, after record 200)");
    fs::write(&path, "{\"n\":201}\n").expect("write");
    wait_until("the next line is the next record", || latest(&place).record["n"] == 201);
    assert_eq!(latest(&place).sequence, 201, "the take-over itself was no record");
    standby.stop();
    assert_eq!(standby.said("(SIGTERM): 1 record, 0 bad lines"), 1, "{:?}", standby.err());
}

#[test]
fn the_end_of_its_input_ends_a_waiting_standby() {
    let place = Place::new();
    configure(&place, "");
    let mut active = producer().start_with_input(&place, "./x.toml");
    active.says("publishing X to");
    let mut standby = producer().start_with_input(&place, "./x.toml --standby");
    standby.says("waiting to take over");
    standby.say("{\"n\":1}");
    standby.end_input();
    assert_eq!(standby.exit_code(), 0);
    standby.says("the input ended before a take-over");
    active.stop();
}

#[test]
fn a_file_is_not_read_before_the_take_over_and_is_published_line_by_line() {
    let place = Place::new();
    configure(&place, "");
    let mut active = producer().start_with_input(&place, "./x.toml");
    active.says("publishing X to");
    let lines = place.write("lines", "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
    let mut command = producer().command(&place);
    let command = command.args(["./x.toml", "--standby"]);
    let mut standby = Daemon::start_reading("standby", command, File::open(lines).expect("a file"));
    standby.says("waiting to take over");
    active.stop();
    assert_eq!(standby.exit_code(), 0);
    standby.says("(end of input): 3 records, 0 bad lines");
}
