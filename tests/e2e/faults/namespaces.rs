//! Writer and readers in pid, user and mount namespaces of their own.
//!
//! The state of a region depends on the kernel's lock and on its own words, never on a process id
//! or user id, so "live" and "dead" are right in every namespace.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use e2e::counters::Counters;
use e2e::region_dump::RegionDump;
use e2e::{Daemon, Mount, Namespace, Place, Reading, proc, with_own_mounts};
use layout::Stu;
use region::{Options, Writer};

use super::{goes_on, is_of_epoch};
use crate::{consumer, producer};

const REGION: Counters<'_> = Counters { region: "./x.region", fields: 2, slots: 64, tick: "5ms" };
/// A user that no other test uses.
const STRANGER: u32 = 65_533;
const NAMESPACES: [Namespace; 7] = [
    Namespace::HERE,
    Namespace::PIDS,
    Namespace::PIDS_ALONE,
    Namespace::ROOT,
    Namespace::NOBODY,
    Namespace::MOUNTS,
    Namespace::CONTAINER,
];

/// A follower in each kind of namespace, each with a record of a live writer.
fn readers_everywhere(place: &Place) -> Vec<Daemon> {
    let arguments = "./x.region --follow --format json";
    let readers =
        NAMESPACES.iter().filter_map(|namespace| namespace.start(&consumer(), place, arguments));
    let mut readers: Vec<Daemon> = readers.collect();
    for reader in &mut readers {
        goes_on(reader);
    }
    readers
}

#[test]
fn live_and_dead_are_right_in_every_namespace() {
    for namespace in NAMESPACES {
        let place = Place::new();
        REGION.write(&place, "x.toml");
        let Some(mut writer) = namespace.start(&producer(), &place, "./x.toml") else { continue };
        writer.says("publishing");
        let mut readers = readers_everywhere(&place);
        assert!(!readers.is_empty());

        writer.kill9();
        for reader in &mut readers {
            reader.says(": dead: ");
        }
        for other in NAMESPACES {
            let arguments = "./x.region --once --format json";
            let Some(mut late) = other.start(&consumer(), &place, arguments) else { continue };
            assert_eq!(late.exit_code(), 0, "{:?}", late.err());
            assert_eq!(
                Reading::of(&late.next_out()).state,
                "dead",
                "{namespace:?} seen by {other:?}"
            );
        }

        let Some(mut next) = namespace.start(&producer(), &place, "./x.toml") else { continue };
        next.says("(resumed, epoch 2, after record");
        for reader in &mut readers {
            reader.out_line("a record of the next writer", is_of_epoch(2));
        }
        drop(next);
        for reader in &mut readers {
            reader.says(": dead: ");
            assert_eq!(reader.said(": dead: "), 2, "{:?}", reader.err());
        }
    }
}

#[test]
fn one_writer_excludes_others_in_every_namespace_and_the_next_takes_over() {
    let place = Place::new();
    REGION.write(&place, "x.toml");
    let mut holder = producer().start(&place, "./x.toml");
    holder.says("publishing");
    RegionDump::wait_for_record(&place.path("x.region"));
    let mut epoch = 1;
    for namespace in NAMESPACES {
        let Some(mut rival) = namespace.start(&producer(), &place, "./x.toml") else { continue };
        assert_eq!(rival.exit_code(), 1, "{namespace:?}: {:?}", rival.err());
        rival.says("publishes here already");
        let standby = namespace.start(&producer(), &place, "./x.toml --standby");
        let mut standby = standby.expect("as the rival");
        standby.says("waiting to take over");
        holder.kill9();
        epoch += 1;
        standby.says(&format!("(resumed, epoch {epoch}, after record"));
        holder = standby;
    }
    assert!(epoch > 1, "some border was crossed");
}

#[test]
fn a_reader_in_a_namespace_has_no_writable_mapping() {
    let place = Place::new();
    REGION.write(&place, "x.toml");
    let mut writer = producer().start(&place, "./x.toml");
    writer.says("publishing");
    // Started without a fork, so that the process id is the reader's.
    for namespace in [Namespace::ROOT, Namespace::NOBODY, Namespace::MOUNTS] {
        let arguments = "./x.region --follow --format json";
        let Some(mut reader) = namespace.start(&consumer(), &place, arguments) else { continue };
        reader.next_out();
        let region = place.path("x.region");
        assert_eq!(proc::mappings(reader.pid(), &region), ["r--s"], "{namespace:?}");
        assert_eq!(proc::open_modes(reader.pid(), &region), ["O_RDONLY"], "{namespace:?}");
    }
    writer.stop();
}

#[test]
fn a_directory_of_an_unmapped_owner_is_not_taken_for_the_own() {
    with_own_mounts(|| {
        let place = Place::on_disk().open_to_all();
        // Only the default directories matter, without the files that this machine has in them.
        let _run = Mount::tmpfs("/run".into(), "mode=755");
        let shared = Mount::tmpfs("/dev/shm".into(), "mode=1777");
        // Another user has created the directory that an unmapped user would use.
        let dir = shared.path("mapcast-65534");
        fs::create_dir(&dir).expect("mkdir");
        if let Err(error) = chown(&dir, Some(STRANGER), Some(STRANGER)) {
            // An ordinary user's namespace has no second user.
            return writeln!(std::io::stderr(), "not run: {error}").expect("stderr");
        }
        fs::set_permissions(&dir, Permissions::from_mode(0o755)).expect("chmod");
        let forged = publish_by_hand(&dir.join("stu.region"));
        for program in [producer(), consumer()] {
            let Some(mut command) = Namespace::NOBODY.command(&program, &place) else { return };
            command.env_remove("MAPCAST_DIR").env_remove("XDG_RUNTIME_DIR");
            let mut starts = Daemon::start(program.name(), &mut command);
            assert_eq!(starts.exit_code(), 1, "{:?} {:?}", starts.out(), starts.err());
            let line = starts.says("/dev/shm/mapcast-65534: ");
            assert!(line.contains("give a path in a directory of your own"), "{line}");
        }
        drop(forged);
    });
}

/// A region of the other user.
fn publish_by_hand(path: &Path) -> Writer<Stu> {
    let mut writer = Writer::open_with(path, &Options::new()).expect("a region");
    writer.publish(&Stu::new(666, "stranger", 'x')).expect("a publish");
    writer
}
