//! What has been reported of a region, so that each change is reported once.

use crate::error::{RegionError, RegionErrorKind};
use crate::reader::DynReader;
use crate::state::State;

/// A writer at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    state: State,
    epoch: u64,
}

impl Seen {
    pub(super) fn of(reader: &DynReader) -> Self {
        Self { state: reader.state(), epoch: reader.epoch() }
    }
}

/// What is wrong with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileIs {
    /// Its name is gone.
    Missing,
    /// Cut short: nothing is read from it until it is whole again.
    Cut,
}

/// The last report on each subject.
#[derive(Debug, Default)]
pub(super) struct Reported {
    file: Option<FileIs>,
    /// Why the file at the name cannot be attached.
    name_error: Option<String>,
    /// Why the attached file cannot be read.
    read_error: Option<String>,
    writer: Option<Seen>,
    /// An ended writer seems to run again, seen once.
    doubt: bool,
    /// The lineage of a file that was attached, to be reported.
    lineage: Option<u64>,
}

/// Sets `last` to `now`; returns whether that is another value.
fn changes<T: PartialEq>(last: &mut Option<T>, now: T) -> bool {
    let is_other = last.as_ref() != Some(&now);
    *last = Some(now);
    is_other
}

impl Reported {
    /// Nothing yet of a file that was attached in place of one with lineage `old`.
    pub(super) fn of_successor(old: Option<u64>, new: Option<u64>) -> Self {
        Self { lineage: new.filter(|_| new != old), ..Self::default() }
    }

    /// The lineage to report, if the records are of another one from now on.
    pub(super) fn lineage_news(&mut self) -> Option<u64> {
        self.lineage.take()
    }

    /// Whether nothing is wrong with the file and its writer, as far as has been reported.
    pub(super) fn is_calm(&self) -> bool {
        self.file.is_none()
            && self.name_error.is_none()
            && self.writer.is_none_or(|writer| writer.state == State::Live)
    }

    pub(super) fn is_cut(&self) -> bool {
        self.file == Some(FileIs::Cut)
    }

    /// Whether the attached file can be read, as far as is known.
    pub(super) fn is_readable(&self) -> bool {
        !self.is_cut() && self.read_error.is_none()
    }

    /// Whether to report that the file was cut short.
    pub(super) fn is_cut_news(&mut self) -> bool {
        changes(&mut self.file, FileIs::Cut)
    }

    /// Whether to report that the file has lost its name. Not if it was cut before.
    pub(super) fn is_missing_news(&mut self) -> bool {
        self.name_error = None;
        !self.is_cut() && changes(&mut self.file, FileIs::Missing)
    }

    /// Whether to report that the file has its name again, or the bytes that a cut took away.
    pub(super) fn is_back_news(&mut self) -> bool {
        self.name_error = None;
        self.file.take().is_some()
    }

    /// Whether to report that the file at the name cannot be attached.
    pub(super) fn is_name_error_news(&mut self, error: &RegionError) -> bool {
        // A bare file that was cut has the wrong size until its program makes it whole again.
        let is_expected =
            self.is_cut() && matches!(error.kind(), RegionErrorKind::NotThisRecord { .. });
        !is_expected && changes(&mut self.name_error, error.to_string())
    }

    /// Whether to report that the attached file cannot be read.
    pub(super) fn is_read_error_news(&mut self, error: &RegionError) -> bool {
        changes(&mut self.read_error, error.to_string())
    }

    /// The attached file was read.
    #[inline]
    pub(super) fn readable(&mut self) {
        self.read_error = None;
    }

    /// The state in `now` if it is to be reported. A live writer at the start is not, nor is the
    /// writer line of a file that was cut, which reads as zeros.
    pub(super) fn writer_news(&mut self, now: Seen) -> Option<State> {
        if self.is_cut() {
            return None;
        }
        let Some(last) = self.writer else {
            self.writer = Some(now);
            return (now.state != State::Live).then_some(now.state);
        };
        let is_news = last != now && (self.doubt || !is_half_done(last, now));
        self.doubt = last != now && !is_news;
        if is_news {
            self.writer = Some(now);
        }
        is_news.then_some(now.state)
    }
}

