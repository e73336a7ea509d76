//! Mode and group: what widens keeps the file, what takes rights away makes a new one.

use super::*;
use region::{Changed, Origin, Refreshed, RegionErrorKind as Kind, State, Surroundings, Why};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

fn with_mode(place: &Place, mode: u32) -> Result<DynWriter, region::RegionError> {
    DynWriter::open_with(&place.path, &Stu::schema(), &Options::new().mode(mode))
}

/// Inode and mode of the file at the region's path.
fn file(place: &Place) -> (u64, u32) {
    let meta = place.path.metadata().unwrap();
    (meta.ino(), meta.mode() & 0o7777)
}

/// From one mode to another, and whether that takes rights away from group or others.
const STEPS: [(u32, u32, bool); 9] = [
    (0o644, 0o600, true),
    (0o644, 0o640, true),
    (0o640, 0o600, true),
    (0o666, 0o644, true),
    (0o640, 0o604, true),
    (0o644, 0o644, false),
    (0o600, 0o640, false),
    (0o640, 0o644, false),
    (0o744, 0o644, false),
];

#[test]
fn only_a_change_that_removes_permissions_makes_a_new_file() {
    for (from, to, narrows) in STEPS {
        let place = Place::new();
        let mut writer = with_mode(&place, from).unwrap();
        writer.publish(&stu(1)).unwrap();
        let mut reader = place.reader();
        assert_eq!(latest_id(&mut reader), Some(1));
        let inode = file(&place).0;
        let changed = writer.change(&Stu::schema(), &Options::new().mode(to)).unwrap();
        assert_eq!(changed == Changed::Replaced, narrows, "{from:o} to {to:o}");
        assert_eq!(file(&place), (file(&place).0, to));
        assert_eq!(file(&place).0 != inode, narrows, "{from:o} to {to:o}");
        assert_eq!(writer.publish(&stu(2)).unwrap(), 2);
        if narrows {
            assert_eq!(*writer.origin(), Origin::Replaced(Why::Narrowed));
            assert_eq!((reader.state(), latest_id(&mut reader)), (State::Retired, Some(1)));
            assert_eq!(reader.refresh().unwrap(), Refreshed::Reattached);
        }
        assert_eq!((latest_id(&mut reader), reader.epoch()), (Some(2), 1 + u64::from(narrows)));
        assert_eq!(place.files(), 1);
    }
}

#[test]
fn the_next_writer_does_so_after_a_close_and_after_a_death() {
    for (from, to, narrows) in STEPS {
        for kill in [die, drop] {
            let place = Place::new();
            let mut first = with_mode(&place, from).unwrap();
            first.publish(&stu(1)).unwrap();
            let reader = place.reader();
            kill(first);
            let mut next = with_mode(&place, to).unwrap();
            let want = if narrows { Origin::Replaced(Why::Narrowed) } else { Origin::Resumed };
            assert_eq!(*next.origin(), want, "{from:o} to {to:o}");
            assert_eq!((next.epoch(), next.publish(&stu(2)).unwrap()), (2, 2));
            let state = if narrows { State::Retired } else { State::Live };
            assert_eq!((reader.state(), file(&place).1), (state, to));
        }
    }
}

#[test]
fn another_group_makes_a_new_file_if_the_old_one_had_permissions() {
    if !rustix::process::geteuid().is_root() {
        let word = b"not run: only root can give a file to any group\n";
        std::io::Write::write_all(&mut std::io::stderr(), word).unwrap();
        return;
    }
    for (mode, narrows) in [(0o640, true), (0o604, false)] {
        let place = Place::new();
        let options = Options::new().mode(mode);
        let in_group = |group: &str| options.clone().group(group);
        let mut writer =
            DynWriter::open_with(&place.path, &Stu::schema(), &in_group("54321")).unwrap();
        let want = if narrows { Changed::Replaced } else { Changed::Kept };
        assert_eq!(writer.change(&Stu::schema(), &in_group("54322")).unwrap(), want);
        assert_eq!(place.path.metadata().unwrap().gid(), 54322);
        drop(writer);
        let mut writer =
            DynWriter::open_with(&place.path, &Stu::schema(), &in_group("54323")).unwrap();
        assert_eq!(*writer.origin() == Origin::Resumed, !narrows);
        assert_eq!(writer.change(&Stu::schema(), &in_group("54323")).unwrap(), Changed::Kept);
        // No group is the one that the system gives to a new file.
        assert_eq!(writer.change(&Stu::schema(), &options).unwrap(), Changed::Replaced);
        assert_ne!(place.path.metadata().unwrap().gid(), 54323);
    }
}

#[test]
fn a_mode_that_excludes_the_next_writer_is_refused() {
    let place = Place::new();
    for mode in [0, 0o400, 0o444, 0o200, 0o044, 0o577, 0o1644, 0o4755] {
        let err = with_mode(&place, mode).unwrap_err();
        assert!(matches!(err.kind(), Kind::BadOptions(_)), "{mode:o}: {err}");
        assert_eq!(place.files(), 0, "{mode:o}");
        let bare =
            region::BareWriter::open(&place.path, &Stu::schema(), &Options::new().mode(mode));
        assert!(matches!(bare.unwrap_err().kind(), Kind::BadOptions(_)), "{mode:o}");
    }
    let mut writer = place.writer();
    for slots in [8, 16] {
        let options = Options::new().mode(0o444).slots(slots);
        let err = writer.change(&Stu::schema(), &options).unwrap_err();
        assert!(matches!(err.kind(), Kind::BadOptions(_)), "{err}");
        assert_eq!((file(&place).1, place.files()), (0o644, 1));
    }
}

#[test]
fn the_surroundings_of_a_region_are_known_before_there_is_one() {
    let place = Place::new();
    let address = region::Address::from(place.path.as_path());
    let dir = place.path.parent().unwrap();
    for mode in [0o755, 0o777, 0o1777] {
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(mode)).unwrap();
        let before = Surroundings::of(&address).unwrap();
        assert_eq!(before.exposure.is_some(), mode != 0o755, "{mode:o}");
        assert!(!place.path.exists());
        assert_eq!(place.writer().surroundings(), before, "{mode:o}");
        std::fs::remove_file(&place.path).unwrap();
    }
    let none = region::Address::from(dir.join("none/x.region").as_path());
    assert!(matches!(Surroundings::of(&none).unwrap_err().kind(), Kind::NoDirectory));
}
