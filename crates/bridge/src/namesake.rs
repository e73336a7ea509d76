//! Another bridge that calls itself by the name of one.
//!
//! Invariant: a bridge that was started again is none, although what the one before has sent may still come for a moment.

use std::time::Duration;

use daemon::Monotonic;

/// Time over which another one has to be heard: what is under way for longer is lost.
const AT_LEAST: Duration = Duration::from_secs(2);
/// Silence after which it is gone.
const GONE: Duration = Duration::from_secs(5);

/// Whether another bridge of the same name is heard of.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Namesake {
    /// When it was heard first and last.
    heard: Option<(Monotonic, Monotonic)>,
}

impl Namesake {
    /// Records that it was heard at `now`.
    pub(crate) fn hear(&mut self, now: Monotonic) {
        let is_known = |last: Monotonic| now.since(last) < GONE;
        let first = self.heard.filter(|(_, last)| is_known(*last)).map_or(now, |(first, _)| first);
        self.heard = Some((first, now));
    }

    /// Whether it is there at `now`.
    pub(crate) fn is_there(&self, now: Monotonic) -> bool {
        self.heard
            .is_some_and(|(first, last)| last.since(first) >= AT_LEAST && now.since(last) < GONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_heard_for_a_moment_is_no_twin_and_what_is_silent_is_none_any_more() {
        let at = |millis: u64| Monotonic::from_nanos(millis * 1_000_000);
        let mut namesake = Namesake::default();
        for millis in [0, 500, 1000] {
            namesake.hear(at(millis));
        }
        assert!(!namesake.is_there(at(1000)) && !namesake.is_there(at(4000)));
        namesake.hear(at(2500));
        assert!(namesake.is_there(at(2500)) && !namesake.is_there(at(8000)));
        namesake.hear(at(9000));
        assert!(!namesake.is_there(at(9000)), "it came back a moment ago");
    }
}
