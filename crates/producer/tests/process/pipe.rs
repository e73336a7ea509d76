//! A named pipe whose producer cannot start or change: it keeps the lines of its writers in the pipe.
//!
//! A program that opens a pipe to write waits until some program reads it. One that reads it for a moment lets the
//! writer through, whose line is lost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use layout::Value;
use region::{DynReader, DynWriter};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};

use crate::many;
use crate::place::{COUNTER, Place, Running, TICK, state_of, wait_until};

const INPUT: &[(&str, &str)] = &[("u32", "input = { key = \"n\" }")];

/// A named pipe of the test's own.
pub(crate) fn make_pipe(place: &Place) -> PathBuf {
    make_pipe_called(place, "pipe")
}

fn make_pipe_called(place: &Place, name: &str) -> PathBuf {
    let pipe = place.path(name);
    mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("pipe");
    pipe
}

/// What makes `pipe` the input.
pub(crate) fn reads(pipe: &Path) -> String {
    format!("[producer]\ntick = \"10ms\"\ninput = \"{}\"\n", pipe.display())
}

/// A program with one line for a pipe that no other program has opened. Killed if the test ends before it.
struct Writer {
    child: Child,
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Writer {
    fn start(pipe: &Path, line: &str) -> Self {
        let mut command = Command::new("/bin/sh");
        command.env_clear().env("PATH", "/usr/bin:/bin");
        command.args(["-c", "printf '%s\\n' \"$1\" >\"$0\""]).arg(pipe).arg(line);
        Self { child: command.spawn().expect("a shell") }
    }

    /// One that waits for a reader.
    fn waiting(pipe: &Path, line: &str) -> Self {
        let writer = Self::start(pipe, line);
        wait_until("the writer waits", || state_of(&writer.child) == Some('S'));
        writer
    }

    /// One of lines without end.
    fn endless(pipe: &Path) -> Self {
        let mut command = Command::new("/bin/sh");
        command.env_clear().env("PATH", "/usr/bin:/bin");
        command.args(["-c", "exec yes '{\"n\": 7}' >\"$0\""]).arg(pipe);
        Self { child: command.stderr(Stdio::null()).spawn().expect("a shell") }
    }

    #[track_caller]
    fn has_written(&mut self) {
        let mut status = None;
        wait_until("the writer gets through", || {
            status = self.child.try_wait().expect("wait");
            status.is_some()
        });
        assert!(status.is_some_and(|status| status.success()), "its write failed");
    }
}

fn is_published(place: &Place, value: u64) {
    place.wait_for_record("the line", |newest| newest.2 == Value::Uint(value));
}

#[test]
fn a_start_that_fails_leaves_the_line_of_a_waiting_writer_to_the_next() {
    for args in [&[][..], &["--standby"]] {
        let place = Place::new();
        let pipe = make_pipe(&place);
        place.configure(INPUT, &reads(&pipe));
        fs::create_dir(place.region()).expect("in the way");
        let mut writer = Writer::waiting(&pipe, r#"{"n": 7}"#);
        let log = place.start("log", Stdio::null(), args).ends_with(1);
        assert!(log.contains("is a directory, not a regular file"), "{log}");
        fs::remove_dir(place.region()).expect("remove");
        let _producer = place.start("log", Stdio::null(), args);
        writer.has_written();
        is_published(&place, 7);
    }
}

#[test]
fn a_start_beside_the_producer_of_the_region_leaves_the_line_to_the_next() {
    let place = Place::new();
    let pipe = make_pipe(&place);
    place.configure(INPUT, TICK);
    let mut other = place.start("other", Stdio::piped(), &[]);
    other.wait_for("publishing");
    place.configure(INPUT, &reads(&pipe));
    let mut writer = Writer::waiting(&pipe, r#"{"n": 7}"#);
    let log = place.start("log", Stdio::null(), &[]).ends_with(1);
    assert!(log.contains("publishes here already"), "{log}");
    drop(other.child.stdin.take());
    other.ends_with(0);
    let _producer = place.start("log", Stdio::null(), &[]);
    writer.has_written();
    is_published(&place, 7);
}

#[test]
fn a_region_that_is_tried_again_each_second_leaves_the_line_until_it_is_open() {
    let place = Place::new();
    let pipe = make_pipe(&place);
    many::configure(&place, "a", many::COUNTER, TICK);
    many::configure(&place, "b", "input = { key = \"n\" }", &reads(&pipe));
    fs::create_dir(place.path("b.region")).expect("in the way");
    let mut writer = Writer::waiting(&pipe, r#"{"n": 7}"#);
    let producer = many::start(&place, &["."]);
    producer.wait_for("is a directory, not a regular file");
    (0..40).for_each(|_| many::publishes(&place, "a")); // two seconds at the least
    fs::remove_dir(place.path("b.region")).expect("remove");
    writer.has_written();
    wait_until("the line", || many::newest(&place, "b") == Some((1, Value::Uint(7))));
}

/// Sends SIGHUP and waits for its message.
fn reload(producer: &Running) -> String {
    let so_far = producer.log().len();
    producer.signal(Signal::HUP);
    let mut said = String::new();
    wait_until("an answer", || {
        said = producer.log().split_off(so_far);
        said.contains("SIGHUP: ") && said.ends_with('\n')
    });
    said
}

#[test]
fn a_reload_that_is_refused_leaves_the_line_to_the_next() {
    for standby in [None, Some("--standby")] {
        let place = Place::new();
        let pipe = make_pipe(&place);
        place.configure(COUNTER, TICK);
        let _active = standby.map(|_| place.start_quietly("active"));
        let args: Vec<_> = standby.into_iter().collect();
        let producer = place.start("log", Stdio::null(), &args);
        producer.wait_for(if standby.is_some() { "waiting to take over" } else { "publishing" });
        let mut writer = Writer::waiting(&pipe, r#"{"n": 7}"#);
        place.configure(INPUT, &reads(&pipe));
        place.reconfigure("x.region", "gone/x.region");
        let said = reload(&producer);
        assert!(said.contains("keeping the old configuration"), "{said}");
        if standby.is_none() {
            // Nor at the region's own path.
            place.configure(INPUT, &reads(&pipe));
            place.reconfigure("[record]", "format = \"bare\"\n[record]");
            let said = reload(&producer);
            assert!(said.contains("keeping the old configuration"), "{said}");
        }
        place.configure(INPUT, &reads(&pipe));
        place.reconfigure("x.region", "y.region");
        let said = reload(&producer);
        assert!(said.contains("is in force"), "{said}");
        writer.has_written();
        let newest = || many::newest(&place, "y").map(|newest| newest.1);
        wait_until("the line", || newest() == Some(Value::Uint(7)));
    }
}

#[test]
fn a_reload_to_a_pipe_that_cannot_be_read_leaves_the_region_as_it_is() {
    let place = Place::new();
    place.configure(COUNTER, TICK);
    let producer = place.start_quietly("log");
    place.wait_for_record("a record", |_| true);
    let inode = place.inode();
    for other in ["x.region", "y.region"] {
        place.configure(INPUT, &reads(&place.path("none")));
        place.reconfigure("x.region", other);
        let said = reload(&producer);
        assert!(said.contains("there is no such pipe"), "{said}");
        assert!(said.contains("keeping the old configuration"), "{said}");
    }
    assert_eq!(place.inode(), inode);
    assert!(!place.path("y.region").exists());
    let now = place.newest().expect("a record").1;
    place.wait_for_record("it continues to publish", |newest| newest.1 > now + 5);
}

/// A pipe that no process has open to read loses what it holds.
#[test]
fn a_reload_to_another_name_of_the_same_pipe_keeps_what_it_holds() {
    for standby in [None, Some("--standby")] {
        let place = Place::new();
        let pipe = make_pipe(&place);
        std::os::unix::fs::symlink(&pipe, place.path("link")).expect("a link");
        let active = standby.map(|_| {
            place.configure(COUNTER, TICK);
            place.start_quietly("active")
        });
        place.configure(INPUT, &reads(&pipe));
        let args: Vec<_> = standby.into_iter().collect();
        let producer = place.start("log", Stdio::null(), &args);
        producer.wait_for(if active.is_some() { "waiting to take over" } else { "publishing" });
        Writer::start(&pipe, r#"{"n": 1}"#).has_written();
        if active.is_none() {
            is_published(&place, 1);
        }
        producer.pause();
        Writer::start(&pipe, r#"{"n": 7}"#).has_written();
        place.configure(INPUT, &reads(&place.path("link")));
        producer.signal(Signal::HUP);
        producer.signal(Signal::CONT);
        producer.wait_for("is in force");
        if let Some(mut active) = active {
            // What it has read is published at the take-over.
            active.child.kill().expect("kill");
            active.end();
        }
        is_published(&place, 7);
    }
}

#[test]
fn a_standby_keeps_what_it_has_read_when_its_pipe_gets_another_name() {
    let place = Place::new();
    let pipe = make_pipe(&place);
    std::os::unix::fs::symlink(&pipe, place.path("link")).expect("a link");
    place.configure(COUNTER, TICK);
    let mut active = place.start_quietly("active");
    place.configure(INPUT, &reads(&pipe));
    let standby = place.start("log", Stdio::null(), &["--standby"]);
    standby.wait_for("waiting to take over");
    Writer::start(&pipe, r#"{"n": 7}"#).has_written();
    // It is read before the reload.
    Writer::start(&pipe, "bad").has_written();
    standby.wait_for("line 2 skipped");
    place.configure(INPUT, &reads(&place.path("link")));
    let said = reload(&standby);
    assert!(said.contains("is in force"), "{said}");
    active.child.kill().expect("kill");
    active.end();
    is_published(&place, 7);
    // From then on its new name decides.
    fs::remove_file(place.path("link")).expect("remove");
    Writer::start(&make_pipe_called(&place, "link"), r#"{"n": 8}"#).has_written();
    is_published(&place, 8);
}

/// Lets `producer` have `more` descriptors than it has.
fn limit_descriptors(producer: &Running, more: u64) {
    let open = fs::read_dir(format!("/proc/{}/fd", producer.child.id())).expect("descriptors");
    let open = open.count() as u64;
    let pid = Pid::from_raw(i32::try_from(producer.child.id()).expect("a pid"));
    let now = rustix::process::getrlimit(Resource::Nofile);
    let limit = Rlimit { current: Some(open + more), ..now };
    prlimit(pid, Resource::Nofile, limit).expect("a limit");
}

#[test]
fn a_reload_to_a_pipe_without_descriptors_for_it_changes_nothing() {
    let mut refused = 0;
    for more in 0..10 {
        let place = Place::new();
        let pipe = make_pipe(&place);
        place.configure(COUNTER, TICK);
        let producer = place.start_quietly("log");
        place.wait_for_record("a record", |_| true);
        let inode = place.inode();
        place.configure(INPUT, &reads(&pipe));
        limit_descriptors(&producer, more);
        let said = reload(&producer);
        if said.contains("keeping the old configuration") {
            refused += 1;
            assert_eq!(place.inode(), inode);
            let now = place.newest().expect("a record").1;
            place.wait_for_record("it continues to publish", |newest| newest.1 > now + 5);
            continue;
        }
        assert!(said.contains("is in force"), "{more}: {said}");
        let mut writer = Writer::start(&pipe, r#"{"n": 7}"#);
        is_published(&place, 7);
        writer.has_written();
    }
    assert!((1..10).contains(&refused), "{refused}");
}

const UNREAD: &str = "of the input had been read and not published";

#[test]
fn lines_in_hand_at_a_reload_to_another_pipe_are_counted() {
    let place = Place::new();
    let pipes = ["a", "b"].map(|name| make_pipe_called(&place, name));
    place.configure(INPUT, &reads(&pipes[0]));
    let producer = place.start_quietly("log");
    // There are none in one of 128 turns.
    for turn in 0.. {
        assert!(turn < 6, "no line in hand: {}", producer.log());
        let before = place.newest().map_or(0, |newest| newest.1);
        let _writer = Writer::endless(&pipes[turn % 2]);
        place.wait_for_record("lines", |newest| newest.1 > before);
        place.configure(INPUT, &reads(&pipes[(turn + 1) % 2]));
        if reload(&producer).contains(UNREAD) {
            break;
        }
    }
}

#[test]
fn lines_in_hand_when_a_region_fails_are_counted() {
    let place = Place::new();
    let pipe = make_pipe(&place);
    many::configure(&place, "a", many::COUNTER, TICK);
    many::configure(&place, "b", "input = { key = \"n\" }", &reads(&pipe));
    let producer = many::start(&place, &["."]);
    many::publishes(&place, "a");
    for turn in 0.. {
        assert!(turn < 6, "no line in hand: {}", producer.log());
        let _writer = Writer::endless(&pipe);
        many::publishes(&place, "b");
        let so_far = producer.log().len();
        let region = place.path("b.region");
        let schema = DynReader::open(&region).expect("attach").schema().clone();
        let other = DynWriter::open(place.path("other"), &schema).expect("a writer");
        fs::rename(place.path("other"), &region).expect("rename");
        wait_until("the failure", || {
            let log = producer.log().split_off(so_far);
            ["has taken this name", "publishes here", UNREAD].iter().any(|text| log.contains(text))
        });
        drop(other);
        if producer.log().contains(UNREAD) {
            break;
        }
    }
}
