//! What the counters of the three generations show.

use crate::example::{self, within_the_deadline};
use std::io::{BufRead, BufReader, Read};
use std::time::{Duration, Instant};

/// A machine with one processor tears seldom; this is how long it may take.
const DEADLINE: Duration = Duration::from_mins(10);

/// The numbers of a generation's last second and of its killed writers.
#[derive(Debug)]
struct Seen {
    reads: u64,
    torn: u64,
    left_torn: u64,
    left_nothing: u64,
}

/// The number that stands after (or, with `before`, ahead of) these words.
fn number(text: &str, before: &str, after: &str) -> u64 {
    let rest = text.rsplit_once(before).unwrap_or_else(|| panic!("no {before:?} in {text:?}")).1;
    let digits = rest.split_once(after).unwrap_or_else(|| panic!("no {after:?} in {text:?}")).0;
    digits.parse().unwrap_or_else(|_| panic!("{digits:?} in {text:?}"))
}

fn watch(generation: &str) -> Seen {
    let output = example::run("generations", &["--seconds", "1", generation]);
    let text = example::printed(&output);
    assert!(output.status.success(), "{text}");
    Seen {
        reads: number(&text, "reads ", ","),
        torn: number(&text, ", torn ", ","),
        left_torn: number(&text, "writers killed: ", " left"),
        left_nothing: number(&text, "record, ", " left"),
    }
}

/// Watches again until `shows`: a fault that comes by chance, but comes.
#[track_caller]
fn until(generation: &str, shows: impl Fn(&Seen) -> bool) -> Seen {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let seen = watch(generation);
        if shows(&seen) {
            return seen;
        }
        assert!(Instant::now() < deadline, "never seen: {seen:?}");
    }
}

#[test]
fn the_tutorials_readers_get_torn_records_and_its_dead_writers_leave_some() {
    until("torn", |seen| seen.torn > 0 && seen.left_torn > 0);
}

#[test]
fn a_seqlock_tears_nothing_but_its_dead_writers_leave_nothing_to_read() {
    let seen = until("seqlock", |seen| seen.left_nothing > 0);
    assert_eq!((seen.torn, seen.left_torn), (0, 0));
}

#[test]
fn mapcast_tears_nothing_and_every_dead_writer_leaves_a_whole_record() {
    let seen = watch("mapcast");
    assert!(seen.reads > 0);
    assert_eq!((seen.torn, seen.left_torn, seen.left_nothing), (0, 0, 0), "{seen:?}");
}

#[test]
fn a_reader_that_is_killed_leaves_no_writer_behind() {
    // An example works beside its program, and one that is killed cannot tidy up: so it gets a
    // second name in a directory that is deleted.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let program = dir.path().join("generations");
    std::fs::hard_link(example::built("generations"), &program).expect("linked");
    let mut reader = example::command_at(&program).args(["--seconds", "60", "torn"]).spawn();
    let reader = reader.as_mut().expect("started");
    let mut out = BufReader::new(reader.stdout.take().expect("its output"));
    let mut err = reader.stderr.take().expect("its errors");
    let mut line = String::new();
    while !line.contains("after 1 s") {
        line.clear();
        assert_ne!(out.read_line(&mut line).expect("a line"), 0, "it ended");
    }
    reader.kill().expect("killed");
    reader.wait().expect("reaped");
    // Its writer has inherited stderr: the pipe ends when the last of both has ended.
    within_the_deadline(move || err.read_to_end(&mut Vec::new()).expect("the end"));
}

#[test]
fn writer_and_reader_can_be_started_by_hand() {
    for generation in ["torn", "seqlock", "mapcast"] {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("student");
        let file = file.to_str().expect("a plain path");
        let mut writer = example::command("generations");
        let mut writer = writer.args(["write", generation, file]).spawn().expect("started");
        let mut line = String::new();
        let out = writer.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut line).expect("a line");
        assert_eq!(line, "writing\n");
        let output = example::run("generations", &["read", generation, file, "--seconds", "1"]);
        writer.kill().expect("killed");
        writer.wait().expect("reaped");
        let text = example::printed(&output);
        assert!(output.status.success() && text.contains("after 1 s: reads "), "{text}");
    }
}
