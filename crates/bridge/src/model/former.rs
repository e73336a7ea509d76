//! Mirrors whose import was removed, and mirrors with long addresses.

use std::path::{Path, PathBuf};

use region::{DynReader, DynWriter, State};
use settings::BridgeSettings;

use super::{World, bytes, resumed, schema};
use crate::import::{Importer, LinkState};
use crate::keys::{self, Key, Source};
use crate::transport::Incoming;
use crate::wire::{Announcement, Description, DigestKind, Readers, RecordId, encode_digests};

fn mirrored() -> (World, DynWriter) {
    let mut world = World::new(1);
    let mut writer = DynWriter::open(world.path("source.region"), &schema()).expect("the source");
    writer.publish(&bytes(1)).expect("published");
    world.converge("the record", |world| sequence(world) == Some(1));
    (world, writer)
}

fn sequence(world: &World) -> Option<u64> {
    world.status().map(|mirror| mirror.sequence)
}

fn has_news(world: &World) -> bool {
    world.status().is_some_and(|mirror| matches!(mirror.link, LinkState::Source(_)))
}

/// The sequence of the mirror, and how many records this bridge has published to it.
fn received(world: &World) -> (u64, u64) {
    let mirror = world.status().expect("a mirror");
    (mirror.sequence, mirror.received.records)
}

/// B without an import of what it has mirrored.
fn without_import() -> BridgeSettings {
    let text = "[bridge]\nhost = \"B\"\nlisten = \"tcp/127.0.0.1:1\"\n\
        [[import]]\nfrom = \"C*\"\nname = \"x*\"\n";
    BridgeSettings::parse(text, "former").expect("settings")
}

/// B with a mirror at this path.
fn settings_of(path: &Path) -> BridgeSettings {
    let text = format!(
        "[bridge]\nhost = \"B\"\nlisten = \"tcp/127.0.0.1:1\"\n\
         [[import]]\nfrom = \"A\"\nname = \"stu\"\nregion = \"{}\"\n",
        path.display()
    );
    BridgeSettings::parse(&text, "former").expect("settings")
}

/// Whether it is known that its region was a mirror, and over no known hosts.
fn is_former(world: &World) -> bool {
    let row = keys::row(&world.path("mirror.region").display().to_string()).expect("a name");
    let is_known = world.importer.routes().get(&row) == Some(&None);
    let links: Vec<_> = world.importer.status(world.now, true).map(|mirror| mirror.link).collect();
    is_known && links == [LinkState::NotImported]
}

#[test]
fn a_mirror_whose_import_is_removed_is_known_as_one_also_after_a_restart() {
    let (mut world, _source) = mirrored();
    world.importer.change(&without_import());
    assert!(is_former(&world));
    for _ in 0..300 {
        world.turn();
    }
    assert!(is_former(&world), "{:?}", world.importer);
    let rows: Vec<_> = world.importer.status(world.now, true).map(resumed).collect();
    world.importer = Importer::new(&without_import());
    world.importer.resume(rows);
    for _ in 0..300 {
        world.turn();
    }
    assert!(is_former(&world), "{:?}", world.importer);
}

#[test]
fn a_former_mirror_that_another_program_writes_or_that_is_gone_is_a_region_of_this_host() {
    for is_removed in [true, false] {
        let (mut world, _source) = mirrored();
        world.importer.change(&without_import());
        let path = world.path("mirror.region");
        let own = if is_removed {
            std::fs::remove_file(path).expect("removed");
            None
        } else {
            Some(DynWriter::open(path, &schema()).expect("it is free"))
        };
        world.converge("no mirror", |world| world.importer.routes().is_empty());
        drop(own);
    }
}

#[test]
fn a_mirror_that_is_imported_again_or_in_another_way_continues() {
    let (mut world, _source) = mirrored();
    let settings = world.settings[1].clone();
    world.importer.change(&without_import());
    world.importer.change(&settings);
    world.converge("news", has_news);
    assert_eq!(received(&world), (1, 0), "it was not published again");
    let mut other = settings;
    other.imports[0].mode = 0o600;
    world.importer.change(&other);
    world.converge("news", has_news);
    assert_eq!(received(&world), (1, 0), "it was not published again");
}

/// As [`mirrored`], at a path that is longer than a row's name.
fn mirrored_at_a_long_path() -> (World, DynWriter, PathBuf) {
    let (mut world, mut source) = mirrored();
    let long = world.path(&format!("{}.region", "x".repeat(100)));
    world.settings[1] = settings_of(&long);
    world.importer = Importer::new(&world.settings[1]);
    source.publish(&bytes(2)).expect("published");
    world.converge("the record", |world| sequence(world) == Some(1));
    (world, source, long)
}

#[test]
fn a_mirror_with_a_long_path_is_not_published_again_after_a_restart() {
    let (mut world, _source, _) = mirrored_at_a_long_path();
    world.restart_importer();
    assert_eq!(sequence(&world), Some(1));
    world.converge("news", has_news);
    assert_eq!(received(&world), (1, 0), "it was not published again");
}

#[test]
fn a_mirror_that_is_of_another_source_now_does_not_hold_the_record_of_the_one_before() {
    for restarts in 0..3 {
        let (mut world, _source) = mirrored();
        let text = format!(
            "[bridge]\nhost = \"B\"\nlisten = \"tcp/127.0.0.1:1\"\n\
             [[import]]\nfrom = \"C\"\nname = \"stu\"\nregion = \"{}\"\n",
            world.path("mirror.region").display()
        );
        let settings = BridgeSettings::parse(&text, "former").expect("settings");
        if restarts == 0 {
            world.importer.change(&settings);
        }
        for _ in 0..restarts {
            let rows: Vec<_> = world.importer.status(world.now, true).map(resumed).collect();
            world.importer = Importer::new(&settings);
            world.importer.resume(rows);
        }
        let (path, state) = ("stu".to_owned(), Some(State::Live));
        let (id, readers) = (RecordId::default(), Readers::EVERYBODY);
        let entry = Announcement { path, state, id, history: None, readers };
        for digest in encode_digests(DigestKind::Full, 1, 1, [&entry]) {
            world.importer.take(Incoming::Other(Key::Digest("C".to_owned()), digest), world.now);
        }
        let described = Description { route: Vec::new(), instances: None, schema: schema() };
        let key = Key::Description(Source::new("C", "stu"));
        world.importer.take(Incoming::Other(key, described.encode()), world.now);
        world.turn();
        let mut reader = DynReader::open(world.path("mirror.region")).expect("a mirror");
        let newest = reader.latest(&mut bytes(0)).expect("read");
        assert_eq!((reader.state(), newest), (State::Live, None), "{restarts} restarts");
    }
}

#[test]
fn a_former_mirror_with_a_long_path_is_forgotten_when_its_file_is_gone() {
    let (mut world, _source, long) = mirrored_at_a_long_path();
    world.importer.change(&without_import());
    assert!(!world.importer.routes().is_empty());
    std::fs::remove_file(long).expect("removed");
    world.converge("no mirror", |world| world.importer.routes().is_empty());
}
