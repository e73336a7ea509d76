//! Sleeping until the writer publishes: `FUTEX_WAIT` on the low half of head.
//!
//! It works on a read-only mapping of a read-only descriptor, across users and sandboxes; only
//! the process-private form does not. One way costs about 28 us against 0.15 us for spinning, and
//! a wake without sleepers costs the writer 0.15 us.

use crate::mapping::FutexWord;
use rustix::io::Errno;
use rustix::thread::futex::{self, Flags, WakeOp, WakeOpCmp};
use rustix::time::Timespec;
use std::time::Duration;

/// Why a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// The word has changed, a wake came, a signal was handled, or the time has expired: read
    /// again.
    LookAgain,
    /// The word's page is gone: the file was cut.
    Gone,
}

/// The futex word when head is `head`: its low 32 bits.
#[allow(clippy::cast_possible_truncation)] // that is the point
pub(crate) const fn futex_value(head: u64) -> u32 {
    head as u32
}

/// How long a reader sleeps where no wake can reach it.
const WITHOUT_WAKE: Duration = Duration::from_millis(1);

/// Sleeps where the writer does not wake, or this process may not call futex: 1 ms, `timeout` at the
/// most.
pub(crate) fn sleep_without_wake(timeout: Duration) {
    std::thread::sleep(timeout.min(WITHOUT_WAKE));
}

/// Sleeps while the word is `expected`, `timeout` at the most.
pub(crate) fn wait(word: &FutexWord, expected: u32, timeout: Duration) -> Woken {
    let limit = Timespec {
        tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    };
    match futex::wait(word, Flags::empty(), expected, Some(&limit)) {
        Err(Errno::FAULT) => Woken::Gone,
        // A sandbox refuses the call: without a sleep the caller's loop would spin.
        Err(Errno::NOSYS | Errno::PERM) => {
            sleep_without_wake(timeout);
            Woken::LookAgain
        }
        // EAGAIN, EINTR, ETIMEDOUT: each means "look".
        Ok(()) | Err(_) => Woken::LookAgain,
    }
}

/// Wakes all readers that sleep on the word.
#[inline]
pub(crate) fn wake_all(word: &FutexWord) {
    const ALL: u32 = i32::MAX.cast_unsigned();
    // EFAULT on a file that was cut is what the guard reports; where the call is refused, readers
    // look without a wake.
    let _ = futex::wake(word, Flags::empty(), ALL);
}

/// Wakes all readers that sleep on either word, by one system call; the second has `value`, and keeps
/// it.
///
/// 220 ns without sleepers, where a wake of one word takes 130 ns and two take 260 ns.
#[inline]
pub(crate) fn wake_both(first: &FutexWord, second: &FutexWord, value: u32) {
    const ALL: u32 = i32::MAX.cast_unsigned();
    // The kernel wakes the second if its comparison with 0 is true. It always is: only this writer
    // stores there, and `value` is what it has stored.
    let is_zero = if value == 0 { WakeOpCmp::Eq } else { WakeOpCmp::Ne };
    let none = Flags::empty();
    // As in `wake_all`.
    let _ = futex::wake_op(first, none, ALL, ALL, second, WakeOp::Or, is_zero, 0, 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    const DEADLINE: Duration = Duration::from_mins(1);

    #[test]
    fn one_call_wakes_those_who_sleep_on_either_word_and_changes_neither() {
        for value in [0, 1, u32::MAX] {
            let (first, second) = (FutexWord::new(7), FutexWord::new(value));
            let start = Instant::now();
            std::thread::scope(|scope| {
                let sleepers = [(&first, 7), (&second, value)]
                    .map(|(word, value)| scope.spawn(move || wait(word, value, DEADLINE)));
                // They may not sleep yet.
                while !sleepers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                    wake_both(&first, &second, value);
                    std::thread::yield_now();
                }
            });
            assert!(start.elapsed() < DEADLINE, "a sleeper of {value} was not woken");
            assert_eq!((first.into_inner(), second.into_inner()), (7, value));
        }
    }
}
