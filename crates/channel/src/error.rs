//! The two errors: a ring of an impossible size, and a record that changed under every copy of it.

use core::fmt;

/// The smallest ring: one slot being written, one newest, one being read, one spare.
pub const MIN_SLOTS: u32 = 4;

/// The record changed during every attempt to copy it.
///
/// An honest writer causes this only if it publishes `slots - 1` records during every copy; a
/// hostile one may do it for ever. Either way the call returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unstable {
    /// How many copies were tried.
    pub attempts: u32,
}

impl fmt::Display for Unstable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the record changed under each of {} attempts to copy it; \
             give the region more slots, or look at what its writer does",
            self.attempts
        )
    }
}

impl core::error::Error for Unstable {}

/// A ring cannot have this many slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadSlots {
    /// The number that was asked for.
    pub slots: u32,
}

impl fmt::Display for BadSlots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} slots is not a power of two of at least {MIN_SLOTS}; use 8 unless you know better",
            self.slots
        )
    }
}

impl core::error::Error for BadSlots {}
