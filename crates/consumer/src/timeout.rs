//! `--timeout`: how long to wait without a new record.

use std::time::Duration;

use daemon::Monotonic;
use region::{BootTime, Publication};

use crate::error::{ConsumerError, Kind, TimedOut};
use crate::link::Link;

/// A timer that restarts with each new record.
#[derive(Debug)]
pub(crate) struct Timeout {
    limit: Option<Duration>,
    since: Monotonic,
    last: Last,
    /// The error when the time is over, in place of one about the time.
    pub(crate) instead: Option<ConsumerError>,
}

/// The last record seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    None,
    /// A record of a bare file, which has no number.
    Bare,
    /// Its number and its time: a recreated region counts from 1 again.
    Numbered(u64, BootTime),
}

impl Timeout {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self { limit, since: Monotonic::now(), last: Last::None, instead: None }
    }

    /// Whether there is a limit.
    pub(crate) fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// Restarts the timer if the record is a new one, or that of a bare file.
    pub(crate) fn saw(&mut self, publication: Option<Publication>) {
        let now = publication
            .map_or(Last::Bare, |record| Last::Numbered(record.sequence, record.published_at));
        if now == Last::Bare || now != self.last {
            self.last = now;
            self.since = Monotonic::now();
            self.instead = None;
        }
    }

    /// The number of the last record seen.
    pub(crate) fn sequence(&self) -> Option<u64> {
        match self.last {
            Last::Numbered(sequence, _) => Some(sequence),
            Last::None | Last::Bare => None,
        }
    }

    /// The smaller of `span` and the time left.
    pub(crate) fn shorten(&self, span: Duration) -> Duration {
        let Some(limit) = self.limit else { return span };
        span.min(limit.saturating_sub(Monotonic::now().since(self.since)))
    }

    /// An error if the time has expired.
    pub(crate) fn check(&mut self, link: &Link) -> Result<(), ConsumerError> {
        let Some(limit) = self.limit else { return Ok(()) };
        if Monotonic::now().since(self.since) < limit {
            return Ok(());
        }
        if let Some(error) = self.instead.take() {
            return Err(error.in_time(limit));
        }
        let what = match self.last {
            Last::None if link.is_attached() => TimedOut::Value,
            Last::None => TimedOut::Region,
            _ => TimedOut::Record,
        };
        Err(Kind::TimeOver { path: link.path(), what, limit }.into())
    }
}
