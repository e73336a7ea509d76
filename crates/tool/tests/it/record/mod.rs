//! `record`: what a region published is in the file, whatever happens.

mod changes;
mod csv;
mod full;
mod gone;
mod options;
mod refused;
mod rotated;

use std::fs;
use std::sync::Arc;

use mapcast::dynamic::{InstanceWriter, Reader, RecordBuf, Writer};
use mapcast::{Options, State};
use nix::sys::signal::Signal;
use serde_json::Value as Json;

use crate::recording::{
    Running, has_event, messages, odd, odd_record, of_topic, record_odd, records, wait_until,
};
use crate::world::World;

#[test]
fn every_record_comes_back_byte_for_byte_in_both_encodings() {
    for encoding in ["json", "raw"] {
        let world = World::new();
        let (writer, recorder) = record_odd(&world, &format!("--encoding {encoding}"), 20);
        let (code, said) = recorder.stop();
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("recorded 21 records, 0 missed, into 1 file"), "{said}");
        let (all, is_whole) = messages(&world.path("out.mcap"));
        assert!(is_whole, "finished");
        let sequences: Vec<u32> =
            all.iter().filter(|message| message.topic == "odd").map(|it| it.sequence).collect();
        assert_eq!(sequences, (1..=21).collect::<Vec<u32>>());
        drop(writer);

        world.prints("replay out.mcap --prefix again- --speed max");
        let again = world.path("again-odd.region");
        let reader = Reader::open(&again).expect("a region");
        assert_eq!((**reader.schema()).clone(), odd(), "labels, units, help, line and offsets");
        assert_eq!(reader.state(), State::Closed);
        let want: Vec<Vec<u8>> = (1..=21).map(|n| odd_record(n).bytes().to_vec()).collect();
        assert_eq!(records(&again), want);
    }
}

#[test]
fn the_time_of_a_message_is_that_of_its_record_and_lineage_and_sequence_are_its_name() {
    let world = World::new();
    let (writer, recorder) = record_odd(&world, "", 3);
    recorder.stop();
    let mut reader = Reader::open(writer.path()).expect("a region");
    let mut record = RecordBuf::new(Arc::clone(reader.schema()));
    let newest = reader.latest(record.bytes_mut()).expect("readable").expect("a record");
    let wall = reader.wall_time(&newest).duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let last = of_topic(&world.path("out.mcap"), "odd").pop().expect("a message");
    assert_eq!(u128::from(last.time), wall.as_nanos());
    let bytes = fs::read(world.path("out.mcap")).expect("the file");
    let summary = mcap::Summary::read(&bytes).expect("readable").expect("a summary");
    let channel = summary.channels.values().find(|it| it.topic == "odd").expect("the channel");
    assert_eq!(channel.metadata["mapcast.lineage"], newest.lineage().to_string());
    assert_eq!(channel.metadata["mapcast.sequence_base"], "0");
    assert_eq!(u64::from(last.sequence), newest.sequence);
    let schema = channel.schema.as_ref().expect("a schema");
    let json: Json = serde_json::from_slice(&schema.data).expect("JSON Schema");
    assert_eq!(json["properties"]["far"]["items"]["type"], "number");
    assert_eq!(json["properties"]["speed"]["description"], "in m/s");
}

#[test]
fn a_killed_recorder_leaves_a_file_that_the_library_reads_and_mapcast_replays() {
    let world = World::new();
    let (writer, recorder) = record_odd(&world, "--encoding raw", 9);
    recorder.signal(Signal::SIGKILL);
    drop(recorder);
    drop(writer);
    let (all, is_whole) = messages(&world.path("out.mcap"));
    assert!(is_whole, "its end mark is behind the last chunk");
    assert_eq!(all.iter().filter(|message| message.topic == "odd").count(), 10);
    world.prints("replay out.mcap --prefix again- --speed max");
    assert_eq!(records(&world.path("again-odd.region")).len(), 10);
}

