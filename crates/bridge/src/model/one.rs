//! A region of one record.

use region::{DynReader, DynWriter, Reader, State};
use settings::BridgeSettings;

use layout::{FieldSpec, Scalar, Schema, Stu};

use super::{World, bytes, schema};
use crate::import::{LinkState, Trouble};

/// The number in the newest record of a region; 0 if there is none.
fn number(world: &World, name: &str) -> i32 {
    let Ok(mut reader) = Reader::<Stu>::open(world.path(name)) else { return 0 };
    reader.latest().ok().flatten().map_or(0, |sample| sample.id)
}

/// The source, published by its own program.
struct Source {
    writer: Option<DynWriter>,
    next: i32,
}

impl Source {
    fn publish(&mut self, world: &World) {
        let writer = self.writer.get_or_insert_with(|| {
            DynWriter::open(world.path("source.region"), &schema()).expect("the source")
        });
        self.next += 1;
        writer.publish(&bytes(self.next)).expect("published");
    }

    /// Another lineage: the region was deleted.
    fn begin_anew(&mut self, world: &World) {
        self.writer = None;
        let _ = std::fs::remove_file(world.path("source.region"));
    }
}

fn run(seed: u64) {
    let mut world = World::new(seed);
    let mut random = fastrand::Rng::with_seed(seed ^ 0x5eed);
    let mut source = Source { writer: None, next: 0 };
    let mut last = 0;
    for _ in 0..400 {
        match random.u32(..100) {
            0..50 => source.publish(&world),
            50..52 => source.begin_anew(&world),
            52..54 => source.writer = None,
            54..56 => world.restart_exporter(),
            56..58 => world.restart_importer(),
            58..60 => world.network.cut(true),
            60..64 => world.network.cut(false),
            _ => {}
        }
        world.network.deliver(random.usize(..6));
        world.turn();
        let now = number(&world, "mirror.region");
        assert!(now >= last, "seed {seed}: the mirror went from {last} back to {now}");
        last = now;
    }
    source.publish(&world);
    let newest = source.next;
    let is_live = |world: &World| {
        world.status().is_some_and(|mirror| mirror.link == LinkState::Source(State::Live))
    };
    world.converge("the newest record of a live source", |world| {
        number(world, "mirror.region") == newest && is_live(world)
    });
}

#[test]
fn a_mirror_never_goes_back_and_comes_to_hold_the_newest_record() {
    for seed in 0..40 {
        run(seed);
    }
}

#[test]
fn a_mirror_is_there_before_its_source_has_a_record() {
    let mut world = World::new(1);
    let _writer = DynWriter::open(world.path("source.region"), &schema()).expect("the source");
    world.converge("the mirror", |world| world.path("mirror.region").exists());
    assert_eq!(number(&world, "mirror.region"), 0);
}

#[test]
fn a_mirror_of_an_idle_source_is_live_again_after_its_bridge_was_restarted() {
    for keys in ["", "lossless = 9\n"] {
        let mut world = World::with(1, keys);
        let mut source = Source { writer: None, next: 6 };
        source.publish(&world);
        world.converge("the record", |world| number(world, "mirror.region") == 7);
        let sequence = world.status().expect("a mirror").sequence;
        world.restart_importer();
        let state = |world: &World| {
            DynReader::open(world.path("mirror.region")).expect("the mirror").state()
        };
        assert_eq!(state(&world), State::Closed);
        world.converge("a live mirror", |world| state(world) == State::Live);
        let mirror = world.status().expect("a mirror");
        assert_eq!(
            (mirror.sequence, mirror.received.records),
            (sequence, 0),
            "it was not published again"
        );
    }
}

