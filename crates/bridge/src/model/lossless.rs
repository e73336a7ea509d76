//! A lossless mirror: its follower gets each record of the source, or the exact count of those that it does not get.

use region::{Begin, DynReader, DynWriter, Event, Options, State};

use super::{World, bytes, schema};
use crate::import::LinkState;
use layout::Stu;

/// Follows the mirror, and checks that its numbers are those of the source.
struct Follower {
    reader: Option<DynReader>,
    lineage: u64,
    given: u64,
    missed: u64,
    last: u64,
}

impl Follower {
    fn new() -> Self {
        Self { reader: None, lineage: 0, given: 0, missed: 0, last: 0 }
    }

    fn turn(&mut self, world: &World) {
        if self.reader.is_none() {
            let Ok(mut reader) = DynReader::open(world.path("mirror.region")) else { return };
            reader.begin(Begin::Sequence(1));
            self.reader = Some(reader);
        }
        let mut follow = self.reader.as_mut().expect("attached").follow().look_every(super::STEP);
        while let Some(event) = follow.try_next().expect("a mirror that can be read") {
            match event {
                Event::Record(sample) => {
                    let number: &Stu = bytemuck::from_bytes(sample.record.bytes());
                    let sequence = sample.publication.sequence;
                    assert!(sequence > self.last, "{sequence} after {}", self.last);
                    assert_eq!(i64::from(number.id), sequence.cast_signed(), "another record");
                    (self.lineage, self.last) = (sample.publication.lineage(), sequence);
                    self.given += 1;
                }
                Event::Missed(count) => self.missed += count,
                _ => {}
            }
        }
    }
}

/// The source, in so many slots; record n has the number n.
fn source(world: &World, slots: u32) -> DynWriter {
    let options = Options::new().slots(slots);
    DynWriter::open_with(world.path("source.region"), &schema(), &options).expect("the source")
}

fn publish(writer: &mut DynWriter) {
    let next = i32::try_from(writer.sequence() + 1).expect("few records");
    writer.publish(&bytes(next)).expect("published");
}

/// Publishes with a network that loses, doubles and reorders; returns the follower of the mirror at the end.
fn run(
    world: &mut World,
    seed: u64,
    slots: u32,
    mut disturb: impl FnMut(&mut World, u32),
) -> Follower {
    let mut random = fastrand::Rng::with_seed(seed ^ 0x5eed);
    let (mut writer, mut follower) = (source(world, slots), Follower::new());
    for _ in 0..300 {
        for _ in 0..random.u32(..4) {
            publish(&mut writer);
        }
        disturb(world, random.u32(..100));
        world.network.deliver(random.usize(..8));
        world.turn();
        follower.turn(world);
    }
    publish(&mut writer);
    let newest = writer.sequence();
    world.converge(&format!("seed {seed}: record {newest}"), |world| {
        follower.turn(world);
        follower.last == newest
    });
    assert_eq!(
        follower.lineage,
        writer.lineage(),
        "a record has the name that it has at its source"
    );
    assert_eq!(follower.given + follower.missed, newest, "seed {seed}");
    follower
}

#[test]
fn a_follower_of_a_mirror_gets_each_record_over_a_network_that_loses_some() {
    for seed in 0..10 {
        let mut world = World::lossless(seed, 10_000);
        let follower = run(&mut world, seed, 8, |_, _| {});
        assert_eq!(follower.missed, 0, "seed {seed}");
    }
}

/// Records are published beside cuts of the link, and at times `then` happens: none is missed.
fn loses_nothing(then: impl Fn(&mut World)) {
    for seed in 0..10 {
        let mut world = World::lossless(seed, 10_000);
        let follower = run(&mut world, seed, 8, |world, chance| match chance {
            0..4 => world.network.cut(true),
            4..12 => world.network.cut(false),
            12..14 => then(world),
            _ => {}
        });
        assert_eq!(follower.missed, 0, "seed {seed}");
    }
}

#[test]
fn a_cut_that_is_no_longer_than_the_mirror_may_be_behind_loses_nothing() {
    loses_nothing(World::restart_importer);
}

#[test]
fn a_reload_of_the_sources_bridge_loses_nothing_that_has_not_come() {
    loses_nothing(World::reload_exporter);
}

