//! The newest record that a reader has returned.
//!
//! Invariant: `least` is `sequence`, and 1 before the first.
//!
//! Price: the two are kept, so that one comparison tells whether a front has a record, whole, and not an
//! older one.

use crate::stamp;

/// The newest record that a reader has returned, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    sequence: u64,
    least: i64,
}

impl Seen {
    /// None yet.
    pub const NOTHING: Self = Self::record(0);

    /// Record `sequence`; none, if that is 0.
    #[inline]
    pub const fn record(sequence: u64) -> Self {
        // CHOICE F4: a front without a record has number 0, which is less than any.
        let least = if sequence == 0 { 1 } else { sequence.cast_signed() };
        Self { sequence, least }
    }

    /// Its number; 0 if there is none.
    #[inline]
    pub const fn sequence(self) -> u64 {
        self.sequence
    }

    /// The number of the record with this stamp, if it is complete and not older.
    #[inline]
    pub(crate) const fn whole_since(self, stamp: u64) -> Option<u64> {
        let number = stamp::whole(stamp);
        // CHOICE F2: `next` has a record before it is in the front, and a writer that died in between
        // leaves the one before it there.
        if number < self.least { None } else { Some(number.cast_unsigned()) }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::stamp::{NEVER, complete, writing};

    #[test]
    fn a_whole_record_that_is_not_older_is_found_by_its_stamp() {
        assert_eq!(Seen::NOTHING.whole_since(NEVER), None);
        assert_eq!(Seen::NOTHING.whole_since(complete(1)), Some(1));
        assert_eq!(Seen::record(5).whole_since(complete(4)), None);
        assert_eq!(Seen::record(5).whole_since(complete(5)), Some(5));
        assert_eq!(Seen::record(5).whole_since(writing(6)), None);
    }
}
