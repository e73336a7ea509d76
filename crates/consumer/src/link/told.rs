//! What has been reported, so that each change is reported once.

use region::State;

use crate::notice::Writer;

/// The last word on each subject.
#[derive(Debug, Default)]
pub(super) struct Told {
    file: Option<FileIs>,
    /// What is at the path cannot be read, by the message.
    path_trouble: Option<String>,
    /// What is attached cannot be read, by the message.
    read_trouble: Option<String>,
    writer: Option<Writer>,
    /// An ended writer seems to run again, seen once.
    doubt: bool,
}

/// What was said about the file; nothing while all is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileIs {
    /// Not there yet.
    Awaited,
    /// Without a name by now.
    Missing,
    /// Cut short: nothing more is read from it.
    Cut,
}

impl Told {
    /// A fresh start with another file, whose writer is known.
    pub(super) fn start_over(&mut self, writer: Option<Writer>) {
        *self = Self { writer, ..Self::default() };
    }

    /// Is `now` something to say? It then counts as said.
    pub(super) fn is_news(&mut self, now: Writer) -> bool {
        let Some(old) = self.writer else {
            self.writer = Some(now);
            return now.state != State::Live;
        };
        let other_epoch = old.epoch != now.epoch;
        if old.state == now.state && !other_epoch {
            self.doubt = false;
            return false;
        }
        // A writer that takes over an ended region holds the lock before it raises the epoch, and
        // raises the epoch before it says "live": what is half done now is done at the next look.
        // A region that stays ended in a higher epoch had a writer that came and went unseen.
        let half_done =
            !runs(old.state) && if runs(now.state) { !other_epoch } else { old.state == now.state };
        if half_done && !self.doubt {
            self.doubt = true;
            return false;
        }
        self.doubt = false;
        self.writer = Some(now);
        true
    }

    /// Nothing is wrong, and `now` is the writer that everybody knows of.
    pub(super) fn is_calm(&self, now: Option<Writer>) -> bool {
        let known = match (self.writer, now) {
            (Some(told), Some(now)) => now.state == State::Live && told == now,
            (told, now) => told.is_none() && now.is_none(),
        };
        known && self.file.is_none() && self.path_trouble.is_none()
    }

    /// Is it news that there is no region yet?
    pub(super) fn is_wait_news(&mut self) -> bool {
        self.file.replace(FileIs::Awaited) != Some(FileIs::Awaited)
    }

    /// Is it news that the file has lost its name? One that was cut is lost already.
    pub(super) fn is_missing_news(&mut self) -> bool {
        self.path_trouble = None;
        self.file.is_none() && {
            self.file = Some(FileIs::Missing);
            true
        }
    }

    /// Is it news that the path names the attached file?
    pub(super) fn is_found_news(&mut self) -> bool {
        self.path_trouble = None;
        self.file == Some(FileIs::Missing) && {
            self.file = None;
            true
        }
    }

    /// Is it news that the file was cut short?
    pub(super) fn is_cut_news(&mut self) -> bool {
        self.file.replace(FileIs::Cut) != Some(FileIs::Cut)
    }

    /// Was it said that the region is waited for?
    pub(super) fn waits(&self) -> bool {
        self.file == Some(FileIs::Awaited)
    }

    /// Was it said that the file was cut short?
    pub(super) fn is_cut(&self) -> bool {
        self.file == Some(FileIs::Cut)
    }

    /// Is it news that the path cannot be read?
    pub(super) fn is_path_trouble_news(&mut self, message: String) -> bool {
        self.path_trouble.as_ref() != Some(&message) && {
            self.path_trouble = Some(message);
            true
        }
    }

    /// Is it news that the attached region cannot be read?
    pub(super) fn is_read_trouble_news(&mut self, message: String) -> bool {
        self.read_trouble.as_ref() != Some(&message) && {
            self.read_trouble = Some(message);
            true
        }
    }

    pub(super) fn reading_is_fine(&mut self) {
        self.read_trouble = None;
    }

    /// Can the attached region be read, as far as is known?
    pub(super) fn is_readable(&self) -> bool {
        !self.is_cut() && self.read_trouble.is_none()
    }
}

/// Does a writer in this state hold the region?
fn runs(state: State) -> bool {
    matches!(state, State::Live | State::Stalled)
}

#[cfg(test)]
mod tests {
    use region::State::{self, Closed, Dead, Live, Stalled};

    use super::{Told, Writer};

    fn said(seen: &[(State, u64)]) -> Vec<(State, u64)> {
        let mut told = Told::default();
        let writer = |&(state, epoch): &(State, u64)| Writer { state, epoch, pid: 1 };
        seen.iter().filter(|now| told.is_news(writer(now))).copied().collect()
    }

    #[test]
    fn a_live_writer_at_the_start_is_no_news_and_any_other_is() {
        assert_eq!(said(&[(Live, 1), (Live, 1)]), []);
        assert_eq!(said(&[(Dead, 1), (Dead, 1)]), [(Dead, 1)]);
    }

    #[test]
    fn each_change_is_said_once() {
        let seen = [(Live, 1), (Stalled, 1), (Stalled, 1), (Live, 1), (Dead, 1), (Dead, 1)];
        assert_eq!(said(&seen), [(Stalled, 1), (Live, 1), (Dead, 1)]);
    }

    #[test]
    fn a_writer_that_took_over_unnoticed_is_said() {
        assert_eq!(said(&[(Live, 1), (Live, 2), (Live, 2)]), [(Live, 2)]);
    }

    #[test]
    fn a_take_over_half_done_is_said_once_when_it_is_done() {
        let raised_first = [(Closed, 1), (Closed, 2), (Live, 2)];
        assert_eq!(said(&raised_first), [(Closed, 1), (Live, 2)]);
        let locked_first = [(Dead, 1), (Stalled, 1), (Live, 2)];
        assert_eq!(said(&locked_first), [(Dead, 1), (Live, 2)]);
    }

    #[test]
    fn a_writer_that_came_and_went_unseen_is_said_at_the_second_look() {
        let seen = [(Dead, 1), (Dead, 2), (Dead, 2), (Dead, 2), (Live, 3)];
        assert_eq!(said(&seen), [(Dead, 1), (Dead, 2), (Live, 3)]);
        let seen = [(Closed, 1), (Closed, 2), (Closed, 2), (Closed, 2)];
        assert_eq!(said(&seen), [(Closed, 1), (Closed, 2)]);
    }

    #[test]
    fn a_writer_that_never_raises_the_epoch_is_said_at_the_second_look() {
        assert_eq!(said(&[(Dead, 1), (Live, 1), (Live, 1)]), [(Dead, 1), (Live, 1)]);
    }

    #[test]
    fn the_same_trouble_is_news_once_and_again_after_it_went_away() {
        let mut told = Told::default();
        assert!(told.is_path_trouble_news("a".into()));
        assert!(!told.is_path_trouble_news("a".into()));
        assert!(told.is_path_trouble_news("b".into()));
        assert!(!told.is_found_news(), "it was not missing");
        assert!(told.is_path_trouble_news("b".into()));
    }
}
