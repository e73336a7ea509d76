//! The copier: the tutorial's copy by several processes, with everything that can go wrong in it.
//!
//! Every test of a failing copy requires exit code 1, one line that names the file and the next
//! step, an unchanged destination, no temporary file and no process left.

mod bar;
mod bare;
mod directories;
mod interrupted;
mod refused;
mod rights;
mod stopped_copy;
mod whole;
mod writers;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use e2e::{Daemon, Place, Program, Unprivileged};

use crate::copier;

/// Size of a source that several processes copy: four parts of 8 MiB and a remainder.
const LARGE: usize = (32 << 20) + 4096 + 3;

/// Bytes that differ from page to page, so that a misplaced part is detected.
fn noise(len: usize) -> Vec<u8> {
    let mut page = [0; 4096];
    fastrand::Rng::with_seed(len as u64).fill(&mut page);
    let mut bytes = page.repeat(len.div_ceil(page.len()));
    for (number, page) in bytes.chunks_exact_mut(page.len()).enumerate() {
        page[..8].copy_from_slice(&(number as u64).to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// The names in a place.
fn names(place: &Place) -> BTreeSet<String> {
    e2e::names_in(place.dir())
}

/// Copies in `place` and expects success without output.
#[track_caller]
fn copies(place: &Place, arguments: &str) {
    let mut copy = copier().start(place, arguments);
    assert_eq!((copy.exit_code(), copy.err(), copy.out()), (0, vec![], vec![]), "{arguments}");
}

/// Copies in `place` and expects one line with `fact`, and no change.
#[track_caller]
fn refuses(place: &Place, arguments: &str, fact: &str) -> String {
    let mut copy = copier().start(place, arguments);
    fails_without_leftovers(place, &mut copy, fact, &names(place))
}

/// Asserts that `copy` exits with 1 and one line with `fact`, and that the place holds only
/// `before`.
#[track_caller]
fn fails_without_leftovers(
    place: &Place,
    copy: &mut Daemon,
    fact: &str,
    before: &BTreeSet<String>,
) -> String {
    assert_eq!(copy.exit_code(), 1, "{:?}", copy.err());
    assert!(copy.out().is_empty());
    let [line] = &copy.err()[..] else { panic!("not one line: {:?}", copy.err()) };
    assert!(line.starts_with("copier: error: ") && line.contains(fact), "{line}");
    assert_eq!(&names(place), before, "{line}");
    line.clone()
}

/// Asserts that the two files are equal.
#[track_caller]
fn same(one: &Path, other: &Path) {
    let (one, other) = (fs::read(one).expect("a file"), fs::read(other).expect("a file"));
    if one != other {
        let differ = one.iter().zip(&other).position(|(a, b)| a != b);
        panic!("{} and {} bytes, the first that differs: {differ:?}", one.len(), other.len());
    }
}

/// A directory in which all users may create files, and only owners remove them.
fn sticky(place: &Place, name: &str) {
    fs::create_dir(place.path(name)).expect("mkdir");
    set_mode(place, name, 0o1777);
}

fn set_mode(place: &Place, name: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(place.path(name), fs::Permissions::from_mode(mode)).expect("chmod");
}

fn mode_of(place: &Place, name: &str) -> u32 {
    use std::os::unix::fs::MetadataExt;
    place.path(name).metadata().expect("a file").mode() & 0o7777
}

/// Runs `script` in `place` as another user; `None`, with a message on stderr, if there is none.
#[track_caller]
fn another_user_does(place: &Place, script: &str) -> Option<()> {
    let shell = Unprivileged::another(&Program::new("sh", "/bin/sh"))?;
    let mut command = shell.command(place);
    let mut shell = Daemon::start("a shell of another user", command.args(["-c", script]));
    assert_eq!(shell.exit_code(), 0, "{script}: {:?}", shell.err());
    Some(())
}
