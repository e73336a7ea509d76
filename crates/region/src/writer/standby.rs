//! Waiting for another writer to end, and taking over the moment it does.
//!
//! ```text
//!   the writer    holds the lock . . . . closes or dies        the kernel: "closed after writing"
//!                                              |
//!   standby       tries the lock, sleeps ------------------->  tries the lock, takes over, publishes
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
//! Price: two descriptors and one of inotify, and 20 wake-ups a second.

use super::DynWriter;
use super::open::{self, Opened, Wanted};
use super::preflight::Preflight;
use super::takeover_lock::pid_in;
use crate::address::ToPlace;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file;
use crate::fork::OwnFile;
use crate::location::Location;
use crate::lock;
use crate::options::Options;
use layout::Schema;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
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

/// The longest pause between two attempts.
const POLL: Duration = Duration::from_millis(50);
/// The first pause after an event; each one is twice as long as the one before.
const FIRST: Duration = Duration::from_micros(20);
/// Pauses shorter than this need no inotify.
const SHORT: Duration = Duration::from_millis(1);

/// A wait for a region that another writer has, one attempt at a time: for a program that has a loop
/// of its own, and perhaps other regions to publish to. [`DynWriter::open_standby`] is such a loop.
///
/// ```no_run
/// # fn main() -> Result<(), region::RegionError> {
/// # let (schema, options) = (layout::Schema::builder("X").build().unwrap(), region::Options::new());
/// let mut standby = region::Standby::new("stu", &schema, &options)?;
/// let writer = loop {
///     match standby.try_open()? {
///         Some(writer) => break writer,
///         None => std::thread::sleep(standby.pause()), // or poll(2), with its event, among others
///     }
/// };
/// # drop(writer);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Standby {
    at: Location,
    schema: Schema,
    options: Options,
    /// The file that another writer holds; `None`: it was not opened yet, or has lost its name.
    held: Option<HeldRegion>,
}

impl Standby {
    /// A standby for the region at `at` (a name, a path or an [`Address`](crate::Address)). Nothing is
    /// attempted.
    ///
    /// # Errors
    /// Those of the directory: as [`DynWriter::open`].
    pub fn new(at: impl ToPlace, schema: &Schema, options: &Options) -> Result<Self, RegionError> {
        let at = Location::open(&at.place().to_write()?)?;
        Ok(Self { at, schema: schema.clone(), options: options.clone(), held: None })
    }

    /// Opens the region if no other writer has it; `None` if one has. Never waits.
    ///
    /// # Errors
    /// As [`DynWriter::open`], without `Busy`.
    pub fn try_open(&mut self) -> Result<Option<DynWriter>, RegionError> {
        let attempted = match self.held.take() {
            None => self.open(),
            Some(mut held) => match held.try_lock(&self.at)? {
                Tried::Held => {
                    self.held = Some(held);
                    return Ok(None);
                }
                Tried::Obstructed => self.open(),
                Tried::Locked => self.take_over(held),
            },
        };
        match attempted {
            Ok(opened) => opened.map(|opened| self.writer(opened)).transpose(),
            Err(err) if matches!(err.kind(), Kind::Busy { .. }) => {
                self.held = HeldRegion::open(&self.at)?;
                Ok(None)
            }
            Err(err) => Err(err),
        }
    }

    /// The writer that has the region, as the last attempt found it.
    pub fn holder(&self) -> Option<&Holder> {
        self.held.as_ref().map(|held| &held.holder)
    }

    /// The longest time to sleep before the next attempt: 20 us after an event, at most 50 ms.
    pub fn pause(&self) -> Duration {
        self.held.as_ref().map_or(FIRST, |held| held.pause)
    }

    /// Becomes readable when the other writer closes the region: attempt again. `None` before the
    /// first pauses are over, and on a system without inotify. It may be another descriptor after
    /// each attempt.
    pub fn event(&self) -> Option<BorrowedFd<'_>> {
        Some(self.held.as_ref()?.close_watch.as_ref()?.0.as_ref()?.as_fd())
    }

    /// Sleeps until the next attempt is due.
    fn sleep(&self) {
        let Some(event) = self.event() else { return std::thread::sleep(self.pause()) };
        let span = Timespec { tv_sec: 0, tv_nsec: self.pause().subsec_nanos().into() };
        // Whatever it returns, the next attempt finds out.
        let _ = poll(&mut [PollFd::new(&event, PollFlags::IN)], Some(&span));
    }

    /// The directory is resolved again each time: the writer that is waited for may have moved to
    /// another one.
    fn open(&mut self) -> Result<Option<Opened>, RegionError> {
        self.at.renew()?;
        open::open(&self.at, self.wanted()).map(Some)
    }

    /// `None`: the file has lost its name.
    fn take_over(&mut self, held: HeldRegion) -> Result<Option<Opened>, RegionError> {
        self.at.renew()?;
        let HeldRegion { file, preflight, close_watch, .. } = held;
        let opened = open::take_over(file, preflight, &self.at, self.wanted());
        drop(close_watch); // after the take-over: it takes a while
        opened
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted { schema: &self.schema, options: &self.options }
    }

    fn writer(&self, opened: Opened) -> Result<DynWriter, RegionError> {
        DynWriter::named(opened, self.at.clone(), &self.schema, &self.options)
    }
}