#[test]
fn a_region_that_is_not_there_is_waited_for_and_one_of_another_schema_has_another_channel() {
    let world = World::new();
    let recorder = Running::start(&world, "record out.mcap live");
    let file = world.path("out.mcap");
    wait_until("the file is begun", || messages(&file).1);
    drop(world.students("live"));
    wait_until("the first record is in the file", || !of_topic(&file, "live").is_empty());
    let region = world.path("live.region");
    let mut writer = Writer::open(&region, &odd()).expect("a writer");
    writer.publish(odd_record(1).bytes()).expect("published");
    wait_until("the record of the next schema is in the file", || {
        of_topic(&file, "live").len() == 2
    });
    recorder.stop();
    assert!(has_event(&file, "attached") && has_event(&file, "replaced"));
    drop(writer);
    world.prints("replay out.mcap --prefix again- --speed max");
    let again = Reader::open(world.path("again-live.region")).expect("a region");
    assert_eq!(**again.schema(), odd(), "the last one");
    assert_eq!(records(&world.path("again-live.region")), [odd_record(1).bytes()]);
}

#[test]
fn a_region_that_was_waited_for_is_recorded_from_its_first_record_on_and_what_is_gone_is_missed() {
    for (slots, recorded) in [(64, 1..=7), (4, 5..=7)] {
        let world = World::new();
        let recorder = Running::start(&world, "record out.mcap odd net");
        let file = world.path("out.mcap");
        wait_until("the file is begun", || messages(&file).1);
        recorder.pause();
        let options = Options::new().slots(slots);
        let mut one = Writer::open_with(world.path("odd.region"), &odd(), &options).expect("one");
        let net = world.path("net.region");
        let mut many = InstanceWriter::open_with(&net, &odd(), &options, 2).expect("many");
        let lo = many.instance("lo").expect("an instance");
        for n in 1..=7 {
            one.publish(odd_record(n).bytes()).expect("published");
            many.publish(lo, odd_record(n).bytes()).expect("published");
        }
        recorder.signal(Signal::SIGCONT);
        let last = |topic: &str| of_topic(&file, topic).last().map(|message| message.sequence);
        wait_until("the newest of both", || [last("odd"), last("net/lo")] == [Some(7); 2]);
        let (code, said) = recorder.stop();
        let records = recorded.clone().count();
        let want = format!("recorded {} records, {} missed", 2 * records, 14 - 2 * records);
        assert!(code == Some(0) && said.contains(&want), "{want}: {said}");
        for topic in ["odd", "net/lo"] {
            let found = of_topic(&file, topic).into_iter().map(|message| message.sequence);
            assert_eq!(found.collect::<Vec<u32>>(), recorded.clone().collect::<Vec<u32>>());
        }
    }
}

#[test]
fn missed_records_are_an_event_with_their_number() {
    let world = World::new();
    let mut writer =
        Writer::open_with(world.path("odd.region"), &odd(), &Options::new().slots(4)).expect("it");
    writer.publish(odd_record(1).bytes()).expect("published");
    let recorder = Running::start(&world, "record out.mcap odd");
    let file = world.path("out.mcap");
    wait_until("the first record is in the file", || !of_topic(&file, "odd").is_empty());
    recorder.pause();
    for n in 2..=100 {
        writer.publish(odd_record(n).bytes()).expect("published");
    }
    recorder.signal(Signal::SIGCONT);
    wait_until("the newest record is in the file", || {
        of_topic(&file, "odd").last().is_some_and(|message| message.sequence == 100)
    });
    recorder.stop();
    let missed: u64 = of_topic(&file, "mapcast/events")
        .iter()
        .map(|message| serde_json::from_slice::<Json>(&message.data).expect("JSON"))
        .filter(|event| event["event"] == "missed")
        .map(|event| event["count"].as_u64().expect("a number"))
        .sum();
    assert_eq!(missed + of_topic(&file, "odd").len() as u64, 100);
    assert!(missed > 0);
}

