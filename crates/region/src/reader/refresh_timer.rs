//! When a reader checks whether the region's name belongs to another file.
//!
//! Invariant: no clock read and no system call while records arrive, and at most one in
//! [`MAX_BUDGET`] calls without a record if they come fast.
//!
//! ```text
//!   a call returns a record   nothing to do
//!   no record                 counts; the clock is read once in 1, 2, 4, ... 64 of such calls:
//!                               calls come slowly     then each call reads it, from now on
//!                               250 ms have passed    refresh
//!   next, pending, not live;  the next call reads the clock
//!     cut short
//!   retired; cut short        and refreshes at once, the first time: the successor has the name
//!   an empty successor        this file stays mapped until that one has a record
//! ```
//!
//! So a program that calls `latest` rarely reads the old file's record once more after a replacement: its
//! second call has the new one's at the latest. One that calls it in bursts reads the old record in as many
//! calls as the burst before had, at most 63.
//!
//! The clock is a coarse one, and `latest` leaves the mark to the calls that read the clock: with a
//! clock of full resolution at every 16th call, and the mark at each, a `latest` without a new record
//! took 7.3 ns instead of 5.2.
//!
//! Price: a comparison each call; one more without a record, and for `next` a load.

use super::{DynReader, Refreshed};
use crate::clock;
use crate::error::RegionError;
use crate::mapping::FutexWord;
use crate::typed;
use crate::wait::{self, Woken};
use crate::writer_status::WriterStatus;
use channel::{Blocks, Tail};
use layout::header::StateWord;
use std::time::Duration;

/// The most calls without a record between two readings of the clock.
const MAX_BUDGET: i32 = 64;
/// Nanoseconds between two refreshes.
const EVERY: u64 = 250_000_000;
const NEVER: u64 = u64::MAX;
/// The same, while the successor has no record.
const SOON: u64 = 10_000_000;
/// The longest sleep between two refreshes.
const MAX_SLEEP: Duration = Duration::from_secs(1);

/// Whether to refresh sooner than after [`RefreshTimer::every`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Urgency {
    Normal,
    /// At the next call, once for each file.
    Now,
    /// Every [`SOON`]: it has a successor, without a record yet.
    Soon,
    /// It was [`Urgency::Now`].
    Done,
}

/// Counts the calls that returned no record.
#[derive(Debug)]
pub(super) struct RefreshTimer {
    /// Calls without a record until the clock is read: none, if it is not above 0.
    left: i32,
    /// The initial value of `left`.
    budget: i32,
    /// In nanoseconds; [`NEVER`] with `Duration::MAX`.
    every: u64,
    urgency: Urgency,
    /// When the clock was read and when the name was checked, by [`clock::coarse_nanos`].
    read_at: u64,
    checked_at: u64,
}

impl RefreshTimer {
    pub(super) fn new() -> Self {
        let now = clock::coarse_nanos();
        Self {
            left: 1,
            budget: 1,
            every: EVERY,
            urgency: Urgency::Normal,
            read_at: now,
            checked_at: now,
        }
    }

    /// The same for the successor of the file that this one was for.
    pub(super) fn of_successor(&self) -> Self {
        Self { every: self.every, ..Self::new() }
    }

    #[inline]
    pub(super) fn is_due(&self) -> bool {
        self.left <= 0
    }

    /// Whether the call that was counted last was due before it, and has not read the clock.
    #[inline]
    pub(super) fn is_overdue(&self) -> bool {
        self.left < 0
    }

    /// A call has no new record to return.
    #[inline]
    pub(super) fn count(&mut self) {
        self.left = self.left.wrapping_sub(1);
    }

    /// A call has returned no record, and the region is not marked live but so.
    #[cold]
    #[inline(never)]
    pub(super) fn not_live(&mut self, mark: StateWord) {
        self.left = 0;
        if mark == StateWord::Retired {
            self.hurry();
        }
    }

    /// The file was cut short.
    #[cold]
    pub(super) fn cut_short(&mut self) {
        self.left = 0;
        self.hurry();
    }

    /// The successor has no record yet.
    fn wait_for_successor(&mut self) {
        (self.left, self.urgency) = (0, Urgency::Soon);
    }

    fn hurry(&mut self) {
        if self.urgency == Urgency::Normal {
            self.urgency = Urgency::Now;
        }
    }

    /// Reads the clock; returns whether it is time to refresh.
    fn is_time(&mut self) -> bool {
        let now = clock::coarse_nanos();
        let span = now.saturating_sub(self.read_at);
        let are_slow =
            span.saturating_mul((MAX_BUDGET / self.budget).unsigned_abs().into()) >= self.every;
        self.budget = if are_slow { 1 } else { MAX_BUDGET.min(self.budget * 2) };
        (self.left, self.read_at) = (self.budget, now);
        let every = match self.urgency {
            Urgency::Now => 0,
            Urgency::Soon => SOON.min(self.every),
            Urgency::Normal | Urgency::Done => self.every,
        };
        let is_time = self.every != NEVER && now.saturating_sub(self.checked_at) >= every;
        if is_time {
            self.checked_at = now;
        }
        if self.urgency == Urgency::Now {
            self.urgency = Urgency::Done;
        }
        is_time
    }