/// Whether a take-over may be in progress between `last` and `now`.
///
/// The next writer locks an ended region before it raises the epoch, and raises the epoch before it
/// marks the region live: the next look shows it done. A region that stays ended at a higher epoch
/// had a writer that came and went.
fn is_half_done(last: Seen, now: Seen) -> bool {
    !runs(last.state)
        && if runs(now.state) { last.epoch == now.epoch } else { last.state == now.state }
}

/// Whether the writer runs, as far as a reader can see.
fn runs(state: State) -> bool {
    matches!(state, State::Live | State::Stalled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::RegionErrorKind as Kind;
    use State::{Closed, Dead, Live, Stalled};
    use std::path::Path;

    fn reported(seen: &[(State, u64)]) -> Vec<(State, u64)> {
        let mut reported = Reported::default();
        let is_news = |&&(state, epoch): &&(State, u64)| {
            reported.writer_news(Seen { state, epoch }) == Some(state)
        };
        seen.iter().filter(is_news).copied().collect()
    }

    #[test]
    fn only_a_live_writer_at_the_start_is_not_reported() {
        assert_eq!(reported(&[(Live, 1), (Live, 1)]), []);
        assert_eq!(reported(&[(Dead, 1), (Dead, 1)]), [(Dead, 1)]);
        assert_eq!(reported(&[(Closed, 4)]), [(Closed, 4)]);
    }

    #[test]
    fn each_change_is_reported_once() {
        let seen = [(Live, 1), (Stalled, 1), (Stalled, 1), (Live, 1), (Dead, 1), (Dead, 1)];
        assert_eq!(reported(&seen), [(Stalled, 1), (Live, 1), (Dead, 1)]);
    }

    #[test]
    fn a_writer_that_took_over_unnoticed_is_reported() {
        assert_eq!(reported(&[(Live, 1), (Live, 2), (Live, 2)]), [(Live, 2)]);
    }

    #[test]
    fn a_take_over_is_reported_once_and_only_when_complete() {
        let raised_first = [(Closed, 1), (Closed, 2), (Live, 2)];
        assert_eq!(reported(&raised_first), [(Closed, 1), (Live, 2)]);
        let locked_first = [(Dead, 1), (Stalled, 1), (Live, 2)];
        assert_eq!(reported(&locked_first), [(Dead, 1), (Live, 2)]);
    }

    #[test]
    fn an_unseen_writer_is_reported_at_the_second_check() {
        let seen = [(Dead, 1), (Dead, 2), (Dead, 2), (Dead, 2), (Live, 3)];
        assert_eq!(reported(&seen), [(Dead, 1), (Dead, 2), (Live, 3)]);
        let seen = [(Closed, 1), (Closed, 2), (Closed, 2), (Closed, 2)];
        assert_eq!(reported(&seen), [(Closed, 1), (Closed, 2)]);
    }

    #[test]
    fn a_writer_that_never_raises_the_epoch_is_reported_at_the_second_check() {
        assert_eq!(reported(&[(Dead, 1), (Live, 1), (Live, 1)]), [(Dead, 1), (Live, 1)]);
    }

    #[test]
    fn an_error_is_reported_once_and_again_after_the_name_was_found() {
        let error = |kind| RegionError::new(Path::new("x"), kind);
        let (text, damaged) = (error(Kind::NotARegion), error(Kind::Damaged("x".into())));
        let mut reported = Reported::default();
        assert!(reported.is_name_error_news(&text));
        assert!(!reported.is_name_error_news(&text));
        assert!(reported.is_name_error_news(&damaged));
        assert!(!reported.is_back_news(), "it was not missing");
        assert!(reported.is_name_error_news(&damaged));
    }

    #[test]
    fn a_file_that_was_cut_is_neither_missing_nor_of_the_wrong_size() {
        let mut reported = Reported::default();
        assert!(reported.is_missing_news() && !reported.is_missing_news());
        assert!(reported.is_cut_news() && !reported.is_cut_news());
        let short =
            RegionError::new(Path::new("x"), Kind::NotThisRecord { want: 8, count: 1, have: 4 });
        assert!(!reported.is_missing_news() && !reported.is_name_error_news(&short));
        assert!(reported.is_cut());
        assert!(reported.is_back_news() && !reported.is_cut() && !reported.is_back_news());
    }
}
