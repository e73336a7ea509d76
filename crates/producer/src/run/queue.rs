//! Which region is due next: a heap of deadlines.
//!
//! Invariant: each region has one valid entry at most, which is never later than its deadline. One that
//! is earlier, because the deadline has moved, costs a turn in which nothing is due.
//!
//! Price: a region that is due costs two operations on the heap, each logarithmic in their number.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use daemon::Monotonic;

/// A region that is not in the heap.
const NEVER: Monotonic = Monotonic::from_nanos(u64::MAX);

/// The deadlines of regions, which are known by their number.
#[derive(Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<(Monotonic, usize)>>,
    /// The time of each region's valid entry.
    valid: Vec<Monotonic>,
}

impl Queue {
    /// An empty one, for regions 0 to `count`, less one.
    pub(super) fn new(count: usize) -> Self {
        Self { heap: BinaryHeap::with_capacity(count), valid: vec![NEVER; count] }
    }

    /// Region `index` is due at `due`, or earlier if it was to be.
    pub(super) fn set(&mut self, index: usize, due: Monotonic) {
        if due < self.valid[index] {
            self.valid[index] = due;
            self.heap.push(Reverse((due, index)));
        }
    }

    /// The region that is due first, and when.
    pub(super) fn first(&mut self) -> Option<(Monotonic, usize)> {
        while let Some(&Reverse((due, index))) = self.heap.peek() {
            if self.valid[index] == due {
                return Some((due, index));
            }
            self.heap.pop();
        }
        None
    }

    /// Takes out the region that is due first, if it is due at `now`.
    pub(super) fn take(&mut self, now: Monotonic) -> Option<usize> {
        let (_, index) = self.first().filter(|(due, _)| *due <= now)?;
        self.heap.pop();
        self.valid[index] = NEVER;
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::{Monotonic, Queue};

    fn at(nanos: u64) -> Monotonic {
        Monotonic::from_nanos(nanos)
    }

    #[test]
    fn regions_are_taken_in_the_order_of_their_deadlines_and_not_before() {
        let mut queue = Queue::new(3);
        for (index, due) in [(0, 30), (1, 10), (2, 20)] {
            queue.set(index, at(due));
        }
        assert_eq!((queue.first(), queue.take(at(9))), (Some((at(10), 1)), None));
        assert_eq!(
            (queue.take(at(20)), queue.take(at(20)), queue.take(at(20))),
            (Some(1), Some(2), None)
        );
        assert_eq!((queue.take(at(99)), queue.first()), (Some(0), None));
    }

    #[test]
    fn a_deadline_that_moves_forward_replaces_the_other_and_a_later_one_waits_for_its_turn() {
        let mut queue = Queue::new(2);
        queue.set(0, at(50));
        queue.set(0, at(10));
        queue.set(0, at(70));
        assert_eq!((queue.take(at(60)), queue.take(at(60))), (Some(0), None), "once");
        queue.set(0, at(50));
        queue.set(1, at(50));
        assert_eq!(
            (queue.take(at(60)), queue.take(at(60)), queue.take(at(60))),
            (Some(0), Some(1), None)
        );
    }
}
