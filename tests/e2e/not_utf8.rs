//! Paths that are not UTF-8, which Linux permits, wherever a program takes a path.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;

use e2e::{Daemon, Place};

use crate::{consumer, copier, producer};

/// `name` preceded by a byte that is not UTF-8.
fn odd(name: &str) -> OsString {
    let mut odd = OsStr::from_bytes(b"./\xff").to_owned();
    odd.push(name);
    odd
}

/// A producer logs that it publishes before its first record.
const ONCE: [&str; 3] = ["--once", "--timeout", "1m"];

#[test]
fn configuration_region_and_directory_may_have_any_name() {
    let place = Place::new();
    fs::rename(place.shipped("stu.toml"), place.dir().join(odd("stu.toml"))).expect("rename");
    let home = place.dir().join(odd("home"));
    fs::create_dir(&home).expect("a directory");

    let mut command = producer().command(&place);
    command.arg(odd("stu.toml")).arg("--region").arg(odd("stu.region"));
    let mut by_path = Daemon::start("producer", &mut command);
    by_path.says("publishing STU to");
    let mut command = producer().command(&place);
    let mut by_name = Daemon::start("producer", command.env("MAPCAST_DIR", &home));
    by_name.says("publishing STU to");

    let mut command = consumer().command(&place);
    let mut reader = Daemon::start("consumer", command.arg(odd("stu.region")).args(ONCE));
    assert_eq!(reader.exit_code(), 0, "{:?}", reader.err());
    let mut command = consumer().command(&place);
    let mut reader =
        Daemon::start("consumer", command.arg("stu").args(ONCE).env("MAPCAST_DIR", &home));
    assert_eq!(reader.exit_code(), 0, "{:?}", reader.err());
    by_path.stop();
    by_name.stop();
    assert!(home.join("stu.region").exists() && place.dir().join(odd("stu.region")).exists());
}

#[test]
fn a_name_in_the_default_directory_has_to_be_utf8() {
    let place = Place::new();
    let mut command = producer().command(&place);
    let region = OsStr::from_bytes(b"\xff");
    let mut producer = Daemon::start("producer", command.arg("--region").arg(region));
    assert_eq!(producer.exit_code(), 2);
    producer.says("is no name for a region; use letters, digits and . _ - @");
}

#[test]
fn a_file_of_any_name_is_copied() {
    let place = Place::new();
    fs::write(place.dir().join(odd("source")), "whole").expect("write");
    let mut command = copier().command(&place);
    let mut copier = Daemon::start("copier", command.arg(odd("source")).arg(odd("copy")));
    assert_eq!(copier.exit_code(), 0, "{:?}", copier.err());
    assert_eq!(fs::read(place.dir().join(odd("copy"))).expect("the copy"), b"whole");
}
