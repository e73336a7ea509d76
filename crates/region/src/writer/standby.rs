//! Waiting for another writer to end, and taking over the moment it does.
//!
//! The kernel hands the lock over: a thread sleeps in `fcntl(F_OFD_SETLKW)` and passes the locked
//! file on, so that nobody can step in between the old writer's end and the take-over. If the wait
//! is given up, the thread stays behind until the lock comes free, finds nobody listening, and
//! closes the file, which frees the lock again.
//!
//! ```text
//!   this thread    look at the region   sleeps, asks `stop`            takes over, publishes
//!   "standby"      F_OFD_SETLKW         sleeps ......... the lock! -->
//! ```
//!
//! What can be found out about the region while another writer has it is found out then, so that less
//! is to do when it is gone.
//!
//! A reader's read lock may be what comes before ours. That is looked for at each [`ASK`]: the region
//! is then replaced without its lock, and the thread stays behind as above.

use super::open::{Looked, Opened, is_named, pid_in};
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::location::Location;
use crate::lock;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
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

/// The region's file, locked, and what was seen of it before.
type Prize = (File, Option<Looked>);

/// Calls `attempt` until it is not refused as `Busy`: without a file, or with the region's file,
/// locked. It answers `None` when that file has lost its name. Each time the directory is the one that
/// the region's path leads to by then: the writer that is waited for may have gone over to it.
///
/// `None`: `stop` said so.
pub(super) fn until_free(
    mut at: Location,
    mut on_wait: impl FnMut(&Holder),
    mut stop: impl FnMut() -> bool,
    attempt: impl Fn(&Location, Option<Prize>) -> Result<Option<Opened>, RegionError>,
) -> Result<Option<(Opened, Location)>, RegionError> {
    let (mut locked, mut place, mut last) = (None, None, None);
    loop {
        at.renew()?;
        match attempt(&at, locked.take()) {
            Ok(None) => continue,
            Err(err) if matches!(err.kind(), Kind::Busy { .. }) => {}
            other => return Ok(other?.map(|opened| (opened, at))),
        }
        let Some(queue) = Queue::rejoin(place.take(), &at)? else { continue };
        let tell = |holder: Holder| {
            // Another standby may have been first: then that one is waited for.
            if last.as_ref() != Some(&holder) {
                on_wait(&holder);
                last = Some(holder);
            }
        };
        match queue.wait(at.path(), tell, &mut stop)? {
            Waited::Locked(file) => locked = Some((file, queue.looked)),
            Waited::Obstructed => place = Some(queue),
            Waited::Stopped => return Ok(None),
        }
    }
}

/// What a wait came to.
enum Waited {
    /// The lock is ours, on this file.
    Locked(File),
    /// No writer has it, but a reader's lock is in the way.
    Obstructed,
    /// `stop` said so.
    Stopped,
}

/// A place in the kernel's queue for the lock of one file.
struct Queue {
    watched: File,
    /// What was seen of the region on the way in. What is wrong with it by now is said by whoever
    /// has the lock.
    looked: Option<Looked>,
    told: Receiver<io::Result<File>>,
}

impl Queue {
    /// `place`, if it is still one for the file that has the region's name, else a new one.
    ///
    /// `None`: nothing has that name any more.
    fn rejoin(place: Option<Self>, at: &Location) -> Result<Option<Self>, RegionError> {
        let path = at.path();
        if let Some(place) = place
            && is_named(&place.watched, at)?
        {
            return Ok(Some(place));
        }
        match at.open_to_write() {
            Ok(file) => {
                Self::join(file, path).map(Some).map_err(|err| RegionError::io(path, "wait", err))
            }
            Err(err) if err.is_not_there() => Ok(None), // it has just been deleted
            Err(err) => Err(err),
        }
    }

    fn join(file: File, path: &Path) -> io::Result<Self> {
        let watched = file.try_clone()?;
        let (tell, told) = sync_channel(0);
        std::thread::Builder::new().name("standby".into()).spawn(move || {
            let locked = lock::take(&file).map(|()| file);
            // Fails when nobody listens any more; the file then closes here.
            let _ = tell.send(locked);
            // Where both threads share a processor, the other one has more to do than this one to end.
            std::thread::yield_now();
        })?;
        let looked = Looked::at(&watched, path).ok();
        Ok(Self { watched, looked, told })
    }

    /// Sleeps until the lock is this process's, or cannot be.
    fn wait(
        &self,
        path: &Path,
        mut tell: impl FnMut(Holder),
        stop: &mut impl FnMut() -> bool,
    ) -> Result<Waited, RegionError> {
        let io = |err| RegionError::io(path, "lock", err);
        loop {
            tell(Holder { pid: pid_in(&self.watched), path: path.to_owned() });
            match self.told.recv_timeout(ASK) {
                Ok(locked) => return locked.map(Waited::Locked).map_err(io),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io(io::ErrorKind::Interrupted.into()));
                }
                Err(RecvTimeoutError::Timeout) if stop() => return Ok(Waited::Stopped),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if lock::holder(&self.watched).map_err(io)? == Some(lock::Holder::Reader) {
                return Ok(Waited::Obstructed);
            }
        }
    }
}
