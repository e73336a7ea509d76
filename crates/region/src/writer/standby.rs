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
//! start short and grow to [`POLL`]. Without inotify, or if it reports nothing, the standby tries
//! every [`POLL`]. `F_OFD_SETLKW` would need a thread, which could not be cancelled when the wait is
//! given up: it would get the lock later, and briefly keep a writer out.
//!
//! The region is inspected while the other writer still has it, so that the take-over has less to
//! do.
//!
//! A reader's read lock may keep ours from being taken. This is checked every [`POLL`]: the region
//! is then replaced without its lock.
//!
//! Price: one descriptor, and 20 wake-ups a second.

use super::open::{Opened, Preflight};
use super::takeover_lock::pid_in;
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

/// How often `stop` is called.
const POLL: Duration = Duration::from_millis(50);
/// The first pause after an event; each one is twice as long as the one before.
const FIRST: Duration = Duration::from_micros(20);
/// Waits shorter than this need no inotify.
const SHORT: Duration = Duration::from_millis(1);

/// The region's file, locked, and its inspection from before that.
type LockedFile = (OwnFile, Option<Preflight>);

/// Calls `attempt` until it does not return `Busy`: without a file, or with the region's file,
/// locked. It returns `None` when that file has lost its name. The directory is resolved again each
/// time: the writer that is waited for may have moved to another one.
///
/// `None`: `stop` returned true.
pub(super) fn until_free(
    mut at: Location,
    mut on_wait: impl FnMut(&Holder),
    mut stop: impl FnMut() -> bool,
    attempt: impl Fn(&Location, Option<LockedFile>) -> Result<Option<Opened>, RegionError>,
) -> Result<Option<(Opened, Location)>, RegionError> {
    let (mut locked, mut last, mut close_watch) = (None, None, None::<CloseWatch>);
    loop {
        at.renew()?;
        let attempted = attempt(&at, locked.take());
        drop(close_watch.take());
        match attempted {
            Ok(None) => continue,
            Err(err) if matches!(err.kind(), Kind::Busy { .. }) => {}
            other => return Ok(other?.map(|opened| (opened, at))),
        }
        let Some(mut held) = HeldRegion::open(&at)? else { continue };
        let report = |holder: Holder| {
            // Another standby may have been first: then that one is waited for.
            if last.as_ref() != Some(&holder) {
                on_wait(&holder);
                last = Some(holder);
            }
        };
        match held.wait(at.path(), report, &mut stop)? {
            Waited::Locked => {
                locked = Some((held.file, held.preflight));
                close_watch = held.close_watch; // closed after the take-over
            }
            Waited::Obstructed => {}
            Waited::Stopped => return Ok(None),
        }
    }
}

/// The result of a wait.
enum Waited {
    /// This process has the lock.
    Locked,
    /// No writer has it, but a reader's lock is in the way.
    Obstructed,
    /// `stop` returned true.
    Stopped,
}

/// A region's file that another writer holds.
struct HeldRegion {
    file: OwnFile,
    /// Inspected while the other writer still had it. Errors are left to the take-over.
    preflight: Option<Preflight>,
    /// `None`: not needed yet.
    close_watch: Option<CloseWatch>,
}

impl HeldRegion {
    /// The file that has the region's name; `None` if none has.
    fn open(at: &Location) -> Result<Option<Self>, RegionError> {
        let file = match at.open_to_write() {
            Ok(file) => file,
            Err(err) if err.is_not_there() => return Ok(None), // it has just been deleted
            Err(err) => return Err(err),
        };
        let preflight = Preflight::of(&file, at).ok();
        Ok(Some(Self { file, preflight, close_watch: None }))
    }

    /// Sleeps until the lock is this process's, or cannot be.
    fn wait(
        &mut self,
        path: &Path,
        mut report: impl FnMut(Holder),
        stop: &mut impl FnMut() -> bool,
    ) -> Result<Waited, RegionError> {
        let io = |err| RegionError::io(path, "lock", err);
        let (mut pause, mut asked) = (FIRST, Instant::now());
        loop {
            if lock::try_take(&self.file).map_err(io)? {
                return Ok(Waited::Locked);
            }
            report(Holder { pid: pid_in(&self.file), path: path.to_owned() });
            if pause > SHORT && self.close_watch.is_none() {
                self.close_watch = Some(CloseWatch::on(&self.file));
                continue; // it does not report what happened before
            }
            let fires = CloseWatch::fires_within(self.close_watch.as_ref(), pause);
            pause = if fires { FIRST } else { POLL.min(pause * 2) };
            if asked.elapsed() < POLL {
                continue;
            }
            asked = Instant::now();
            if stop() {
                return Ok(Waited::Stopped);
            }
            if !self.file.is_here() {
                return Err(RegionError::new(path, Kind::Forked)); // `stop` or `report` forked
            }
            if lock::holder(&self.file).map_err(io)? == Some(lock::Holder::Reader) {
                return Ok(Waited::Obstructed);
            }
        }
    }
}

/// Reports the close of a file that was open for writing. `None` without inotify.
struct CloseWatch(Option<OwnedFd>);

impl Drop for CloseWatch {
    fn drop(&mut self) {
        // The kernel takes 10 ms and more to close an inotify descriptor, so a thread does it, and
        // the region has its next writer as soon as this returns. Without a thread it is closed
        // here.
        let Some(inotify) = self.0.take() else { return };
        let _ =
            std::thread::Builder::new().name("close-inotify".into()).spawn(move || drop(inotify));
    }
}

impl CloseWatch {
    fn on(file: &File) -> Self {
        // Not by its name, which another file may have taken.
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        let close_watch =
            inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).and_then(|close_watch| {
                inotify::add_watch(&close_watch, path, WatchFlags::CLOSE_WRITE).map(|_| close_watch)
            });
        Self(close_watch.ok())
    }

    /// Sleeps for `pause`, or until `close_watch` fires.
    fn fires_within(close_watch: Option<&Self>, pause: Duration) -> bool {
        let Some(close_watch) = close_watch.and_then(|close_watch| close_watch.0.as_ref()) else {
            std::thread::sleep(pause);
            return false;
        };
        let span = Timespec { tv_sec: 0, tv_nsec: pause.subsec_nanos().into() };
        let fires = poll(&mut [PollFd::new(close_watch, PollFlags::IN)], Some(&span));
        // The content does not matter: it watches one file for one event.
        fires == Ok(1) && rustix::io::read(close_watch, &mut [0; 4096]).is_ok()
    }
}
