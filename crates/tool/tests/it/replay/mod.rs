//! `replay`: at the original pace, into regions without a writer, and nothing of a damaged file.

mod pace;
mod partial;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use mapcast::dynamic::{CType, FieldSpec, Reader, RecordBuf, Scalar, Schema, Value, Writer};
use mapcast::{Record as _, Stu};

use nix::sys::signal::Signal;

use crate::recording::{Running, messages, odd, odd_record, record_odd, records, wait_until};
use crate::world::{MAPCAST, World};

/// The number of the newest student of a region; 0 while there is none.
fn newest(region: &Path) -> u64 {
    let latest =
        Reader::open(region).and_then(|mut reader| reader.latest(&mut [0; size_of::<Stu>()]));
    latest.ok().flatten().map_or(0, |publication| publication.sequence)
}

#[test]
fn a_region_with_a_live_writer_is_refused_and_no_other_is_touched() {
    let world = World::new();
    let (writer, recorder) = record_odd(&world, "", 0);
    recorder.stop();
    let output = world.run("replay out.mcap");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let want = format!("odd.region: has a live writer, process {}; stop it", std::process::id());
    assert!(said.contains(&want), "{said}");
    drop(writer);
    world.prints("replay out.mcap --speed max");
}

#[test]
fn a_region_that_does_not_fit_leaves_the_record_of_every_other_region() {
    let world = World::new();
    let bytes = CType::array(Scalar::U8, 60_000).expect("an array");
    let wide = Schema::builder("WIDE").field(FieldSpec::new("x", bytes)).build().expect("it");
    recording(&world.path("x.mcap"), |writer| {
        add_records(writer, "a", &Stu::schema(), &[1_000_000_000]);
        add_records(writer, "b", &wide, &[1_000_000_000]);
    });
    let mut before = Writer::open(world.path("a.region"), &odd()).expect("a writer");
    before.publish(odd_record(1).bytes()).expect("published");
    drop(before);
    // In blocks of 512 bytes: enough for the first region.
    let mut command = world.command_of("/bin/sh");
    command.args(["-c", "ulimit -f 100; exec \"$0\" replay x.mcap"]).arg(MAPCAST);
    let output = command.output().expect("a shell");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("b.region: cannot make room for: File too large"), "{said}");
    assert_eq!(records(&world.path("a.region")), [odd_record(1).bytes()]);
    world.prints("replay x.mcap");
    assert_eq!(records(&world.path("b.region")).len(), 1);
}

#[test]
fn a_file_of_another_program_leaves_the_record_of_every_other_region() {
    let world = World::new();
    recording(&world.path("x.mcap"), |writer| {
        add_records(writer, "a", &Stu::schema(), &[1_000_000_000]);
        add_records(writer, "b", &Stu::schema(), &[1_000_000_000]);
    });
    let mut before = Writer::open(world.path("a.region"), &odd()).expect("a writer");
    before.publish(odd_record(1).bytes()).expect("published");
    drop(before);
    fs::write(world.path("b.region"), "text of another program").expect("a file");
    assert_eq!(world.run("replay x.mcap").status.code(), Some(1));
    assert_eq!(records(&world.path("a.region")), [odd_record(1).bytes()]);
}

#[test]
fn a_recording_without_records_is_replayed_to_none() {
    let world = World::new();
    for (file, signal) in [("stopped.mcap", Signal::SIGTERM), ("killed.mcap", Signal::SIGKILL)] {
        let mut recorder = Running::start(&world, &format!("record {file} nowhere"));
        wait_until("the file is begun", || messages(&world.path(file)).1);
        recorder.signal(signal);
        recorder.ended();
        for options in ["", "--loop", "--partial"] {
            let output = world.run(&format!("replay {file} {options}"));
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(0), "{said}");
            assert!(said.contains("INFO mapcast: replayed 0 records\n"), "{said}");
        }
    }
}

