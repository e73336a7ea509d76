//! A directory in which other users may create files: warnings, refusals and recovery.

use std::fs;
use std::os::unix::fs::MetadataExt;

use e2e::{NOBODY, Place, Reading, Unprivileged};

use super::{configure, open_to_all, other_users_shell};
use crate::{consumer, producer};

/// A place of this mode with a region and its writer.
fn place_of(mode: u32) -> (Place, e2e::Daemon) {
    let place = Place::new();
    open_to_all(place.dir(), mode);
    configure(&place, "");
    let writer = producer().start(&place, "./x.toml");
    (place, writer)
}

#[test]
fn a_producer_warns_of_a_directory_in_which_others_may_create_files() {
    for (mode, what) in [
        (0o777, "mode 0777: others may delete and replace it"),
        (0o1777, "mode 1777: others may take its name before it"),
        (0o775, "mode 0775: others may delete and replace it"),
    ] {
        let (_place, mut writer) = place_of(mode);
        let line = writer.says(&format!("./x.region: is in a directory of {what}"));
        assert!(line.contains("WARN") && line.contains("; give a path in a directory of your own"));
        writer.stop();
    }
    let (_place, mut writer) = place_of(0o755);
    writer.says("publishing");
    writer.stop();
    assert_eq!(writer.said("is in a directory of mode"), 0);
}

#[test]
fn a_region_deleted_by_another_user_is_recreated_and_readers_continue() {
    let (place, mut writer) = place_of(0o777);
    writer.says("publishing");
    let mut reader = consumer().start(&place, "./x.region --follow --format json");
    reader.next_out();
    let Some(mut shell) = other_users_shell(&place, "rm -f x.region") else { return };
    assert_eq!(shell.exit_code(), 0);
    writer.says("was deleted while in use; recreated");
    reader.out_line("a record of the new file", |line| Reading::of(line).epoch == 2);
    writer.stop();
}

#[test]
fn a_writer_gives_up_a_region_that_another_user_replaced() {
    for script in [
        "echo a letter >letter; mv -f letter x.region",
        "ln -s /etc/passwd link; mv -f link x.region",
        "mkfifo pipe; mv -f pipe x.region",
    ] {
        let (place, mut writer) = place_of(0o777);
        writer.says("publishing");
        let mut reader = consumer().start(&place, "./x.region --follow --format json");
        reader.next_out();
        let Some(mut shell) = other_users_shell(&place, script) else { return };
        assert_eq!(shell.exit_code(), 0, "{script}: {:?}", shell.err());
        assert_eq!(writer.exit_code(), 1, "{script}: {:?}", writer.err());
        writer.says("./x.region: another file has taken this name");
        reader.says("trying again until it can be read");
        assert!(reader.is_running());
        let meta = place.path("x.region").symlink_metadata().expect("theirs, and still there");
        assert_eq!(meta.uid(), NOBODY);
    }
}

#[test]
fn with_the_sticky_bit_another_user_can_neither_delete_nor_replace_it() {
    let (place, mut writer) = place_of(0o1777);
    writer.says("publishing");
    let inode = || fs::metadata(place.path("x.region")).expect("a region").ino();
    let before = inode();
    let script = "rm -f x.region; echo x >l; mv -f l x.region; ln -sf /dev/null x.region; exit 7";
    let Some(mut shell) = other_users_shell(&place, script) else { return };
    assert_eq!(shell.exit_code(), 7);
    assert_eq!(shell.said("ermitted"), 3, "each refused: {:?}", shell.err());
    assert_eq!(inode(), before);
    writer.stop();
}

#[test]
fn a_region_created_by_another_user_is_not_published_to() {
    let place = Place::new();
    open_to_all(place.dir(), 0o1777);
    // Its owner could continue to write to the file.
    configure(&place, "mode = \"0666\"");
    let Some(squatter) = Unprivileged::another(&producer()) else { return };
    assert_eq!(squatter.start(&place, "./x.toml --ticks 1").exit_code(), 0);
    let before = fs::read(place.path("x.region")).expect("a region");
    for how in ["", "--standby"] {
        let mut ours = producer().start(&place, &format!("./x.toml {how}"));
        assert_eq!(ours.exit_code(), 1, "{:?}", ours.err());
        ours.says("./x.region: belongs to uid 65534, who could change what is published");
    }
    assert_eq!(fs::read(place.path("x.region")).expect("a region"), before);
    assert_eq!(squatter.start(&place, "./x.toml --ticks 1").exit_code(), 0, "its own is its own");
}
