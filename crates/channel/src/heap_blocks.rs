//! The words of a region of instances on the heap, for the tests and the models.

use std::sync::Arc;

use crate::changes::Changes;
use crate::heap::Heap;
use crate::instances::{Blocks, Instances};
use crate::names::{Name, TOTALS};
use crate::sync::AtomicU64;

/// Cells of a name: generation, base, length, two words, the totals and that at base.
const NAME_CELLS: usize = 6 + TOTALS;

/// Words for some blocks, all zero at first: no instance has joined.
#[derive(Debug)]
pub(crate) struct HeapBlocks {
    blocks: Vec<Heap>,
    names: Vec<[AtomicU64; NAME_CELLS]>,
    newest: AtomicU64,
    floor: AtomicU64,
    ring: Box<[AtomicU64]>,
}

impl HeapBlocks {
    /// `count` blocks of `slots` records each, and a ring of `changes` words.
    pub(crate) fn new(count: usize, slots: u32, record_len: usize, changes: usize) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            blocks: (0..count).map(|_| Heap::new(slots, record_len)).collect(),
            names: (0..count).map(|_| std::array::from_fn(|_| zero())).collect(),
            newest: zero(),
            floor: zero(),
            ring: (0..changes).map(|_| zero()).collect(),
        }
    }

    /// The same without fronts.
    #[cfg(loom)]
    pub(crate) fn without_fronts(mut self) -> Self {
        self.blocks = self.blocks.into_iter().map(Heap::without_front).collect();
        self
    }
}

macro_rules! forward {
    ($pointer:ty) => {
        impl Blocks for $pointer {
            type Block<'a>
                = &'a Heap
            where
                Self: 'a;

            fn count(&self) -> usize {
                self.blocks.len()
            }

            fn block(&self, index: u16) -> &Heap {
                &self.blocks[usize::from(index)]
            }

            fn name(&self, index: u16) -> Name<'_> {
                Name::of(&self.names[usize::from(index)]).expect("enough cells")
            }

            fn changes(&self) -> Changes<'_> {
                Changes::new(&self.newest, &self.ring).expect("a power of two")
            }

            fn floor(&self) -> &AtomicU64 {
                &self.floor
            }
        }
    };
}
forward!(&HeapBlocks);
forward!(Arc<HeapBlocks>);

/// A writer and its memory.
#[derive(Debug)]
pub(crate) struct HeapWriter<M> {
    memory: M,
    instances: Instances,
}

impl<M: Blocks> HeapWriter<M> {
    pub(crate) fn resume(memory: M, slots: u32) -> Self {
        let instances = Instances::resume(&memory, slots).expect("a power of two");
        Self { memory, instances }
    }

    pub(crate) fn publish(&mut self, block: u16, published_at: u64, record: &[u8]) -> u64 {
        self.instances.publish(&self.memory, block, published_at, record)
    }

    pub(crate) fn join(&mut self, block: u16, name: &[u8]) -> u64 {
        self.instances.join(&self.memory, block, name)
    }

    pub(crate) fn retire(&mut self, block: u16) {
        self.instances.retire(&self.memory, block);
    }
}

impl<M> std::ops::Deref for HeapWriter<M> {
    type Target = Instances;

    fn deref(&self) -> &Instances {
        &self.instances
    }
}
