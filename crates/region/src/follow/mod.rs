//! Everything that happens to a region, in order: records, what was missed, the writer's state.
//!
//! Invariant: every record is either delivered or counted in [`Event::Missed`]; what a writer
//! published before it ended is delivered before its end is reported; and nothing that happens to the
//! file ends the iteration.
//!
//! ```text
//!   next --> a record, a gap            delivered at once
//!     |
//!     v nothing new
//!   state changed? --> drain once more, then report it
//!     |
//!     v no
//!   refresh --> another file has the name: attached, reported
//!     |
//!     v the same file
//!   wait on the futex, 250 ms at the most
//! ```
//!
//! Price: while nothing happens, four wake-ups a second with three system calls each.

mod watch;

use crate::clock::BootTime;
use crate::error::RegionError;
use crate::publication::{Publication, Step};
use crate::reader::{DynReader, Reader, Refreshed, Sample};
use crate::state::State;
use layout::{Record, RecordBuf, RecordView};
use std::fmt;
use std::time::Duration;
use watch::{Seen, WriterWatch};

/// Longest time between two looks at the writer and the region's name.
const LOOK: Duration = Duration::from_millis(250);
/// Time between two looks for the successor of a file that was cut: no futex announces it.
const LOOK_FOR_SUCCESSOR: Duration = Duration::from_millis(20);

/// What [`Follow`] yields.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<T> {
    /// The next record.
    Record(T),
    /// The writer has lapped this reader: exactly so many records are gone.
    Missed(u64),
    /// The writer is in this state now. A region that is followed from a live writer begins without
    /// one of these.
    Writer(State),
    /// Another file has the region's name: it is followed from now on.
    Replaced,
}

/// A record of a schema that is known at run time only, as [`DynReader::follow`] yields it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynSample {
    record: RecordBuf,
    /// Its number, epoch and time.
    pub publication: Publication,
}

impl DynSample {
    /// The record, seen through its schema.
    pub fn view(&self) -> RecordView<'_> {
        self.record.view()
    }

    /// The record's number.
    pub const fn sequence(&self) -> u64 {
        self.publication.sequence
    }

    /// How long ago it was published; `None` if that is unknown.
    pub fn age(&self) -> Option<Duration> {
        self.publication.age()
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::DynReader {}
    impl<R> Sealed for super::Reader<R> {}
}

/// What can be followed: [`Reader`] and [`DynReader`].
pub trait Followed: sealed::Sealed {
    /// A record.
    type Item;
    /// The next record, or why there is none.
    ///
    /// # Errors
    /// As [`DynReader::next`].
    fn step(&mut self) -> Result<Step<Self::Item>, RegionError>;
    /// Goes over to the file that has the name now.
    ///
    /// # Errors
    /// As [`DynReader::refresh`].
    fn refresh(&mut self) -> Result<Refreshed, RegionError>;
    /// The reader itself.
    fn reader(&self) -> &DynReader;
    /// How often reading looks at the name by itself: see [`DynReader::refresh_every`].
    fn refresh_every(&mut self, every: Duration) -> Duration;
}

impl<R: Record> Followed for Reader<R> {
    type Item = Sample<R>;

    fn step(&mut self) -> Result<Step<Sample<R>>, RegionError> {
        self.next()
    }

    fn refresh(&mut self) -> Result<Refreshed, RegionError> {
        self.refresh()
    }

    fn reader(&self) -> &DynReader {
        self
    }

    fn refresh_every(&mut self, every: Duration) -> Duration {
        self.refresh_every(every)
    }
}

impl Followed for DynReader {
    type Item = DynSample;

    fn step(&mut self) -> Result<Step<DynSample>, RegionError> {
        let mut record = RecordBuf::new(self.schema().clone());
        Ok(match self.next(record.bytes_mut())? {
            Step::Record(publication) => Step::Record(DynSample { record, publication }),
            Step::Pending => Step::Pending,
            Step::Missed(count) => Step::Missed(count),
        })
    }

    fn refresh(&mut self) -> Result<Refreshed, RegionError> {
        self.refresh()
    }

    fn reader(&self) -> &DynReader {
        self
    }

    fn refresh_every(&mut self, every: Duration) -> Duration {
        self.refresh_every(every)
    }
}

