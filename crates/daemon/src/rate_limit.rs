//! Limits how often the same kind of message is logged.
//!
//! Invariant: at most `limit` messages pass in each window of time. The next message that passes
//! reports how many were suppressed before it.

use std::time::Duration;

use crate::ticks::Monotonic;

/// The limit for one kind of message.
#[derive(Debug)]
pub struct RateLimit {
    limit: u32,
    window: Duration,
    began: Option<Monotonic>,
    passed: u32,
    suppressed: u64,
}

impl RateLimit {
    /// At most `limit` messages in each `window`.
    pub const fn new(limit: u32, window: Duration) -> Self {
        Self { limit, window, began: None, passed: 0, suppressed: 0 }
    }

    /// Returns the number of messages suppressed before this one if it may be logged, else `None`.
    pub fn pass(&mut self, now: Monotonic) -> Option<u64> {
        if self.is_over(now) {
            self.began = Some(now);
            self.passed = 0;
        }
        if self.passed >= self.limit {
            self.suppressed += 1;
            return None;
        }
        self.passed += 1;
        Some(self.take_suppressed())
    }

    /// Whether the next message begins a new window.
    pub(crate) fn is_over(&self, now: Monotonic) -> bool {
        self.began.is_none_or(|began| now.since(began) >= self.window)
    }

    /// Returns the number of messages suppressed since it was last returned.
    pub(crate) fn take_suppressed(&mut self) -> u64 {
        std::mem::take(&mut self.suppressed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::ticks::Monotonic;

    use super::RateLimit;

    #[test]
    fn messages_beyond_the_limit_are_suppressed_and_counted() {
        let mut limit = RateLimit::new(2, Duration::from_secs(10));
        let at = |second: u64| Monotonic::from_nanos(second * 1_000_000_000);
        assert_eq!(limit.pass(at(100)), Some(0));
        assert_eq!(limit.pass(at(101)), Some(0));
        assert_eq!([102, 103, 109].map(|second| limit.pass(at(second))), [None; 3]);
        assert_eq!(limit.pass(at(110)), Some(3), "a new window reports what was suppressed");
        assert_eq!(limit.pass(at(111)), Some(0));
        assert_eq!(limit.pass(at(112)), None);
    }
}