#[test]
fn what_is_lost_for_good_is_missed_by_followers_exactly() {
    let mut has_missed = false;
    for seed in 0..20 {
        let mut world = World::lossless(seed, 4);
        let follower = run(&mut world, seed, 4, |world, chance| match chance {
            0..8 => world.network.cut(true),
            8..20 => world.network.cut(false),
            20..24 => world.restart_exporter(),
            24..28 => world.restart_importer(),
            _ => {}
        });
        has_missed |= follower.missed > 0;
    }
    assert!(has_missed, "the model loses too little");
}

#[test]
fn a_mirror_that_is_far_behind_begins_a_new_file_with_the_same_numbers() {
    let mut world = World::lossless(1, 4);
    let (mut writer, mut follower) = (source(&world, 8), Follower::new());
    publish(&mut writer);
    world.converge("the first record", |world| {
        follower.turn(world);
        follower.last == 1
    });
    world.network.cut(true);
    for _ in 0..100 {
        publish(&mut writer);
        world.turn();
    }
    world.network.deliver(usize::MAX);
    world.converge("the newest", |world| {
        follower.turn(world);
        follower.last == 101
    });
    assert_eq!((follower.given + follower.missed, follower.given <= 9), (101, true));
    let received = world.status().expect("a mirror").received;
    assert_eq!(received.records + received.skipped, 101);
}

#[test]
fn a_source_that_begins_another_lineage_is_followed_to_it() {
    let mut world = World::lossless(1, 100);
    let mut writer = source(&world, 8);
    (0..5).for_each(|_| publish(&mut writer));
    let is_at = |world: &World, writer: &DynWriter| {
        let Ok(mut reader) = DynReader::open(world.path("mirror.region")) else { return false };
        let newest = reader.latest(&mut bytes(0)).expect("read");
        let of = |newest: region::Publication| (newest.lineage(), newest.sequence);
        newest.map(of) == Some((writer.lineage(), writer.sequence()))
    };
    world.converge("the first lineage", |world| is_at(world, &writer));
    drop(writer);
    std::fs::remove_file(world.path("source.region")).expect("removed");
    let mut writer = source(&world, 8);
    (0..3).for_each(|_| publish(&mut writer));
    world.converge("the second lineage", |world| is_at(world, &writer));
}

#[test]
fn a_source_of_another_schema_gives_a_lossless_mirror_that_schema() {
    use layout::{FieldSpec, Scalar, Schema};

    let mut world = World::lossless(1, 100);
    let mut writer = source(&world, 8);
    (0..5).for_each(|_| publish(&mut writer));
    world.converge("the record", |world| {
        world.status().is_some_and(|mirror| mirror.id.sequence == 5)
    });
    let other =
        Schema::builder("OTHER").field(FieldSpec::new("x", Scalar::U64)).build().expect("a schema");
    drop(writer);
    let mut writer = DynWriter::open(world.path("source.region"), &other).expect("the source");
    writer.publish(&7_u64.to_le_bytes()).expect("published");
    world.converge("the other record", |world| {
        let reader = DynReader::open(world.path("mirror.region"));
        reader.is_ok_and(|reader| reader.schema().name() == "OTHER")
            && world.status().is_some_and(|mirror| mirror.id.sequence == writer.sequence())
    });
}

#[test]
fn what_is_lapped_before_a_new_region_is_found_is_missed_by_followers_exactly() {
    let mut world = World::lossless(1, 100);
    world.turn();
    let (mut writer, mut follower) = (source(&world, 8), Follower::new());
    (0..50).for_each(|_| publish(&mut writer));
    world.converge("the newest", |world| {
        follower.turn(world);
        follower.last == 50
    });
    assert_eq!((follower.given, follower.missed), (7, 43));
    let received = world.status().expect("a mirror").received;
    assert_eq!((received.records, received.skipped), (7, 43));
}

