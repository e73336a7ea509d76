//! Recordings with the official library for Python: it reads ours, and its own are replayed.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use mapcast::dynamic::{Reader, RecordBuf, Value};
use nix::sys::signal::Signal;
use serde_json::{Value as Json, json};

use crate::recording::{odd_record, record_heads, record_odd};
use crate::world::World;

/// Records of a recording.
const RECORDS: u64 = 20;
/// Messages of a file that the library writes, and bytes of their texts.
const MESSAGES: i64 = 1000;

/// A Python that has the library: `cargo xtask views` makes it.
fn python() -> Option<PathBuf> {
    let python = std::env::var_os("MAPCAST_MCAP_PYTHON").map(PathBuf::from);
    if python.is_none() {
        assert!(std::env::var_os("MAPCAST_VIEWS").is_none(), "no Python with the library mcap");
    }
    python
}

/// What the library prints in the directory of `world`.
#[track_caller]
fn library(world: &World, python: &PathBuf, arguments: &[&str]) -> String {
    let mut command: Command = world.command_of(python);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/views/mcap_library.py");
    let output = command.arg(script).args(arguments).output().expect("python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The messages of `out.mcap` on the topic `odd`, as the library reads them.
fn odd_messages(world: &World, python: &PathBuf) -> Vec<Json> {
    let printed = library(world, python, &["read", "out.mcap"]);
    let messages = printed.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    messages.filter(|message: &Json| message["topic"] == "odd").collect()
}

#[test]
fn the_library_reads_each_record_in_both_encodings_also_after_a_kill() {
    let Some(python) = python() else { return };
    for (encoding, schema) in [("json", "jsonschema"), ("raw", "mapcast")] {
        for end in [Signal::SIGTERM, Signal::SIGKILL] {
            let world = World::new();
            let options = format!("--encoding {encoding}");
            let (_writer, mut recorder) = record_odd(&world, &options, RECORDS - 1);
            recorder.signal(end);
            recorder.ended();
            let messages = odd_messages(&world, &python);
            assert_eq!(messages.len() as u64, RECORDS, "{encoding}, {end}");
            for (n, message) in (1..).zip(&messages) {
                assert_eq!(message["sequence"], n);
                assert_eq!(message["schema"], schema);
                is_record(n, encoding, message);
            }
        }
    }
}

/// Asserts that `message` is the `n`th record.
#[track_caller]
fn is_record(n: u64, encoding: &str, message: &Json) {
    let (record, value) = (odd_record(n), &message["value"]);
    if encoding == "raw" {
        assert_eq!(message["bytes"], json!(record.bytes()));
        return;
    }
    assert_eq!(value["big"], u64::MAX - n);
    assert_eq!(value["mode"], n % 2);
    assert_eq!(value["text"], "full");
    assert_eq!(value["far"][0], 0.1 + 0.2);
}

#[test]
fn the_library_reads_a_recording_cut_at_each_byte_of_its_last_chunk_up_to_there() {
    let Some(python) = python() else { return };
    let world = World::new();
    let (_writer, mut recorder) = record_odd(&world, "--encoding raw", RECORDS - 1);
    recorder.signal(Signal::SIGKILL);
    recorder.ended();
    let whole = std::fs::read(world.path("out.mcap")).expect("the file");
    let chunks: Vec<_> = record_heads(&whole).into_iter().filter(|head| head.op == 6).collect();
    let last = chunks.last().expect("a chunk");
    let start = last.start.to_string();
    let printed = library(&world, &python, &["cuts", "out.mcap", &start]);
    let counts: Vec<u64> = printed.lines().map(|line| line.parse().expect("a number")).collect();
    assert_eq!(counts.len(), whole.len() - last.start);
    let before = counts[0];
    assert!(before < RECORDS, "the last chunk has records");
    for (cut, count) in (last.start..).zip(counts) {
        assert_eq!(
            count,
            if cut < last.end { before } else { RECORDS },
            "cut at {cut} of {last:?}"
        );
    }
}

#[test]
fn files_of_the_library_are_replayed_packed_or_not() {
    let Some(python) = python() else { return };
    for compression in ["none", "lz4", "zstd"] {
        let world = World::new();
        library(&world, &python, &["write", "its.mcap", compression]);
        world.prints("replay its.mcap --speed max");
        let mut reader = Reader::open(world.path("lab-half.region")).expect("a region");
        let mut record = RecordBuf::new(Arc::clone(reader.schema()));
        let newest = reader.latest(record.bytes_mut()).expect("readable").expect("a record");
        assert_eq!(newest.sequence, MESSAGES.unsigned_abs(), "{compression}");
        let last = MESSAGES - 1;
        for (name, value) in [
            ("n", Value::Int(last)),
            ("half", Value::F64(499.5)),
            ("name", Value::Text(format!("no {last}"))),
        ] {
            assert_eq!(record.view().get(name).as_ref(), Some(&value), "{compression}");
        }
    }
}
