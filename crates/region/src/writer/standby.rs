//! Waiting for another writer to end, and taking over the moment it does.
//!
//! The kernel hands the lock over: a thread sleeps in `fcntl(F_OFD_SETLKW)` on a duplicate of the
//! descriptor, which shares the open file description and so the lock. If the wait is given up,
//! the thread stays behind until the lock comes free, finds nobody listening, and closes its
//! descriptor, which frees the lock again.

use super::open;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file;
use crate::lock;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// The writer that a standby waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// The process id it wrote down, for people; it may lie in another pid namespace.
    pub pid: u64,
    /// The region's file.
    pub path: PathBuf,
}

/// How often `stop` is asked.
const ASK: Duration = Duration::from_millis(50);

/// Calls `open` until it answers anything but `Busy`, sleeping until the lock is free between.
pub(super) fn until_free<W>(
    path: &Path,
    mut on_wait: impl FnMut(&Holder),
    mut stop: impl FnMut() -> bool,
    open: impl Fn() -> Result<W, RegionError>,
) -> Result<Option<W>, RegionError> {
    let mut last = None;
    loop {
        match open() {
            Err(err) if matches!(err.kind(), Kind::Busy { .. }) => {}
            other => return other.map(Some),
        }
        let file = match file::open_to_write(path) {
            Ok(file) => file,
            Err(err) if err.is_not_there() => continue, // it has just been deleted
            Err(err) => return Err(err),
        };
        let holder = Holder { pid: open::pid_in(&file), path: path.to_owned() };
        if last.as_ref() != Some(&holder) {
            on_wait(&holder);
            last = Some(holder);
        }
        if !wait_for_lock(file, path, &mut stop)? {
            return Ok(None);
        }
    }
}

/// Sleeps until the lock of `file` was free once; `false` if `stop` said so first.
fn wait_for_lock(
    file: File,
    path: &Path,
    stop: &mut impl FnMut() -> bool,
) -> Result<bool, RegionError> {
    let (tell, told) = sync_channel(0);
    std::thread::Builder::new()
        .name("standby".into())
        .spawn(move || {
            let taken = lock::take(&file);
            // Free again before the other side opens it anew.
            drop(file);
            // Nobody listens any more: the wait was given up.
            let _ = tell.send(taken);
        })
        .map_err(|err| RegionError::io(path, "thread", err))?;
    loop {
        match told.recv_timeout(ASK) {
            Ok(taken) => {
                return taken.map(|()| true).map_err(|err| RegionError::io(path, "lock", err));
            }
            Err(RecvTimeoutError::Timeout) if stop() => return Ok(false),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(true),
        }
    }
}
