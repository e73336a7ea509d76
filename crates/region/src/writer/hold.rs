//! What keeps every other writer away while a region is taken over.
//!
//! Invariant: while a [`Hold`] lives, no other writer can begin in its file, nor replace it.
//!
//! ```text
//!   the lock is free              take it                      the region may be resumed
//!   a writer has it               refuse: busy
//!   a reader has a read lock      a read lock of our own       no writer can take its lock now
//!                                 and the turn                 nor replace the file meanwhile;
//!                                                              the region has to be replaced
//! ```
//!
//! Anybody who may read a file can hold a read lock on it, for as long as they like, and it keeps
//! the writer's lock from being taken. Waiting for it would let any reader decide when there is a
//! next writer. So that file is given up: a new one, locked before any other process can open it,
//! takes
//! the name. The turn is a file that readers cannot open; it lasts as long as the replacement.
//!
//! Price: nothing without interference.

use super::origin::Why;
use crate::create::{self, Unnamed};
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::location::Location;
use crate::lock::{self, Holder};
use layout::header::offset;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// How often to retry when the lock was contended but is free on inspection, before `Busy`.
const LOOKS: u32 = 100;

/// The right to take a region over.
#[derive(Debug)]
pub(super) enum Hold {
    /// By the writer's lock.
    Lock,
    /// By a read lock, beside a reader's.
    Turn {
        /// Ends when it is dropped.
        _turn: Unnamed,
    },
}

impl Hold {
    /// Takes hold of the region in `file`, which is to have the name `at` its location.
    pub(super) fn take(file: &File, at: &Location) -> Result<Self, RegionError> {
        match take_lock(file, at.path()) {
            Ok(()) => Ok(Self::Lock),
            Err(err) if matches!(err.kind(), Kind::Locked) => Self::take_turn(file, at),
            Err(err) => Err(err),
        }
    }

    fn take_turn(file: &File, at: &Location) -> Result<Self, RegionError> {
        let path = at.path();
        let another = || RegionError::new(path, Kind::Busy { pid: 0 });
        let turn = create::turn(at)?.ok_or_else(another)?;
        if lock::try_share(file).map_err(|err| RegionError::io(path, "lock", err))? {
            Ok(Self::Turn { _turn: turn })
        } else {
            Err(busy(file, path))
        }
    }

    /// Why the region cannot be resumed, given how it is held.
    pub(super) fn why_not(&self) -> Option<Why> {
        match self {
            Self::Lock => None,
            Self::Turn { .. } => Some(Why::Locked),
        }
    }
}

/// Takes the writer's lock, and nothing else will do.
///
/// # Errors
/// [`Kind::Busy`] if a writer has it, [`Kind::Locked`] if a reader is in the way.
pub(crate) fn take_lock(file: &File, path: &Path) -> Result<(), RegionError> {
    let io = |err| RegionError::io(path, "lock", err);
    for _ in 0..LOOKS {
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

/// The error for a region that another writer has.
fn busy(file: &File, path: &Path) -> RegionError {
    RegionError::new(path, Kind::Busy { pid: pid_in(file) })
}

/// What the process id in the header of `file` says, for people; 0 if nothing.
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
    fn a_hold_beside_a_readers_lock_keeps_every_writer_out_even_when_that_lock_is_gone() {
        let _no_child = crate::sigbus::tests::no_child();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.region");
        let file = File::create_new(&path).unwrap();
        let open = || File::options().read(true).write(true).open(&path).unwrap();
        let at = Location::open(&path.as_path().into()).unwrap();
        let nosy = File::open(&path).unwrap();
        assert!(lock::try_share(&nosy).unwrap());
        let hold = Hold::take(&file, &at).unwrap();
        assert_eq!(hold.why_not(), Some(Why::Locked));
        // Another in the same situation, and one that comes when the reader has gone.
        let busy = |err: RegionError| matches!(err.kind(), Kind::Busy { .. });
        assert!(busy(Hold::take(&open(), &at).unwrap_err()));
        drop(nosy);
        assert!(busy(Hold::take(&open(), &at).unwrap_err()));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "the turn is a file");
        drop((hold, file));
        assert_eq!(Hold::take(&open(), &at).unwrap().why_not(), None);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
