//! Waiting for another writer to end, and taking over the moment it does.
//!
//! ```text
//!   the writer    holds the lock . . . . closes or dies        the kernel: "closed after writing"
//!                                              |
//!   standby       tries the lock, sleeps, asks `stop` ------>  tries the lock, takes over, publishes
//! ```
//!
//! A process that ends closes its files, and inotify reports it of those that were open for writing.
//! The event may come a moment before the lock is free, so the lock is tried again after pauses that
//! start short and grow to [`ASK`]. Without inotify, or if it reports nothing, the standby tries
//! every [`ASK`]. `F_OFD_SETLKW` would need a thread, which could not be cancelled when the wait is
//! given up: it would get the lock later, and briefly keep a writer out.
//!
//! The region is inspected while the other writer still has it, so that the take-over has less to
//! do.
//!
//! A reader's read lock may keep ours from being taken. This is checked every [`ASK`]: the region
//! is then replaced without its lock.
//!
//! Price: one descriptor, and 20 wake-ups a second.

use super::hold::pid_in;
use super::open::{Looked, Opened};
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::fork::OwnFile;
use crate::location::Location;
use crate::lock;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

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
/// The first pause after an event; each one is twice as long as the one before.
const FIRST: Duration = Duration::from_micros(20);
/// Waits shorter than this need no inotify.
const SHORT: Duration = Duration::from_millis(1);

/// The region's file, locked, and what was seen of it before.
type Prize = (OwnFile, Option<Looked>);

/// Calls `attempt` until it is not refused as `Busy`: without a file, or with the region's file,
/// locked. It returns `None` when that file has lost its name. Each time the directory is the one
/// that
/// the region's path leads to by then: the writer that is waited for may have gone over to it.
///
/// `None`: `stop` said so.
pub(super) fn until_free(
    mut at: Location,
    mut on_wait: impl FnMut(&Holder),
    mut stop: impl FnMut() -> bool,
    attempt: impl Fn(&Location, Option<Prize>) -> Result<Option<Opened>, RegionError>,
) -> Result<Option<(Opened, Location)>, RegionError> {
    let (mut locked, mut last, mut bell) = (None, None, None::<Bell>);
    loop {
        at.renew()?;
        let attempted = attempt(&at, locked.take());
        drop(bell.take());
        match attempted {
            Ok(None) => continue,
            Err(err) if matches!(err.kind(), Kind::Busy { .. }) => {}
            other => return Ok(other?.map(|opened| (opened, at))),
        }
        let Some(mut watch) = Watch::on(&at)? else { continue };
        let tell = |holder: Holder| {
            // Another standby may have been first: then that one is waited for.
            if last.as_ref() != Some(&holder) {
                on_wait(&holder);
                last = Some(holder);
            }
        };
        match watch.wait(at.path(), tell, &mut stop)? {
            Waited::Locked => {
                locked = Some((watch.file, watch.looked));
                bell = watch.bell; // closed after the take-over
            }
            Waited::Obstructed => {}
            Waited::Stopped => return Ok(None),
        }
    }
}

/// The result of a wait.
enum Waited {
    /// The lock is ours.
    Locked,
    /// No writer has it, but a reader's lock is in the way.
    Obstructed,
    /// `stop` said so.
    Stopped,
}

/// A region's file that another writer has.
struct Watch {
    file: OwnFile,
    /// What was seen of the region on the way in. What is wrong with it by now is said by whoever
    /// has the lock.
    looked: Option<Looked>,
    /// `None`: not needed yet.
    bell: Option<Bell>,
}

impl Watch {
    /// On the file that has the region's name; `None` if none has.
    fn on(at: &Location) -> Result<Option<Self>, RegionError> {
        let file = match at.open_to_write() {
            Ok(file) => file,
            Err(err) if err.is_not_there() => return Ok(None), // it has just been deleted
            Err(err) => return Err(err),
        };
        let looked = Looked::at(&file, at).ok();
        Ok(Some(Self { file, looked, bell: None }))
    }

    /// Sleeps until the lock is this process's, or cannot be.
    fn wait(
        &mut self,
        path: &Path,
        mut tell: impl FnMut(Holder),
        stop: &mut impl FnMut() -> bool,
    ) -> Result<Waited, RegionError> {
        let io = |err| RegionError::io(path, "lock", err);
        let (mut pause, mut asked) = (FIRST, Instant::now());
        loop {
            if lock::try_take(&self.file).map_err(io)? {
                return Ok(Waited::Locked);
            }
            tell(Holder { pid: pid_in(&self.file), path: path.to_owned() });
            if pause > SHORT && self.bell.is_none() {
                self.bell = Some(Bell::on(&self.file));
                continue; // it did not ring for what happened until now
            }
            let rings = Bell::rings_within(self.bell.as_ref(), pause);
            pause = if rings { FIRST } else { ASK.min(pause * 2) };
            if asked.elapsed() < ASK {
                continue;
            }
            asked = Instant::now();
            if stop() {
                return Ok(Waited::Stopped);
            }
            if !self.file.is_here() {
                return Err(RegionError::new(path, Kind::Forked)); // `stop` or `tell` forked
            }
            if lock::holder(&self.file).map_err(io)? == Some(lock::Holder::Reader) {
                return Ok(Waited::Obstructed);
            }
        }
    }
}

/// Reports the close of a file that was open for writing. `None` without inotify.
struct Bell(Option<OwnedFd>);

impl Drop for Bell {
    fn drop(&mut self) {
        // The kernel takes 10 ms and more to close an inotify descriptor, so a thread does it, and
        // the region has its next writer as soon as this returns. Without a thread it is closed
        // here.
        let Some(bell) = self.0.take() else { return };
        let _ = std::thread::Builder::new().name("close-inotify".into()).spawn(move || drop(bell));
    }
}

impl Bell {
    fn on(file: &File) -> Self {
        // Its name may be another file's by now.
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        let bell = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).and_then(|bell| {
            inotify::add_watch(&bell, path, WatchFlags::CLOSE_WRITE).map(|_| bell)
        });
        Self(bell.ok())
    }

    /// Sleeps for `pause`, or until `bell` rings.
    fn rings_within(bell: Option<&Self>, pause: Duration) -> bool {
        let Some(bell) = bell.and_then(|bell| bell.0.as_ref()) else {
            std::thread::sleep(pause);
            return false;
        };
        let span = Timespec { tv_sec: 0, tv_nsec: pause.subsec_nanos().into() };
        let rings = poll(&mut [PollFd::new(bell, PollFlags::IN)], Some(&span));
        // What it says is known: it is on one file, for one event.
        rings == Ok(1) && rustix::io::read(bell, &mut [0; 4096]).is_ok()
    }
}
