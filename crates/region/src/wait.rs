//! Sleeping until the writer publishes: `FUTEX_WAIT` on the low half of head.
//!
//! It works on a read-only mapping of a read-only descriptor, across users and sandboxes; only
//! the process-private form does not. One way costs about 28 us against 0.15 us for spinning, and
//! a wake without sleepers costs the writer 0.15 us.

use crate::mapping::FutexWord;
use rustix::io::Errno;
use rustix::thread::futex::{self, Flags};
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
