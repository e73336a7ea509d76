//! The writer of a region of instances: many rings, one writer.
//!
//! Invariant: whatever a writer was doing when it died, the change after the newest names the one
//! block that it may have left half done. So a take-over repairs one block, however many there are.
//!
//! ```text
//!   publish   word[c] := block | the record, as in a plain ring        | newest := c
//!   join      word[c] := block | empty ring, name, generation := odd   | newest := c
//!   retire    word[c] := block | floor, total, generation := even      | newest := c
//! ```
//!
//! Price: two stores more than in a plain ring; 64 bytes of the writer's own memory for each block.

use crate::changes::Changes;
use crate::error::BadSlots;
use crate::memory::Memory;
use crate::names::{Name, TOTALS, is_in_use, retirements, word_of};
use crate::publisher::{adopt, publish};
use crate::ring::Ring;
use crate::sync::{self, AtomicU64};

/// The shared words of a region of instances.
///
/// As [`Memory`]: the same cells for as long as it lives, for each index below [`Blocks::count`].
pub trait Blocks {
    /// The words of one block.
    type Block<'a>: Memory
    where
        Self: 'a;

    /// How many blocks there are, at most 65536.
    fn count(&self) -> usize;

    /// The words of one block.
    fn block(&self, index: u16) -> Self::Block<'_>;

    /// The name of one block.
    fn name(&self, index: u16) -> Name<'_>;

    /// The ring of changes.
    fn changes(&self) -> Changes<'_>;

    /// The greatest sequence number of any retired instance.
    fn floor(&self) -> &AtomicU64;
}

/// What the writer knows of a block.
#[derive(Clone, Copy, Debug)]
struct State {
    generation: u64,
    /// The number of the newest record.
    sequence: u64,
}

/// What the writer knows of the records that a block has had.
#[derive(Clone, Copy, Debug)]
struct Past {
    /// The number before the first one of the present instance, or of the last, and the total there.
    base: u64,
    base_total: u64,
    /// As the cells of the [name](Name).
    totals: [u64; TOTALS],
}

/// What a block of another file has had.
#[derive(Clone, Copy, Debug)]
pub struct Legacy {
    /// An even number.
    generation: u64,
    totals: [u64; TOTALS],
}

/// What the writer of a region of instances knows. As [`Publisher`](crate::Publisher), at most one at a
/// time.
///
/// It does not own the shared words: each call gets them, and they are those it was resumed over.
#[derive(Debug)]
pub struct Instances {
    slots: u32,
    /// The newest change.
    change: u64,
    floor: u64,
    blocks: Box<[State]>,
    pasts: Box<[Past]>,
}

impl Instances {
    /// Continues after the writer before, or begins a fresh region: see
    /// [`Publisher::resume`](crate::Publisher::resume). Each block has `slots` slots.
    pub fn resume<M: Blocks>(memory: &M, slots: u32) -> Result<Self, BadSlots> {
        let changes = memory.changes();
        let mut change = changes.newest();
        let begun = changes.block(change.wrapping_add(1));
        // SYNC T3: the change that was begun names the block whose newest record may have been read
        // already, and is kept. Pairs with R1 of `next`.
        if let Some(block) = begun.filter(|block| usize::from(*block) < memory.count()) {
            adopt(&Ring::new(memory.block(block), slots)?);
            change = change.wrapping_add(1);
            // CHOICE T4: the change is announced, whether anything came of it or not: head may
            // name a record that no change has announced.
            changes.announce(change);
        }
        let floor = sync::load(memory.floor());
        let state = |block| -> Result<State, BadSlots> {
            let sequence = Ring::new(memory.block(block), slots)?.head();
            Ok(State { generation: memory.name(block).generation(), sequence })
        };
        let past = |block| {
            let name = memory.name(block);
            let (base, base_total) = name.base();
            Past { base, base_total, totals: name.totals() }
        };
        let all = || (0..=u16::MAX).take(memory.count());
        let blocks = all().map(state).collect::<Result<_, _>>()?;
        Ok(Self { slots, change, floor, blocks, pasts: all().map(past).collect() })
    }

    /// The number of the newest change.
    pub fn newest_change(&self) -> u64 {
        self.change
    }

    /// Slots of each block.
    pub fn slots(&self) -> u32 {
        self.slots
    }

    /// The greatest sequence number that any retired instance had reached.
    pub fn floor(&self) -> u64 {
        self.floor
    }

    /// The number of the newest record of a block, or the one that its instance began after.
    #[inline]
    pub fn sequence(&self, block: u16) -> u64 {
        self.blocks[usize::from(block)].sequence
    }

    /// The generation of the instance that a block has; `None` if it has none, or there is no such
    /// block.
    #[inline]
    pub fn generation(&self, block: u16) -> Option<u64> {
        let generation = self.blocks.get(usize::from(block))?.generation;
        is_in_use(generation).then_some(generation)
    }

    /// Whether a block has the instance of this generation, which is an odd number.
    #[inline]
    pub fn has(&self, block: u16, generation: u64) -> bool {
        self.blocks.get(usize::from(block)).is_some_and(|state| state.generation == generation)
    }

    /// Publishes a record of the instance in `block`, and returns its sequence number.
    ///
    /// # Panics
    /// If there is no such block, or `record` is longer than a slot.
    #[inline]
    pub fn publish<M: Blocks>(
        &mut self,
        memory: &M,
        block: u16,
        published_at: u64,
        record: &[u8],
    ) -> u64 {
        let sequence = self.sequence(block).wrapping_add(1);
        let change = self.begin(memory, block);
        let ring = self.ring(memory, block);
        let newest = &mut self.blocks[usize::from(block)].sequence;
        publish(&ring, newest, sequence, published_at, record);
        self.announce(memory, change);
        sequence
    }

