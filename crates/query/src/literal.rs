//! A number that is written in an expression.
//!
//! Invariant: it is read as what it is compared with, and rounded once at most: exactly beside a whole
//! number, beside a float as the nearest of its type, so that `x == 0.1` is true of what was published
//! as 0.1. A literal beyond the largest float is not infinite: an infinity is greater.

use core::cmp::Ordering;

use layout::Digits;

/// A finite number, as far as any comparison needs its digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Literal {
    /// The whole numbers around it: both are the number if it is whole. No field reaches the bounds.
    floor: i128,
    ceiling: i128,
    /// The nearest floats, infinite if it is beyond the largest.
    narrow: f32,
    wide: f64,
}

impl Literal {
    /// The number that `word` is, which has no sign.
    pub(crate) fn of(word: &str) -> Option<Self> {
        let digits = Digits::new(word)?;
        let floor = digits.truncated().unwrap_or(i128::MAX);
        let ceiling = floor.saturating_add((!digits.is_whole()).into());
        Some(Self { floor, ceiling, narrow: digits.to_f32(), wide: digits.to_f64() })
    }

    /// Whether it is beyond the largest float, so that nothing can be computed with it.
    pub(crate) fn is_beyond(self) -> bool {
        self.wide.is_infinite()
    }

    pub(crate) fn to_f64(self) -> f64 {
        self.wide
    }

    /// The same number with the other sign.
    pub(crate) fn negated(self) -> Self {
        let Self { floor, ceiling, narrow, wide } = self;
        Self { floor: -ceiling, ceiling: -floor, narrow: -narrow, wide: -wide }
    }

    /// The order of `whole` and this.
    pub(crate) fn order_of_whole(self, whole: i128) -> Ordering {
        match whole {
            _ if whole < self.ceiling => Ordering::Less,
            _ if whole > self.floor => Ordering::Greater,
            _ => Ordering::Equal,
        }
    }

    /// The order of `single` and this, read as an `f32`; `None` if it is NaN.
    pub(crate) fn order_of_f32(self, single: f32) -> Option<Ordering> {
        if self.narrow.is_infinite() {
            return self.order_of_f64(single.into());
        }
        single.partial_cmp(&self.narrow)
    }

    /// The order of `double` and this, read as an `f64`; `None` if it is NaN.
    pub(crate) fn order_of_f64(self, double: f64) -> Option<Ordering> {
        if double.is_infinite() {
            return double.partial_cmp(&0.0);
        }
        double.partial_cmp(&self.wide)
    }

    /// The order of two literals, which is that of their nearest `f64` if they lie between the same
    /// whole numbers.
    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        let order = (self.floor, self.ceiling).cmp(&(other.floor, other.ceiling));
        Some(order).filter(|order| order.is_ne()).or_else(|| self.wide.partial_cmp(&other.wide))
    }
}