#[test]
fn a_file_that_is_cut_while_it_is_replayed_is_an_error_behind_a_count_of_what_was_published() {
    for len in [0, 8, 40, 90_000] {
        let world = World::new();
        let times: Vec<u64> = (0..4000).map(|tick| 1_000_000_000 + tick * 1_000_000).collect();
        recording(&world.path("x.mcap"), |writer| {
            for times in times.chunks(1000) {
                add_records(writer, "s", &Stu::schema(), times);
                writer.flush().expect("a chunk");
            }
        });
        let mut replay = Running::start(&world, "replay x.mcap --loop --speed 4");
        wait_until("a record", || newest(&world.path("s.region")) > 0);
        let file = fs::OpenOptions::new().write(true).open(world.path("x.mcap")).expect("it");
        file.set_len(len).expect("cut");
        let (code, said) = replay.ended();
        assert_eq!(code, Some(1), "{said}");
        let (published, error) = said.split_once(" records\n").expect("a count");
        let (_, published) = published.rsplit_once("INFO mapcast: replayed ").expect("a count");
        assert!(published.parse::<u64>().expect("a number") > 0, "{said}");
        assert!(
            error.contains("x.mcap: at byte ") && error.contains(": has changed since"),
            "{said}"
        );
        assert!(error.contains("replay it when no program writes to it"), "{said}");
    }
}

#[test]
fn a_named_pipe_and_a_directory_are_refused_at_once() {
    let world = World::new();
    nix::unistd::mkfifo(&world.path("x.mcap"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let output = world.run("replay x.mcap");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("x.mcap: not a file"), "{output:?}");
    let output = world.run("replay .");
    let want = ".: cannot read: is a directory; give a file\n";
    assert!(String::from_utf8_lossy(&output.stderr).ends_with(want), "{output:?}");
}

#[test]
fn an_option_that_cannot_be_is_wrong_usage_and_names_the_option() {
    let world = World::new();
    students(&world.path("x.mcap"), &[1_000_000_000]);
    for (options, want) in [
        ("--prefix a/b", "'--prefix <TEXT>': "),
        ("--prefix .a", "'--prefix <TEXT>': "),
        ("--speed 0", "'--speed <FACTOR>': write a factor"),
        ("--from soon", "'--from <TIME>': write a time"),
    ] {
        let output = world.run(&format!("replay x.mcap {options}"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(want), "{said}");
    }
}

/// Writes a raw recording of the region `s`: a student at each time.
fn students(file: &Path, times: &[u64]) {
    recording(file, |writer| add_records(writer, "s", &Stu::schema(), times));
}

/// A recording that is being made.
type Recording = mcap::Writer<fs::File>;

/// Writes a recording at `file` with what `add` adds.
fn recording(file: &Path, add: impl FnOnce(&mut Recording)) {
    let out = fs::File::create(file).expect("a file");
    let options = mcap::WriteOptions::new().compression(None);
    let mut writer = options.create(out).expect("a writer");
    add(&mut writer);
    writer.finish().expect("finished");
}

/// Adds a raw record of the region `topic` at each time; students have numbers and a name.
fn add_records(writer: &mut Recording, topic: &str, schema: &Schema, times: &[u64]) {
    let id = writer.add_schema(schema.name(), "mapcast", &schema.encode()).expect("a schema");
    let channel = writer.add_channel(id, topic, "mapcast", &BTreeMap::new()).expect("it");
    for (id, &time) in (0..).zip(times) {
        let mut record = RecordBuf::new(Arc::new(schema.clone()));
        if *schema == Stu::schema() {
            record.set_by_name("id", &Value::Int(id)).expect("a value");
            record.set_by_name("name", &Value::Text("xiaoming".into())).expect("a value");
        }
        add_message(writer, channel, time, record.bytes());
    }
}

fn add_message(writer: &mut Recording, channel_id: u16, time: u64, data: &[u8]) {
    let (log_time, publish_time) = (time, time);
    let header = mcap::records::MessageHeader { channel_id, sequence: 1, log_time, publish_time };
    writer.write_to_known_channel(&header, data).expect("written");
}

fn id_of(record: &[u8]) -> i32 {
    i32::from_le_bytes(*record.first_chunk().expect("four bytes"))
}
