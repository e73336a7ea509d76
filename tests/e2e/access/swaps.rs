//! What stands at a region's name changes while programs start: nothing but the name is touched.
//!
//! A thread puts one thing after the other there, each by one rename: links to somebody's letter,
//! soft and hard, a link to nothing, a region elsewhere, a pipe, a socket, a directory, nothing.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::mpsc::{TryRecvError, channel};

use e2e::Place;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::configure;
use crate::{consumer, producer};

/// Starts of each program while the names change.
const STARTS: usize = 40;

/// Content, mode, owner: everything about a file that a program could have changed.
fn seen(path: &Path) -> (Vec<u8>, u32, u32) {
    let meta = fs::metadata(path).expect("a file");
    (fs::read(path).expect("a file"), meta.permissions().mode(), meta.uid())
}

/// Puts the `turn`-th thing at `x.region`.
fn swap(place: &Place, turn: usize) {
    let (aside, name) = (place.path("aside"), place.path("x.region"));
    let letter = place.path("letter");
    match turn % 8 {
        0 => symlink(&letter, &aside),
        1 => fs::hard_link(&letter, &aside),
        2 => symlink(place.path("nothing"), &aside),
        3 => symlink(place.path("elsewhere/x.region"), &aside),
        4 => mkfifo(&aside, Mode::from_bits_truncate(0o666)).map_err(Into::into),
        5 => UnixListener::bind(&aside).map(drop),
        6 => fs::create_dir(&aside),
        _ => Ok(()),
    }
    .expect("a thing");
    // A directory only takes the place of nothing, and nothing else takes that of a directory.
    let _ = fs::remove_file(&name).or_else(|_| fs::remove_dir(&name));
    if aside.symlink_metadata().is_ok() && fs::rename(&aside, &name).is_err() {
        let _ = fs::remove_file(&aside).or_else(|_| fs::remove_dir(&aside));
    }
}

#[test]
fn whatever_is_swapped_in_for_the_region_while_programs_start_is_left_as_it_was() {
    let place = Place::new();
    configure(&place, "");
    fs::create_dir(place.path("elsewhere")).expect("mkdir");
    let elsewhere = place.path("elsewhere/x.region");
    let made = producer().start(&place, "./x.toml --ticks 1 --region ./elsewhere/x.region");
    assert_eq!({ made }.exit_code(), 0);
    // Longer than any header, and nobody else's.
    let letter = place.write("letter", "a letter of somebody's\n".repeat(400));
    let before = (seen(&letter), seen(&elsewhere));
    let (stop, stopped) = channel::<()>();
    let codes = std::thread::scope(|scope| {
        let place = &place;
        scope.spawn(move || {
            let mut turn = 0;
            while stopped.try_recv() == Err(TryRecvError::Empty) {
                swap(place, turn);
                turn += 1;
            }
        });
        let mut codes = Vec::new();
        for _ in 0..STARTS {
            let mut writer = producer().start(place, "./x.toml --tick 1ms --ticks 3");
            let mut reader = consumer().start(place, "./x.region --once");
            codes.extend([(writer.exit_code(), writer.err()), (reader.exit_code(), reader.err())]);
        }
        drop(stop);
        codes
    });
    for (code, said) in codes {
        assert!([0, 1, 3].contains(&code), "{code}: {said:?}");
        assert!(!said.iter().any(|line| line.contains("panicked")), "{said:?}");
    }
    assert_eq!((seen(&letter), seen(&elsewhere)), before);
    assert!(!place.path("nothing").exists(), "nobody creates through a link");
}
