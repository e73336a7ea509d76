//! No space: the file system is full, or the file would be larger than this process may make one.
//!
//! A new region is an error at the start and leaves no files. An existing one has its space:
//! producer and readers continue, and the next reload or repair logs what failed. A recording ends with an error.

use std::fs;

use e2e::counters::{self, Counters};
use e2e::{Daemon, Mount, Place, Reading, wait_until, with_own_mounts};
use nix::sys::signal::Signal;

use super::{follower, goes_on, is_of_epoch, is_one_line, publishing, refused};
use crate::{consumer, mapcast, producer};

/// The parts of the message when there is no space.
const NO_SPACE: [&str; 3] = ["./full/x.region: ", "No space left on device", "free space there"];
/// A record of one page, eight times.
const REGION: Counters<'_> =
    Counters { region: "./full/x.region", fields: 510, slots: 8, tick: "5ms" };

/// Bytes of the file that `x.toml` makes.
fn size_of_region(place: &Place) -> u64 {
    fs::create_dir_all(place.path("full")).expect("mkdir");
    let mut producer = publishing(place, "./x.toml --ticks 1");
    assert_eq!(producer.exit_code(), 0);
    let len = fs::metadata(place.path("full/x.region")).expect("a region").len();
    fs::remove_file(place.path("full/x.region")).expect("removed");
    len
}

#[test]
fn a_new_region_on_a_full_tmpfs_is_an_immediate_error_and_leaves_no_files() {
    with_own_mounts(|| {
        let place = Place::new();
        REGION.write(&place, "x.toml");
        let pages = size_of_region(&place).div_ceil(4096);
        let full = Mount::tmpfs(place.path("full"), "size=256k");
        // No page, one page, all but one: what was allocated is freed each time.
        for left in [0, 1, pages - 1] {
            let filler = full.fill(left * 4096);
            refused(&place, full.dir(), "./x.toml", &NO_SPACE);
            fs::remove_file(filler).expect("removed");
        }
        // Exactly enough is enough, and each of its pages is allocated before it is written.
        full.fill(pages * 4096);
        let mut producer = publishing(&place, "./x.toml --ticks 20");
        assert_eq!(producer.exit_code(), 0, "{:?}", producer.err());
    });
}

#[test]
fn a_new_region_without_free_inodes_is_an_error() {
    with_own_mounts(|| {
        let place = Place::new();
        REGION.write(&place, "x.toml");
        let full = Mount::tmpfs(place.path("full"), "size=256k,nr_inodes=2");
        fs::write(full.path("last"), "").expect("the root and one file");
        refused(&place, full.dir(), "./x.toml", &NO_SPACE);
        fs::remove_file(full.path("last")).expect("removed");
        publishing(&place, "./x.toml").stop();
    });
}

/// A running pair while `full` becomes full, and after that.
fn becomes_full(place: &Place, full: &Mount) {
    REGION.write(place, "x.toml");
    let mut producer = publishing(place, "./x.toml");
    let mut reader = follower(place, "./full/x.region");
    let filler = full.fill(0);

    // Each slot is written several times, in pages that were never touched before.
    let first = goes_on(&mut reader);
    let far = |line: &str| Reading::of(line).sequence > first.sequence + 40;
    reader.out_line("five times round all slots", far);
    for line in reader.out() {
        let reading = Reading::of(&line);
        assert_eq!(counters::value(&reading), reading.sequence);
    }
    let mut late = consumer().start(place, "./full/x.region --follow --count 3");
    assert_eq!(late.exit_code(), 0, "a new reader needs no space: {:?}", late.err());

    cannot_reload(place, &mut producer, &mut reader);
    cannot_be_recreated_while_full(place, &mut producer, &mut reader);

    fs::remove_file(filler).expect("removed");
    producer.says("./full/x.region was deleted while in use; recreated");
    reader.out_line("a record of the new file", is_of_epoch(2));
    Counters { fields: 511, ..REGION }.write(place, "x.toml");
    producer.signal(Signal::SIGHUP);
    producer.says("./x.toml is in force: replaced");
    reader.says("record now COUNT511");
    reader.out_line("a record of the new kind", is_of_epoch(3));
    for daemon in [&mut producer, &mut reader] {
        daemon.stop();
    }
    assert_eq!(producer.said("ERROR"), 2, "each trouble once: {:?}", producer.err());
}

/// Another record needs another file, and there is no space for one.
fn cannot_reload(place: &Place, producer: &mut Daemon, reader: &mut Daemon) {
    Counters { fields: 511, ..REGION }.write(place, "x.toml");
    producer.signal(Signal::SIGHUP);
    let line = producer.says("SIGHUP: ./full/x.region: ");
    assert!(line.contains("No space left") && line.contains("keeping the old"), "{line}");
    assert_eq!(e2e::names_in(&place.path("full")).len(), before(place), "nothing half-made");
    assert_eq!(goes_on(reader).epoch, 1);
    REGION.write(place, "x.toml");
}

