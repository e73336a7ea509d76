//! A region of instances.

use std::collections::BTreeMap;

use layout::{InstanceName, Stu};
use region::{DynInstanceWriter, InstanceReader, Options};

use super::{World, bytes, schema};
use crate::import::LinkState;
use crate::keys::{self, Key, Source};
use crate::transport::{Incoming, Message, Transport};
use crate::wire::{
    Announcement, Attachment, Description, DigestKind, Readers, RecordId, encode_digests,
};

const NAMES: [&str; 4] = ["eth0", "lo", "a/b *", "\u{e4}"];

/// The number in the newest record of each instance.
fn numbers(world: &World, name: &str) -> BTreeMap<String, i32> {
    let mut numbers = BTreeMap::new();
    if let Ok(mut reader) = InstanceReader::<Stu>::open(world.path(name)) {
        let _ = reader.latest_all(|name, sample| {
            numbers.insert(name.to_string(), sample.id);
        });
    }
    numbers
}

fn open(world: &World, max: u32) -> DynInstanceWriter {
    let options = Options::new();
    DynInstanceWriter::open_with(world.path("source.region"), &schema(), &options, max)
        .expect("the source")
}

fn run(seed: u64) {
    let mut world = World::new(seed);
    let mut random = fastrand::Rng::with_seed(seed ^ 0x5eed);
    let mut writer = open(&world, 4);
    let mut next = 0;
    let mut last = BTreeMap::new();
    for _ in 0..300 {
        let name = *random.choice(&NAMES).expect("there are some");
        match random.u32(..100) {
            0..50 => {
                next += 1;
                let instance = writer.instance(name).expect("room");
                writer.publish(instance, &bytes(next)).expect("published");
            }
            50..56 => {
                if let Some(instance) = writer.find(name) {
                    writer.retire(instance).expect("retired");
                }
            }
            56..58 => world.restart_exporter(),
            58..60 => world.network.cut(true),
            60..64 => world.network.cut(false),
            _ => {}
        }
        world.network.deliver(random.usize(..10));
        world.turn();
        for (name, number) in numbers(&world, "mirror.region") {
            let before = last.insert(name.clone(), number).unwrap_or(0);
            assert!(number >= before, "seed {seed}: {name} went from {before} back to {number}");
        }
    }
    world.converge(&format!("seed {seed}: {:?}", numbers(&world, "source.region")), |world| {
        numbers(world, "mirror.region") == numbers(world, "source.region")
    });
}

#[test]
fn instances_of_a_mirror_come_to_be_those_of_its_source_and_never_go_back() {
    for seed in 0..20 {
        run(seed);
    }
}

#[test]
fn a_source_with_room_for_more_instances_makes_room_in_its_mirror() {
    let mut world = World::new(1);
    let publish = |writer: &mut DynInstanceWriter, names: &[&str]| {
        for name in names {
            let instance = writer.instance(name).expect("room");
            writer.publish(instance, &bytes(1)).expect("published");
        }
    };
    let mut writer = open(&world, 1);
    publish(&mut writer, &NAMES[..1]);
    world.converge("one", |world| numbers(world, "mirror.region").len() == 1);
    writer.change(&schema(), &Options::new(), 4).expect("room");
    publish(&mut writer, &NAMES);
    world.converge("four", |world| numbers(world, "mirror.region").len() == 4);
}

#[test]
fn an_instance_that_was_retired_while_the_bridge_was_stopped_is_retired_in_the_mirror() {
    let mut world = World::new(1);
    let mut writer = open(&world, 4);
    for name in ["eth0", "lo"] {
        let instance = writer.instance(name).expect("room");
        writer.publish(instance, &bytes(1)).expect("published");
    }
    world.converge("two", |world| numbers(world, "mirror.region").len() == 2);
    let lo = writer.find("lo").expect("it has joined");
    writer.retire(lo).expect("retired");
    world.restart_importer();
    world.restart_exporter();
    world.converge("one", |world| numbers(world, "mirror.region").len() == 1);
}

#[test]
fn an_instance_that_takes_the_place_of_another_one_does_not_wait_for_it() {
    let mut world = World::new(1);
    let mut writer = open(&world, 2);
    for name in ["0", "1"] {
        let instance = writer.instance(name).expect("room");
        writer.publish(instance, &bytes(1)).expect("published");
    }
    world.converge("two", |world| numbers(world, "mirror.region").len() == 2);
    for number in 2..20 {
        let before = writer.find(&(number - 2).to_string()).expect("it has joined");
        writer.retire(before).expect("retired");
        let name = number.to_string();
        let instance = writer.instance(&name).expect("room");
        writer.publish(instance, &bytes(number)).expect("published");
        // A tenth of the time from one digest to the next.
        for _ in 0..3 {
            world.network.deliver(usize::MAX);
            world.turn();
        }
        assert!(numbers(&world, "mirror.region").contains_key(&name), "{name}");
    }
}

#[test]
fn instances_of_a_region_that_is_deleted_stay_until_it_is_there_again() {
    let mut world = World::new(1);
    let publish = |world: &World, names: &[&str]| {
        let mut writer = open(world, 4);
        for name in names {
            let instance = writer.instance(name).expect("room");
            writer.publish(instance, &bytes(1)).expect("published");
        }
    };
    let link = |world: &World| world.status().expect("a mirror").link;
    publish(&world, &NAMES[..3]);
    world.converge("three", |world| numbers(world, "mirror.region").len() == 3);
    for _ in 0..2 {
        std::fs::remove_file(world.path("source.region")).expect("removed");
        world.converge("no source", |world| link(world) == LinkState::SourceGone);
        for _ in 0..500 {
            world.network.deliver(usize::MAX);
            world.turn();
        }
        assert_eq!(numbers(&world, "mirror.region").len(), 3);
        publish(&world, &NAMES[1..]);
        world.converge("those that are there now", |world| {
            numbers(world, "mirror.region") == numbers(world, "source.region")
        });
    }
}

