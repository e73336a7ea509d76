//! Which records are written.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use mapcast::Options;
use mapcast::dynamic::{InstanceWriter, Reader, Writer};

use nix::sys::signal::Signal;

use crate::recording::{Running, has_event, odd, odd_record, of_topic, wait_until};
use crate::world::World;

#[test]
fn fields_conditions_and_changes_choose_what_is_recorded() {
    let world = World::new();
    let mut writer = Writer::open_with(world.path("odd.region"), &odd(), &Options::new().slots(64))
        .expect("a writer");
    writer.publish(odd_record(1).bytes()).expect("published");
    let arguments = [
        "record",
        "out.mcap",
        "odd",
        "--fields",
        "mode,far[1]",
        "--on-change",
        "--where",
        "big > 18446744073709551612",
    ];
    let mut command = world.command();
    let child = command.args(arguments).stderr(Stdio::piped()).spawn().expect("mapcast");
    let recorder = Running(child);
    let file = world.path("out.mcap");
    wait_until("the first record is in the file", || !of_topic(&file, "odd").is_empty());
    for n in [1, 1, 2, 2, 3, 1] {
        writer.publish(odd_record(n).bytes()).expect("published");
    }
    wait_until("the last record is in the file", || {
        of_topic(&file, "odd").iter().any(|message| message.sequence == 7)
    });
    recorder.stop();
    let texts: Vec<(u32, String)> = of_topic(&file, "odd")
        .into_iter()
        .map(|message| (message.sequence, String::from_utf8(message.data).expect("text")))
        .collect();
    let on = |sequence| (sequence, r#"{"mode":1,"far[1]":-0.0}"#.to_owned());
    let off = |sequence| (sequence, r#"{"mode":0,"far[1]":-0.0}"#.to_owned());
    assert_eq!(texts, [on(1), off(4), on(7)]);
    drop(writer);
    world.prints("replay out.mcap --prefix again- --speed max");
    let reader = Reader::open(world.path("again-odd.region")).expect("a region");
    assert_eq!(reader.schema().fields()[0].label_text(1), Some("on"));
    assert_eq!(reader.schema().fields()[1].name(), "far_1");
}

#[test]
fn a_rate_leaves_records_out_which_are_not_missed_and_keeps_the_newest() {
    let world = World::new();
    let options = Options::new().slots(1024);
    let mut writer =
        Writer::open_with(world.path("odd.region"), &odd(), &options).expect("a writer");
    let recorder = Running::start(&world, "record out.mcap odd --rate 2");
    let file = world.path("out.mcap");
    wait_until("the region is attached", || has_event(&file, "attached"));
    for n in 1..=200 {
        writer.publish(odd_record(n).bytes()).expect("published");
    }
    let mut sequences = Vec::new();
    wait_until("the newest record is in the file", || {
        sequences = of_topic(&file, "odd").iter().map(|message| message.sequence).collect();
        sequences.last() == Some(&200)
    });
    let (code, said) = recorder.stop();
    assert!(code == Some(0) && said.contains(" 0 missed"), "{said}");
    assert!(sequences.len() < 100, "two a second: {sequences:?}");
}

#[test]
fn what_a_rate_holds_back_when_the_recording_stops_is_written() {
    for format in ["", "--csv"] {
        let world = World::new();
        let options = Options::new().slots(1024);
        let mut writer =
            Writer::open_with(world.path("odd.region"), &odd(), &options).expect("a writer");
        writer.publish(odd_record(1).bytes()).expect("published");
        let recorder = Running::start(&world, &format!("record out odd --rate 0.001 {format}"));
        let file = world.path("out");
        wait_until("the first record is in the file", || has_record(&file, 1));
        for n in 2..=50 {
            writer.publish(odd_record(n).bytes()).expect("published");
        }
        let (code, said) = recorder.stop();
        assert!(code == Some(0) && said.contains("recorded 2 records, 0 missed"), "{said}");
        assert!(has_record(&file, 50), "{format}");
    }
}

/// Whether the record of this sequence is in a file of either kind.
fn has_record(file: &Path, sequence: u32) -> bool {
    let text = fs::read(file).unwrap_or_default();
    let is_line = |line: &str| line.split(',').nth(1) == Some(&sequence.to_string());
    String::from_utf8_lossy(&text).lines().any(is_line)
        || of_topic(file, "odd").iter().any(|message| message.sequence == sequence)
}

#[test]
fn what_a_rate_holds_back_of_an_instance_that_is_retired_is_written() {
    let world = World::new();
    let region = world.path("net.region");
    let mut writer =
        InstanceWriter::open_with(&region, &odd(), &Options::new().slots(64), 8).expect("a writer");
    let lo = writer.instance("lo").expect("an instance");
    writer.publish(lo, odd_record(1).bytes()).expect("published");
    let recorder = Running::start(&world, "record out.mcap net --rate 0.001");
    let file = world.path("out.mcap");
    wait_until("the first record is in the file", || !of_topic(&file, "net/lo").is_empty());
    for n in 2..=5 {
        writer.publish(lo, odd_record(n).bytes()).expect("published");
    }
    writer.retire(lo).expect("retired");
    wait_until("the retirement is in the file", || has_event(&file, "retired"));
    recorder.stop();
    let sequences: Vec<u32> =
        of_topic(&file, "net/lo").iter().map(|message| message.sequence).collect();
    assert_eq!(sequences, [1, 5]);
}

#[test]
fn what_was_published_before_the_stop_is_recorded() {
    let world = World::new();
    let options = Options::new().slots(4096);
    let mut writer =
        Writer::open_with(world.path("odd.region"), &odd(), &options).expect("a writer");
    let recorder = Running::start(&world, "record out.mcap odd");
    let file = world.path("out.mcap");
    wait_until("the region is attached", || has_event(&file, "attached"));
    recorder.pause();
    for n in 1..=3000 {
        writer.publish(odd_record(n).bytes()).expect("published");
    }
    recorder.signal(Signal::SIGTERM);
    recorder.signal(Signal::SIGCONT);
    let (code, said) = recorder.stop();
    assert!(code == Some(0) && said.contains("recorded 3000 records, 0 missed"), "{said}");
}

#[test]
fn a_change_that_was_taken_back_before_its_time_is_not_recorded() {
    for (numbers, want) in [([2, 1].as_slice(), [1].as_slice()), (&[2, 1, 2], &[1, 4])] {
        let world = World::new();
        let options = Options::new().slots(64);
        let mut writer =
            Writer::open_with(world.path("odd.region"), &odd(), &options).expect("a writer");
        writer.publish(odd_record(1).bytes()).expect("published");
        let recorder = Running::start(&world, "record out.mcap odd --on-change --rate 0.001");
        let file = world.path("out.mcap");
        wait_until("the first record is in the file", || !of_topic(&file, "odd").is_empty());
        for n in numbers {
            writer.publish(odd_record(*n).bytes()).expect("published");
        }
        let (code, said) = recorder.stop();
        assert_eq!(code, Some(0), "{said}");
        let sequences: Vec<u32> = of_topic(&file, "odd").iter().map(|it| it.sequence).collect();
        assert_eq!(sequences, want);
    }
}

#[test]
fn a_rate_lasts_where_another_region_takes_the_place_of_one() {
    let world = World::new();
    let region = world.path("live.region");
    let live = world.students("live");
    let recorder = Running::start(&world, "record out.mcap live --rate 0.001");
    let file = world.path("out.mcap");
    wait_until("the first record is in the file", || !of_topic(&file, "live").is_empty());
    drop(live);
    let mut writer = Writer::open(&region, &odd()).expect("a writer");
    writer.publish(odd_record(1).bytes()).expect("published");
    wait_until("the other region is attached", || has_event(&file, "replaced"));
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(of_topic(&file, "live").len(), 1, "the next one is due in 1000 s");
    let (code, said) = recorder.stop();
    assert!(code == Some(0) && said.contains("recorded 2 records, 0 missed"), "{said}");
}
