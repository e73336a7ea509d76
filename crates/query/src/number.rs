//! A number of a record: exact until something is computed from it.

use core::cmp::Ordering;

use layout::Value;

use crate::literal::Literal;

/// A whole number, which is exact, a float, or a literal, which is read as what it is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Whole(i128),
    /// An `f32`, kept apart because a literal is rounded to one beside it.
    Single(f32),
    Real(f64),
    Literal(Literal),
}

impl Number {
    /// A number or a `bool`.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Int(number) => Self::Whole((*number).into()),
            Value::Uint(number) => Self::Whole((*number).into()),
            Value::Bool(value) => Self::Whole((*value).into()),
            Value::F32(number) => Self::Single(*number),
            Value::F64(number) => Self::Real(*number),
            Value::Text(_) | Value::List(_) => return None,
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "what is computed is computed with floats")]
    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Single(single) => single.into(),
            Self::Real(real) => real,
            Self::Literal(literal) => literal.to_f64(),
        }
    }

    /// The same number with the other sign, exact.
    pub(crate) fn negated(self) -> Self {
        match self {
            // A field has 64 bits.
            Self::Whole(whole) => Self::Whole(-whole),
            Self::Single(single) => Self::Single(-single),
            Self::Real(real) => Self::Real(-real),
            Self::Literal(literal) => Self::Literal(literal.negated()),
        }
    }

    /// The order of two numbers, without rounding any but a literal; `None` if one is NaN.
    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => Some(a.cmp(&b)),
            (Self::Literal(a), Self::Literal(b)) => a.compare(b),
            (Self::Whole(a), Self::Literal(b)) => Some(b.order_of_whole(a)),
            (Self::Single(a), Self::Literal(b)) => b.order_of_f32(a),
            (Self::Real(a), Self::Literal(b)) => b.order_of_f64(a),
            (Self::Whole(a), b) => whole_with_real(a, b.to_f64()),
            (Self::Literal(_), _) | (_, Self::Whole(_)) => {
                other.compare(self).map(Ordering::reverse)
            }
            (a, b) => a.to_f64().partial_cmp(&b.to_f64()),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and fields have 64 bits")]
fn whole_with_real(whole: i128, real: f64) -> Option<Ordering> {
    if real.is_nan() {
        return None;
    }
    let floor = real.floor();
    let rest = if real > floor { Ordering::Less } else { Ordering::Equal };
    Some(whole.cmp(&(floor as i128)).then(rest))
}

#[cfg(test)]
mod tests {
    use super::Number::{self, Real, Whole};
    use core::cmp::Ordering::{Equal, Greater, Less};

    #[test]
    fn whole_numbers_and_floats_are_compared_without_rounding() {
        let cases: [(Number, Number, _); 9] = [
            (Whole((1 << 53) + 1), Real(9_007_199_254_740_992.0), Some(Greater)),
            (Whole(u64::MAX.into()), Real(18_446_744_073_709_551_616.0), Some(Less)),
            (Whole(-1), Real(-0.5), Some(Less)),
            (Whole(0), Real(-0.0), Some(Equal)),
            (Whole(3), Real(3.0), Some(Equal)),
            (Whole(3), Real(f64::INFINITY), Some(Less)),
            (Whole(3), Real(f64::NEG_INFINITY), Some(Greater)),
            (Whole(3), Real(f64::NAN), None),
            (Real(0.1), Real(0.2), Some(Less)),
        ];
        for (a, b, order) in cases {
            assert_eq!(a.compare(b), order, "{a:?} {b:?}");
            assert_eq!(b.compare(a), order.map(core::cmp::Ordering::reverse), "{b:?} {a:?}");
        }
    }
}
