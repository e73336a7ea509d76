//! The writer as it was last reported, so that each change is reported once.

use crate::reader::DynReader;
use crate::state::State;

/// A writer at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) state: State,
    epoch: u64,
}

impl Seen {
    pub(super) fn of(reader: &DynReader) -> Self {
        Self { state: reader.state(), epoch: reader.epoch() }
    }
}

/// What was reported last.
#[derive(Debug, Default)]
pub(super) struct WriterWatch {
    last: Option<Seen>,
    /// An ended writer seems to run again, seen once.
    doubt: bool,
}

impl WriterWatch {
    /// Another file is followed, whose writer has not been reported.
    pub(super) fn start_over(&mut self) {
        *self = Self::default();
    }

    /// `seen` has been reported.
    pub(super) fn report(&mut self, seen: Seen) {
        self.last = Some(seen);
    }

    /// Is `now` to be reported? A live writer at the start is what everybody expects.
    pub(super) fn is_news(&mut self, now: Seen) -> bool {
        let Some(last) = self.last else {
            self.last = (now.state == State::Live).then_some(now);
            return self.last.is_none();
        };
        if last == now {
            self.doubt = false;
            return false;
        }
        // A writer that takes an ended region over holds the lock before it raises the epoch, and
        // raises the epoch before it marks the region live: a half-done take-over is done at the
        // next look. A region that stays ended at a higher epoch had a writer that came and went.
        let other_epoch = last.epoch != now.epoch;
        let is_half_done = !runs(last.state)
            && if runs(now.state) { !other_epoch } else { last.state == now.state };
        if is_half_done && !self.doubt {
            self.doubt = true;
            return false;
        }
        self.doubt = false;
        true
    }
}

/// Does the writer run, as far as a reader can tell?
fn runs(state: State) -> bool {
    matches!(state, State::Live | State::Stalled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(state: State, epoch: u64) -> Seen {
        Seen { state, epoch }
    }

    #[test]
    fn each_change_is_reported_once() {
        let mut watch = WriterWatch::default();
        assert!(!watch.is_news(seen(State::Live, 1)), "nothing has happened yet");
        assert!(watch.is_news(seen(State::Dead, 1)));
        watch.report(seen(State::Dead, 1));
        assert!(!watch.is_news(seen(State::Dead, 1)));
        assert!(watch.is_news(seen(State::Live, 2)));
        watch.report(seen(State::Live, 2));
        assert!(watch.is_news(seen(State::Live, 3)), "another writer");
    }

    #[test]
    fn a_region_whose_writer_has_ended_already_begins_with_that() {
        assert!(WriterWatch::default().is_news(seen(State::Closed, 4)));
    }

    #[test]
    fn a_take_over_that_is_half_done_is_reported_when_it_is_done() {
        let mut watch = WriterWatch::default();
        watch.report(seen(State::Closed, 1));
        assert!(!watch.is_news(seen(State::Stalled, 1)), "the lock is held, the epoch is old");
        assert!(watch.is_news(seen(State::Live, 2)));
        watch.report(seen(State::Closed, 1));
        assert!(!watch.is_news(seen(State::Closed, 2)), "the epoch is new, the mark is old");
        assert!(watch.is_news(seen(State::Closed, 2)), "it came and went");
    }
}
