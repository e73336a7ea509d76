//! `replay`: at the original pace, into regions without a writer, and nothing of a damaged file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mapcast::dynamic::{CType, FieldSpec, Reader, RecordBuf, Scalar, Schema, Value, Writer};
use mapcast::{Begin, BootTime, Record as _, State, Step, Stu};

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
fn a_replay_keeps_the_distance_of_the_records_and_begins_where_it_is_asked_to() {
    let world = World::new();
    let file = world.path("x.mcap");
    let times = [1_000, 1_001, 1_002].map(|second| second * 1_000_000_000);
    students(&file, &times);
    let begin = BootTime::now();
    world.prints("replay x.mcap --speed 100 --from 1s");
    let ids: Vec<i32> =
        records(&world.path("s.region")).iter().map(|record| id_of(record)).collect();
    assert_eq!(ids, [1, 2], "from the second record on");
    let mut reader = Reader::open(world.path("s.region")).expect("a region");
    reader.begin(Begin::Oldest);
    let mut record = [0; size_of::<Stu>()];
    let mut step = || reader.next(&mut record).expect("readable");
    let [_, Step::Record(second)] = [step(), step()] else { panic!("two records") };
    // A second later in the recording: 10 ms, which may become more and not less.
    assert!(second.published_at.since(begin) >= Duration::from_millis(10));
    let output = world.run("replay x.mcap --from 1h");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    let want = "x.mcap: --from: its last record is of 1970-01-01T00:16:42.000000000Z; give an earlier time";
    assert!(said.contains(want), "{said}");
}

#[test]
fn a_replay_begins_at_once_with_its_first_record_however_long_before_that_it_is_to_begin() {
    let world = World::new();
    let hours = |hour: u64| hour * 3_600_000_000_000;
    students(&world.path("x.mcap"), &[hours(100), hours(200), hours(200) + 10_000_000]);
    let region = world.path("s.region");
    // Before the first record, and between two that are hours apart; the test would not end.
    for (from, options, want) in
        [("1970-01-01T00:00:00Z", "--speed 1e6", 3), ("1h", "", 2), ("0s", "--speed 1e6", 3)]
    {
        world.prints(&format!("replay x.mcap --from {from} {options}"));
        assert_eq!(records(&region).len(), want, "{from}");
        fs::remove_file(&region).expect("removed");
    }
    let replay = Running::start(&world, "replay x.mcap --from 1h --loop");
    wait_until("it has begun again", || newest(&region) > 3);
    let (code, said) = replay.stop();
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_long_wait_for_the_next_record_is_said_once_with_its_length() {
    let world = World::new();
    let times = [1_000, 1_001, 8_201].map(|second| second * 1_000_000_000);
    students(&world.path("x.mcap"), &times);
    let region = world.path("s.region");
    let replay = Running::start(&world, "replay x.mcap --from 1s");
    wait_until("the record before", || newest(&region) == 1);
    std::thread::sleep(Duration::from_millis(300));
    let (code, said) = replay.stop();
    assert_eq!(code, Some(0), "{said}");
    let waits: Vec<_> =
        said.lines().filter(|line| line.contains("INFO mapcast: waiting ")).collect();
    let [wait] = waits[..] else { panic!("once: {said}") };
    let is_two_hours = wait.contains("waiting 2h for ") || wait.contains("waiting 1h 59m ");
    assert!(is_two_hours && wait.ends_with(" for the next record, as recorded"), "{said}");
}

#[test]
fn records_of_two_regions_are_published_in_the_order_of_their_times_also_from_chunks_that_overlap()
{
    let world = World::new();
    let [a, b] = [[1, 3, 5], [2, 4, 6]].map(|times| times.map(|second| second * 1_000_000_000));
    recording(&world.path("x.mcap"), |writer| {
        add_records(writer, "a", &Stu::schema(), &a);
        writer.flush().expect("a chunk");
        add_records(writer, "b", &Stu::schema(), &b);
    });
    for speed in ["1000", "max"] {
        world.prints(&format!("replay x.mcap --speed {speed}"));
        let mut published = Vec::new();
        for region in ["a", "b"] {
            let mut reader = Reader::open(world.path(&format!("{region}.region"))).expect("it");
            reader.begin(Begin::Last(3));
            let mut record = [0; size_of::<Stu>()];
            while let Step::Record(publication) = reader.next(&mut record).expect("readable") {
                published.push((publication.published_at, region, id_of(&record)));
            }
        }
        published.sort();
        let order = published.iter().map(|(_, region, id)| (*region, *id)).collect::<Vec<_>>();
        let want = [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2), ("b", 2)];
        assert_eq!(order, want, "--speed {speed}");
    }
}