/// An iterator over everything that happens to a region. Made by [`Reader::follow`].
///
/// `next` sleeps until there is an [`Event`]. It returns `None` only if [`idle`](Self::idle) or
/// [`until`](Self::until) say so, and can be called again after that. An error does not end it either:
/// the next call tries again.
pub struct Follow<'r, S: Followed> {
    source: &'r mut S,
    /// What the reader's own was.
    refresh_every: Duration,
    watch: WriterWatch,
    /// A state that is reported once all is delivered that was published before.
    due: Option<Seen>,
    looked: BootTime,
    idle: Option<Duration>,
    until: Option<Box<dyn FnMut() -> bool + Send + 'r>>,
}

impl<'r, S: Followed> Follow<'r, S> {
    pub(crate) fn new(source: &'r mut S) -> Self {
        // It looks at the name itself, so that going over to another file is an event.
        let refresh_every = source.refresh_every(Duration::MAX);
        let (watch, looked) = (WriterWatch::default(), BootTime::from_nanos(0));
        Self { source, refresh_every, watch, due: None, looked, idle: None, until: None }
    }

    /// Ends the iteration when nothing has happened for so long.
    #[must_use]
    pub fn idle(mut self, idle: Duration) -> Self {
        self.idle = Some(idle);
        self
    }

    /// Ends the iteration when `stop` returns true. It is asked whenever there is nothing to yield,
    /// about four times a second.
    #[must_use]
    pub fn until(mut self, stop: impl FnMut() -> bool + Send + 'r) -> Self {
        self.until = Some(Box::new(stop));
        self
    }

    /// The reader, for what an event does not say.
    pub fn reader(&self) -> &DynReader {
        self.source.reader()
    }

    /// What there is without waiting.
    ///
    /// # Errors
    /// As [`DynReader::next`] and [`DynReader::refresh`].
    pub fn try_next(&mut self) -> Result<Option<Event<S::Item>>, RegionError> {
        loop {
            match self.source.step() {
                Ok(Step::Record(item)) => return Ok(Some(Event::Record(item))),
                Ok(Step::Missed(count)) => return Ok(Some(Event::Missed(count))),
                Ok(Step::Pending) => {}
                Err(err) if err.is_truncated() => return self.successor(),
                Err(err) => return Err(err),
            }
            if let Some(seen) = self.due.take() {
                self.watch.report(seen);
                return Ok(Some(Event::Writer(seen.state)));
            }
            let seen = Seen::of(self.source.reader());
            if self.watch.is_news(seen) {
                self.due = Some(seen);
            } else {
                return self.successor();
            }
        }
    }

    /// Goes over to another file if one has the name.
    fn successor(&mut self) -> Result<Option<Event<S::Item>>, RegionError> {
        let now = BootTime::now();
        if now.since(self.looked) < LOOK_FOR_SUCCESSOR {
            return Ok(None);
        }
        self.looked = now;
        if self.source.refresh()? != Refreshed::Reattached {
            return Ok(None);
        }
        self.watch.start_over();
        self.due = None;
        Ok(Some(Event::Replaced))
    }

    /// Sleeps until there may be something.
    fn wait(&self, longest: Duration) {
        if self.source.reader().wait(longest).is_err() {
            std::thread::sleep(LOOK_FOR_SUCCESSOR.min(longest));
        }
    }

    /// How long to sleep at once; `None`: the iteration ends.
    fn patience(&mut self, since: BootTime) -> Option<Duration> {
        if self.until.as_mut().is_some_and(|stop| stop()) {
            return None;
        }
        let Some(idle) = self.idle else { return Some(LOOK) };
        let left = idle.checked_sub(since.elapsed())?;
        (!left.is_zero()).then(|| left.min(LOOK))
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
            self.wait(longest);
        }
    }
}

impl<S: Followed> Drop for Follow<'_, S> {
    fn drop(&mut self) {
        self.source.refresh_every(self.refresh_every);
    }
}

impl<S: Followed> fmt::Debug for Follow<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.source.reader().path();
        f.debug_struct("Follow")
            .field("path", &path)
            .field("idle", &self.idle)
            .finish_non_exhaustive()
    }
}
