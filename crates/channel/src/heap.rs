//! A ring's words on the heap, for the tests and the models.

use std::sync::Arc;

use crate::memory::Memory;
use crate::sync::AtomicU64;

/// Words for a ring, all zero at first: nothing published.
#[derive(Debug)]
pub(crate) struct Heap {
    head: AtomicU64,
    front: Option<Box<[AtomicU64]>>,
    cells: Box<[AtomicU64]>,
    cells_per_slot: usize,
}

impl Heap {
    /// Room for `slots` records of `record_len` bytes each.
    pub(crate) fn new(slots: u32, record_len: usize) -> Self {
        Self::with_head(0, slots, record_len)
    }

    /// The same, for a ring whose first record is number `head + 1`.
    pub(crate) fn with_head(head: u64, slots: u32, record_len: usize) -> Self {
        let cells_per_slot = 2 + record_len.div_ceil(size_of::<u64>());
        let zeros = |count| (0..count).map(|_| AtomicU64::new(0)).collect();
        let cells = zeros(cells_per_slot * slots as usize);
        Self {
            head: AtomicU64::new(head),
            front: Some(zeros(cells_per_slot)),
            cells,
            cells_per_slot,
        }
    }

    /// The same without a front, as in a region whose records do not fit there.
    #[cfg(loom)]
    pub(crate) fn without_front(self) -> Self {
        Self { front: None, ..self }
    }

    /// How many slots it was made with.
    #[cfg(loom)]
    pub(crate) fn slots(&self) -> u32 {
        u32::try_from(self.cells.len() / self.cells_per_slot).expect("made from a u32")
    }
}

impl Memory for Heap {
    fn head(&self) -> &AtomicU64 {
        &self.head
    }

    fn slot(&self, index: usize, _record_len: usize) -> &[AtomicU64] {
        let start = index * self.cells_per_slot;
        &self.cells[start..start + self.cells_per_slot]
    }

    fn front(&self, _record_len: usize) -> Option<&[AtomicU64]> {
        self.front.as_deref()
    }
}

/// A writer and its readers share one heap.
macro_rules! forward {
    ($pointer:ty) => {
        impl Memory for $pointer {
            fn head(&self) -> &AtomicU64 {
                (**self).head()
            }

            fn slot(&self, index: usize, record_len: usize) -> &[AtomicU64] {
                (**self).slot(index, record_len)
            }

            fn front(&self, record_len: usize) -> Option<&[AtomicU64]> {
                (**self).front(record_len)
            }
        }
    };
}
forward!(&Heap);
forward!(Arc<Heap>);
