//! A destination from its creation to its name, and what may happen to the name meanwhile.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use clap::Parser as _;
use tempfile::TempDir;

use super::*;

/// A directory with a source in it, and how that is copied to "dest" there.
struct Copy {
    dir: TempDir,
    source: Source,
    args: Args,
}

impl Copy {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("source");
        fs::write(&path, "12345").unwrap();
        let args = Args::parse_from(["copier".into(), path.clone(), dir.path().join("dest")]);
        Self { dir, source: Source::open(&path).unwrap(), args }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn dest(&self) -> Dest<'_> {
        Dest::create(&self.source, &self.args).unwrap()
    }

    /// A destination whose name another file has, which was looked at, and that file.
    fn dest_to_replace(&self) -> (Dest<'_>, Found) {
        fs::write(self.path("dest"), "looked at").unwrap();
        let dest = self.dest();
        let former = dest.new.place.occupant().unwrap().unwrap();
        (dest, former)
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.dir.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

#[test]
fn nothing_is_to_be_seen_before_the_name_is_given() {
    let mut copy = Copy::new();
    copy.args.sync = true;
    let dest = copy.dest();
    assert_eq!(copy.names(), ["source"]);
    dest.name().unwrap();
    assert_eq!(copy.names(), ["dest", "source"]);
    assert_eq!(copy.path("dest").metadata().unwrap().len(), 5);
}

/// What a file system without `O_TMPFILE` makes of it.
#[test]
fn a_file_with_a_name_aside_is_renamed_or_removed() {
    let copy = Copy::new();
    for clobbered in [false, true] {
        let make = || {
            let mut dest = copy.dest();
            let (place, _) = Place::of(&copy.args.dest).unwrap();
            dest.new = NewFile::create_aside(place).unwrap();
            dest
        };
        drop(make());
        assert_eq!(copy.names().len(), 1 + usize::from(clobbered), "removed");
        make().name().unwrap();
        assert_eq!(copy.names(), ["dest", "source"]);
    }
}

#[test]
fn a_name_that_was_taken_meanwhile_is_replaced_unless_that_is_forbidden() {
    for no_clobber in [false, true] {
        let mut copy = Copy::new();
        copy.args.no_clobber = no_clobber;
        let dest = copy.dest();
        fs::write(copy.path("dest"), "taken").unwrap();
        let named = dest.name();
        assert_eq!(named.is_err(), no_clobber, "{named:?}");
        let expected: &[u8] = if no_clobber { b"taken" } else { &[0; 5] };
        assert_eq!(fs::read(copy.path("dest")).unwrap(), expected);
        assert_eq!(copy.names(), ["dest", "source"]);
    }
}

/// What a file system without hard links makes of it, with and without `RENAME_NOREPLACE`.
#[test]
fn without_links_a_free_name_is_taken_by_a_rename_and_a_taken_one_is_not() {
    type Rename = fn(&mut NewFile, &OsStr) -> Result<Attempt, Kind>;
    let copy = Copy::new();
    let path = copy.path("dest");
    let after_a_look: Rename = |new, aside| new.rename_over(aside, None);
    for rename in [NewFile::rename_to_free_name, after_a_look] {
        let mut dest = copy.dest();
        let aside = dest.new.name_aside().unwrap();
        fs::write(&path, "another").unwrap();
        assert_eq!(rename(&mut dest.new, &aside).unwrap(), Attempt::Changed);
        assert_eq!(fs::read(&path).unwrap(), b"another");
        fs::remove_file(&path).unwrap();
        assert_eq!(rename(&mut dest.new, &aside).unwrap(), Attempt::Done);
        drop(dest);
        assert_eq!(copy.names(), ["dest", "source"]);
        fs::remove_file(&path).unwrap();
    }
}

/// What a file system makes of it that cannot exchange two files.
#[test]
fn without_an_exchange_only_the_file_that_was_looked_at_is_replaced() {
    let copy = Copy::new();
    let path = copy.path("dest");
    let (mut dest, former) = copy.dest_to_replace();
    let aside = dest.new.name_aside().unwrap();
    fs::rename(&path, copy.path("moved")).unwrap();
    fs::write(&path, "another").unwrap();
    assert_eq!(dest.new.rename_over(&aside, Some(&former)).unwrap(), Attempt::Changed);
    assert_eq!(fs::read(&path).unwrap(), b"another");
    let former = dest.new.place.occupant().unwrap();
    assert_eq!(dest.new.rename_over(&aside, former.as_ref()).unwrap(), Attempt::Done);
    assert_eq!(fs::read(&path).unwrap(), [0; 5]);
    drop(dest);
    assert_eq!(copy.names(), ["dest", "moved", "source"]);
}

#[test]
fn a_file_that_was_not_looked_at_gets_its_name_back() {
    let copy = Copy::new();
    let path = copy.path("dest");
    let (mut dest, former) = copy.dest_to_replace();
    fs::remove_file(&path).unwrap();
    assert_eq!(dest.new.replace(&former).unwrap(), Attempt::Changed);
    fs::create_dir(&path).unwrap();
    assert_eq!(dest.new.replace(&former).unwrap(), Attempt::Changed);
    assert!(path.is_dir());
    let refused = dest.name().unwrap_err();
    assert!(matches!(refused, Kind::DestIsDirectory(..)), "{refused}");
    assert_eq!(copy.names(), ["dest", "source"]);
}

#[test]
fn a_link_that_takes_the_name_meanwhile_is_not_followed() {
    let copy = Copy::new();
    let dest = copy.dest();
    fs::write(copy.path("victim"), "kept").unwrap();
    symlink("victim", copy.path("dest")).unwrap();
    assert!(matches!(dest.name(), Err(Kind::Unsettled(_))));
    assert_eq!(fs::read(copy.path("victim")).unwrap(), b"kept");
}

#[test]
fn the_mode_is_that_of_the_file_that_is_replaced_in_the_end() {
    let copy = Copy::new();
    let path = copy.path("dest");
    let old = |mode| {
        let _ = fs::remove_file(&path);
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    old(0o666);
    let dest = copy.dest();
    old(0o600);
    dest.name().unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
}
