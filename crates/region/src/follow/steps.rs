//! The steps of following, for a loop of one's own: what there is without waiting, and the wait.

use super::look::Look;
use super::reported::Reported;
use super::{Event, Follow, Followed};
use crate::clock::BootTime;
use crate::error::{RegionError, RegionErrorKind};
use crate::publication::Step;
use crate::reader::{DynReader, Refreshed};
use std::time::Duration;

/// Time between two attempts to open a region that does not exist yet.
const LOOK_FOR_FILE: Duration = Duration::from_millis(100);
/// A wait that is shorter than this did not wait.
const BLINK: Duration = Duration::from_micros(100);
/// So many of them in a row, without a record in between, come from a broken region.
const MAX_BLINKS: u32 = 16;

impl<S: Followed> Follow<'_, S> {
    /// The next event, without waiting.
    ///
    /// # Errors
    /// What is there cannot be attached or read: as [`DynReader::open`], [`DynReader::next`] and
    /// [`DynReader::refresh`]. Returned once, and again when it has changed.
    ///
    /// [`DynReader::open`]: crate::DynReader::open
    /// [`DynReader::next`]: crate::DynReader::next
    /// [`DynReader::refresh`]: crate::DynReader::refresh
    pub fn try_next(&mut self) -> Result<Option<Event<S::Item>>, RegionError> {
        if let Some(lineage) = self.reported.lineage_news() {
            return Ok(Some(Event::Lineage(lineage)));
        }
        loop {
            if let Some(event) = self.deliver()? {
                return Ok(Some(event));
            }
            // All that was published before the look has been delivered.
            if let Some(look) = self.look.take() {
                return self.report(look);
            }
            let Some(source) = &self.source else { return self.try_open() };
            self.look = self.timer.look(source, self.reported.is_calm());
            if self.look.is_none() {
                return Ok(None);
            }
        }
    }

    /// As [`try_next`](Self::try_next), without records: for a program that reads the newest one now
    /// and then.
    ///
    /// # Errors
    /// As [`try_next`](Self::try_next).
    pub fn try_change(&mut self) -> Result<Option<Event<S::Item>>, RegionError> {
        if let Some(lineage) = self.reported.lineage_news() {
            return Ok(Some(Event::Lineage(lineage)));
        }
        let Some(source) = &self.source else { return self.try_open() };
        match self.timer.look(source, self.reported.is_calm()) {
            Some(look) => self.report(look),
            None => Ok(None),
        }
    }

    /// Reads something else than the next record, such as the newest one. `None`: there is no region
    /// yet, or its file was cut short, which is the next event.
    ///
    /// # Errors
    /// Those of `read`. Returned once, and again when they have changed.
    #[inline]
    pub fn read<T>(
        &mut self,
        read: impl FnOnce(&mut S) -> Result<T, RegionError>,
    ) -> Result<Option<T>, RegionError> {
        let Some(source) = self.source.as_mut().filter(|_| !self.reported.is_cut()) else {
            return Ok(None);
        };
        match read(source) {
            Ok(found) => {
                self.reported.readable();
                Ok(Some(found))
            }
            Err(err) if err.is_truncated() => {
                self.timer.hurry();
                Ok(None)
            }
            Err(err) if self.reported.is_read_error_news(&err) => Err(err),
            Err(_) => Ok(None),
        }
    }

    fn deliver(&mut self) -> Result<Option<Event<S::Item>>, RegionError> {
        let event = match self.read(S::step)? {
            Some(Step::Record(item)) => Event::Record(item),
            Some(Step::Missed(count)) => Event::Missed(count),
            Some(Step::Pending) | None => return Ok(None),
        };
        self.blinks = 0;
        Ok(Some(event))
    }

    fn try_open(&mut self) -> Result<Option<Event<S::Item>>, RegionError> {
        let Some(open) = &mut self.open else { return Ok(None) };
        match open() {
            Ok(source) => {
                self.attach(source);
                Ok(Some(Event::Attached))
            }
            Err(err) if is_absence(&err) => {
                Ok(self.absence.replace(err).is_none().then_some(Event::Waiting))
            }
            Err(err) if self.reported.is_name_error_news(&err) => Err(err),
            Err(_) => Ok(None),
        }
    }

    pub(super) fn attach(&mut self, mut source: S) {
        // It looks at the name itself, so that going over to another file is an event.
        self.refresh_every = source.refresh_every(Duration::MAX);
        self.source = Some(source);
        self.absence = None;
        self.reported = Reported::default();
    }

    /// What has changed since the last report: the file, its name, or its writer.
    fn report(&mut self, look: Look) -> Result<Option<Event<S::Item>>, RegionError> {
        let change = self.change(look);
        if !matches!(change, Ok(None)) {
            self.timer.hurry(); // there may be another one
        }
        change
    }

    fn change(&mut self, look: Look) -> Result<Option<Event<S::Item>>, RegionError> {
        let (Some(source), reported) = (&mut self.source, &mut self.reported) else {
            return Ok(None);
        };
        if source.is_cut() && reported.is_cut_news() {
            return Ok(Some(Event::Truncated));
        }
        let lineage = |source: &S| source.region().map(DynReader::lineage);
        let old = lineage(source);
        let of_name = match source.refresh() {
            Ok(Refreshed::Reattached) => {
                *reported = Reported::of_successor(old, lineage(source));
                Some(Event::Replaced)
            }
            Ok(Refreshed::Missing) => reported.is_missing_news().then_some(Event::Missing),
            Ok(Refreshed::Same) if source.is_cut() => None,
            Ok(Refreshed::Same) => reported.is_back_news().then_some(Event::Back),
            Err(err) if !is_absence(&err) && reported.is_name_error_news(&err) => return Err(err),
            Err(_) => None,
        };
        Ok(of_name.or_else(|| reported.writer_news(look.writer?).map(Event::Writer)))
    }

    /// The longest time to [`wait`](Self::wait) until the next look.
    pub fn next_look(&self) -> Duration {
        let every = self.timer.every;
        if self.source.is_some() { every } else { LOOK_FOR_FILE.min(every) }
    }

    /// Sleeps until there may be an event, for `longest` at the most; a handled signal ends it.
    /// Returns `false` immediately if there is nothing to sleep on, because there is no region yet
    /// or it cannot be read: the caller must sleep in another way.
    pub fn wait(&mut self, longest: Duration) -> bool {
        let region = self.source.as_ref().and_then(S::region);
        let Some(region) = region.filter(|_| self.reported.is_readable()) else { return false };
        let start = BootTime::now();
        let is_whole = region.wait(longest).is_ok();
        // A hostile head may promise a record that never comes: do not spin on it.
        let is_blink = start.elapsed() < BLINK;
        self.blinks = if is_blink { self.blinks.saturating_add(1) } else { 0 };
        if self.blinks > MAX_BLINKS {
            std::thread::sleep(Duration::from_millis(1));
        }
        is_whole
    }
}

/// Whether there is no region yet, which is not an error.
fn is_absence(err: &RegionError) -> bool {
    // A C program creates a bare file first and gives it its size a moment later.
    err.is_not_there() || matches!(err.kind(), RegionErrorKind::NotThisRecord { have: 0, .. })
}
