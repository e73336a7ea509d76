//! `replay` of files that were made to harm it: an error in time and within little memory, and no region.

use std::process::Output;

use lz4_flex::frame::FrameEncoder;

use crate::world::{MAPCAST, World};

const MAGIC: &[u8] = b"\x89MCAP0\r\n";
pub(crate) const SCHEMA: &str = r#"{"properties": {"x": {"type": "number"}}}"#;

/// A text with a length that claims `more` bytes than there are.
pub(crate) fn text(text: &str, more: u32) -> Vec<u8> {
    let len = u32::try_from(text.len()).expect("short").wrapping_add(more);
    [&len.to_le_bytes()[..], text.as_bytes()].concat()
}

pub(crate) fn record(op: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&[op][..], &(body.len() as u64).to_le_bytes(), &body].concat()
}

pub(crate) fn schema(id: u16, data: &str) -> Vec<u8> {
    record(3, &[&id.to_le_bytes(), &text("R", 0), &text("jsonschema", 0), &text(data, 0)])
}

pub(crate) fn channel(id: u16, topic: &str, metadata: &[(&str, &str)]) -> Vec<u8> {
    let pairs = metadata.iter().flat_map(|(key, value)| [text(key, 0), text(value, 0)]);
    let pairs: Vec<u8> = pairs.flatten().collect();
    let len = u32::try_from(pairs.len()).expect("short").to_le_bytes();
    let ids = [id.to_le_bytes(), 1_u16.to_le_bytes()].concat();
    record(4, &[&ids, &text(topic, 0), &text("json", 0), &len, &pairs])
}

pub(crate) fn message(channel: u16, data: &str) -> Vec<u8> {
    let head = [&channel.to_le_bytes()[..], &[0; 4], &[1; 8], &[1; 8]].concat();
    record(5, &[&head, data.as_bytes()])
}

/// A chunk that claims `size` bytes when it is unpacked.
pub(crate) fn chunk(compression: &str, size: u64, data: &[u8]) -> Vec<u8> {
    let head = [&[0; 16][..], &size.to_le_bytes(), &[0; 4]].concat();
    record(6, &[&head, &text(compression, 0), &(data.len() as u64).to_le_bytes(), data])
}

pub(crate) fn lz4(records: &[u8]) -> Vec<u8> {
    chunk("lz4", records.len() as u64, &lz4_frame(records))
}

pub(crate) fn lz4_frame(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = FrameEncoder::new(Vec::new());
    std::io::Write::write_all(&mut encoder, bytes).expect("memory");
    encoder.finish().expect("memory")
}

pub(crate) fn file(records: &[Vec<u8>]) -> Vec<u8> {
    let end = [record(15, &[&[0; 4]]), record(2, &[&[0; 20]])].concat();
    [MAGIC, &records.concat(), &end, MAGIC].concat()
}

/// Replays the file in 1 GB of address space, as docs/record.md has it.
pub(crate) fn replay(world: &World, file: &[u8]) -> Output {
    std::fs::write(world.path("x.mcap"), file).expect("written");
    let mut shell = world.command_of("/bin/sh");
    let script = "ulimit -v 1000000; exec \"$0\" --log warn replay x.mcap --speed max";
    shell.args(["-c", script]).arg(MAPCAST).output().expect("a shell")
}

/// Replaying these records fails, says `want` and makes no region.
#[track_caller]
pub(crate) fn fails(records: &[Vec<u8>], want: &str) {
    let world = World::new();
    let output = replay(&world, &file(records));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{want}: {said}");
    assert!(said.contains(want), "{want}: {said}");
    let files = std::fs::read_dir(world.path("")).expect("a directory").count();
    assert_eq!(files, 1, "only x.mcap: {want}");
}

#[test]
fn a_false_length_is_an_error_wherever_it_is() {
    for more in [1, 1 << 31, u32::MAX - 100] {
        let longer = record(3, &[&[1, 0], &text("R", more)]);
        fails(&[longer], "a text that is longer than its record");
        let longer = record(4, &[&[1, 0, 1, 0], &text("t", more)]);
        fails(&[longer], "a text that is longer than its record");
        let map = record(4, &[&[1, 0, 1, 0], &text("t", 0), &text("json", 0), &more.to_le_bytes()]);
        fails(&[map], "a text that is longer than its record");
        let data =
            record(3, &[&[1, 0], &text("R", 0), &text("jsonschema", 0), &text(SCHEMA, more)]);
        fails(&[data], "Schema length");
    }
    for (len, want) in [(9_u64, "Record parse failed"), (1 << 32, "cut off"), (u64::MAX, "cut off")]
    {
        fails(&[[&[5][..], &len.to_le_bytes()].concat()], want);
    }
}

