//! Bad lines of input: counted, and logged up to a rate limit.

use std::time::Duration;

use daemon::{Monotonic, RateLimit};

use super::LineError;

/// The most bad lines that are logged per [`WINDOW`]; the others are counted.
const MOST: u32 = 100;
/// The time to which that limit applies.
const WINDOW: Duration = Duration::from_secs(10);

/// The bad lines of one producer.
#[derive(Debug)]
pub(crate) struct BadLines {
    count: u64,
    limit: RateLimit,
}

impl BadLines {
    /// No bad line yet.
    pub(crate) fn new() -> Self {
        Self { count: 0, limit: RateLimit::new(MOST, WINDOW) }
    }

    /// The number of bad lines.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Counts line `number`, and passes the message about it to `log`.
    pub(crate) fn note(&mut self, number: u64, error: &LineError, log: impl Fn(&str)) {
        self.count += 1;
        let Some(held) = self.limit.pass(Monotonic::now()) else { return };
        if held > 0 {
            log(&format!("{held} more bad lines were skipped without a message"));
        }
        log(&format!("line {number} skipped: {error}"));
    }
}