#[test]
fn who_joins_later_waits_for_no_more_than_a_digest_however_long_that_is() {
    let mut world = World::new(1);
    world.settings[0].digest = std::time::Duration::from_secs(5);
    world.settings[1].imports[0].stale_after = std::time::Duration::from_secs(20);
    world.restart_exporter();
    let mut source = Source { writer: None, next: 0 };
    source.publish(&world);
    world.converge("the record", |world| number(world, "mirror.region") == 1);
    for _ in 0..3 {
        std::fs::remove_file(world.path("mirror.region")).expect("removed");
        world.importer = crate::import::Importer::new(&world.settings[1]);
        world.converge("the record of a live source", |world| {
            number(world, "mirror.region") == 1
                && world.status().expect("a mirror").link == LinkState::Source(State::Live)
        });
    }
}

#[test]
fn a_source_of_another_schema_gives_the_mirror_that_schema() {
    let mut world = World::new(1);
    let mut source = Source { writer: None, next: 0 };
    source.publish(&world);
    world.converge("the record", |world| number(world, "mirror.region") == 1);
    let mut reader = DynReader::open(world.path("mirror.region")).expect("the mirror");
    let other =
        Schema::builder("OTHER").field(FieldSpec::new("x", Scalar::U64)).build().expect("a schema");
    source.writer = None;
    let mut writer = DynWriter::open(world.path("source.region"), &other).expect("the source");
    writer.publish(&7_u64.to_le_bytes()).expect("published");
    world.converge("the other record", |_| {
        let _ = reader.refresh();
        let mut record = [0; 8];
        reader.schema().name() == "OTHER"
            && reader.latest(&mut record).is_ok_and(|found| found.is_some())
            && record == 7_u64.to_le_bytes()
    });
}

#[test]
fn a_source_whose_clock_was_set_back_is_mirrored_again() {
    let mut world = World::new(1);
    let mut source = Source { writer: None, next: 0 };
    source.publish(&world);
    world.converge("the record", |world| number(world, "mirror.region") == 1);
    let mut later = world.status().expect("a mirror");
    later.id.lineage += 1_000_000_000;
    let held = crate::import::Resumed { id: later.id, time: later.time, sequence: later.sequence };
    world.importer = crate::import::Importer::new(&world.settings[1]);
    let row = crate::keys::row(&later.address).expect("a name");
    world.importer.resume([(later.source, row, Some(held))]);
    source.publish(&world);
    world.converge("the record of the older lineage", |world| number(world, "mirror.region") == 2);
}

#[test]
fn a_source_that_is_stopped_stalls_its_mirror_and_says_so() {
    let mut world = World::new(1);
    let mut source = Source { writer: None, next: 0 };
    source.publish(&world);
    world.converge("the record", |world| number(world, "mirror.region") == 1);
    source.writer = None;
    let link = |world: &World| world.status().expect("a mirror").link;
    world.converge("a closed source", |world| link(world) == LinkState::Source(State::Closed));
    world.network.cut(true);
    for _ in 0..400 {
        world.turn();
        world.network.deliver(usize::MAX);
    }
    assert_eq!(link(&world), LinkState::HostLost);
    assert_eq!(number(&world, "mirror.region"), 1, "the last record stays");
}

#[test]
fn a_region_that_is_deleted_is_told_as_not_there_and_followed_when_it_is_there_again() {
    let mut world = World::new(1);
    let mut source = Source { writer: None, next: 0 };
    let link = |world: &World| world.status().expect("a mirror").link;
    for newest in 1..4 {
        source.publish(&world);
        world.converge("the record of a live source", |world| {
            number(world, "mirror.region") == newest
                && link(world) == LinkState::Source(State::Live)
        });
        source.begin_anew(&world);
        world.converge("no source", |world| link(world) == LinkState::SourceGone);
        assert_eq!(number(&world, "mirror.region"), newest, "the last record stays");
    }
}

