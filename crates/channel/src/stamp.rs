//! Stamps: the number of the record in a slot, and whether the record is complete.
//!
//! Invariant: a stamp is computed from the sequence, never by adding one to the stamp found. So a
//! writer that died with an odd stamp cannot swap odd and even for the next one.
//!
//! ```text
//!   0        never published, also in a page of zeros
//!   2n + 1   record n is being written
//!   2n       record n is complete
//! ```
//!
//! Price: sequence numbers have 63 bits. At one publish a nanosecond they last 292 years.

/// The stamp of a slot that no record was ever published to.
pub(crate) const NEVER: u64 = 0;

/// Whether no record was ever published to the slot.
#[inline]
pub(crate) const fn is_never(stamp: u64) -> bool {
    // CHOICE L2: a zero stamp means that nothing was published; it is not record zero.
    stamp == NEVER
}

/// The stamp of a slot while record `sequence` is being written to it.
#[inline]
pub(crate) const fn writing(sequence: u64) -> u64 {
    (sequence << 1) | 1
}

/// The stamp of a slot that holds record `sequence`, whole.
#[inline]
pub(crate) const fn complete(sequence: u64) -> u64 {
    sequence << 1
}

/// The number of a stamp's record, complete or not.
#[inline]
pub(crate) const fn sequence(stamp: u64) -> u64 {
    stamp >> 1
}

/// The number of the record that is complete; less than 0 while one is being written, 0 if there never
/// was one.
#[inline]
pub(crate) const fn whole(stamp: u64) -> i64 {
    // The bit that says `writing` becomes the sign.
    stamp.rotate_right(1).cast_signed()
}

/// Whether the slot belongs to a later record than `sequence`, complete or not.
#[inline]
pub(crate) const fn is_past(stamp: u64, sequence: u64) -> bool {
    stamp >> 1 > sequence
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn writing_comes_before_complete_only_in_the_next_round() {
        assert_eq!((writing(1), complete(1)), (3, 2));
        assert!(is_past(writing(5), 4) && is_past(complete(5), 4));
        assert!(!is_past(writing(5), 5) && !is_past(complete(5), 5));
        assert!(!is_past(NEVER, 0));
    }

    #[test]
    fn only_a_complete_record_has_a_whole_number() {
        assert_eq!((whole(NEVER), whole(complete(5))), (0, 5));
        assert!(whole(writing(0)) < 0 && whole(writing(5)) < 0);
    }
}
