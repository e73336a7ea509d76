//! Who may read a mirror: no user that may not read its source.

use std::fs::{File, Permissions, set_permissions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use layout::Schema;
use region::{DynInstanceWriter, DynWriter, Options};

use super::{World, bytes, schema};

/// Numbers whose bytes are nowhere else in a region.
const BEFORE: i32 = 0x0b0e_f04e;
const AFTER: i32 = 0x0af7_e4af;

fn mode(world: &World, name: &str) -> Option<u32> {
    Some(world.path(name).metadata().ok()?.permissions().mode() & 0o777)
}

fn set_mode(world: &World, name: &str, mode: u32) {
    set_permissions(world.path(name), Permissions::from_mode(mode)).expect("chmod");
}

#[track_caller]
fn wait_for_mode(world: &mut World, wanted: u32) {
    let what = format!("a mirror of mode {wanted:o}");
    world.converge(&what, |world| mode(world, "mirror.region") == Some(wanted));
}

fn has(file: &File, number: i32) -> bool {
    let mut content = Vec::new();
    let mut file = file;
    file.read_to_end(&mut content).expect("read");
    content.windows(4).any(|bytes| bytes == number.to_le_bytes())
}

fn writer(world: &World, schema: &Schema, mode: u32) -> DynWriter {
    let options = Options::new().mode(mode);
    DynWriter::open_with(world.path("source.region"), schema, &options).expect("the source")
}

#[test]
fn a_mirror_has_the_mode_of_its_source_also_when_that_changes_or_its_bridge_is_restarted() {
    for keys in ["", "lossless = 9\n"] {
        let mut world = World::with(1, keys);
        let mut writer = writer(&world, &schema(), 0o600);
        writer.publish(&bytes(1)).expect("published");
        wait_for_mode(&mut world, 0o600);
        for wanted in [0o640, 0o604, 0o644, 0o600] {
            set_mode(&world, "source.region", wanted);
            wait_for_mode(&mut world, wanted);
        }
        set_mode(&world, "mirror.region", 0o644);
        world.restart_importer();
        wait_for_mode(&mut world, 0o600);
    }
}

#[test]
fn a_mirror_is_opened_to_nobody_else_and_stays_the_same_file_when_its_bridge_is_restarted() {
    for (keys, wanted) in
        [("", 0o600), ("", 0o644), ("lossless = 9\n", 0o600), ("lossless = 9\n", 0o644)]
    {
        let mut world = World::with(1, keys);
        let mut writer = writer(&world, &schema(), wanted);
        writer.publish(&bytes(1)).expect("published");
        wait_for_mode(&mut world, wanted);
        let inode = |world: &World| world.path("mirror.region").metadata().expect("a file").ino();
        let before = inode(&world);
        world.restart_importer();
        for _ in 0..300 {
            world.network.deliver(usize::MAX);
            world.turn();
            assert_eq!(mode(&world, "mirror.region"), Some(wanted), "{keys}");
        }
        assert_eq!(inode(&world), before, "{keys}");
    }
}

#[test]
fn a_mirror_of_instances_has_the_mode_of_its_source() {
    let mut world = World::new(1);
    let (path, options) = (world.path("source.region"), Options::new().mode(0o640));
    let mut writer = DynInstanceWriter::open_with(path, &schema(), &options, 4).expect("a source");
    let instance = writer.instance("eth0").expect("room");
    writer.publish(instance, &bytes(1)).expect("published");
    wait_for_mode(&mut world, 0o640);
    set_mode(&world, "source.region", 0o600);
    wait_for_mode(&mut world, 0o600);
}

#[test]
fn a_mirror_permits_no_more_than_its_import_says() {
    let mut world = World::new(1);
    world.settings[1].imports[0].mode = 0o640;
    world.restart_importer();
    let mut writer = writer(&world, &schema(), 0o666);
    writer.publish(&bytes(1)).expect("published");
    wait_for_mode(&mut world, 0o640);
}

#[test]
fn who_had_a_mirror_open_does_not_get_what_is_published_to_a_source_that_is_closed_to_others() {
    for keys in ["", "lossless = 9\n"] {
        let mut world = World::with(1, keys);
        let mut writer = writer(&world, &schema(), 0o644);
        writer.publish(&bytes(BEFORE)).expect("published");
        wait_for_mode(&mut world, 0o644);
        let open = || File::open(world.path("mirror.region")).expect("the mirror");
        let [before, still_open] = [open(), open()];
        assert!(has(&before, BEFORE));
        writer.change(&schema(), &Options::new().mode(0o600)).expect("changed");
        writer.publish(&bytes(AFTER)).expect("published");
        let newest = |world: &World| {
            has(&File::open(world.path("mirror.region")).expect("the mirror"), AFTER)
        };
        world.converge("the next record", newest);
        assert_eq!(mode(&world, "mirror.region"), Some(0o600));
        assert!(!has(&still_open, AFTER), "{keys}");
    }
}
