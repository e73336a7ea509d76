//! `record` where the file cannot become larger: it keeps what was there, and counts what was lost.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use indicatif::HumanBytes;
use mapcast::dynamic::{CType, FieldSpec, Scalar, Schema, Writer};

use crate::recording::{Running, messages, of_topic, wait_until};
use crate::world::{MAPCAST, World};

/// Bytes of a record.
const WIDE: usize = 60_000;

/// A live region whose records are [`WIDE`].
fn wide(world: &World) -> Writer {
    let bytes = CType::array(Scalar::U8, 60_000).expect("an array");
    let schema = Schema::builder("WIDE").field(FieldSpec::new("x", bytes)).build().expect("it");
    let mut writer = Writer::open(world.path("wide.region"), &schema).expect("a writer");
    writer.publish(&vec![7; WIDE]).expect("published");
    writer
}

/// Records `wide` with `arguments` where a file has `blocks` of 512 bytes at most.
fn record_limited(world: &World, blocks: u32, arguments: &str) -> Running {
    let mut command = world.command_of("/bin/sh");
    let script = format!("ulimit -f {blocks}; exec \"$0\" record {arguments}");
    command.args(["-c", &script]).arg(MAPCAST);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("a shell");
    Running(child)
}

/// What `recorder` says when it has reached the limit; `records` counts those that are in its file.
fn fill(writer: &mut Writer, mut recorder: Running, records: impl Fn() -> usize) -> String {
    wait_until("the first record is in the file", || records() > 0);
    wait_until("it has ended", || {
        writer.publish(&vec![8; WIDE]).expect("published");
        recorder.0.try_wait().expect("a child").is_some()
    });
    let (code, said) = recorder.ended();
    assert_eq!(code, Some(1), "{said}");
    said
}

/// Asserts that the last line counts the `records` and the bytes of `file`, and some that were lost.
#[track_caller]
fn counts(said: &str, records: usize, file: &Path) {
    let counted = if records == 1 { "1 record".into() } else { format!("{records} records") };
    let (_, line) = said.split_once(&format!("recorded {counted}, ")).expect(said);
    let (_, rest) = line.split_once(" missed, ").expect(said);
    let (lost, rest) = rest.split_once(" lost with the failure, ").expect(said);
    assert!(lost.parse::<u64>().expect(said) > 0, "{said}");
    let bytes = fs::metadata(file).expect("the file").len();
    assert!(rest.starts_with(&format!("into 1 file of {}\n", HumanBytes(bytes))), "{said}");
}

#[test]
fn a_file_that_reaches_its_limit_is_an_error_and_keeps_what_was_in_it() {
    let world = World::new();
    let mut writer = wide(&world);
    let file = world.path("out.mcap");
    let records = || of_topic(&file, "wide").len();
    // Less than a chunk: the next commit fails.
    let recorder = record_limited(&world, 400, "out.mcap wide --encoding raw");
    let said = fill(&mut writer, recorder, records);
    assert!(said.contains("out.mcap: cannot write: File too large"), "{said}");
    assert!(said.contains("what was recorded before is in it"), "{said}");
    counts(&said, records(), &file);
    let (all, is_whole) = messages(&file);
    assert!(is_whole && all.iter().any(|message| message.data == vec![7; WIDE]));
    drop(writer);
    world.prints("replay out.mcap --prefix again- --speed max");
}

#[test]
fn a_csv_file_that_reaches_its_limit_keeps_the_lines_that_are_counted() {
    let world = World::new();
    let mut writer = wide(&world);
    let file = world.path("out.csv");
    let records = || fs::read_to_string(&file).unwrap_or_default().lines().skip(1).count();
    // The header has nearly 1 MB.
    let recorder = record_limited(&world, 3000, "out.csv wide --csv");
    let said = fill(&mut writer, recorder, records);
    assert!(said.contains("out.csv: cannot write: File too large"), "{said}");
    counts(&said, records(), &file);
}

#[test]
fn each_record_is_in_the_file_or_counted_as_lost_whatever_write_fails() {
    // The header, the chunk, and the summary do not fit; a record has 118 blocks.
    let limits = [0, 1, 60, 117, 118, 119, 120, 121, 125];
    let recorders = limits.map(|blocks| {
        let world = World::new();
        let writer = wide(&world);
        let recorder = record_limited(&world, blocks, "out.mcap wide --encoding raw");
        (world, writer, recorder)
    });
    let mut codes = BTreeSet::new();
    for (blocks, (world, _writer, mut recorder)) in limits.into_iter().zip(recorders) {
        let file = world.path("out.mcap");
        let records = || of_topic(&file, "wide").len();
        let mut has_ended = false;
        wait_until("it has recorded or failed", || {
            has_ended = recorder.0.try_wait().expect("a child").is_some();
            has_ended || records() > 0
        });
        let (code, said) = if has_ended { recorder.ended() } else { recorder.stop() };
        codes.insert(code);
        if file.exists() {
            let count = if records() == 1 { "1 record" } else { "0 records" };
            assert!(said.contains(&format!("recorded {count}, 0 missed")), "{blocks}: {said}");
            assert_eq!(
                said.contains("1 lost with the failure"),
                records() == 0,
                "{blocks}: {said}"
            );
            assert!(records() == 1 && messages(&file).1, "{blocks}: readable");
        } else {
            let what = if said.contains("cannot create") { "create" } else { "write any record" };
            let want = format!("out.mcap: cannot {what}: File too large");
            assert!(said.contains(&want), "{blocks}: {said}");
        }
        assert_eq!(code, Some(i32::from(said.contains("File too large"))), "{blocks}: {said}");
    }
    assert_eq!(codes.len(), 2, "some fit");
}

#[test]
fn a_file_that_takes_no_record_is_an_error_that_promises_none() {
    let world = World::new();
    let _writer = wide(&world);
    let (code, said) = record_limited(&world, 0, "none.mcap wide").ended();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("none.mcap: cannot create: File too large"), "{said}");
    assert!(!said.contains("is in it") && !world.path("none.mcap").exists(), "{said}");
    let (code, said) = record_limited(&world, 8, "few.csv wide --csv").ended();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("few.csv: cannot write any record: File too large"), "{said}");
    let want = "recorded 0 records, 0 missed, 1 lost with the failure, into 0 files of 0 B";
    assert!(said.contains(want) && !world.path("few.csv").exists(), "{said}");
}
