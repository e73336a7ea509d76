//! Waiting with a deadline.

use std::time::{Duration, Instant};

/// How long a test waits before it fails. A deadline and never a measure: a machine that builds
/// something else at the same time must not fail a test.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// Asks `ready` every few milliseconds until it says yes.
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
