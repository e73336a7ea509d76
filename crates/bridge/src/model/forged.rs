//! What a host on the way can forge: each keeps the true state out for a moment, not for good.

use layout::header::MAX_LINEAGE;
use region::{DynWriter, State};

use super::{STEP, World, bytes, ends, schema};
use crate::import::LinkState;
use crate::keys::{Key, Source};
use crate::transport::{Message, Transport};
use crate::wire::{
    Announcement, Attachment, Description, DigestKind, History, Readers, RecordId, encode_digests,
};

const LIVE: LinkState = LinkState::Source(State::Live);

/// A source with one record, and its mirror; `keys` are those of the export and the import.
fn mirrored(keys: &str) -> (World, DynWriter) {
    let mut world = World::with(1, keys);
    let mut writer = DynWriter::open(world.path("source.region"), &schema()).expect("the source");
    writer.publish(&bytes(1)).expect("published");
    world.converge("the mirror", |world| is_live_at(world, 1));
    (world, writer)
}

fn is_live_at(world: &World, sequence: u64) -> bool {
    world.status().is_some_and(|mirror| mirror.link == LIVE && mirror.id.sequence == sequence)
}

fn source() -> Source {
    Source::new("A", "stu")
}

/// Turns for so many seconds.
fn pass(world: &mut World, seconds: u32) {
    for _ in 0..seconds * 1000 / u32::try_from(STEP.as_millis()).expect("short") {
        world.network.deliver(usize::MAX);
        world.turn();
    }
}

#[test]
fn a_forged_number_of_a_digest_does_not_make_a_host_lost() {
    for number in [200, 0x7fff_ff00, 0x8000_0010, u32::MAX] {
        let (mut world, mut writer) = mirrored("");
        for digest in encode_digests(DigestKind::Changes, 1, number, []) {
            let key = Key::Digest("A".to_owned());
            world.ports[0].put(&key, &Message::Other(&digest)).expect("sent");
        }
        pass(&mut world, 4);
        assert!(is_live_at(&world, 1), "{number:x}: {:?}", world.status());
        writer.publish(&bytes(2)).expect("published");
        world.converge("the next record", |world| is_live_at(world, 2));
    }
}

#[test]
fn a_forged_description_that_nobody_asked_for_makes_no_loop() {
    let (mut world, _writer) = mirrored("");
    // Until the next full digest the record is asked for, and with it the loop would end.
    pass(&mut world, 3);
    let route = vec!["B".to_owned()];
    let description = Description { route, instances: None, schema: schema() }.encode();
    let key = Key::Description(source());
    world.ports[0].put(&key, &Message::Other(&description)).expect("sent");
    pass(&mut world, 1);
    assert!(is_live_at(&world, 1), "{:?}", world.status());
}

#[test]
fn a_forged_record_of_a_later_lineage_is_not_asked_about_for_ever() {
    let (mut world, mut writer) = mirrored("lossless = 9\n");
    let record = bytes(9);
    let id = RecordId { lineage: MAX_LINEAGE, order: 0, sequence: 7 };
    let len = u32::try_from(record.len()).expect("short");
    let attachment =
        Attachment { len, description: 7, id, time: 0, missed: 0, readers: Readers::EVERYBODY };
    let key = Key::Record(source(), None);
    world.ports[0].put(&key, &Message::Record(&attachment, &record)).expect("sent");
    pass(&mut world, 5);
    writer.publish(&bytes(2)).expect("published");
    world.converge("the next record", |world| is_live_at(world, 2));
    let received = |world: &World| world.status().expect("a mirror").received;
    let before = received(&world);
    pass(&mut world, 5);
    assert_eq!(received(&world), before);
    assert_eq!((before.records, before.refused), (2, 0));
}

#[test]
fn a_forged_history_that_begins_after_its_own_lineage_stops_no_bridge() {
    ends(|| {
        let (mut world, mut writer) = mirrored("lossless = 9\n");
        let id = RecordId { lineage: MAX_LINEAGE - 1, order: 0, sequence: 7 };
        let history = Some(History { first_lineage: MAX_LINEAGE, base: 6, oldest: 7 });
        let (path, readers) = ("stu".to_owned(), Readers::EVERYBODY);
        let entry = Announcement { path, state: Some(State::Live), id, history, readers };
        let described = Description { route: Vec::new(), instances: None, schema: schema() };
        let description = Description::hash(&described.encode());
        let len = schema().size();
        let attachment = Attachment { len, description, id, time: 0, missed: 0, readers };
        for digest in encode_digests(DigestKind::Changes, 1, 100, [&entry]) {
            let key = Key::Digest("A".to_owned());
            world.ports[0].put(&key, &Message::Other(&digest)).expect("sent");
        }
        let key = Key::Record(source(), None);
        world.ports[0].put(&key, &Message::Record(&attachment, &bytes(9))).expect("sent");
        pass(&mut world, 5);
        writer.publish(&bytes(2)).expect("published");
        world.converge("the next record", |world| is_live_at(world, 2));
    });
}