#[test]
fn a_mirror_whose_name_is_taken_says_so_until_it_is_free() {
    for keys in ["", "lossless = 9\n"] {
        let mut world = World::with(1, keys);
        let mut source = Source { writer: None, next: 0 };
        let link = |world: &World| world.status().map(|mirror| mirror.link);
        let own = DynWriter::open(world.path("mirror.region"), &schema()).expect("a writer");
        source.publish(&world);
        let taken = Some(LinkState::Unwritten(Trouble::NameTaken));
        world.converge("another writer", |world| link(world) == taken);
        drop(own);
        std::fs::write(world.path("mirror.region"), "no region").expect("written");
        source.publish(&world);
        for _ in 0..300 {
            world.network.deliver(usize::MAX);
            world.turn();
        }
        assert_eq!(link(&world), taken, "another file");
        std::fs::remove_file(world.path("mirror.region")).expect("removed");
        world.converge("the newest record of a live source", |world| {
            number(world, "mirror.region") == 2
                && link(world) == Some(LinkState::Source(State::Live))
        });
    }
}

#[test]
fn a_slow_network_skips_records_and_counts_them() {
    let mut world = World::new(1);
    let mut source = Source { writer: None, next: 0 };
    source.publish(&world);
    world.converge("the record", |world| number(world, "mirror.region") == 1);
    for _ in 0..10 {
        source.publish(&world);
    }
    world.converge("the newest", |world| number(world, "mirror.region") == 11);
    let received = world.status().expect("a mirror").received;
    assert_eq!((received.records, received.skipped), (2, 9));
}

#[test]
fn a_record_that_does_not_fit_its_description_is_refused_and_the_mirror_untouched() {
    use crate::keys::{Key, Source as Region};
    use crate::transport::{Message, Transport};
    use crate::wire::{Attachment, Readers, RecordId};

    let mut world = World::new(1);
    let mut source = Source { writer: None, next: 0 };
    source.publish(&world);
    world.converge("the record", |world| number(world, "mirror.region") == 1);
    let encoded =
        crate::wire::Description { route: Vec::new(), instances: None, schema: schema() }.encode();
    let description = crate::wire::Description::hash(&encoded);
    let id = RecordId { lineage: layout::header::MAX_LINEAGE, order: 0, sequence: 9 };
    let attachment =
        Attachment { len: 3, description, id, time: 0, missed: 0, readers: Readers::default() };
    let key = Key::Record(Region::new("A", "stu"), None);
    world.ports[0].put(&key, &Message::Record(&attachment, b"abc")).expect("sent");
    world.converge("a refusal", |world| world.status().expect("a mirror").received.refused == 1);
    source.publish(&world);
    world.converge("the next record", |world| number(world, "mirror.region") == 2);
}

#[test]
fn a_later_record_that_nobody_describes_keeps_those_of_the_source_out_for_two_full_digests_only() {
    use crate::keys::{Key, Source as Region};
    use crate::transport::{Message, Transport};
    use crate::wire::{Attachment, Readers, RecordId};

    let mut world = World::new(1);
    let mut source = Source { writer: None, next: 0 };
    source.publish(&world);
    world.converge("the record", |world| number(world, "mirror.region") == 1);
    let id = RecordId { lineage: layout::header::MAX_LINEAGE, order: 0, sequence: 1 };
    let attachment =
        Attachment { len: 3, description: 1, id, time: 0, missed: 0, readers: Readers::default() };
    let key = Key::Record(Region::new("A", "stu"), None);
    world.ports[0].put(&key, &Message::Record(&attachment, b"abc")).expect("sent");
    world.network.deliver(usize::MAX);
    world.turn();
    source.publish(&world);
    world.converge("the next record", |world| number(world, "mirror.region") == 2);
}

#[test]
fn a_bridge_never_imports_from_itself() {
    let mut world = World::new(1);
    let text = "[bridge]\nhost = \"A\"\nlisten = \"tcp/127.0.0.1:1\"\n[[import]]\nfrom = \"*\"\nname = \"*\"\n";
    let settings = BridgeSettings::parse(text, "model").expect("settings");
    world.importer = crate::import::Importer::new(&settings);
    let mut source = Source { writer: None, next: 0 };
    source.publish(&world);
    for _ in 0..200 {
        world.network.deliver(usize::MAX);
        world.turn();
    }
    assert_eq!(world.importer.count(), 0);
}
