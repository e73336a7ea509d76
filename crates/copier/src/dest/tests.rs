//! A destination from its creation to its name, and what may happen to the name meanwhile.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

fn source_in(dir: &Path) -> Source {
    fs::write(dir.join("source"), "12345").unwrap();
    Source::open(&dir.join("source")).unwrap()
}

/// A destination whose name another file has, which was looked at, and that file.
fn to_replace(path: &Path, source: &Source) -> (Dest, Found) {
    fs::write(path, "looked at").unwrap();
    let dest = Dest::create(path, source, false).unwrap();
    let former = dest.place.occupant().unwrap().unwrap();
    (dest, former)
}

fn naming(source: &Source) -> Naming<'_> {
    Naming { source, preserve: false, sync: false, no_clobber: false }
}

fn names(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn nothing_is_to_be_seen_before_the_name_is_given() {
    let dir = tempfile::tempdir().unwrap();
    let source = source_in(dir.path());
    let path = dir.path().join("dest");
    let dest = Dest::create(&path, &source, false).unwrap();
    assert_eq!(names(dir.path()), ["source"]);
    dest.name(Naming { sync: true, ..naming(&source) }).unwrap();
    assert_eq!(names(dir.path()), ["dest", "source"]);
    assert_eq!(path.metadata().unwrap().len(), 5);
}

/// What a file system without `O_TMPFILE` makes of it.
#[test]
fn a_file_with_a_name_aside_is_renamed_or_removed() {
    let dir = tempfile::tempdir().unwrap();
    let source = source_in(dir.path());
    for clobbered in [false, true] {
        let path = dir.path().join("dest");
        let make = || {
            let mut dest = Dest::create(&path, &source, false).unwrap();
            (dest.file, dest.aside) = named(&dest.place).unwrap();
            dest
        };
        drop(make());
        assert_eq!(names(dir.path()).len(), 1 + usize::from(clobbered), "removed");
        make().name(naming(&source)).unwrap();
        assert_eq!(names(dir.path()), ["dest", "source"]);
    }
}

#[test]
fn a_name_that_was_taken_meanwhile_is_replaced_unless_that_is_forbidden() {
    let dir = tempfile::tempdir().unwrap();
    let source = source_in(dir.path());
    let path = dir.path().join("dest");
    for no_clobber in [false, true] {
        let dest = Dest::create(&path, &source, false).unwrap();
        fs::write(&path, "taken").unwrap();
        let named = dest.name(Naming { no_clobber, ..naming(&source) });
        assert_eq!(named.is_err(), no_clobber, "{named:?}");
        let expected: &[u8] = if no_clobber { b"taken" } else { &[0; 5] };
        assert_eq!(fs::read(&path).unwrap(), expected);
        assert_eq!(names(dir.path()), ["dest", "source"]);
    }
}

/// What a file system without hard links makes of it, with and without `RENAME_NOREPLACE`.
#[test]
fn without_links_a_free_name_is_taken_by_a_rename_and_a_taken_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let source = source_in(dir.path());
    let path = dir.path().join("dest");
    for rename in [Dest::rename_to_free_name, Dest::rename_after_a_look] {
        let mut dest = Dest::create(&path, &source, false).unwrap();
        let aside = dest.name_aside().unwrap();
        fs::write(&path, "another").unwrap();
        assert_eq!(rename(&mut dest, &aside).unwrap(), Attempt::Changed);
        assert_eq!(fs::read(&path).unwrap(), b"another");
        fs::remove_file(&path).unwrap();
        assert_eq!(rename(&mut dest, &aside).unwrap(), Attempt::Done);
        drop(dest);
        assert_eq!(names(dir.path()), ["dest", "source"]);
        fs::remove_file(&path).unwrap();
    }
}

/// What a file system makes of it that cannot exchange two files.
#[test]
fn without_an_exchange_only_the_file_that_was_looked_at_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let source = source_in(dir.path());
    let path = dir.path().join("dest");
    let (mut dest, former) = to_replace(&path, &source);
    let aside = dest.name_aside().unwrap();
    fs::rename(&path, dir.path().join("moved")).unwrap();
    fs::write(&path, "another").unwrap();
    assert_eq!(dest.rename_over(&aside, &former).unwrap(), Attempt::Changed);
    assert_eq!(fs::read(&path).unwrap(), b"another");
    let former = dest.place.occupant().unwrap().unwrap();
    assert_eq!(dest.rename_over(&aside, &former).unwrap(), Attempt::Done);
    assert_eq!(fs::read(&path).unwrap(), [0; 5]);
    drop(dest);
    assert_eq!(names(dir.path()), ["dest", "moved", "source"]);
}

#[test]
fn a_file_that_was_not_looked_at_gets_its_name_back() {
    let dir = tempfile::tempdir().unwrap();
    let source = source_in(dir.path());
    let path = dir.path().join("dest");
    let (mut dest, former) = to_replace(&path, &source);
    fs::remove_file(&path).unwrap();
    assert_eq!(dest.replace(&former).unwrap(), Attempt::Changed);
    fs::create_dir(&path).unwrap();
    assert_eq!(dest.replace(&former).unwrap(), Attempt::Changed);
    assert!(path.is_dir());
    let refused = dest.name(naming(&source)).unwrap_err();
    assert!(matches!(refused, Kind::DestIsDirectory(..)), "{refused}");
    assert_eq!(names(dir.path()), ["dest", "source"]);
}

#[test]
fn a_link_that_takes_the_name_meanwhile_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let source = source_in(dir.path());
    let dest = Dest::create(&dir.path().join("dest"), &source, false).unwrap();
    fs::write(dir.path().join("victim"), "kept").unwrap();
    symlink("victim", dir.path().join("dest")).unwrap();
    assert!(matches!(dest.name(naming(&source)), Err(Kind::Unsettled(_))));
    assert_eq!(fs::read(dir.path().join("victim")).unwrap(), b"kept");
}

#[test]
fn the_mode_is_that_of_the_file_that_is_replaced_in_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let source = source_in(dir.path());
    let path = dir.path().join("dest");
    let old = |mode| {
        let _ = fs::remove_file(&path);
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    old(0o666);
    let dest = Dest::create(&path, &source, false).unwrap();
    old(0o600);
    dest.name(naming(&source)).unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
}
