//! The locks that keep every other writer out while a region is taken over.
//!
//! Invariant: while a [`TakeoverLock`] lives, no other writer can open its file or replace it.
//!
//! ```text
//!   the lock is free              take it                      the region may be resumed
//!   a writer holds it             refuse: busy
//!   a reader holds a read lock    take a read lock, too        no writer can take its lock now
//!                                 and the replace lock         nor replace the file meanwhile;
//!                                                              the region has to be replaced
//! ```
//!
//! Any process that may read a file can hold a read lock on it for any length of time, and that keeps
//! the writer's lock from being taken. Waiting for it would let a reader decide when there is a next
//! writer. So the file is given up: a new one, locked before any other process can open it, takes the
//! name. The replace lock is a file that readers cannot open; it exists while the file is replaced.
//!
//! Price: nothing unless a reader holds a lock.

use super::origin::Why;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::location::Location;
use crate::lock::{self, Holder};
use crate::unnamed::{self, Unnamed};
use layout::header::offset;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// How often to retry when the lock was contended but is free on inspection, before `Busy`.
const RETRIES: u32 = 100;

/// The right to take a region over.
#[derive(Debug)]
pub(super) enum TakeoverLock {
    /// The writer's lock.
    Writer,
    /// A read lock beside a reader's, and the lock that allows one process to replace the file.
    Replace(#[allow(dead_code)] Unnamed), // removed when it is dropped
}

impl TakeoverLock {
    /// Locks the region in `file`, which should be the one named `at`.
    pub(super) fn take(file: &File, at: &Location) -> Result<Self, RegionError> {
        match take_lock(file, at.path()) {
            Ok(()) => Ok(Self::Writer),
            Err(err) if matches!(err.kind(), Kind::Locked) => Self::take_replace_lock(file, at),
            Err(err) => Err(err),
        }
    }

    fn take_replace_lock(file: &File, at: &Location) -> Result<Self, RegionError> {
        let path = at.path();
        let another = || RegionError::new(path, Kind::Busy { pid: 0 });
        let replace_lock = unnamed::replace_lock(at)?.ok_or_else(another)?;
        if lock::try_share(file).map_err(|err| RegionError::io(path, "lock", err))? {
            Ok(Self::Replace(replace_lock))
        } else {
            Err(busy(file, path))
        }
    }

    /// Why the region cannot be resumed under this lock.
    pub(super) fn why_not(&self) -> Option<Why> {
        match self {
            Self::Writer => None,
            Self::Replace(_) => Some(Why::Locked),
        }
    }
}

/// Takes the writer's lock.
///
/// # Errors
/// [`Kind::Busy`] if a writer holds it, [`Kind::Locked`] if a reader holds a read lock.
pub(crate) fn take_lock(file: &File, path: &Path) -> Result<(), RegionError> {
    let io = |err| RegionError::io(path, "lock", err);
    for _ in 0..RETRIES {
        if lock::try_take(file).map_err(io)? {
            return Ok(());
        }
        match lock::holder(file).map_err(io)? {
            Some(Holder::Writer) => break,
            Some(Holder::Reader) => return Err(RegionError::new(path, Kind::Locked)),
            None => {} // it has just come free
        }
    }
    Err(busy(file, path))
}

/// The error for a region that another writer holds.
fn busy(file: &File, path: &Path) -> RegionError {
    RegionError::new(path, Kind::Busy { pid: pid_in(file) })
}

/// The process id in the header of `file`, for people; 0 if there is none.
pub(super) fn pid_in(file: &File) -> u64 {
    let mut word = [0; 8];
    match file.read_exact_at(&mut word, offset::PID as u64) {
        Ok(()) => u64::from_le_bytes(word),
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_takeover_beside_a_readers_lock_keeps_every_writer_out_even_when_that_lock_is_gone() {
        let _no_child = crate::sigbus::tests::no_child();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.region");
        let file = File::create_new(&path).unwrap();
        let open = || File::options().read(true).write(true).open(&path).unwrap();
        let at = Location::open(&path.as_path().into()).unwrap();
        let nosy = File::open(&path).unwrap();
        assert!(lock::try_share(&nosy).unwrap());
        let lock = TakeoverLock::take(&file, &at).unwrap();
        assert_eq!(lock.why_not(), Some(Why::Locked));
        // Another in the same situation, and one that comes when the reader has gone.
        let busy = |err: RegionError| matches!(err.kind(), Kind::Busy { .. });
        assert!(busy(TakeoverLock::take(&open(), &at).unwrap_err()));
        drop(nosy);
        assert!(busy(TakeoverLock::take(&open(), &at).unwrap_err()));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "the replace lock is a file");
        drop((lock, file));
        assert_eq!(TakeoverLock::take(&open(), &at).unwrap().why_not(), None);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
