//! The events of a region, in order: records, missed records, changes of its file and its writer.
//!
//! Invariant: every record is delivered or counted in [`Event::Missed`]; what a writer published
//! before it ended, or before its file was replaced, is delivered before that is reported; each
//! change, and each error, is reported once; nothing that happens to the file ends the iteration.
//!
//! ```text
//!   no region yet --> open it                          Waiting, Attached
//!   read          --> a record, a gap                  Record, Missed
//!     | nothing new
//!     v
//!   look, if the writer line has changed, or after 250 ms: the writer's state; read what is left
//!     v
//!   cut short? the name?                               Truncated; Missing, Back, Replaced and
//!                                                        Lineage, an error
//!     | the same file
//!     v
//!   the state is another one?                          Writer
//!     | no
//!     v
//!   wait on the futex, 250 ms at the most
//! ```
//!
//! Price: no system call for a record that is there; while nothing happens, four wake-ups a second
//! with three system calls each.

mod event;
mod look;
mod reported;
mod source;
mod steps;

pub use event::Event;
pub use source::{DynSample, Followed};

use crate::clock::BootTime;
use crate::error::RegionError;
use look::{Look, LookTimer};
use reported::Reported;
use std::fmt;
use std::time::Duration;

/// Longest sleep while the file cannot be read: no futex announces the next one.
const NAP: Duration = Duration::from_millis(20);

type Open<'r, S> = Box<dyn FnMut() -> Result<S, RegionError> + Send + 'r>;

/// An iterator over the events of a region. Made by [`Reader::follow`] or, for a region
/// that need not exist yet, by [`awaiting`](Self::awaiting).
///
/// `next` sleeps until there is an [`Event`]. It returns `None` only if [`idle`](Self::idle) or
/// [`until`](Self::until) say so, and can be called again after that. An error does not end it either:
/// it is returned once, and the next calls try again.
///
/// A loop of one's own, which has other things to wait for, calls [`try_next`](Self::try_next) until
/// there is nothing more, and then [`wait`](Self::wait), which a signal ends. An event loop polls a
/// [`Notifier`](crate::Notifier) instead.
///
/// [`Reader::follow`]: crate::Reader::follow
pub struct Follow<'r, S: Followed> {
    source: Option<S>,
    open: Option<Open<'r, S>>,
    /// Why there was no region, at the last attempt to open it.
    absence: Option<RegionError>,
    /// The reader's former interval.
    refresh_every: Duration,
    reported: Reported,
    /// The writer at the last look, while what was published before that is delivered.
    look: Option<Look>,
    timer: LookTimer,
    blinks: u32,
    idle: Option<Duration>,
    until: Option<Box<dyn FnMut() -> bool + Send + 'r>>,
}

impl<'r, S: Followed> Follow<'r, S> {
    /// Follows what `source` reads.
    pub fn new(source: S) -> Self {
        let mut follow = Self::without_source(None);
        follow.attach(source);
        follow
    }

    /// Follows a region that need not exist yet: `open` is called until it succeeds.
    ///
    /// ```
    /// # use layout::Stu;
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("stu.region");
    /// use region::{Event, Follow, Reader, Writer};
    ///
    /// let mut follow = Follow::awaiting(|| Reader::<Stu>::open(&path));
    /// assert_eq!(follow.try_next()?, Some(Event::Waiting));
    /// let mut writer = Writer::<Stu>::open(&path)?; // in another process, at some time
    /// writer.publish(&Stu::new(10, "xiaoming", 'm'))?;
    /// assert_eq!(follow.try_next()?, Some(Event::Attached));
    /// assert!(matches!(follow.try_next()?, Some(Event::Record(sample)) if sample.id == 10));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn awaiting(open: impl FnMut() -> Result<S, RegionError> + Send + 'r) -> Self {
        Self::without_source(Some(Box::new(open)))
    }

    fn without_source(open: Option<Open<'r, S>>) -> Self {
        Self {
            source: None,
            open,
            absence: None,
            refresh_every: Duration::MAX,
            reported: Reported::default(),
            look: None,
            timer: LookTimer::default(),
            blinks: 0,
            idle: None,
            until: None,
        }
    }

    /// Ends the iteration when there was no event for this long.
    #[must_use]
    pub fn idle(mut self, idle: Duration) -> Self {
        self.idle = Some(idle);
        self
    }

    /// Ends the iteration when `stop` returns true. It is called whenever there is no event, about
    /// four times a second.
    #[must_use]
    pub fn until(mut self, stop: impl FnMut() -> bool + Send + 'r) -> Self {
        self.until = Some(Box::new(stop));
        self
    }

    /// How often to look at the writer and the region's name while there is no record; 250 ms by
    /// default.
    #[must_use]
    pub fn look_every(mut self, every: Duration) -> Self {
        self.timer.every = every;
        self
    }

    /// The reader, for what an event does not say; `None` before [`Event::Attached`].
    pub fn source(&self) -> Option<&S> {
        self.source.as_ref()
    }

    /// The reader, for what is not reading in order: see [`read`](Self::read).
    pub fn source_mut(&mut self) -> Option<&mut S> {
        self.source.as_mut()
    }

    /// Why there is no region to read yet.
    pub fn take_absence(&mut self) -> Option<RegionError> {
        self.absence.take()
    }

    /// How long to sleep before the next check; `None`: the iteration ends.
    fn patience(&mut self, since: BootTime) -> Option<Duration> {
        if self.until.as_mut().is_some_and(|stop| stop()) {
            return None;
        }
        let look = self.next_look();
        let Some(idle) = self.idle else { return Some(look) };
        let left = idle.checked_sub(since.elapsed())?;
        (!left.is_zero()).then(|| left.min(look))
    }
}

impl<S: Followed> Iterator for Follow<'_, S> {
    type Item = Result<Event<S::Item>, RegionError>;

    fn next(&mut self) -> Option<Self::Item> {
        let since = BootTime::now();
        loop {
            if let Some(event) = self.try_next().transpose() {
                return Some(event);
            }
            let longest = self.patience(since)?;
            if !self.wait(longest) {
                let is_open = self.source.is_some();
                std::thread::sleep(if is_open { longest.min(NAP) } else { longest });
            }
        }
    }
}

impl<S: Followed> Drop for Follow<'_, S> {
    fn drop(&mut self) {
        if let Some(source) = &mut self.source {
            source.refresh_every(self.refresh_every);
        }
    }
}

impl<S: Followed> fmt::Debug for Follow<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = self.source.as_ref().and_then(S::region);
        f.debug_struct("Follow")
            .field("path", &region.map(crate::DynReader::path))
            .field("idle", &self.idle)
            .finish_non_exhaustive()
    }
}
