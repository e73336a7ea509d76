//! Times by the wall clock, as messages and rows have them: in nanoseconds since 1970.

use std::time::{SystemTime, UNIX_EPOCH};

/// The present time.
pub(crate) fn now() -> u64 {
    nanos(SystemTime::now())
}

/// This time; 0 if it is before 1970.
pub(crate) fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
