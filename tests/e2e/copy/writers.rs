//! A source that other processes store to through a mapping, which does not change its times.

use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{TryRecvError, channel};
use std::time::SystemTime;

use e2e::{Daemon, Mount, Place, Unprivileged, wait_until, with_own_mounts};
use region::internal::{Access, Mapping};

use super::interrupted::stage;
use super::stopped_copy::StoppedCopy;
use super::{copies, noise, refuses, same, set_mode};
use crate::{copier, producer};

/// Distance between two stores, in words: a mebibyte.
const STRIDE: usize = (1 << 20) / size_of::<u64>();
/// Size of a source that takes longer to copy than one round of stores.
const HOT: usize = 64 << 20;
/// The messages of a copier that has detected the stores.
const FACTS: [&str; 2] =
    ["differs from the source after byte ", "was written to while it was copied"];

/// Stores `round` to one word of every mebibyte.
fn store(mapped: &Mapping, round: u64) {
    mapped.words().iter().step_by(STRIDE).for_each(|word| word.store(round, Relaxed));
}

/// A mapping alone: its descriptor is closed.
fn map(path: &Path) -> Mapping {
    let file = File::options().read(true).write(true).open(path).expect("a file");
    let len = usize::try_from(file.metadata().expect("its length").len()).expect("small");
    Mapping::new(&file, len, Access::Write).expect("a mapping")
}

/// Asserts that the words of `copy` are of one moment: one round, or two consecutive ones.
#[track_caller]
fn assert_of_one_moment(copy: &Path) {
    let words = map(copy);
    let words = words.words().iter().step_by(STRIDE);
    let rounds: Vec<u64> = words.map(|word| word.load(Relaxed)).collect();
    let newest = rounds[0];
    let newer = rounds.iter().take_while(|round| **round == newest).count();
    assert!(rounds[newer..].iter().all(|round| round + 1 == newest), "{rounds:?}");
}

/// Asserts that copies in the directory `dir` of `place` are of one moment, or refused, while a process that has their
/// source mapped stores to it.
#[track_caller]
fn is_never_copied_as_a_mixture(place: &Place, dir: &str) {
    let source = place.path(&format!("{dir}/source"));
    fs::write(&source, vec![0; HOT]).expect("write");
    let mapped = map(&source);
    let (stop, stopped) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut rounds = 1..;
            while stopped.try_recv() == Err(TryRecvError::Empty) {
                store(&mapped, rounds.next().expect("no end"));
            }
        });
        for engine in ["auto", "mmap", "pread", "copy-range"] {
            for jobs in [1, 2] {
                let arguments = format!("{dir}/source {dir}/copy --engine {engine} --jobs {jobs}");
                let mut copy = copier().start(place, &arguments);
                if copy.exit_code() == 0 {
                    assert_of_one_moment(&place.path(&format!("{dir}/copy")));
                } else {
                    has_noticed(&copy);
                }
            }
        }
        drop(stop);
    });
}

#[track_caller]
fn has_noticed(copy: &Daemon) {
    let line = copy.err().join("\n");
    assert!(FACTS.iter().any(|fact| line.contains(fact)), "{line}");
}

#[test]
fn a_source_that_is_stored_to_is_never_copied_as_a_mixture() {
    for place in [Place::new(), Place::on_disk()] {
        is_never_copied_as_a_mixture(&place, ".");
    }
}

/// The mapping keeps a file of a layer open, and not the one that is copied.
#[test]
fn a_source_on_overlayfs_that_is_stored_to_is_never_copied_as_a_mixture() {
    with_own_mounts(|| {
        let place = Place::new();
        let [lower, upper, work, m] = ["lower", "upper", "work", "m"].map(|name| place.path(name));
        fs::create_dir(&lower).expect("mkdir");
        if let Some(_mount) = Mount::overlay(&lower, &upper, &work, m) {
            is_never_copied_as_a_mixture(&place, "m");
        }
    });
}

/// On tmpfs a load makes a page ready for stores, which then change no time stamp.
#[test]
fn stores_to_what_was_mapped_and_read_during_the_copy_are_noticed() {
    let (place, _alone) = stage();
    let source = File::options().write(true).open(place.path("source")).expect("the source");
    source.set_modified(SystemTime::UNIX_EPOCH).expect("utimens");
    drop(source);
    let mut stopped = StoppedCopy::new(&place, "");
    let mapped = map(&place.path("source"));
    let pages = || mapped.words().iter().step_by(4096 / size_of::<u64>());
    let sum = pages().fold(0, |sum: u64, word| sum.wrapping_add(word.load(Relaxed)));
    pages().for_each(|word| word.store(sum | 1 << 63, Relaxed));
    drop(mapped);
    stopped.release();
    if stopped.copy.exit_code() == 0 {
        same(&place.path("source"), &place.path("copy")); // nothing had been copied
    } else {
        has_noticed(&stopped.copy);
    }
}

#[test]
fn a_source_is_read_again_only_if_some_process_can_write_to_it() {
    let place = Place::new().open_to_all();
    place.write("source", noise(32 << 20));
    set_mode(&place, "source", 0o644);
    // Older than a tick of the clock that stamps files.
    let source = File::options().write(true).open(place.path("source")).expect("the source");
    source.set_modified(SystemTime::UNIX_EPOCH).expect("utimens");
    drop(source);
    let line = |mut copy: Daemon| {
        assert_eq!(copy.exit_code(), 0, "{:?}", copy.err());
        copy.says("copied 32.0 MiB in ")
    };
    let run = || line(copier().start(&place, "source copy -v"));
    // Children that other tests are starting have this file open until they execute their programs.
    let is_read_once = || wait_until("a copy that is not verified", || !run().contains("verified"));
    is_read_once();
    let mapped = map(&place.path("source"));
    assert!(run().ends_with(", verified"), "a mapping alone: {}", run());
    drop(mapped);
    let open = File::options().append(true).open(place.path("source")).expect("the source");
    assert!(run().ends_with(", verified"), "an open file: {}", run());
    drop(open);
    is_read_once();
    // Only the owner of a file can check that.
    if let Some(other) = Unprivileged::another(&copier()) {
        fs::create_dir(place.path("open")).expect("mkdir");
        set_mode(&place, "open", 0o777);
        let line = line(other.start(&place, "source open/copy -v"));
        assert!(line.ends_with(", verified"), "{line}");
    }
}

#[test]
fn a_region_is_copied_only_while_it_has_no_writer() {
    let place = Place::new();
    place.shipped("stu.toml");
    let run = || producer().start(&place, "./stu.toml --region ./stu.region --tick 1h");
    let has_writer = || {
        let file = File::open(place.path("stu.region"));
        file.is_ok_and(|file| region::has_writer(&file).expect("a lock"))
    };
    for is_killed in [false, true] {
        let mut writer = run();
        wait_until("a writer", has_writer);
        let line =
            refuses(&place, "stu.region copy", "stu.region: is a region that a writer holds");
        assert!(line.ends_with("take a snapshot: consumer stu.region --snapshot FILE"), "{line}");
        if is_killed {
            writer.kill9();
        } else {
            writer.signal(nix::sys::signal::Signal::SIGTERM);
            writer.exit_code();
        }
        copies(&place, "stu.region copy");
        same(&place.path("stu.region"), &place.path("copy"));
        fs::remove_file(place.path("copy")).expect("unlink");
    }
}
