//! A ring's words in this process's own memory: for threads of one process, examples and models.
//!
//! Price: one allocation, and the cells of neighbouring slots may share a cache line. A mapped
//! region does better: there each slot starts a line.

use crate::memory::Memory;
use crate::sync::AtomicU64;

/// Words for a ring, all zero at first: nothing published.
#[derive(Debug)]
pub struct Heap {
    head: AtomicU64,
    cells: Box<[AtomicU64]>,
    cells_per_slot: usize,
}

impl Heap {
    /// Room for `slots` records of `record_len` bytes each.
    ///
    /// # Panics
    /// If the words do not fit into memory, as `vec!` does.
    pub fn new(slots: u32, record_len: usize) -> Self {
        Self::with_head(0, slots, record_len)
    }

    /// The same, for a ring whose first record is number `head + 1`.
    ///
    /// # Panics
    /// If the words do not fit into memory, as `vec!` does.
    pub fn with_head(head: u64, slots: u32, record_len: usize) -> Self {
        let cells_per_slot = 2 + record_len.div_ceil(size_of::<u64>());
        let count = cells_per_slot * slots as usize;
        let cells = (0..count).map(|_| AtomicU64::new(0)).collect();
        Self { head: AtomicU64::new(head), cells, cells_per_slot }
    }

    /// How many slots it was made with.
    #[cfg(all(test, loom))]
    pub(crate) fn slots(&self) -> u32 {
        u32::try_from(self.cells.len() / self.cells_per_slot).expect("made from a u32")
    }
}

impl Memory for Heap {
    #[inline]
    fn head(&self) -> &AtomicU64 {
        &self.head
    }

    #[inline]
    fn slot(&self, index: usize) -> &[AtomicU64] {
        let start = index * self.cells_per_slot;
        &self.cells[start..start + self.cells_per_slot]
    }
}
