//! The limit on messages that something outside the program can cause again and again.
//!
//! Invariant: at most [`MOST`] events of one place in the source about one subject are logged in each
//! [`WINDOW`]. Those beyond are counted, and reported in one message with the text of the first of them.
//! `debug` and `trace`, which are off by default, are not limited.
//!
//! Price: a look into a map for each event; an entry for each place and subject of the last [`WINDOW`].

use std::collections::HashMap;
use std::time::Duration;

use tracing::callsite::Identifier;
use tracing::{Level, Metadata};

use super::REPORT_TARGET;
use super::entry::{Entry, Subject};
use crate::rate_limit::RateLimit;
use crate::ticks::Monotonic;

/// More than a healthy program logs at its start or while many regions change; ten a second, if that is
/// permanent.
const MOST: u32 = 1000;
/// The time in which events are counted.
const WINDOW: Duration = Duration::from_secs(100);

/// The events of all kinds that were logged lately.
#[derive(Debug, Default)]
pub(super) struct Limits {
    kinds: HashMap<(Identifier, Option<Subject>), Kind>,
    /// Whether any kind has events that were held back.
    is_holding: bool,
}

/// The events of one place about one subject.
#[derive(Debug)]
struct Kind {
    limit: RateLimit,
    /// The first event that was held back.
    first: Option<Entry>,
}

impl Limits {
    /// Returns what is logged of an event at the place `meta`: nothing if it is held back, else `entry`,
    /// after the report of those held back before it.
    pub(super) fn pass(&mut self, meta: &Metadata<'_>, entry: Entry, now: Monotonic) -> Vec<Entry> {
        if *meta.level() > Level::INFO || meta.target() == REPORT_TARGET {
            return vec![entry];
        }
        let kind = self.kind((meta.callsite(), entry.subject.clone()), now);
        if let Some(held) = kind.limit.pass(now) {
            return kind.report(held).into_iter().chain([entry]).collect();
        }
        kind.first.get_or_insert(entry);
        self.is_holding = true;
        Vec::new()
    }

    /// Reports of the kinds whose window is over, or of all at the `end` of the process.
    pub(super) fn overdue(&mut self, now: Monotonic, end: End) -> Vec<Entry> {
        let is_due = |kind: &Kind| end == End::Now || kind.limit.is_over(now);
        let due = self.kinds.values_mut().filter(|kind| is_due(kind));
        let reports = due.filter_map(|kind| {
            let held = kind.limit.take_suppressed();
            kind.report(held)
        });
        let reports = reports.collect();
        self.is_holding = self.kinds.values().any(|kind| kind.first.is_some());
        reports
    }

    /// Whether [`overdue`](Self::overdue) may have something to report.
    pub(super) fn is_holding(&self) -> bool {
        self.is_holding
    }

    fn kind(&mut self, key: (Identifier, Option<Subject>), now: Monotonic) -> &mut Kind {
        if !self.kinds.contains_key(&key) {
            // Subjects come and go: a directory of configurations is read again.
            self.kinds.retain(|_, kind| kind.first.is_some() || !kind.limit.is_over(now));
        }
        let new = || Kind { limit: RateLimit::new(MOST, WINDOW), first: None };
        self.kinds.entry(key).or_insert_with(new)
    }
}

/// Whether the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Now,
    NotYet,
}

impl Kind {
    fn report(&mut self, held: u64) -> Option<Entry> {
        self.first.take().map(|first| first.held_back(held))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::logged;
    use super::super::text::Palette;
    use super::super::{Format, about};
    use super::MOST;

    /// The messages of `events`.
    fn messages(events: impl FnOnce()) -> Vec<String> {
        let text = logged(Format::Text(Palette::Plain), events);
        text.lines().map(|line| line.split_once(": ").expect("a message").1.to_owned()).collect()
    }

    #[test]
    fn a_flood_from_one_place_is_limited_and_others_are_still_logged() {
        let count = u64::from(MOST) + 7;
        let lines = messages(|| {
            for number in 1..=count {
                tracing::warn!("line {number} is bad");
            }
            tracing::warn!("another");
        });
        assert_eq!(lines.len() as u64, u64::from(MOST) + 2, "{:?}", lines.last());
        let (last, rest) = lines.split_last().expect("lines");
        assert_eq!(last, "7 more messages like this one were not logged: line 1001 is bad");
        assert_eq!(rest.last().expect("more"), "another");
    }

    #[test]
    fn a_flood_about_one_subject_hides_no_message_about_another() {
        let lines = messages(|| {
            for (subject, count) in [("a", MOST + 2), ("b", 1)] {
                about(subject).in_scope(|| (0..count).for_each(|_| tracing::warn!("is bad")));
            }
        });
        assert_eq!(lines.len() as u64, u64::from(MOST) + 2, "{:?}", lines.last());
        let report = "2 more messages like this one were not logged: a: is bad";
        assert_eq!(lines[MOST as usize..], ["b: is bad", report]);
    }

    #[test]
    fn what_is_for_developers_is_not_limited() {
        let count = MOST as usize + 1;
        assert_eq!(messages(|| (0..count).for_each(|_| tracing::debug!("x"))).len(), count);
    }
}
