//! Read-only files and directories: an error for a producer, no matter for a consumer.

use std::fs;

use e2e::counters::{self, Counters};
use e2e::{Daemon, Mount, Place, Reading, Unprivileged, with_own_mounts};
use nix::sys::signal::Signal;

use super::{follower, goes_on, is_of_epoch, is_one_line, publishing, refused};
use crate::{consumer, producer};

const REGION: Counters<'_> =
    Counters { region: "./dir/x.region", fields: 2, slots: 8, tick: "5ms" };

/// A place with `x.toml` and a directory `dir`, which is also mounted read-only as `ro`.
fn two_doors() -> (Place, Mount) {
    let place = Place::new();
    REGION.write(&place, "x.toml");
    fs::create_dir(place.path("dir")).expect("mkdir");
    let door = Mount::read_only(&place.path("dir"), place.path("ro"));
    (place, door)
}

#[test]
fn a_producer_is_refused_on_a_read_only_file_system() {
    with_own_mounts(|| {
        let (place, door) = two_doors();
        let step = "Read-only file system";
        let none = ["./ro/x.region: create: ", step, "give a path on a writable file system"];
        refused(&place, door.dir(), "./x.toml --region ./ro/x.region", &none);
        // The error is the same for a live region, a dead one and one of another record.
        let mut owner = publishing(&place, "./x.toml");
        let there = ["./ro/x.region: open: ", step, "give a path on a writable file system"];
        for arguments in ["./x.toml --region ./ro/x.region", "--region ./ro/x.region --standby"] {
            refused(&place, door.dir(), arguments, &there);
        }
        owner.kill9();
        refused(&place, door.dir(), "./x.toml --region ./ro/x.region", &there);
    });
}

#[test]
fn a_consumer_on_a_read_only_file_system_sees_every_change() {
    with_own_mounts(|| {
        let (place, _door) = two_doors();
        let mut waits = consumer().start(&place, "./ro/x.region --follow --format json");
        waits.says("waiting for ./ro/x.region");
        let mut producer = publishing(&place, "./x.toml");
        waits.says("attached");
        let mut polls = consumer().start(&place, "./ro/x.region --poll 5ms --format json");
        polls.next_out();
        for reader in [&mut waits, &mut polls] {
            assert_eq!(goes_on(reader).epoch, 1, "the lock is seen as well");
        }
        // A death, another writer, another file: all are seen through that mount.
        producer.kill9();
        for reader in [&mut waits, &mut polls] {
            reader.says(": dead: ");
        }
        let _next = publishing(&place, "./x.toml");
        fs::remove_file(place.path("dir/x.region")).expect("removed");
        for reader in [&mut waits, &mut polls] {
            reader.out_line("a record of the third epoch", is_of_epoch(3));
            reader.says("re-attached");
            reader.stop();
        }
    });
}

#[test]
fn a_pair_continues_on_a_disk_that_becomes_read_only_and_logs_what_fails() {
    with_own_mounts(|| {
        let place = Place::on_disk();
        let Some(disk) = Mount::disk(place.path("dir"), 1024) else { return };
        // Longer than a page, so that most of it is first written after the fault.
        Counters { fields: 300, ..REGION }.write(&place, "x.toml");
        let mut producer = publishing(&place, "./x.toml");
        let mut reader = follower(&place, "./dir/x.region");
        let before = e2e::names_in(disk.dir());
        disk.becomes_read_only();
        let next = goes_on(&mut reader).sequence + 40;
        reader.out_line("five times round all slots", |line| Reading::of(line).sequence > next);

        Counters { fields: 301, ..REGION }.write(&place, "x.toml");
        producer.signal(Signal::SIGHUP);
        let line = producer.says("SIGHUP: ./dir/x.region: create: Read-only file system");
        assert!(line.contains("keeping the old configuration"), "{line}");
        goes_on(&mut reader);
        assert_eq!(e2e::names_in(disk.dir()), before, "nothing half-made");
        producer.stop();
        reader.says(": closed: ");
        reader.stop();
        for line in reader.out() {
            let reading = Reading::of(&line);
            assert_eq!(counters::value(&reading), reading.sequence);
        }
    });
}

#[test]
fn a_producer_in_a_read_only_directory_is_refused_and_recovers_later() {
    let place = Place::new().open_to_all();
    let dir = place.path("dir");
    fs::create_dir(&dir).expect("mkdir");
    REGION.write(&place, "x.toml");
    let unprivileged = Unprivileged::new(&producer());
    let start = || Daemon::start("producer", unprivileged.command(&place).arg("./x.toml"));
    let let_in = |mode| fs::set_permissions(&dir, mode_of(mode)).expect("chmod");

    let_in(0o555);
    let mut refused = start();
    assert_eq!(refused.exit_code(), 1);
    is_one_line(&refused, &["./dir/x.region: create: Permission denied", "use an account that"]);
    assert!(e2e::names_in(&dir).is_empty());

    // The directory becomes read-only under a running producer, and root deletes its file.
    let_in(0o777);
    let mut running = start();
    running.says("publishing");
    let mut reader = follower(&place, "./dir/x.region");
    let_in(0o555);
    goes_on(&mut reader);
    if nix::unistd::geteuid().is_root() {
        fs::remove_file(dir.join("x.region")).expect("removed");
        let line = running.says("the region was deleted and cannot be recreated");
        assert!(line.contains("Permission denied"), "{line}");
        assert!(e2e::names_in(&dir).is_empty(), "nothing half-made");
        let_in(0o777);
        running.says("was deleted while in use; recreated");
        reader.out_line("a record of the new file", is_of_epoch(2));
    }
    let_in(0o777);
    running.stop();
}

fn mode_of(mode: u32) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs::Permissions::from_mode(mode)
}
