//! What can go wrong: a ring of an impossible size, and a record that will not hold still.

use core::fmt;

use crate::ring::MIN_SLOTS;

/// The record changed during every attempt to copy it.
///
/// An honest writer does this only if it publishes `slots - 1` records during each single copy of
/// one; a damaged or hostile region may do it for ever. Either way the reader does not loop.
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
