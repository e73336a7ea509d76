//! When to ask another host again.
//!
//! ```text
//!   100 ms, 5 times; then 0.2, 0.4 ... 2 s, each longer by up to a quarter, so that hosts do not ask in step
//! ```

use std::time::Duration;

use daemon::Monotonic;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(2);
/// Attempts before the pauses grow: a query that comes just after a reconnect may be answered by no one.
const QUICK: u32 = 5;

/// The attempts to get one thing.
#[derive(Debug)]
pub(super) struct Pull {
    tries: u32,
    /// When the pause after the last attempt ends, and when it would if it were the first.
    next: Monotonic,
    soon: Monotonic,
    /// How much was missing at the last attempt.
    missing: usize,
}

impl Pull {
    /// None yet: the first is due at once.
    pub(super) fn new() -> Self {
        let now = Monotonic::from_nanos(0);
        Self { tries: 0, next: now, soon: now, missing: 0 }
    }

    /// Whether to ask at `now` for so much that is `missing`; if so, the pause to the next attempt begins. Pauses do
    /// not grow while some of it comes, and what is missing since the last attempt does not wait for a long one to end:
    /// what was asked for then may never come.
    pub(super) fn take(&mut self, now: Monotonic, missing: usize) -> bool {
        let due = if missing > self.missing { self.soon } else { self.next };
        if now < due {
            return false;
        }
        if missing != self.missing {
            self.tries = 0;
        }
        self.missing = missing;
        let pause =
            FIRST.saturating_mul(1 << self.tries.saturating_sub(QUICK - 1).min(8)).min(LONGEST);
        self.tries = self.tries.saturating_add(1);
        let longer = 1.0 + fastrand::f64() / 4.0;
        self.next = now.after(pause.mul_f64(longer));
        self.soon = now.after(FIRST.mul_f64(longer));
        true
    }

    /// It came, or is not wanted any more.
    pub(super) fn reset(&mut self) {
        self.tries = 0;
        self.missing = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_are_short_at_first_and_never_longer_than_the_longest() {
        let mut pull = Pull::new();
        let mut now = Monotonic::from_nanos(0);
        let mut pauses = Vec::new();
        for _ in 0..20 {
            assert!(pull.take(now, 3) && !pull.take(now, 3));
            pauses.push(pull.next.since(now));
            now = pull.next;
        }
        let is_about =
            |pause: &Duration, least: Duration| (least..=least.mul_f64(1.25)).contains(pause);
        assert!(pauses[..5].iter().all(|pause| is_about(pause, FIRST)), "{pauses:?}");
        assert!(is_about(&pauses[5], 2 * FIRST) && is_about(&pauses[6], 4 * FIRST), "{pauses:?}");
        assert!(pauses[10..].iter().all(|pause| is_about(pause, LONGEST)), "{pauses:?}");
        assert!(pull.take(now, 2), "one of three has come");
        assert!(is_about(&pull.next.since(now), FIRST));
        now = pull.next;
        pull.reset();
        assert!(pull.take(now, 2) && is_about(&pull.next.since(now), FIRST));
    }

    #[test]
    fn what_is_missing_later_is_not_asked_for_later_because_of_what_never_comes() {
        let mut pull = Pull::new();
        let mut now = Monotonic::from_nanos(0);
        for _ in 0..20 {
            assert!(pull.take(now, 1));
            now = pull.next;
        }
        assert!(pull.take(now, 1) && pull.next.since(now) >= LONGEST);
        let later = now.after(FIRST.mul_f64(1.25));
        assert!(!pull.take(now, 2), "there is a pause between any two attempts");
        assert!(!pull.take(later, 1) && pull.take(later, 2));
        assert!(pull.next.since(later) < 2 * FIRST, "the pauses begin anew");
        let mut pull = Pull { next: now.after(LONGEST), soon: later, missing: 1, ..pull };
        pull.reset();
        assert!(pull.take(later, 1), "all of it came meanwhile");
    }
}
