//! The file with a region's name is replaced while programs start: no other file is changed.
//!
//! A thread renames one thing after the other to that name: symbolic and hard links to another
//! file, a dangling link, a region elsewhere, a pipe, a socket, a directory, nothing.

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

/// Content, mode and owner of a file: everything that a program could have changed.
fn seen(path: &Path) -> (Vec<u8>, u32, u32) {
    let meta = fs::metadata(path).expect("a file");
    (fs::read(path).expect("a file"), meta.permissions().mode(), meta.uid())
}

/// Renames the `turn`-th thing to `x.region`.
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
fn a_file_swapped_in_for_the_region_is_left_unchanged() {
    let place = Place::new();
    configure(&place, "");
    fs::create_dir(place.path("elsewhere")).expect("mkdir");
    let elsewhere = place.path("elsewhere/x.region");
    let made = producer().start(&place, "./x.toml --ticks 1 --region ./elsewhere/x.region");
    assert_eq!({ made }.exit_code(), 0);
    // Longer than any header.
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
    assert!(!place.path("nothing").exists(), "no program creates through a link");
}