/// The number of names in the region's directory.
fn before(place: &Place) -> usize {
    2 + usize::from(place.path("full/lost+found").exists())
}

/// A deleted region keeps its space until no process has it open.
fn cannot_be_recreated_while_full(place: &Place, producer: &mut Daemon, reader: &mut Daemon) {
    fs::remove_file(place.path("full/x.region")).expect("removed");
    let line = producer.says("the region was deleted and cannot be recreated");
    assert!(line.contains("No space left") && line.contains("free space there"), "{line}");
    reader.says("missing: the file was deleted");
    goes_on(reader);
    // While the producer tries again there is a temporary name, too.
    wait_until("nothing half-made", || {
        e2e::names_in(&place.path("full")).len() == before(place) - 1
    });
}

#[test]
fn a_producer_continues_on_a_full_tmpfs_and_recovers_when_there_is_space() {
    with_own_mounts(|| {
        let place = Place::new();
        becomes_full(&place, &Mount::tmpfs(place.path("full"), "size=1m"));
    });
}

#[test]
fn a_producer_continues_on_a_full_disk_and_recovers_when_there_is_space() {
    with_own_mounts(|| {
        let place = Place::on_disk();
        if let Some(disk) = Mount::disk(place.path("full"), 1024) {
            becomes_full(&place, &disk);
        }
    });
}

#[test]
fn a_new_region_on_a_full_disk_is_an_immediate_error_and_leaves_no_files() {
    with_own_mounts(|| {
        let place = Place::on_disk();
        REGION.write(&place, "x.toml");
        let Some(disk) = Mount::disk(place.path("full"), 512) else { return };
        for left in [0, 1024, 16 * 1024] {
            let filler = disk.fill(left);
            refused(&place, disk.dir(), "./x.toml", &NO_SPACE);
            fs::remove_file(filler).expect("removed");
        }
        publishing(&place, "./x.toml").says("is on a disk");
    });
}

#[test]
fn a_recording_that_fills_a_tmpfs_is_an_error_and_keeps_what_was_in_it() {
    with_own_mounts(|| {
        let place = Place::new();
        Counters { region: "./x.region", slots: 1024, ..REGION }.write(&place, "x.toml");
        let mut producer = publishing(&place, "./x.toml");
        // Room for one chunk and not for three.
        let full = Mount::tmpfs(place.path("full"), "size=2m");
        let mut recorder =
            mapcast().start(&place, "record ./full/x.mcap ./x.region --encoding raw");
        assert_eq!(recorder.exit_code(), 1, "{:?}", recorder.err());
        recorder.says("./full/x.mcap: cannot write: No space left on device");
        producer.stop();
        let mut replay =
            mapcast().start(&place, "replay ./full/x.mcap --prefix again- --speed max");
        assert_eq!(replay.exit_code(), 0, "{:?}", replay.err());
        let mut reader = consumer().start(&place, "./again-x.region --last 8 --format json");
        assert_eq!(reader.exit_code(), 0, "{:?}", reader.err());
        let values: Vec<u64> =
            reader.out().iter().map(|line| counters::value(&Reading::of(line))).collect();
        let whole: Vec<u64> = (values[0]..).take(8).collect();
        assert_eq!(values, whole, "the last records before the disk was full");
        drop(full);
    });
}

#[test]
fn a_region_larger_than_a_file_may_be_is_an_error_and_not_a_signal() {
    let place = Place::new();
    REGION.write(&place, "x.toml");
    fs::create_dir(place.path("full")).expect("mkdir");
    let mut command = producer().command_after("ulimit -f 4", &place);
    let mut refused = Daemon::start("producer", command.arg("./x.toml"));
    assert_eq!(refused.exit_code(), 1, "{:?}", refused.err());
    is_one_line(&refused, &["./full/x.region: ", "File too large", "raise the limit"]);
    assert!(e2e::names_in(&place.path("full")).is_empty());
}

#[test]
fn an_output_file_larger_than_a_file_may_be_is_an_error_and_not_a_signal() {
    let place = Place::new();
    REGION.write(&place, "x.toml");
    fs::create_dir(place.path("full")).expect("mkdir");
    let mut producer = publishing(&place, "./x.toml");
    let limited = "exec > ./records.json && ulimit -f 16";
    let mut command = consumer().command_after(limited, &place);
    let arguments = ["./full/x.region", "--follow", "--format", "json"];
    let mut writes = Daemon::start("consumer", command.args(arguments));
    assert_eq!(writes.exit_code(), 1, "{:?}", writes.err());
    writes.says("cannot write to stdout: File too large");
    producer.stop();
}