/// Sends a record of eth0 that the source has not published, with 7 in it.
fn forge(world: &World, id: RecordId, time: u64) {
    let described = Description { route: Vec::new(), instances: Some(4), schema: schema() };
    let description = Description::hash(&described.encode());
    let (len, readers) = (schema().size(), Readers::EVERYBODY);
    let attachment = Attachment { len, description, id, time, missed: 0, readers };
    let key = Key::Record(Source::new("A", "stu"), layout::InstanceName::new("eth0").ok());
    world.ports[0].put(&key, &Message::Record(&attachment, &bytes(7))).expect("sent");
}

#[test]
fn numbers_at_the_end_of_their_range_are_counted_and_stop_no_bridge() {
    let mut world = World::new(1);
    let mut writer = open(&world, 4);
    let instance = writer.instance("eth0").expect("room");
    writer.publish(instance, &bytes(1)).expect("published");
    world.converge("the record", |world| numbers(world, "mirror.region").len() == 1);
    let known = world.status().expect("a mirror").id;
    for (later, sequence) in (1..).zip([u64::MAX, 3, u64::MAX, 3, u64::MAX - 1, u64::MAX]) {
        let id = RecordId { order: known.order + later, sequence, ..known };
        forge(&world, id, u64::MAX);
        world.network.deliver(usize::MAX);
        world.turn();
    }
    let mirror = world.status().expect("a mirror");
    assert_eq!((mirror.received.records, mirror.received.skipped), (7, u64::MAX));
}

#[test]
fn instances_of_a_source_that_began_an_older_lineage_are_mirrored_again() {
    let mut world = World::new(1);
    let mut writer = open(&world, 4);
    let instance = writer.instance("eth0").expect("room");
    writer.publish(instance, &bytes(1)).expect("published");
    world.converge("the record", |world| numbers(world, "mirror.region").len() == 1);
    // What the source had before its clock was set back.
    let known = world.status().expect("a mirror").id;
    let id = RecordId { lineage: known.lineage + 1_000_000_000, ..known };
    forge(&world, id, 1);
    world.converge("the later lineage", |world| numbers(world, "mirror.region")["eth0"] == 7);
    let joined = writer.instance("lo").expect("room");
    writer.publish(joined, &bytes(2)).expect("published");
    world.converge("the older lineage", |world| {
        numbers(world, "mirror.region") == numbers(world, "source.region")
    });
}

#[test]
fn a_mirror_of_a_source_that_has_room_for_fewer_instances_now_is_written_again() {
    for is_restarted in [true, false] {
        let mut world = World::new(1);
        let mut writer = open(&world, 4);
        for name in NAMES {
            let instance = writer.instance(name).expect("room");
            writer.publish(instance, &bytes(1)).expect("published");
        }
        world.converge("four", |world| numbers(world, "mirror.region").len() == 4);
        // The two that stay have the oldest records.
        for name in &NAMES[2..] {
            let instance = writer.find(name).expect("it has joined");
            writer.publish(instance, &bytes(2)).expect("published");
        }
        world.converge("their next records", |world| {
            numbers(world, "mirror.region") == numbers(world, "source.region")
        });
        for name in &NAMES[2..] {
            let instance = writer.find(name).expect("it has joined");
            writer.retire(instance).expect("retired");
        }
        writer.change(&schema(), &Options::new(), 2).expect("fewer");
        if is_restarted {
            world.restart_importer();
        }
        let instance = writer.find(NAMES[0]).expect("it has joined");
        writer.publish(instance, &bytes(3)).expect("published");
        world.converge("two", |world| {
            numbers(world, "mirror.region") == numbers(world, "source.region")
        });
    }
}

#[test]
fn a_record_that_comes_after_its_own_retirement_does_not_bring_the_instance_back() {
    let mut world = World::new(1);
    let mut writer = open(&world, 4);
    let instance = writer.instance("eth0").expect("room");
    writer.publish(instance, &bytes(1)).expect("published");
    world.converge("one", |world| numbers(world, "mirror.region").len() == 1);
    let held = world.status().expect("a mirror").id;
    let id = RecordId { order: held.order + 1, sequence: 1, ..held };
    let late = InstanceName::new("late").expect("a name");
    let source = Source::new("A", "stu");
    let (path, readers) = (keys::path("stu", Some(&late)), Readers::EVERYBODY);
    let gone = Announcement { path, state: None, id, history: None, readers };
    for digest in encode_digests(DigestKind::Changes, 1, 100, [&gone]) {
        world.importer.take(Incoming::Other(Key::Digest("A".to_owned()), digest), world.now);
    }
    let described = Description { route: Vec::new(), instances: Some(4), schema: schema() };
    let description = Description::hash(&described.encode());
    let len = schema().size();
    for (sequence, is_there) in [(1, false), (2, true)] {
        let id = RecordId { order: id.order + sequence - 1, sequence, ..id };
        let attachment = Attachment { len, description, id, time: 0, missed: 0, readers };
        let key = Key::Record(source.clone(), Some(late));
        world.importer.take(Incoming::Record(key, attachment, bytes(2)), world.now);
        assert_eq!(numbers(&world, "mirror.region").contains_key("late"), is_there, "{sequence}");
    }
}