#[test]
fn a_chunk_is_never_unpacked_beyond_what_it_says_or_256_mib() {
    let records = [schema(1, SCHEMA), channel(1, "t", &[]), message(1, "{}")].concat();
    let size = records.len() as u64;
    for size in [0, size - 1, size + 1, 1 << 28] {
        fails(&[chunk("", size, &records)], "that should have");
    }
    for size in [(1 << 28) + 1, 1 << 63, u64::MAX] {
        fails(&[chunk("", size, &records)], "at most 268435456 are read");
        fails(&[chunk("zstd", size, &records)], "at most 268435456 are read");
    }
    fails(&[chunk("lz4", size, &records)], "a chunk that is no lz4");
    fails(&[chunk("zstd", size, &records)], "a chunk that is no zstd");
    fails(&[chunk("gzip", size, &records)], "repack it as zstd or lz4");
    fails(&[lz4(&schema(1, &" ".repeat(100 << 20)))], "more than 64 MiB of schemas and channels");
    let many = (1..=10).map(|id| lz4(&schema(id, &" ".repeat(10 << 20))));
    fails(&many.collect::<Vec<_>>(), "more than 64 MiB of schemas and channels");
}

#[test]
fn a_topic_that_can_be_no_region_is_left_out_with_the_reason() {
    let one = |metadata: &[(&str, &str)]| {
        vec![schema(1, SCHEMA), channel(1, "t", metadata), message(1, "{}")]
    };
    let long = "x".repeat(300);
    for region in ["", "/", "..", &long] {
        fails(&one(&[("mapcast.region", region)]), "x.mcap: no records to replay: topic t: ");
    }
    for instance in ["", &long, "a\nb"] {
        fails(&one(&[("mapcast.instance", instance)]), "no records to replay: topic t: ");
    }
    for (text, want) in [
        ("{", "its JSON Schema is no JSON"),
        ("null", "the record has no fields"),
        (&*"[".repeat(1_000_000), "recursion limit"),
        ("{\"x-mapcast-schema\": \"zz\"}", "its schema is not hexadecimal"),
    ] {
        fails(&[schema(1, text), channel(1, "t", &[]), message(1, "{}")], want);
    }
}

#[test]
fn a_region_of_a_name_that_none_can_have_gets_one_inside_of_the_directory() {
    for (region, name) in
        [("../x", "x"), ("/etc/x", "etc-x"), ("a b", "a-b"), (".x", "x"), ("\n", "-")]
    {
        let world = World::new();
        let channel = channel(1, "t", &[("mapcast.region", region)]);
        let output = replay(&world, &file(&[schema(1, SCHEMA), channel, message(1, "{\"x\": 1}")]));
        assert_eq!(output.status.code(), Some(0), "{region}: {output:?}");
        assert!(world.path(&format!("{name}.region")).exists(), "{region}");
    }
}

#[test]
fn a_message_that_is_no_record_is_an_error_with_its_field() {
    for (data, want) in [
        ("", "no JSON object"),
        ("[1]", "no JSON object"),
        ("{\"x\": 1}{}", "no JSON object: trailing characters"),
        ("{\"x\": \"a\"}", "field \"x\" (f64) needs a number"),
        ("{\"x\": 1e999}", "1e999 does not fit field \"x\" (f64)"),
        ("{\"x\": [1]}", "field \"x\" (f64) needs a number"),
        (
            "{}",
            "x.mcap: at byte 113: message 1 on t: field \"x\" is missing; replay what is before",
        ),
        ("{\"y\": 1}", "message 1 on t: field \"x\" is missing"),
        ("{\"x\": null, \"y\": 1}{", "no JSON object"),
        ("{\"x\": true}", "field \"x\" is f64 and takes a number, not bool; replay what is before"),
    ] {
        fails(&[schema(1, SCHEMA), channel(1, "t", &[]), message(1, data)], want);
    }
    fails(&[schema(1, SCHEMA), message(7, "{}")], "channel 7, which is not described");
    let unknown = "a channel 7 of schema 1, which is not described";
    fails(&[channel(7, "t", &[]), message(7, "{}")], unknown);
}

#[test]
fn sixty_thousand_channels_without_messages_make_no_region() {
    let world = World::new();
    let channels: Vec<u8> =
        (2..60_000).flat_map(|id| channel(id, &format!("t{id}"), &[])).collect();
    let records =
        [schema(1, SCHEMA), lz4(&channels), channel(1, "t", &[]), message(1, "{\"x\": 1}")];
    let output = replay(&world, &file(&records));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(world.prints("get t x"), "1\n");
    assert_eq!(std::fs::read_dir(world.path("")).expect("a directory").count(), 2);
}

#[test]
fn two_topics_that_lead_to_one_region_are_not_mixed() {
    let world = World::new();
    let records = [
        schema(1, SCHEMA),
        channel(1, "/a/b", &[]),
        channel(2, "a-b", &[]),
        message(1, "{\"x\": 1}"),
        message(2, "{\"x\": 2}"),
    ];
    let output = replay(&world, &file(&records));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("topic a-b: left out: region a-b is that of topic /a/b"), "{said}");
    assert_eq!(world.prints("get a-b x"), "1\n");
}

#[test]
fn a_region_has_room_for_each_instance_of_the_file() {
    let world = World::new();
    let mut records = vec![schema(1, SCHEMA)];
    for id in 1..=8 {
        let name = id.to_string();
        let metadata =
            [("mapcast.instance", &*name), ("mapcast.max_instances", "2"), ("mapcast.region", "r")];
        records.push(channel(id, &format!("r/{id}"), &metadata));
        records.push(message(id, "{\"x\": 1}"));
    }
    let output = replay(&world, &file(&records));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(world.prints("get r x").lines().count(), 8);
}
