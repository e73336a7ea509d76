//! Waiting for another writer to end, and taking over the moment it does.
//!
//! The kernel hands the lock over: a thread sleeps in `fcntl(F_OFD_SETLKW)` and passes the locked
//! file on, so that nobody can step in between the old writer's end and the take-over. If the wait
//! is given up, the thread stays behind until the lock comes free, finds nobody listening, and
//! closes the file, which frees the lock again.

use super::open::{Opened, pid_in};
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

/// Calls `attempt` until it is not refused as `Busy`: first without a file, then with the region's
/// file, locked. It answers `None` when that file has lost its name.
///
/// `None`: `stop` said so.
pub(super) fn until_free(
    path: &Path,
    mut on_wait: impl FnMut(&Holder),
    mut stop: impl FnMut() -> bool,
    attempt: impl Fn(Option<File>) -> Result<Option<Opened>, RegionError>,
) -> Result<Option<Opened>, RegionError> {
    let mut locked = None;
    loop {
        match attempt(locked.take()) {
            Ok(None) => continue,
            Err(err) if matches!(err.kind(), Kind::Busy { .. }) => {}
            other => return other,
        }
        match file::open_to_write(path) {
            Ok(file) => locked = wait_for_lock(file, path, &mut on_wait, &mut stop)?,
            Err(err) if err.is_not_there() => continue, // it has just been deleted
            Err(err) => return Err(err),
        }
        if locked.is_none() {
            return Ok(None);
        }
    }
}

/// Sleeps until `file` is locked by this process; `None` if `stop` said so first.
fn wait_for_lock(
    file: File,
    path: &Path,
    on_wait: &mut impl FnMut(&Holder),
    stop: &mut impl FnMut() -> bool,
) -> Result<Option<File>, RegionError> {
    let io = |call| move |err| RegionError::io(path, call, err);
    let watched = file.try_clone().map_err(io("dup"))?;
    let (tell, told) = sync_channel(0);
    std::thread::Builder::new()
        .name("standby".into())
        .spawn(move || {
            let locked = lock::take(&file).map(|()| file);
            // Fails when nobody listens any more; the file then closes here.
            let _ = tell.send(locked);
        })
        .map_err(io("thread"))?;
    let mut last = None;
    loop {
        // Another standby may have been first: then that one is waited for.
        let holder = Holder { pid: pid_in(&watched), path: path.to_owned() };
        if last.as_ref() != Some(&holder) {
            on_wait(&holder);
            last = Some(holder);
        }
        match told.recv_timeout(ASK) {
            Ok(locked) => return locked.map(Some).map_err(io("lock")),
            Err(RecvTimeoutError::Timeout) if stop() => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(RegionError::io(path, "lock", std::io::ErrorKind::Interrupted));
            }
        }
    }
}
