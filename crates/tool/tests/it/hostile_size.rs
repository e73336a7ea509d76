//! `replay` of files that would become large: in 1 GB of address space, and with an error or the records.

use std::time::Duration;

use layout::{FieldSpec, MAX_LABELS, Scalar, Schema};
use mapcast::State;
use mapcast::dynamic::Reader;

use crate::hostile::{
    SCHEMA, channel, chunk, fails, file, lz4, lz4_frame, message, record, replay, schema, text,
};
use crate::recording::{Running, records, wait_until};
use crate::world::World;

/// A frame of zstd that is unpacked to so many times 128 KiB of zeros, in a window of 128 KiB.
fn zeros(blocks: usize) -> Vec<u8> {
    const SIZE: u32 = 128 << 10;
    let block = |number| {
        // A byte that is repeated; the last block says so.
        let head = SIZE << 3 | 1 << 1 | u32::from(number + 1 == blocks);
        let [a, b, c, _] = head.to_le_bytes();
        [a, b, c, 0]
    };
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3];
    frame.into_iter().chain((0..blocks).flat_map(block)).collect()
}

#[test]
fn a_bomb_is_unpacked_as_far_as_its_chunk_says_and_256_mib_at_most() {
    let most = 1 << 28;
    let cut_off = "a chunk with a record that is cut off";
    fails(&[chunk("zstd", most, &zeros(2048))], cut_off);
    for (size, blocks) in [(1000, 2048), (most - 1, 2048), (most, 2049)] {
        let want = format!("a chunk of more than {size} bytes");
        fails(&[chunk("zstd", size, &zeros(blocks))], &want);
    }
    fails(&[chunk("zstd", most, &zeros(2047))], "that should have 268435456");
    let mut window = zeros(1);
    window[5] = 31 << 3;
    fails(&[chunk("zstd", 1000, &window)], "a chunk that is no zstd");
    let packed = lz4_frame(&vec![0; 100 << 20]);
    fails(&[chunk("lz4", 1000, &packed)], "a chunk of more than 1000 bytes");
}

#[test]
fn a_json_schema_that_would_be_a_large_tree_is_left_out() {
    let list = |len: usize| format!("{{\"a\": [0{}]}}", ",0".repeat(len / 2 - 10));
    let left_out = |text: &str, want: &str| {
        fails(&[schema(1, text), channel(1, "t", &[]), message(1, "{}")], want);
    };
    left_out(&list(60 << 20), "bytes, at most 8388608 are read");
    left_out(&list(8 << 20), "topic t: the record has no fields");
}

#[test]
fn schemas_that_are_larger_in_memory_than_in_the_file_are_counted_as_they_are_there() {
    let labelled = |index: usize| {
        let field = FieldSpec::new(format!("f{index}"), Scalar::U16);
        (0..MAX_LABELS).fold(field, |field, value| {
            field.label(i64::try_from(value).expect("small"), format!("{value:x}"))
        })
    };
    let labels = Schema::builder("L").fields((0..305).map(labelled)).build().expect("a record");
    let labels = labels.encode();
    let mut all = Vec::new();
    for id in 1..=40_u16 {
        let (name, encoding) = (text("L", 0), text("mapcast", 0));
        let len = u32::try_from(labels.len()).expect("1 MiB").to_le_bytes();
        let ids = [id.to_le_bytes(), id.to_le_bytes()].concat();
        let topic = text(&format!("t{id}"), 0);
        all.push(record(3, &[&id.to_le_bytes(), &name, &encoding, &len, &labels]));
        all.push(record(4, &[&ids, &topic, &encoding, &[0; 4]]));
    }
    fails(&all, "more than 64 MiB of schemas and channels");
}

#[test]
fn long_names_are_not_repeated_for_each_channel_that_mentions_them() {
    let long = "x".repeat(900_000);
    let same_region = [("mapcast.region", "r")];
    let mut owner = vec![schema(1, SCHEMA), channel(1, &long, &same_region)];
    owner.extend((2..30).map(|id| channel(id, &format!("{id}{long}"), &same_region)));
    owner.push(message(1, "{\"x\": 1}"));
    fails(&owner, ": its name has 900000 bytes, at most 4096 are read");
    let property = format!("{{\"properties\": {{\"{}\": {{}}}}}}", "x".repeat(7 << 20));
    let mut refused = vec![schema(1, &property)];
    refused.extend((1..60_000).map(|id| channel(id, &format!("t{id}"), &[])));
    refused.push(message(1, "{}"));
    fails(&refused, "...; use one of JSON with a JSON Schema");
    let key = "k".repeat(2 << 20);
    let metadata = channel(1, "t", &[(&key, "v")]);
    fails(&[schema(1, SCHEMA), metadata], "bytes, at most 1048576 are read");
}

