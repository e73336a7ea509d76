//! Many records of one kind, of which each operation takes another, at random.
//!
//! Invariant: the order is the same for all contenders.

/// How many there are.
pub const MANY: u16 = 1000;

/// Operations until the order begins again.
const LENGTH: usize = 1 << 14;

/// A random order of them, made beforehand.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    entries: Box<[u16]>,
    at: usize,
}

impl Order {
    pub(crate) fn new() -> Self {
        let mut state = 1_u64;
        let next = |_| {
            // Knuth's MMIX generator, of which the high bits are good ones.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            u16::try_from((state >> 33) % u64::from(MANY)).unwrap_or(0)
        };
        Self { entries: (0..LENGTH).map(next).collect(), at: 0 }
    }

    /// The next one.
    #[inline]
    pub(crate) fn next(&mut self) -> usize {
        self.at = (self.at + 1) % LENGTH;
        self.entries[self.at].into()
    }
}

#[cfg(test)]
mod tests {
    use super::{LENGTH, MANY, Order};
    use std::collections::HashSet;

    #[test]
    fn the_order_has_all_of_them() {
        let mut order = Order::new();
        let seen: HashSet<usize> = (0..LENGTH).map(|_| order.next()).collect();
        assert_eq!((seen.len(), seen.iter().max()), (MANY.into(), Some(&(MANY as usize - 1))));
    }
}
