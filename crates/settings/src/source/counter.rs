//! `counter`: counts the records.

use layout::Scalar;

/// Starts at `start` and adds `step` with each record; beyond one end of `least` to `greatest` it
/// continues from the other, as unsigned numbers do in C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// The value of the first record.
    pub start: i64,
    /// What is added with each record; never zero.
    pub step: i64,
    /// The least whole number that the field holds.
    pub least: i128,
    /// The greatest one, without a gap in between.
    pub greatest: i128,
}

/// The whole numbers that `scalar` holds exactly, without a gap.
pub(crate) fn whole_numbers(scalar: Scalar) -> (i128, i128) {
    match scalar {
        Scalar::F32 => (-(1 << 24), 1 << 24),
        Scalar::F64 => (-(1 << 53), 1 << 53),
        other => other.int_range().unwrap_or((0, 0)),
    }
}
