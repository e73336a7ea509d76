//! The instructions of a process from mark to mark, and how to bring another one to one of them
//! quickly.
//!
//! Invariant: `anchors[i] <= i`, and the address at an anchor occurs nowhere before it. So a
//! process that stops at a breakpoint there has executed exactly the instructions before, loops
//! included.
//!
//! ```text
//!   instruction   0   1   2   3   4   5   6   7   8
//!   address       a   b   c   b   c   b   c   d   e       b and c: a loop
//!   anchor        0   1   2   2   2   2   2   7   8       breakpoint there, then single steps
//! ```
//!
//! Price: one process stepped all the way.

use std::collections::HashSet;

use super::{SameAddresses, Stepped, Stop};

/// The instructions of one process between its marks.
#[derive(Clone, Debug)]
pub struct Trace {
    addresses: Vec<u64>,
    anchors: Vec<usize>,
}

/// Where a process has arrived that was brought to a point of a [`Trace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// At the traced instruction.
    There,
    /// After as many instructions, but on another path: the clock, the process id and the like
    /// differ.
    Elsewhere,
}

impl Trace {
    /// Steps a process to its second mark; `look` is called before each instruction.
    #[track_caller]
    pub fn of(mut stepped: Stepped, mut look: impl FnMut()) -> Self {
        let mut addresses = Vec::new();
        loop {
            look();
            addresses.push(stepped.address());
            if stepped.step() == Stop::Mark {
                break;
            }
        }
        // The step over the mark's system call stops after the call; the signal is reported at the
        // next stop.
        addresses.pop();
        Self::over(addresses)
    }

    fn over(addresses: Vec<u64>) -> Self {
        let mut seen = HashSet::new();
        let mut last = 0;
        let anchor = |(index, address)| {
            last = if seen.insert(address) { index } else { last };
            last
        };
        let anchors = addresses.iter().enumerate().map(anchor).collect();
        Self { addresses, anchors }
    }

    /// How many instructions.
    pub fn len(&self) -> usize {
        self.addresses.len()
    }

    /// Whether there are none, which is impossible.
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// The address of instruction number `index`.
    pub fn address(&self, index: usize) -> u64 {
        self.addresses[index]
    }

    /// Brings a process from its first mark to instruction number `index`.
    ///
    /// If addresses differ between processes, a breakpoint would never be reached; then it is
    /// stepped all the way.
    #[track_caller]
    pub fn bring(
        &self,
        stepped: &mut Stepped,
        index: usize,
        same: Option<&SameAddresses>,
    ) -> Arrival {
        let anchor = if same.is_some() { self.anchors[index] } else { 0 };
        if anchor > 0 && stepped.run_to(self.addresses[anchor]) == Stop::Mark {
            return Arrival::Elsewhere;
        }
        for _ in anchor..index {
            if stepped.step() == Stop::Mark {
                return Arrival::Elsewhere;
            }
        }
        let there = stepped.address() == self.addresses[index];
        if there { Arrival::There } else { Arrival::Elsewhere }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_the_last_instruction_met_for_the_first_time() {
        let trace = Trace::over(vec![10, 20, 30, 20, 30, 20, 30, 40, 50]);
        assert_eq!(trace.anchors, [0, 1, 2, 2, 2, 2, 2, 7, 8]);
        assert_eq!((trace.len(), trace.address(7)), (9, 40));
    }
}