impl DynWriter {
    /// As [`DynWriter::open`], but waits while another writer has the region, and takes over as
    /// soon as that one ends or dies. [`Standby`] does the same without blocking.
    ///
    /// Calls `on_wait` once for each holder that it waits for, and `stop` about 20 times a
    /// second: `true` ends the wait with `None`.
    ///
    /// # Errors
    /// As [`DynWriter::open`], without `Busy`.
    pub fn open_standby(
        at: impl ToPlace,
        schema: &Schema,
        options: &Options,
        mut on_wait: impl FnMut(&Holder),
        mut stop: impl FnMut() -> bool,
    ) -> Result<Option<Self>, RegionError> {
        let mut standby = Standby::new(at, schema, options)?;
        let (mut last, mut asked) = (None, Instant::now());
        loop {
            if let Some(writer) = standby.try_open()? {
                return Ok(Some(writer));
            }
            // Another standby may have been first: then that one is waited for.
            if let Some(holder) = standby.holder().filter(|&holder| last.as_ref() != Some(holder)) {
                on_wait(holder);
                last = Some(holder.clone());
            }
            if asked.elapsed() >= POLL {
                asked = Instant::now();
                if stop() {
                    return Ok(None);
                }
            }
            standby.sleep();
        }
    }
}

/// The result of an attempt.
enum Tried {
    /// This process has the lock.
    Locked,
    /// No writer has it, but a reader's lock is in the way.
    Obstructed,
    /// Another writer has it.
    Held,
}

/// A region's file that another writer holds.
#[derive(Debug)]
struct HeldRegion {
    file: OwnFile,
    /// Inspected while the other writer still had it. Errors are left to the take-over.
    preflight: Option<Preflight>,
    holder: Holder,
    pause: Duration,
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
        let holder = Holder { pid: pid_in(&file), path: at.path().to_owned() };
        Ok(Some(Self { file, preflight, holder, pause: FIRST, close_watch: None }))
    }

    fn try_lock(&mut self, at: &Location) -> Result<Tried, RegionError> {
        let io = |err| RegionError::io(at.path(), "lock", err);
        if !self.file.is_here() {
            return Err(RegionError::new(at.path(), Kind::Forked));
        }
        if lock::try_take(&self.file).map_err(io)? {
            return Ok(Tried::Locked);
        }
        self.holder.pid = pid_in(&self.file);
        let is_closed = self.close_watch.as_ref().is_some_and(CloseWatch::take_event);
        self.pause = if is_closed { FIRST } else { POLL.min(self.pause * 2) };
        if self.pause > SHORT && self.close_watch.is_none() {
            self.close_watch = Some(CloseWatch::on(&self.file));
            return self.try_lock(at); // it does not report what happened before
        }
        let is_readers = self.pause == POLL
            && lock::holder(&self.file).map_err(io)? == Some(lock::Holder::Reader);
        Ok(if is_readers { Tried::Obstructed } else { Tried::Held })
    }
}

/// Reports the close of a file that was open for writing. `None` without inotify.
#[derive(Debug)]
struct CloseWatch(Option<OwnedFd>);

impl Drop for CloseWatch {
    fn drop(&mut self) {
        // The kernel takes 10 ms and more to close an inotify descriptor, so a thread does it, and
        // the region has its next writer as soon as this returns. Without a thread it is closed
        // here.
        let Some(inotify) = self.0.take() else { return };
        let _ = crate::background::spawn("close-inotify", move || drop(inotify));
    }
}

impl CloseWatch {
    fn on(file: &File) -> Self {
        let watch = || {
            let close_watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
            // Not by its name, which another file may have taken.
            file::by_number(file, |path| {
                Ok(inotify::add_watch(&close_watch, path, WatchFlags::CLOSE_WRITE)?)
            })?;
            io::Result::Ok(close_watch)
        };
        Self(watch().ok())
    }

    /// Whether the file was closed since the last call.
    fn take_event(&self) -> bool {
        // The content does not matter: it watches one file for one event.
        self.0.as_ref().is_some_and(|inotify| rustix::io::read(inotify, &mut [0; 4096]).is_ok())
    }
}