#[test]
fn a_part_of_a_file_is_replayed_with_a_warning_that_does_not_advise_it_again() {
    let world = World::new();
    students(&world.path("x.mcap"), &[1_000_000_000]);
    let whole = fs::read(world.path("x.mcap")).expect("the file");
    let said = |len: usize| {
        fs::write(world.path("cut.mcap"), &whole[..len]).expect("written");
        let output = world.run("replay cut.mcap --partial");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, warned) = said(whole.len() - 3);
    assert!(code == Some(0) && warned.contains("replayed 1 record"), "{warned}");
    assert!(warned.contains(": cut off; replaying what is before that\n"), "{warned}");
    assert!(!warned.contains("--partial"), "{warned}");
    let (code, failed) = said(60);
    assert_eq!(code, Some(1), "{failed}");
    let want = "cut.mcap: no records to replay: none is whole before byte ";
    assert!(failed.contains(want) && !failed.contains("--partial"), "{failed}");
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

#[test]
fn a_replay_in_a_loop_ends_with_a_signal() {
    let world = World::new();
    students(&world.path("x.mcap"), &[1_000_000_000]);
    let replay = Running::start(&world, "replay x.mcap --loop --speed max");
    let region = world.path("s.region");
    wait_until("it has begun again", || newest(&region) > 5);
    let (code, said) = replay.stop();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(Reader::open(&region).expect("a region").state(), State::Closed);
}

#[test]
fn a_loop_over_a_single_record_repeats_it_once_a_second_divided_by_the_speed() {
    let world = World::new();
    students(&world.path("x.mcap"), &[1_000_000_000]);
    let region = world.path("s.region");
    let published = || {
        let mut reader = Reader::open(&region).ok()?;
        Some(reader.latest(&mut [0; size_of::<Stu>()]).ok()??.sequence)
    };
    // A pass takes 1,000 s.
    let replay = Running::start(&world, "replay x.mcap --loop --speed 0.001");
    wait_until("the record is there", || published().is_some());
    std::thread::sleep(Duration::from_millis(200));
    let (code, said) = replay.stop();
    assert_eq!((code, published()), (Some(0), Some(1)), "{said}");
    let _replay = Running::start(&world, "replay x.mcap --loop --speed 100");
    wait_until("it has begun again", || published() > Some(5));
}

#[test]
fn a_file_that_is_cut_off_or_damaged_publishes_nothing_and_names_the_place() {
    let world = World::new();
    let path = world.path("x.mcap");
    students(&path, &[1_000_000_000, 2_000_000_000]);
    let whole = fs::read(&path).expect("the file");
    let fails = |bytes: &[u8], want: &str| {
        fs::write(&path, bytes).expect("written");
        let output = world.run("replay x.mcap --speed max");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(want), "{want}: {said}");
        assert!(!world.path("s.region").exists(), "nothing is published");
    };
    fails(b"text", "x.mcap: not an MCAP file");
    fails(&[], "x.mcap: not an MCAP file");
    for cut in (8..whole.len()).step_by(7) {
        fails(&whole[..cut], "x.mcap: at byte ");
    }
    let data = whole.windows(8).position(|name| name == b"xiaoming").expect("a record");
    let mut damaged = whole.clone();
    damaged[data] ^= 1;
    fails(&damaged, "a chunk whose checksum is wrong; replay what is before that with --partial");
    fs::write(&path, &whole[..whole.len() - 20]).expect("written");
    world.prints("replay x.mcap --speed max --partial");
    assert_eq!(records(&world.path("s.region")).len(), 2);
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
        let header = mcap::records::MessageHeader {
            channel_id: channel,
            sequence: 1,
            log_time: time,
            publish_time: time,
        };
        writer.write_to_known_channel(&header, record.bytes()).expect("written");
    }
}

fn id_of(record: &[u8]) -> i32 {
    i32::from_le_bytes(*record.first_chunk().expect("four bytes"))
}
