//! `input_deadline`: how long the input may be silent.
//!
//! Invariant: with a deadline, nothing but a good line is a sign of life. Readers call a region
//! stalled that showed none for three periods, and the period is a third of the deadline: they see
//! it at the deadline, and the log says so once.

use std::time::Duration;

use daemon::Monotonic;

/// The deadline for the next good line.
#[derive(Debug)]
pub(super) struct InputDeadline {
    /// `None`: the input may be silent.
    limit: Option<Duration>,
    /// When a good line was read, or the producer started.
    last: Monotonic,
    /// Whether it was logged that the deadline has passed.
    is_logged: bool,
}

impl InputDeadline {
    pub(super) fn new(limit: Option<Duration>, now: Monotonic) -> Self {
        Self { limit, last: now, is_logged: false }
    }

    /// Another limit from now on.
    pub(super) fn change(&mut self, limit: Option<Duration>) {
        self.limit = limit;
    }

    /// When to log that the deadline has passed; `None`: there is none, or that is done.
    pub(super) fn due(&self) -> Option<Monotonic> {
        let limit = self.limit.filter(|_| !self.is_logged)?;
        Some(self.last.after(limit))
    }

    /// Whether the deadline has passed.
    pub(super) fn is_over(&self, now: Monotonic) -> bool {
        self.limit.is_some_and(|limit| now.since(self.last) >= limit)
    }

    /// The limit, if it has passed and that is not logged yet.
    pub(super) fn take(&mut self, now: Monotonic) -> Option<Duration> {
        let limit = self.limit.filter(|_| !self.is_logged && self.is_over(now))?;
        self.is_logged = true;
        Some(limit)
    }

    /// A good line was read at `at`. `true`: it was logged that there was none.
    pub(super) fn renew(&mut self, at: Monotonic) -> bool {
        self.last = at;
        std::mem::take(&mut self.is_logged)
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, InputDeadline, Monotonic};

    const LIMIT: Duration = Duration::from_nanos(10);

    fn at(nanos: u64) -> Monotonic {
        Monotonic::from_nanos(nanos)
    }

    #[test]
    fn a_deadline_that_has_passed_is_reported_once_until_the_next_line() {
        let mut deadline = InputDeadline::new(Some(LIMIT), at(100));
        assert_eq!((deadline.due(), deadline.take(at(109))), (Some(at(110)), None));
        assert_eq!((deadline.take(at(110)), deadline.take(at(120))), (Some(LIMIT), None));
        assert_eq!((deadline.due(), deadline.is_over(at(120))), (None, true));
        assert!(deadline.renew(at(130)) && !deadline.renew(at(131)));
        assert_eq!((deadline.due(), deadline.is_over(at(140))), (Some(at(141)), false));
        assert_eq!(deadline.take(at(141)), Some(LIMIT));
    }

    #[test]
    fn without_a_deadline_the_input_may_be_silent() {
        let mut deadline = InputDeadline::new(None, at(0));
        let later = at(u64::MAX);
        assert!(deadline.due().is_none() && !deadline.is_over(later));
        assert!(deadline.take(later).is_none());
    }
}