#[test]
fn records_that_are_missed_again_and_again_are_said_once_a_second_and_counted_all() {
    let world = World::new();
    let options = Options::new().slots(4);
    let mut writer =
        Writer::open_with(world.path("odd.region"), &odd(), &options).expect("a writer");
    let recorder = Running::start(&world, "record out.mcap odd");
    let file = world.path("out.mcap");
    let missed = || {
        let events = of_topic(&file, "mapcast/events");
        let texts = events.iter().map(|event| String::from_utf8_lossy(&event.data));
        texts.filter(|text| text.contains("missed")).count()
    };
    wait_until("the recorder has missed records often", || {
        (1..=100).for_each(|n| {
            writer.publish(odd_record(n).bytes()).expect("published");
        });
        missed() > 50
    });
    let (code, said) = recorder.stop();
    assert_eq!(code, Some(0), "{said}");
    let counts: Vec<u64> = said
        .lines()
        .filter_map(|line| line.split_once("WARN mapcast: odd: missed ")?.1.split(' ').next())
        .map(|count| count.parse().expect("a number"))
        .collect();
    assert!(!counts.is_empty() && counts.len() < missed() / 2, "{said}");
    let total = format!(", {} missed, into", counts.iter().sum::<u64>());
    assert!(said.contains(&total), "{total}: {said}");
}

#[test]
fn each_instance_is_a_topic_and_comes_back_as_an_instance() {
    let world = World::new();
    let region = world.path("net.region");
    let mut writer =
        InstanceWriter::open_with(&region, &odd(), &Options::new(), 8).expect("a writer");
    let [eth0, lo] = ["eth0", "lo"].map(|name| writer.instance(name).expect("an instance"));
    writer.publish(eth0, odd_record(1).bytes()).expect("published");
    writer.publish(lo, odd_record(3).bytes()).expect("published");
    let recorder = Running::start(&world, "record out.mcap net");
    let file = world.path("out.mcap");
    wait_until("both are in the file", || {
        !of_topic(&file, "net/eth0").is_empty() && !of_topic(&file, "net/lo").is_empty()
    });
    recorder.stop();
    drop(writer);
    world.prints("replay out.mcap --prefix again- --speed max");
    let again = world.path("again-net.region");
    let mut reader = mapcast::dynamic::InstanceReader::open(&again).expect("instances");
    assert_eq!(reader.max(), 8);
    let lo = reader.find("lo").expect("the instance");
    let mut record = odd_record(0);
    reader.latest(lo, record.bytes_mut()).expect("readable").expect("a record");
    assert_eq!(record.bytes(), odd_record(3).bytes());
}

#[test]
fn a_region_that_gets_instances_is_recorded_from_their_first_records_on() {
    let world = World::new();
    let (writer, recorder) = record_odd(&world, "", 2);
    let file = world.path("out.mcap");
    wait_until("the records are in the file", || of_topic(&file, "odd").len() == 3);
    recorder.pause();
    let region = writer.path().to_owned();
    drop(writer);
    let mut writer =
        InstanceWriter::open_with(&region, &odd(), &Options::new(), 2).expect("a writer");
    let a = writer.instance("a").expect("an instance");
    let numbers: Vec<_> = (1..=3)
        .map(|n| writer.publish(a, odd_record(n).bytes()).expect("published").to_string())
        .collect();
    recorder.signal(Signal::SIGCONT);
    wait_until("the newest is in the file", || of_topic(&file, "odd/a").len() >= 3);
    let (code, said) = recorder.stop();
    assert_eq!(code, Some(0), "{said}");
    let found = of_topic(&file, "odd/a").into_iter().map(|message| message.sequence.to_string());
    assert_eq!(found.collect::<Vec<_>>(), numbers);
}
