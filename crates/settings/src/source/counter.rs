//! `counter`: counts the records.

use layout::{Scalar, Value};

/// Starts at `start` and goes on by `step` with each record; at the end of what the field's type
/// holds it goes on from the other end, as unsigned numbers do in C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    start: i64,
    step: i64,
    /// The least and the greatest value, both whole.
    least: i128,
    greatest: i128,
}

impl Counter {
    /// For a caller that has checked that `start` lies in `range`.
    pub(crate) fn new(start: i64, step: i64, (least, greatest): (i128, i128)) -> Self {
        Self { start, step, least, greatest }
    }

    /// The value of the first record.
    pub fn start(&self) -> i64 {
        self.start
    }

    /// What is added with each record; never zero.
    pub fn step(&self) -> i64 {
        self.step
    }

    /// The value of record number `index`, the first being 0. The field can hold it.
    pub fn at(&self, index: u64) -> Value {
        // |step * index| < 2^127 and the rest is below 2^65: nothing here overflows.
        let count = self.greatest - self.least + 1;
        let moved = i128::from(self.step) * i128::from(index) % count;
        let value = self.least + (i128::from(self.start) - self.least + moved).rem_euclid(count);
        match i64::try_from(value) {
            Ok(value) => Value::Int(value),
            // Only a u64 gets here.
            Err(_) => Value::Uint(u64::try_from(value).unwrap_or(u64::MAX)),
        }
    }
}

/// The whole numbers that `scalar` holds exactly, without a gap.
pub(crate) fn whole_numbers(scalar: Scalar) -> (i128, i128) {
    match scalar {
        Scalar::F32 => (-(1 << 24), 1 << 24),
        Scalar::F64 => (-(1 << 53), 1 << 53),
        other => other.int_range().unwrap_or((0, 0)),
    }
}

#[cfg(test)]
mod tests {
    use layout::{Scalar, Value};

    use super::{Counter, whole_numbers};

    fn counter(start: i64, step: i64, scalar: Scalar) -> Counter {
        Counter::new(start, step, whole_numbers(scalar))
    }

    #[test]
    fn a_counter_starts_at_its_start_and_goes_on_by_its_step() {
        let ids = counter(10, 1, Scalar::I32);
        assert_eq!([0, 1, 2].map(|n| ids.at(n)), [10, 11, 12].map(Value::Int));
        let down = counter(0, -5, Scalar::F64);
        assert_eq!([0, 1, 2].map(|n| down.at(n)), [0, -5, -10].map(Value::Int));
    }

    #[test]
    fn a_counter_goes_on_from_the_other_end_of_its_type() {
        let small = counter(126, 1, Scalar::I8);
        assert_eq!([1, 2, 3].map(|n| small.at(n)), [127, -128, -127].map(Value::Int));
        let down = counter(1, -1, Scalar::U64);
        assert_eq!(down.at(1), Value::Int(0));
        assert_eq!(down.at(2), Value::Uint(u64::MAX));
    }

    #[test]
    fn the_largest_step_and_index_do_not_overflow() {
        for scalar in [Scalar::I8, Scalar::U64, Scalar::I64, Scalar::F32] {
            for step in [i64::MIN, i64::MAX] {
                let (least, greatest) = whole_numbers(scalar);
                let found = match counter(0, step, scalar).at(u64::MAX) {
                    Value::Int(value) => i128::from(value),
                    Value::Uint(value) => i128::from(value),
                    other => panic!("{other:?}"),
                };
                assert!((least..=greatest).contains(&found), "{scalar} {step}: {found}");
            }
        }
    }
}
