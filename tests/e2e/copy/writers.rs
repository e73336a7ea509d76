//! A source that other processes store to through a mapping, which does not change its times.

use std::fs::{self, File};
use std::path::Path;
use std::sync::mpsc::{TryRecvError, channel};
use std::time::SystemTime;

use e2e::{Daemon, Place, Unprivileged, wait_until};
use shared::Shared;

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
fn store(words: &Shared<u64>, round: u64) {
    (0..words.len()).step_by(STRIDE).for_each(|at| words.set(at, round));
}

fn map(path: &Path) -> Shared<u64> {
    Shared::open(path).expect("a mapping")
}

/// Asserts that the words of `copy` are of one moment: one round, or two consecutive ones.
#[track_caller]
fn assert_of_one_moment(copy: &Path) {
    let words = map(copy);
    let rounds: Vec<u64> = (0..words.len()).step_by(STRIDE).map(|at| words.get(at)).collect();
    let newest = rounds[0];
    let newer = rounds.iter().take_while(|round| **round == newest).count();
    assert!(rounds[newer..].iter().all(|round| round + 1 == newest), "{rounds:?}");
}

#[test]
fn a_source_that_is_stored_to_is_never_copied_as_a_mixture() {
    for place in [Place::new(), Place::on_disk()] {
        place.write("source", vec![0; HOT]);
        let words = map(&place.path("source"));
        let (stop, stopped) = channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut rounds = 1..;
                while stopped.try_recv() == Err(TryRecvError::Empty) {
                    store(&words, rounds.next().expect("no end"));
                }
            });
            for engine in ["auto", "mmap", "pread", "copy-range"] {
                for jobs in [1, 2] {
                    let arguments = format!("source copy --engine {engine} --jobs {jobs}");
                    let mut copy = copier().start(&place, &arguments);
                    if copy.exit_code() == 0 {
                        assert_of_one_moment(&place.path("copy"));
                    } else {
                        let line = copy.err().join("\n");
                        assert!(FACTS.iter().any(|fact| line.contains(fact)), "{line}");
                    }
                }
            }
            drop(stop);
        });
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
