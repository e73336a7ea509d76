//! A region in a lower layer of overlayfs, as in container images and live systems. Its first
//! writer gets a copy with the name, device and inode number of the file that readers have mapped.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use e2e::{Daemon, Mount, Place, Reading, with_own_mounts};

use super::{goes_on, publishing};
use crate::{consumer, producer};

/// A region that a producer has left in `lower`, seen through an overlay at `m`.
fn overlaid(place: &Place, kind: &str) -> Option<Mount> {
    std::fs::create_dir(place.path("lower")).expect("mkdir");
    let region = format!("[region]\n{kind}\npath = \"./lower/x.region\"\n");
    let record = "[record]\nname = \"X\"\n[[record.field]]\nname = \"n\"\ntype = \"u32\"\n\
                  source = { counter = {} }\n[producer]\ntick = \"5ms\"\n";
    place.write("lower.toml", format!("{region}{record}"));
    place.write("x.toml", format!("{}{record}", region.replace("lower", "m")));
    assert_eq!(producer().start(place, "./lower.toml --ticks 3").exit_code(), 0);
    let path = |name| place.path(name);
    Mount::overlay(&path("lower"), &path("upper"), &path("work"), path("m"))
}

fn identity(path: &Path) -> (u64, u64) {
    let meta = path.metadata().expect("a file");
    (meta.dev(), meta.ino())
}

#[test]
fn readers_find_a_writer_that_got_a_copy_of_their_file() {
    with_own_mounts(|| {
        let place = Place::new();
        let Some(mount) = overlaid(&place, "slots = 256") else { return };
        let before = identity(&mount.path("x.region"));
        let how = ["--follow", "--poll 20ms"];
        let mut readers = how.map(|how| {
            let arguments = format!("./m/x.region --format json {how}");
            let mut reader = consumer().start(&place, &arguments);
            reader.says(": closed: ");
            reader
        });
        let mut writer = publishing(&place, "./x.toml --tick 20ms");
        assert!(place.path("upper/x.region").exists(), "the writer has a copy");
        assert_eq!(identity(&mount.path("x.region")), before, "which looks like the old file");
        for reader in &mut readers {
            reader.says("re-attached");
            assert_eq!(goes_on(reader).epoch, 2);
        }
        writer.kill9();
        let [follower, _] = &mut readers;
        follower.says(": dead: ");
        let mut next = publishing(&place, "./x.toml --tick 20ms");
        assert_eq!(goes_on(follower).epoch, 3, "the same file now");
        next.stop();
        for reader in &mut readers {
            reader.says(": closed: ");
            reader.stop();
        }
        is_gapless(&readers[0]);
        assert_eq!(readers[0].said("re-attached"), 1, "{:?}", readers[0].err());
    });
}

/// Asserts that the sequence continues in the copy: no record twice, none missed.
#[track_caller]
fn is_gapless(follower: &Daemon) {
    let given: Vec<u64> = follower.out().iter().map(|line| Reading::of(line).sequence).collect();
    assert!(given.windows(2).all(|pair| pair[1] == pair[0] + 1), "{given:?}");
}

#[test]
fn a_reader_of_a_bare_file_finds_the_copy() {
    with_own_mounts(|| {
        let place = Place::new();
        let Some(_mount) = overlaid(&place, "format = \"bare\"") else { return };
        let mut reader = consumer().start(&place, "./x.toml --poll 20ms");
        reader.out_line("what was left in the lower layer", |line| line == "n=2");
        let mut writer = publishing(&place, "./x.toml --tick 20ms");
        reader.out_line("a record of the copy", |line| line != "n=2");
        writer.stop();
        reader.stop();
    });
}

#[test]
fn a_producer_on_overlayfs_warns_of_its_locks_limits() {
    with_own_mounts(|| {
        let place = Place::new();
        let Some(_mount) = overlaid(&place, "slots = 256") else { return };
        let mut writer = publishing(&place, "./x.toml");
        writer.says("./m/x.region: is on overlayfs: ");
        writer.stop();
    });
}