#[test]
fn channels_that_are_described_again_and_again_are_kept_once() {
    let world = World::new();
    let each: Vec<u8> = (1..=62_500).flat_map(|id| channel(id, &format!("t{id}"), &[])).collect();
    let channels = lz4(&each.repeat(3));
    let output = replay(&world, &file(&[schema(1, SCHEMA), channels, message(1, "{\"x\": 1}")]));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(world.prints("get t1 x"), "1\n");
}

#[test]
fn what_is_no_schema_channel_message_or_chunk_is_passed_over_also_a_summary_that_points_anywhere() {
    let world = World::new();
    let anywhere = [0xff; 64];
    let mut all = vec![schema(1, SCHEMA), channel(1, "t", &[])];
    // Message index, chunk index, attachment, its index, statistics, metadata, its index, summary offset, and what
    // is not defined.
    let others: Vec<_> = [7, 8, 9, 10, 11, 12, 13, 14, 0, 16, 0x80, 0xff]
        .into_iter()
        .flat_map(|op| [record(op, &[&anywhere]), record(op, &[])])
        .collect();
    all.extend(others.clone());
    all.push(chunk("", 0, &[]));
    let inside = [others.concat(), message(1, "{\"x\": 7}")].concat();
    all.push(chunk("", inside.len() as u64, &inside));
    all.extend(others);
    let whole = file(&all);
    // The footer: where the summary begins.
    let footer = whole.len() - 8 - 20;
    let mut pointing = whole.clone();
    pointing[footer..footer + 16].copy_from_slice(&[0xff; 16]);
    for file in [whole, pointing] {
        let output = replay(&world, &file);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(world.prints("get t x"), "7\n");
    }
}

/// A message at `time`, whose value is `x`.
fn timed(time: u64, x: u32) -> Vec<u8> {
    let times = [time.to_le_bytes(), time.to_le_bytes()].concat();
    record(5, &[&1_u16.to_le_bytes(), &[0; 4], &times, format!("{{\"x\": {x}}}").as_bytes()])
}

#[test]
fn the_first_and_the_last_time_that_there_can_be_are_replayed_and_a_signal_ends_the_wait() {
    let world = World::new();
    let all = [schema(1, SCHEMA), channel(1, "t", &[]), timed(0, 1), timed(u64::MAX, 2)];
    let output = replay(&world, &file(&all));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(world.prints("get t x"), "2\n");
    for options in ["--speed 0.001", "--speed 1000000 --loop", "--from 2554-01-01T00:00:00Z --loop"]
    {
        let replay = Running::start(&world, &format!("replay x.mcap {options}"));
        let region = world.path("t.region");
        wait_until("the region is open", || {
            Reader::open(&region).is_ok_and(|reader| reader.state() == State::Live)
        });
        std::thread::sleep(Duration::from_millis(20));
        let (code, said) = replay.stop();
        assert_eq!(code, Some(0), "{options}: {said}");
    }
    assert!(!records(&world.path("t.region")).is_empty());
}

#[test]
fn a_name_with_control_characters_is_a_plain_region_and_a_plain_message() {
    let world = World::new();
    let name = "a\u{1b}[31m\nb\u{202e}";
    let all = [
        schema(1, SCHEMA),
        channel(1, name, &[]),
        channel(2, "a--31m-b-", &[]),
        message(1, "{\"x\": 1}"),
    ];
    let output = replay(&world, &file(&all));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(world.prints("get a--31m-b- x"), "1\n");
    let said = String::from_utf8(output.stderr).expect("text");
    let is_plain = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
    assert!(said.contains("left out: region") && said.chars().all(is_plain), "{said:?}");
    assert_eq!(said.lines().count(), 1, "{said:?}");
    fails(&[schema(1, SCHEMA), channel(1, name, &[]), message(1, "{}")], "field \"x\" is missing");
}
