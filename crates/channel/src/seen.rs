//! The newest record that a reader has returned.
//!
//! Invariant: `least` is `sequence`, and 1 before the first. It is never less than 1, whatever number a damaged
//! file gave.
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
        let number = sequence.cast_signed();
        // CHOICE F4: a front without a record has number 0, which is less than any; and a number of more
        // than 63 bits, which a damaged file can give, is less than 0 here.
        let least = if number < 1 { 1 } else { number };
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

    #[test]
    fn after_a_number_that_no_writer_gives_a_front_without_a_record_has_none_still() {
        for damaged in [1 << 63, 1 << 63 | 5, u64::MAX] {
            let seen = Seen::record(damaged);
            assert_eq!(seen.sequence(), damaged);
            assert_eq!((seen.whole_since(NEVER), seen.whole_since(writing(6))), (None, None));
        }
    }
}