    /// What the block of a new file begins with, before its instance [joins](Self::join_after), if it has one.
    pub fn legacy(&self, block: u16) -> Legacy {
        let (past, state) = (self.pasts[usize::from(block)], self.blocks[usize::from(block)]);
        Legacy { generation: state.generation & !1, totals: past.totals }
    }

    /// The same, if its instance is not in the new file.
    pub fn legacy_of_retired(&self, block: u16) -> Legacy {
        let State { generation, sequence } = self.blocks[usize::from(block)];
        let Legacy { generation: before, mut totals } = self.legacy(block);
        if !is_in_use(generation) {
            return Legacy { generation, totals };
        }
        let generation = before.wrapping_add(2);
        totals[word_of(retirements(generation))] = self.total_at(block, sequence);
        Legacy { generation, totals }
    }

    /// How many records a block had had when the newest of its instance was number `sequence`.
    pub fn total_at(&self, block: u16, sequence: u64) -> u64 {
        let past = self.pasts[usize::from(block)];
        past.base_total.wrapping_add(sequence.saturating_sub(past.base))
    }

    /// Gives a block that was never used, and which no reader can see yet, what one of another file has had.
    ///
    /// # Panics
    /// If there is no such block, or it was used.
    pub fn inherit<M: Blocks>(&mut self, memory: &M, block: u16, legacy: &Legacy) {
        assert!(self.is_unused(block), "block {block} was used");
        memory.name(block).inherit(legacy.generation, &legacy.totals);
        self.blocks[usize::from(block)].generation = legacy.generation;
        self.pasts[usize::from(block)].totals = legacy.totals;
    }

    /// Whether a block never had an instance.
    pub fn is_unused(&self, block: u16) -> bool {
        self.blocks[usize::from(block)].generation == 0
    }

    /// Gives a free block to the instance called `name`, and returns its generation.
    ///
    /// # Panics
    /// If there is no such block, it has an instance, or `name` is longer than its cells.
    pub fn join<M: Blocks>(&mut self, memory: &M, block: u16, name: &[u8]) -> u64 {
        // CHOICE G6: an instance begins after all that were retired: it may be one of them, with the
        // same name, and no number is used for two of its records.
        let base = self.sequence(block).max(self.floor);
        let generation = self.blocks[usize::from(block)].generation.wrapping_add(1);
        let total = self.pasts[usize::from(block)].totals[word_of(retirements(generation))];
        self.join_after(memory, block, name, (base, total), generation);
        generation
    }

    /// The same for an instance that had this generation in another file, and the numbers up to
    /// `base`, at which its block had had `total` records.
    ///
    /// # Panics
    /// As [`Instances::join`], and if the block has had a higher number or generation.
    pub fn join_after<M: Blocks>(
        &mut self,
        memory: &M,
        block: u16,
        name: &[u8],
        (base, total): (u64, u64),
        generation: u64,
    ) {
        let before = self.blocks[usize::from(block)];
        assert!(!is_in_use(before.generation), "block {block} has an instance");
        assert!(is_in_use(generation) && generation > before.generation, "not a later generation");
        assert!(base >= before.sequence, "block {block} has had a number above {base}");
        let change = self.begin(memory, block);
        // SYNC G1: nothing of this instance is seen before the even generation. Pairs with G4.
        sync::release_fence();
        self.ring(memory, block).restart(base);
        memory.name(block).join(generation, (base, total), name);
        self.blocks[usize::from(block)] = State { generation, sequence: base };
        let past = &mut self.pasts[usize::from(block)];
        (past.base, past.base_total) = (base, total);
        self.announce(memory, change);
    }

    /// Retires the instance in `block`, which is then free.
    ///
    /// # Panics
    /// If there is no such block, or it has no instance.
    pub fn retire<M: Blocks>(&mut self, memory: &M, block: u16) {
        let State { generation, sequence } = self.blocks[usize::from(block)];
        assert!(is_in_use(generation), "block {block} has no instance");
        let total = self.total_at(block, sequence);
        let generation = generation.wrapping_add(1);
        self.pasts[usize::from(block)].totals[word_of(retirements(generation))] = total;
        let change = self.begin(memory, block);
        // CHOICE G7: the floor holds the instance's numbers before its block is free.
        self.raise_floor(memory, sequence);
        memory.name(block).retire(generation, total);
        self.blocks[usize::from(block)].generation = generation;
        self.announce(memory, change);
    }

    /// Raises the floor, so that no instance that joins from now on uses a number up to `sequence`.
    pub fn raise_floor<M: Blocks>(&mut self, memory: &M, sequence: u64) {
        self.floor = self.floor.max(sequence);
        sync::store(memory.floor(), self.floor);
    }

    #[inline]
    fn ring<'m, M: Blocks>(&self, memory: &'m M, block: u16) -> Ring<M::Block<'m>> {
        Ring::with_slots(memory.block(block), self.slots)
    }

    /// Names the block that is about to change: to be called before anything in it does.
    #[inline]
    fn begin<M: Blocks>(&self, memory: &M, block: u16) -> u64 {
        let change = self.change.wrapping_add(1);
        memory.changes().begin(change, block);
        change
    }

    #[inline]
    fn announce<M: Blocks>(&mut self, memory: &M, change: u64) {
        memory.changes().announce(change);
        self.change = change;
    }
}
