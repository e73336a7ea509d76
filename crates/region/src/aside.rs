//! Temporary names beside a region: what is made there before it has the region's name.
//!
//! Invariant: whatever a region is called, and however long the machine has been up, a temporary name
//! has at most 109 bytes. So a name that a file system takes has temporary ones that it takes.
//!
//! ```text
//!   .NAME.PID-TIME.mapcast-new    a new file; removed if no process has it locked
//!   .NAME.turn.mapcast-new        the replace lock: see writer/takeover_lock.rs
//!   .HASH.*.mapcast-new           the same for a NAME of more than 64 bytes
//! ```
//!
//! Price: one listing of the directory for each new file.

use crate::clock::BootTime;
use crate::directory;
use crate::file;
use crate::file_id::FileId;
use crate::location::Location;
use crate::lock;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, Dir, OFlags};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use xxhash_rust::xxh64::xxh64;

/// Ends every temporary name.
const SUFFIX: &str = ".mapcast-new";
/// The longest region name that its temporary names contain, in bytes.
const LONGEST: usize = 64;

/// A temporary name; removed by Drop unless the file got its real one by a rename.
#[derive(Debug)]
pub(crate) struct Aside {
    dir: Arc<OwnedFd>,
    name: OsString,
}

impl Aside {
    /// The file called `name` in `dir`.
    pub(crate) fn new(dir: Arc<OwnedFd>, name: OsString) -> Self {
        Self { dir, name }
    }

    /// Its directory, and what it is called there.
    pub(crate) fn parts(&self) -> (&OwnedFd, &OsStr) {
        (&self.dir, &self.name)
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // After a rename there is nothing to remove, after a failure it has been reported.
        let _ = rustix::fs::unlinkat(&self.dir, &self.name, AtFlags::empty());
    }
}

/// A name for a new file, unlike all others.
pub(crate) fn new_name(at: &Location) -> OsString {
    let (pid, now) = (std::process::id(), BootTime::now().as_nanos());
    called(at.name(), &format!("{pid}-{now}"))
}

/// The name of the replace lock, the same for every process.
pub(crate) fn replace_lock_name(at: &Location) -> OsString {
    called(at.name(), "turn")
}

fn called(region: &Path, middle: &str) -> OsString {
    let mut name = prefix(region);
    name.push(middle);
    name.push(SUFFIX);
    name
}

/// What the temporary names of a region begin with. Two regions whose long names have the same hash
/// sweep for each other, which is harmless, and share a replace lock.
fn prefix(region: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    match region.as_os_str() {
        name if name.len() <= LONGEST => prefix.push(name),
        name => prefix.push(format!("{:016x}", xxh64(name.as_bytes(), 0))),
    }
    prefix.push(".");
    prefix
}

/// Removes temporary files that killed creators of the same region left: those that are not locked.
///
/// Best effort: a directory that cannot be read is reported by the creation that follows.
pub(crate) fn sweep(at: &Location) {
    let dir = at.dir();
    let prefix = prefix(at.name());
    let is_aside =
        |name: &[u8]| name.starts_with(prefix.as_bytes()) && name.ends_with(SUFFIX.as_bytes());
    let Ok(entries) = directory::open_to_list(dir).and_then(Dir::new) else { return };
    for entry in entries.flatten().filter(|entry| is_aside(entry.file_name().to_bytes())) {
        let name = Path::new(OsStr::from_bytes(entry.file_name().to_bytes()));
        if let Some(_locked) = abandoned(dir, name) {
            let _ = rustix::fs::unlinkat(dir, name, AtFlags::empty());
        }
    }
}

/// The temporary file called `name` in `dir`, locked, if no creator works on it.
///
/// Its name may only go while this lock is held: a creator that has not locked its new file yet then
/// finds that it cannot, or that the file has lost its name.
fn abandoned(dir: &OwnedFd, name: &Path) -> Option<File> {
    let is_named = |file: &File| {
        FileId::of(file)
            .is_ok_and(|ours| FileId::at(dir.as_fd(), name).is_ok_and(|named| named == Some(ours)))
    };
    let file = file::open(dir.as_fd(), name, OFlags::RDWR, name).ok()?;
    // Probed before, too: a file that has its real name meanwhile must not be locked.
    let is_free = is_named(&file) && lock::try_take(&file).unwrap_or(false);
    (is_free && is_named(&file)).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_name_has_a_bounded_length() {
        let longest = format!("{}-{}", u32::MAX, u64::MAX);
        for len in 1..=255_usize {
            for character in ["x", "\u{e4}"] {
                let region = character.repeat(len.div_ceil(character.len()));
                for middle in ["turn", &longest] {
                    let name = called(region.as_ref(), middle);
                    assert!(name.len() <= 109, "{len}: {name:?}");
                    assert!(name.to_str().is_some(), "no character is cut: {name:?}");
                    assert!(name.as_bytes().starts_with(prefix(region.as_ref()).as_bytes()));
                }
            }
        }
        let (one, other) = ("x".repeat(255), format!("{}y", "x".repeat(254)));
        assert_ne!(prefix(one.as_ref()), prefix(other.as_ref()), "each has its own");
    }
}
