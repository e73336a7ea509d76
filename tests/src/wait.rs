//! Waiting with a deadline.

use std::time::{Duration, Instant};

/// How long a test waits before it fails. A deadline, not a measurement: a busy machine must not
/// fail a test.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// Calls `ready` every few milliseconds until it returns true.
///
/// # Panics
/// After [`DEADLINE`], naming `what`.
#[track_caller]
pub fn wait_until(what: &str, mut ready: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !ready() {
        assert!(Instant::now() < deadline, "not within {DEADLINE:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