#[test]
fn a_forged_number_at_the_end_of_the_range_stops_no_bridge() {
    use crate::keys::{Key, Source};
    use crate::transport::{Message, Transport};
    use crate::wire::{Attachment, Description, Readers, RecordId};

    for forged in [u64::MAX, u64::MAX - 1, u64::MAX / 2, 1 << 62] {
        let mut world = World::lossless(1, 100);
        let mut writer = source(&world, 8);
        publish(&mut writer);
        let sequence = |world: &World| world.status().map_or(0, |mirror| mirror.id.sequence);
        world.converge("the record", |world| sequence(world) == 1);
        let id = RecordId { sequence: forged, ..world.status().expect("a mirror").id };
        let described = Description { route: Vec::new(), instances: None, schema: schema() };
        let description = Description::hash(&described.encode());
        let (len, readers) = (schema().size(), Readers::EVERYBODY);
        let attachment = Attachment { len, description, id, time: 0, missed: u64::MAX, readers };
        let key = Key::Record(Source::new("A", "stu"), None);
        world.ports[0].put(&key, &Message::Record(&attachment, &bytes(7))).expect("sent");
        for _ in 0..300 {
            world.network.deliver(usize::MAX);
            publish(&mut writer);
            world.turn();
        }
        std::fs::remove_file(world.path("source.region")).expect("removed");
        drop(writer);
        let mut writer = source(&world, 8);
        publish(&mut writer);
        let lineage = writer.lineage();
        world.converge("the record of the next lineage", |world| {
            world.status().expect("a mirror").id.lineage == lineage
        });
    }
}

/// Publishes five records, of which all that is sent is lost.
fn lose_five(world: &mut World, writer: &mut DynWriter) {
    world.network.cut(true);
    for _ in 0..5 {
        publish(writer);
    }
    for _ in 0..20 {
        world.network.deliver(usize::MAX);
        world.turn();
    }
}

#[test]
fn a_lossless_source_that_is_deleted_is_not_there_and_what_is_kept_of_it_still_comes() {
    let mut world = World::lossless(1, 100);
    let mut writer = source(&world, 8);
    publish(&mut writer);
    let held = |world: &World| world.status().map_or(0, |mirror| mirror.id.sequence);
    world.converge("the first record", |world| held(world) == 1);
    lose_five(&mut world, &mut writer);
    // And so is the region.
    drop(writer);
    std::fs::remove_file(world.path("source.region")).expect("removed");
    world.converge("the others, and no region", |world| {
        let is_gone = world.status().is_some_and(|mirror| mirror.link == LinkState::SourceGone);
        let is_announced = world.exporter.status().all(|export| export.state.is_none());
        held(world) == 6 && is_gone && is_announced
    });
    let mut writer = source(&world, 8);
    publish(&mut writer);
    world.converge("a region again", |world| {
        world.status().is_some_and(|mirror| mirror.link == LinkState::Source(State::Live))
    });
}

#[test]
fn a_lossless_import_of_an_export_that_keeps_no_records_gets_the_newest_by_asking() {
    let mut world = World::lossless(1, 100);
    world.settings[0].exports[0].lossless = None;
    world.restart_exporter();
    let mut writer = source(&world, 8);
    publish(&mut writer);
    let held = |world: &World| world.status().map_or(0, |mirror| mirror.id.sequence);
    world.converge("the first record", |world| held(world) == 1);
    lose_five(&mut world, &mut writer);
    world.converge("the newest", |world| held(world) == 6);
    let received = world.status().expect("a mirror").received;
    assert_eq!((received.records, received.skipped), (2, 4));
}

#[test]
fn a_mirror_whose_bridge_was_killed_before_it_said_what_it_had_published_says_it_afterwards() {
    let mut world = World::lossless(1, 100);
    let mut writer = source(&world, 8);
    publish(&mut writer);
    let sequence = |world: &World| world.status().map_or(0, |mirror| mirror.sequence);
    world.converge("the first record", |world| sequence(world) == 1);
    let said: Vec<_> = world.importer.status(world.now, true).map(super::resumed).collect();
    publish(&mut writer);
    world.converge("the second record", |world| sequence(world) == 2);
    world.importer = crate::import::Importer::new(&world.settings[1]);
    world.importer.resume(said);
    assert_eq!(sequence(&world), 1);
    world.converge("what the mirror holds", |world| sequence(world) == 2);
    assert_eq!(world.status().expect("a mirror").received.records, 0);
}
