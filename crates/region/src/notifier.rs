//! A descriptor for an event loop: readable when there may be something new in a region.
//!
//! A futex cannot be polled, so a thread sleeps on it and writes to an eventfd. The reader itself
//! stays where it is: the loop polls the descriptor, then calls [`Follow::try_next`](crate::Follow)
//! or [`next`](crate::DynReader::next) until there is nothing more.
//!
//! Price: a thread, two descriptors and a mapping for each notifier; one more thread switch for each
//! record that is waited for.
#![allow(clippy::disallowed_types)] // a plain flag between two threads

use crate::address::ToPlace;
use crate::background;
use crate::error::RegionError;
use crate::reader::DynReader;
use rustix::event::{EventfdFlags, eventfd};
use rustix::io::{read, write};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Longest time between two notifications: the state of a writer has no other sign.
const LOOK: Duration = Duration::from_millis(250);
/// Time between two attempts to open a region that does not exist yet.
const LOOK_FOR_FILE: Duration = Duration::from_millis(100);

/// Makes a descriptor readable whenever something may have happened to a region.
///
/// ```no_run
/// use region::{DynReader, Notifier};
/// use rustix::event::{PollFd, PollFlags, poll};
///
/// let (mut reader, notifier) = (DynReader::open("load")?, Notifier::open("load")?);
/// let mut follow = reader.follow();
/// loop {
///     poll(&mut [PollFd::new(&notifier, PollFlags::IN)], None)?; // and whatever else there is
///     notifier.clear();
///     while let Some(event) = follow.try_next()? {
///         println!("{event:?}");
///     }
/// }
/// # #[allow(unreachable_code)]
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Its thread blocks all signals but those of faults, whatever the program blocks before or after. Dropping the
/// notifier ends its thread within 250 ms, without waiting for that.
#[derive(Debug)]
pub struct Notifier {
    descriptor: Arc<OwnedFd>,
    dropped: Arc<AtomicBool>,
}

impl Notifier {
    /// A notifier for the region at `at`, of one record or of instances.
    ///
    /// # Errors
    /// As [`DynReader::open`], without `HasInstances`; [`Io`](crate::RegionErrorKind::Io) if there is no descriptor or thread
    /// to be had.
    pub fn open(at: impl ToPlace) -> Result<Self, RegionError> {
        let reader = DynReader::attach(at)?;
        let path = reader.path().to_owned();
        Self::start(&path, |descriptor, dropped| notify(reader, descriptor, dropped))
    }

    /// A notifier for the region in a descriptor: see [`DynReader::open_file`].
    ///
    /// # Errors
    /// As [`DynReader::open_file`], without `HasInstances`; [`Io`](crate::RegionErrorKind::Io) as [`open`](Self::open).
    pub fn open_file(file: &File, label: &Path) -> Result<Self, RegionError> {
        let reader = DynReader::attach_file(file, label)?;
        Self::start(label, |descriptor, dropped| notify(reader, descriptor, dropped))
    }

    /// A notifier for a region that need not exist yet: see [`Follow::awaiting`](crate::Follow::awaiting).
    /// Until it does, the descriptor becomes readable ten times a second. A relative path is resolved at
    /// each attempt.
    ///
    /// # Errors
    /// [`BadName`](crate::RegionErrorKind::BadName); [`Io`](crate::RegionErrorKind::Io) as [`open`](Self::open).
    pub fn awaiting(at: impl ToPlace + Send + 'static) -> Result<Self, RegionError> {
        let path = at.place().to_write()?.path().to_owned();
        Self::start_awaiting(&path, move || DynReader::attach(&at))
    }

    /// The same for a region in a descriptor, whose file may still be empty.
    ///
    /// # Errors
    /// [`Io`](crate::RegionErrorKind::Io) as [`open`](Self::open).
    pub fn awaiting_file(file: &File, label: &Path) -> Result<Self, RegionError> {
        let own = file.try_clone().map_err(|err| RegionError::io(label, "fcntl", err))?;
        let name = label.to_owned();
        Self::start_awaiting(label, move || DynReader::attach_file(&own, &name))
    }

    fn start_awaiting(
        path: &Path,
        attach: impl Fn() -> Result<DynReader, RegionError> + Send + 'static,
    ) -> Result<Self, RegionError> {
        Self::start(path, move |descriptor, dropped| {
            if let Some(reader) = await_region(attach, descriptor, dropped) {
                notify(reader, descriptor, dropped);
            }
        })
    }

    /// A notifier whose thread runs `work`.
    fn start(
        path: &Path,
        work: impl FnOnce(&OwnedFd, &AtomicBool) + Send + 'static,
    ) -> Result<Self, RegionError> {
        let io = |call, err: std::io::Error| RegionError::io(path, call, err);
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let descriptor = eventfd(0, flags).map_err(|err| io("eventfd", err.into()))?;
        let (descriptor, dropped) = (Arc::new(descriptor), Arc::new(AtomicBool::new(false)));
        let notifier = Self { descriptor: descriptor.clone(), dropped: dropped.clone() };
        background::spawn("notifier", move || work(&descriptor, &dropped))
            .map_err(|err| io("clone", err))?;
        Ok(notifier)
    }

    /// Takes the notification back, before the region is read: what happens after this call makes the
    /// descriptor readable again.
    pub fn clear(&self) {
        // EAGAIN: there was no notification.
        let _ = read(&*self.descriptor, &mut [0; 8]);
    }
}

impl AsFd for Notifier {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl std::os::fd::AsRawFd for Notifier {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.descriptor.as_raw_fd()
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::Release);
    }
}

fn notify(mut reader: DynReader, descriptor: &OwnedFd, dropped: &AtomicBool) {
    while !dropped.load(Ordering::Acquire) {
        // Before the notification: what is published after it must end the wait.
        reader.catch_up();
        // Even without a new record the state may have changed.
        make_readable(descriptor);
        if reader.wait(LOOK).is_err() {
            std::thread::sleep(LOOK / 10);
        }
        // An error is one of the loop's own reader, too.
        let _ = reader.refresh();
    }
}

/// The reader of the region, when there is one; `None`: the notifier was dropped.
fn await_region(
    attach: impl Fn() -> Result<DynReader, RegionError>,
    descriptor: &OwnedFd,
    dropped: &AtomicBool,
) -> Option<DynReader> {
    while !dropped.load(Ordering::Acquire) {
        if let Ok(reader) = attach() {
            return Some(reader);
        }
        // The follower makes an attempt too, and reports what it finds.
        make_readable(descriptor);
        std::thread::sleep(LOOK_FOR_FILE);
    }
    None
}

fn make_readable(descriptor: &OwnedFd) {
    // EAGAIN: it has been readable since long ago.
    let _ = write(descriptor, &1_u64.to_le_bytes());
}
