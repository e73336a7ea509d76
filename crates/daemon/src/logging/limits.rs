//! The limit on messages that something outside the program can cause again and again.
//!
//! Invariant: at most [`MOST`] events of one place in the source are logged in each [`WINDOW`].
//! Those beyond are counted, and reported in one message with the text of the first of them. `debug`
//! and `trace`, which are off by default, are not limited.
//!
//! Price: a short list is searched for each event; nothing while nothing is held back.

use std::time::Duration;

use tracing::callsite::Identifier;
use tracing::{Level, Metadata};

use super::REPORT_TARGET;
use super::entry::Entry;
use crate::rate_limit::RateLimit;
use crate::ticks::Monotonic;

/// More than a healthy program logs at its start or while many regions change; ten a second, if that is
/// permanent.
const MOST: u32 = 1000;
/// The time in which events are counted.
const WINDOW: Duration = Duration::from_secs(100);

/// The events of all places that were logged so far.
#[derive(Debug, Default)]
pub(super) struct Limits {
    places: Vec<Place>,
    /// Whether any place has events that were held back.
    is_holding: bool,
}

/// The events of one place.
#[derive(Debug)]
struct Place {
    id: Identifier,
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
        let place = self.place(meta.callsite());
        if let Some(held) = place.limit.pass(now) {
            return place.report(held).into_iter().chain([entry]).collect();
        }
        place.first.get_or_insert(entry);
        self.is_holding = true;
        Vec::new()
    }

    /// Reports of the places whose window is over, or of all at the `end` of the process.
    pub(super) fn overdue(&mut self, now: Monotonic, end: End) -> Vec<Entry> {
        let is_due = |place: &Place| end == End::Now || place.limit.is_over(now);
        let due = self.places.iter_mut().filter(|place| is_due(place));
        let reports = due.filter_map(|place| {
            let held = place.limit.take_suppressed();
            place.report(held)
        });
        let reports = reports.collect();
        self.is_holding = self.places.iter().any(|place| place.first.is_some());
        reports
    }

    /// Whether [`overdue`](Self::overdue) may have something to report.
    pub(super) fn is_holding(&self) -> bool {
        self.is_holding
    }

    fn place(&mut self, id: Identifier) -> &mut Place {
        let index = self.places.iter().position(|place| place.id == id).unwrap_or_else(|| {
            let limit = RateLimit::new(MOST, WINDOW);
            self.places.push(Place { id, limit, first: None });
            self.places.len() - 1
        });
        &mut self.places[index]
    }
}

/// Whether the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Now,
    NotYet,
}

impl Place {
    fn report(&mut self, held: u64) -> Option<Entry> {
        self.first.take().map(|first| first.held_back(held))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::logged;
    use super::super::text::Palette;
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
    fn what_is_for_developers_is_not_limited() {
        let count = MOST as usize + 1;
        assert_eq!(messages(|| (0..count).for_each(|_| tracing::debug!("x"))).len(), count);
    }
}
