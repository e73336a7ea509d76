//! Bad input: each results in one clear line and the documented exit code, never in a panic, and is
//! left unchanged.
//!
//! ```text
//!   config     no such file, no TOML, unknown keys and types, impossible records
//!   usage      unknown options, bad durations and names
//!   place      a region path that is a directory, a link, an empty file, a text, not writable ...
//!   header     a region of a newer version, of another record, with each header field flipped
//! ```
//!
//! The libraries' own tests try every byte and every key; these run the programs.

mod config;
mod header;
mod place;
mod usage;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use e2e::{Daemon, Place, Program};
use layout::{Record, Stu};
use region::{Options, Writer};

/// The exit code of a failure, as documented in `--help`.
const FAILURE: i32 = 1;
const USAGE: i32 = 2;

/// Runs `program` with `args` in `place`: it must exit with code 1 and one line on stderr with each
/// of `facts`, print nothing, and change nothing in `place`.
#[track_caller]
fn is_refused(program: &Program, place: &Place, args: &[&str], facts: &[&str]) {
    is_refused_as(program, program.command(place).args(args), place, facts);
}

/// As [`is_refused`], for a command that is ready to run.
#[track_caller]
fn is_refused_as(program: &Program, command: &mut Command, place: &Place, facts: &[&str]) {
    let before = contents(place.dir());
    let mut daemon = run(program, command);
    if daemon.exit_code() != FAILURE {
        daemon.fail("did not end with exit code 1");
    }
    says_once(&daemon, program, facts);
    if contents(place.dir()) != before {
        daemon.fail("what it refused is not as it was");
    }
}

/// Starts `command` with backtraces of panics enabled.
fn run(program: &Program, command: &mut Command) -> Daemon {
    Daemon::start(program.name(), command.env("RUST_BACKTRACE", "full"))
}

/// The one line on stderr is `PROGRAM: error: ...` with all of `facts`; stdout is empty.
#[track_caller]
fn says_once(daemon: &Daemon, program: &Program, facts: &[&str]) {
    let said = daemon.err();
    let [line] = &said[..] else { daemon.fail("did not log exactly one line") };
    if !line.starts_with(&format!("{}: error: ", program.name())) {
        daemon.fail("the line does not begin with the program and \"error\"");
    }
    if let Some(fact) = facts.iter().find(|fact| !line.contains(**fact)) {
        daemon.fail(&format!("did not log {fact:?}"));
    }
    if line.contains("panicked") || !daemon.out().is_empty() {
        daemon.fail("panicked, or printed something");
    }
}

/// An entry of a directory, with everything that could have been changed.
#[derive(Debug, PartialEq, Eq)]
enum Entry {
    Directory(u32, BTreeMap<PathBuf, Entry>),
    Link(PathBuf),
    File(u32, Vec<u8>),
    Special(u32),
}

/// Everything in `dir`.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Entry> {
    let entries = fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry"));
    entries.map(|entry| (PathBuf::from(entry.file_name()), look_at(&entry.path()))).collect()
}

fn look_at(path: &Path) -> Entry {
    let meta = path.symlink_metadata().expect("it is there");
    let mode = meta.permissions().mode();
    match meta.file_type() {
        kind if kind.is_symlink() => Entry::Link(fs::read_link(path).expect("a link")),
        kind if kind.is_dir() => Entry::Directory(mode, contents(path)),
        kind if kind.is_file() => Entry::File(mode, fs::read(path).unwrap_or_default()),
        _ => Entry::Special(mode),
    }
}

/// Both programs.
fn both() -> [Program; 2] {
    [crate::producer(), crate::consumer()]
}

/// The bytes of a region with one record, closed by its writer.
fn region_bytes(place: &Place) -> Vec<u8> {
    let path = place.path("whole");
    let mut writer = Writer::<Stu>::open_with(&path, &Options::new()).expect("a region");
    writer.publish(&Stu::new(10, "xiaoming", 'm')).expect("a publish");
    writer.close();
    let bytes = fs::read(&path).expect("a region");
    fs::remove_file(path).expect("removed");
    assert_eq!(bytes.len() as u64, layout::Header::plan(&Stu::schema(), 8).expect("8").file_len);
    bytes
}