    /// How long to sleep before the next check, at most `timeout`.
    fn sleep_of(&self, timeout: Duration) -> Duration {
        match self.urgency {
            _ if self.every == NEVER => timeout,
            Urgency::Soon => timeout.min(Duration::from_nanos(SOON)),
            _ => timeout.min(MAX_SLEEP.max(Duration::from_nanos(self.every))),
        }
    }
}

impl DynReader {
    /// How often [`latest`](Self::latest) and [`next`](Self::next) check at most whether the
    /// region's name belongs to another file, while there is no new record; 250 ms by default.
    /// [`Duration::MAX`]: never, for a loop that calls [`refresh`](Self::refresh) itself. Returns the
    /// interval before this call.
    pub fn refresh_every(&mut self, every: Duration) -> Duration {
        let old = std::mem::replace(&mut self.timer.every, clock::duration_nanos(every));
        if old == NEVER { Duration::MAX } else { Duration::from_nanos(old) }
    }

    /// Sleeps until a record newer than the last one returned is published, for `timeout` at most.
    /// May return early: a signal was handled, the writer does not wake, or a second has
    /// passed, after which [`latest`](Self::latest) and [`next`](Self::next) look at the region's name.
    ///
    /// # Errors
    /// [`Truncated`](crate::RegionErrorKind::Truncated) if the file was cut short.
    pub fn wait(&self, timeout: Duration) -> Result<(), RegionError> {
        let known = match self.mapped().blocks() {
            None => self.tail.newest(),
            Some(_) => self.seen_change,
        };
        self.wait_on(self.mapped().futex_word(), self.newest(), known, timeout)
    }

    /// Makes the next [`wait`](Self::wait) sleep until something newer than the present record or
    /// change is published, for a reader that returns none.
    pub(crate) fn catch_up(&mut self) {
        let newest = self.newest();
        match self.mapped().blocks() {
            None => self.tail = Tail::after(newest),
            Some(_) => self.seen_change = newest,
        }
    }

    /// The number of the newest record, or of the newest change of instances.
    fn newest(&self) -> u64 {
        self.mapped().blocks().map_or_else(|| self.ring.head(), |blocks| blocks.changes().newest())
    }

    /// Sleeps on `word`, which is the low half of `newest`, unless that is more than `known`.
    pub(super) fn wait_on(
        &self,
        word: &FutexWord,
        newest: u64,
        known: u64,
        timeout: Duration,
    ) -> Result<(), RegionError> {
        if !self.mapped().is_whole() {
            return Err(self.truncated());
        }
        if newest > known {
            return Ok(());
        }
        if !self.mapped().wakes() {
            wait::sleep_without_wake(timeout);
            return Ok(());
        }
        let timeout = self.timer.sleep_of(timeout);
        match wait::wait(word, wait::futex_value(newest), timeout) {
            Woken::LookAgain => Ok(()),
            Woken::Gone => Err(self.truncated()),
        }
    }

    /// Refreshes if it is time, before a call that is [due](RefreshTimer::is_due).
    #[cold]
    #[inline(never)]
    pub(super) fn refresh_if_time(&mut self) -> Result<(), RegionError> {
        self.refreshed_if_time().map(drop) // in one register: else each read takes an instruction more
    }

    /// As [`refresh_if_time`](Self::refresh_if_time); `Same` if it is not time.
    pub(super) fn refreshed_if_time(&mut self) -> Result<Refreshed, RegionError> {
        if WriterStatus::of(self.mapped()).mark() == StateWord::Retired {
            self.timer.hurry();
        }
        if !self.timer.is_time() {
            return Ok(Refreshed::Same);
        }
        let (want, has_record) =
            (self.schema.clone(), self.has_record() && self.mapped().is_whole());
        let mut is_empty = false;
        let refreshed = self.refresh_to(|new| {
            if !typed::is_same(&want, &new.schema) {
                return Err(typed::other(&want, &new.schema, new.path()));
            }
            // The record in this file is better than none.
            is_empty = has_record && !new.has_record();
            Ok(!is_empty)
        })?;
        if is_empty {
            self.timer.wait_for_successor();
        }
        Ok(refreshed)
    }

    fn has_record(&self) -> bool {
        match self.mapped().blocks() {
            None => self.ring.head() > self.mapped().header().base_sequence,
            // Something has happened to an instance: it has joined, at least.
            Some(blocks) => blocks.changes().newest() > 0,
        }
    }

    /// A call of `next` has returned no record.
    #[inline]
    pub(super) fn count_pending(&mut self) {
        match WriterStatus::of(self.mapped()).mark() {
            StateWord::Live => self.timer.count(),
            other => self.timer.not_live(other),
        }
    }
}
