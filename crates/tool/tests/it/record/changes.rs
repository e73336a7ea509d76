//! `record` while the region's writer ends and its file changes: each change is logged once, and the recording continues.

use std::fs::{self, OpenOptions};
use std::path::Path;

use mapcast::Options;
use mapcast::dynamic::{InstanceWriter, Writer};
use serde_json::Value as Json;

use crate::recording::{has_event, odd, odd_record, of_topic, record_odd, wait_until};
use crate::world::World;

#[test]
fn each_change_of_a_region_is_said_once() {
    let world = World::new();
    let (writer, recorder) = record_odd(&world, "", 0);
    let (region, aside) = (world.path("odd.region"), world.path("aside"));
    let file = world.path("out.mcap");
    let happened = |event: &str| wait_until(event, || has_event(&file, event));
    drop(writer);
    happened("closed");
    fs::rename(&region, &aside).expect("renamed");
    happened("missing");
    fs::rename(&aside, &region).expect("renamed");
    happened("back");
    OpenOptions::new().write(true).open(&region).expect("it").set_len(100).expect("cut");
    happened("truncated");
    fs::remove_file(&region).expect("removed");
    let mut writer = Writer::open(&region, &odd()).expect("a writer");
    writer.publish(odd_record(1).bytes()).expect("published");
    happened("replaced");
    let (code, said) = recorder.stop();
    assert_eq!(code, Some(0), "{said}");
    are_documented(&file);
    let of_writer = format!("live: process {} publishes, epoch ", std::process::id());
    for want in [
        format!("INFO mapcast: odd: attached: ODD; {of_writer}"),
        "INFO mapcast: odd: closed: its writer ended; the last record stays readable".into(),
        "WARN mapcast: odd: missing: the file was deleted; recording the old one until".into(),
        "INFO mapcast: odd: back: the same file as before".into(),
        "WARN mapcast: odd: truncated: the file was cut short; waiting until it is whole again or there is another one".into(),
        format!("INFO mapcast: odd: replaced: ODD; {of_writer}"),
    ] {
        assert_eq!(said.matches(&want).count(), 1, "{want}: {said}");
    }
    assert_eq!(said.matches(&of_writer).count(), 2, "{said}");
}

/// Asserts that `docs/record.md` has a row with each event of a recording.
fn are_documented(file: &Path) {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/record.md");
    let docs = fs::read_to_string(docs).expect("the documentation");
    let (_, table) = docs.split_once("| event | means |").expect("a table of events");
    let (table, _) = table.split_once("\n\n").expect("its end");
    for message in of_topic(file, "mapcast/events") {
        let event: Json = serde_json::from_slice(&message.data).expect("JSON");
        let event = event["event"].as_str().expect("a name");
        assert!(table.contains(&format!("`{event}`")), "{event} is not in {table}");
    }
}

#[test]
fn a_region_that_gets_instances_or_loses_them_is_recorded_on_without_a_complaint() {
    let world = World::new();
    let (writer, recorder) = record_odd(&world, "", 0);
    let (region, file) = (world.path("odd.region"), world.path("out.mcap"));
    drop(writer);
    for round in 1..=2 {
        fs::remove_file(&region).expect("removed");
        let mut writer =
            InstanceWriter::open_with(&region, &odd(), &Options::new(), 8).expect("a writer");
        let eth0 = writer.instance("eth0").expect("an instance");
        writer.publish(eth0, odd_record(1).bytes()).expect("published");
        wait_until("the instance is in the file", || of_topic(&file, "odd/eth0").len() == round);
        drop(writer);
        fs::remove_file(&region).expect("removed");
        let mut writer = Writer::open(&region, &odd()).expect("a writer");
        writer.publish(odd_record(1).bytes()).expect("published");
        wait_until("the record is in the file", || of_topic(&file, "odd").len() == round + 1);
    }
    let (code, said) = recorder.stop();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("one record and no instances"), "{said}");
    assert!(!said.contains("instances; read"), "{said}");
    assert_eq!(said.matches("odd: replaced: ODD").count(), 4, "{said}");
    fs::remove_file(&region).expect("removed");
    world.prints("replay out.mcap --speed max");
}
