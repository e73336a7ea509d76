//! A limit on how often the same kind of message is written.
//!
//! Invariant: in any window of time at most so many messages pass, and the first one after a
//! silence says how many were held back. Nothing is lost from the counts in the end message.

use std::time::Duration;

use crate::ticks::Monotonic;

/// The limit for one kind of message.
#[derive(Debug)]
pub struct Calm {
    most: u32,
    window: Duration,
    began: Option<Monotonic>,
    passed: u32,
    held: u64,
}

impl Calm {
    /// At most `most` messages in each `window`.
    pub fn new(most: u32, window: Duration) -> Self {
        Self { most, window, began: None, passed: 0, held: 0 }
    }

    /// Whether a message may be written now: the number of those held back before it, or `None`.
    pub fn pass(&mut self, now: Monotonic) -> Option<u64> {
        if self.began.is_none_or(|began| now.since(began) >= self.window) {
            self.began = Some(now);
            self.passed = 0;
        }
        if self.passed >= self.most {
            self.held += 1;
            return None;
        }
        self.passed += 1;
        Some(std::mem::take(&mut self.held))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::ticks::Monotonic;

    use super::Calm;

    #[test]
    fn a_flood_is_held_back_and_counted() {
        let mut calm = Calm::new(2, Duration::from_secs(10));
        let at = |second: u64| Monotonic::from_nanos(second * 1_000_000_000);
        assert_eq!(calm.pass(at(100)), Some(0));
        assert_eq!(calm.pass(at(101)), Some(0));
        assert_eq!([102, 103, 109].map(|second| calm.pass(at(second))), [None; 3]);
        assert_eq!(calm.pass(at(110)), Some(3), "a new window says what was held back");
        assert_eq!(calm.pass(at(111)), Some(0));
        assert_eq!(calm.pass(at(112)), None);
    }
}
