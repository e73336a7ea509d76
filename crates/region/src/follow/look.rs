//! When to check the writer of a region and its name, and the result of a check.
//!
//! The writer line is compared at each call, without a system call. A writer that was killed leaves it
//! as it is, and so does another file that takes the name: the clock decides about those.

use super::reported::Seen;
use super::source::Followed;
use crate::clock::BootTime;
use crate::reader::DynReader;
use crate::writer_status::WriterStatus;
use layout::header::StateWord;
use std::time::Duration;

/// Longest time between two looks.
const LOOK: Duration = Duration::from_millis(250);
/// Shortest time between two looks while something is wrong.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Long ago.
const NEVER: BootTime = BootTime::from_nanos(0);

/// What a look shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// `None`: the file has no writer status.
    pub(super) writer: Option<Seen>,
}

#[derive(Debug)]
pub(super) struct LookTimer {
    /// Longest time between two looks.
    pub(super) every: Duration,
    last: BootTime,
    /// The writer line at the last look.
    line: Option<(StateWord, u64)>,
}

impl Default for LookTimer {
    fn default() -> Self {
        Self { every: LOOK, last: NEVER, line: None }
    }
}

impl LookTimer {
    /// Makes the next look due.
    pub(super) fn hurry(&mut self) {
        self.last = NEVER;
    }

    /// Looks at the writer if that is due.
    pub(super) fn look(&mut self, source: &impl Followed, is_calm: bool) -> Option<Look> {
        let (line, now) = (source.region().map(mark_and_epoch), BootTime::now());
        let every = if is_calm { self.every } else { LOOK_AGAIN.min(self.every) };
        if line == self.line && now.since(self.last) < every {
            return None;
        }
        (self.line, self.last) = (line, now);
        Some(Look { writer: source.region().map(Seen::of) })
    }
}

/// What the writer has written about itself.
fn mark_and_epoch(region: &DynReader) -> (StateWord, u64) {
    let status = WriterStatus::of(region.mapped());
    (status.mark(), status.epoch())
}
