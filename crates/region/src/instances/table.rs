//! What a writer knows of its instances: which block has which name.
//!
//! Invariant: a name is in one block at most, and the table agrees with the file.
//!
//! Price: about 200 bytes of the writer's own memory for each block, and a look at each block when
//! the region is opened; a copy of the last record of each when its file is replaced.

use super::{Instance, MappedBlocks};
use crate::last_record::LastRecord;
use crate::mapping;
use channel::{Blocks, Instances, Memory, Ring};
use layout::InstanceName;
use std::collections::HashMap;

/// The instances of one writer's region.
#[derive(Debug)]
pub(crate) struct InstanceTable {
    state: Instances,
    names: Vec<Option<InstanceName>>,
    blocks: HashMap<InstanceName, u16>,
    /// No block before this one is free.
    first_free: usize,
    /// Of the handles: how many files for fewer instances than before its writer has made. In such a file an
    /// instance may have another one's former block, and its generation too.
    file: u32,
}

/// The instances of a file that another one takes the place of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Earlier<'a> {
    pub(crate) table: &'a InstanceTable,
    /// Where their newest records are, if those are to be in the new file, too.
    pub(crate) records: Option<MappedBlocks<'a>>,
    /// Whether the instances are to be there; their numbers and totals are in any case.
    pub(crate) are_kept: bool,
}

impl Earlier<'_> {
    /// The newest record of an instance, if the new file is to begin with it.
    fn last(&self, instance: Instance) -> Option<LastRecord> {
        let blocks = self.records?;
        self.table.last(blocks, instance).filter(|_| blocks.are_whole())
    }

    /// When its newest record was published, if the new file is to begin with that.
    pub(crate) fn last_published(&self, instance: Instance) -> Option<u64> {
        self.last(instance).map(|last| last.published_at)
    }
}

impl InstanceTable {
    /// Of the region in `blocks`, whose last writer has ended, or which is new.
    pub(crate) fn resume(blocks: MappedBlocks<'_>, slots: u32) -> Result<Self, channel::BadSlots> {
        let state = Instances::resume(&blocks, slots)?;
        let names = blocks.all().map(|block| blocks.read(block)?.1).collect();
        let mut table = Self { state, names, blocks: HashMap::new(), first_free: 0, file: 0 };
        for (instance, name) in table.all() {
            table.blocks.insert(name, instance.block);
        }
        Ok(table)
    }

    /// The same of a file that has taken the place of that of `old`, by the same writer: handles stay what they
    /// are, unless there can be fewer instances.
    pub(crate) fn in_place_of(self, old: Option<&Self>) -> Self {
        let file = old.map_or(0, |old| old.file.wrapping_add((self.max() < old.max()).into()));
        Self { file, ..self }
    }

    /// Why a writer cannot continue with what is in `blocks`, if so: no number may be above `largest`.
    pub(crate) fn damage(blocks: MappedBlocks<'_>, largest: u64) -> Option<String> {
        if Self::greatest_in(blocks).max(blocks.changes().newest()) > largest {
            return Some("its sequences or changes are impossibly large".into());
        }
        let mut names = HashMap::new();
        for block in blocks.all() {
            let cells = blocks.cells(block);
            if cells.totals().into_iter().fold(cells.generation(), u64::max) > largest {
                return Some(format!(
                    "the generation or totals of block {block} are impossibly large"
                ));
            }
            let Some(name) = blocks.read(block) else { continue };
            let Some(name) = name.1 else {
                return Some(format!("the instance in block {block} has no name"));
            };
            if let Some(other) = names.insert(name, block) {
                return Some(format!("blocks {other} and {block} have the same name {name:?}"));
            }
        }
        None
    }

    /// All instances, in the order of their blocks.
    pub(crate) fn all(&self) -> Vec<(Instance, InstanceName)> {
        let of = |(name, block): (&Option<InstanceName>, u16)| {
            let generation = self.state.generation(block)?;
            Some((Instance { block, generation, file: self.file }, (*name)?))
        };
        self.names.iter().zip(0..=u16::MAX).filter_map(of).collect()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// How many there can be.
    pub(crate) fn max(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn find(&self, name: &str) -> Option<Instance> {
        let block = *self.blocks.get(name)?;
        let generation = self.state.generation(block)?;
        Some(Instance { block, generation, file: self.file })
    }

    /// Whether the handle leads to an instance.
    #[inline]
    pub(crate) fn has(&self, instance: Instance) -> bool {
        self.file == instance.file && self.state.has(instance.block, instance.generation)
    }

    /// The number of the newest record of an instance.
    pub(crate) fn sequence(&self, instance: Instance) -> u64 {
        self.state.sequence(instance.block)
    }

    /// The newest record of an instance, whose blocks these are; `None` if it has none.
    pub(crate) fn last(&self, blocks: MappedBlocks<'_>, instance: Instance) -> Option<LastRecord> {
        let ring = Ring::new(blocks.at(instance.block), self.state.slots()).ok()?;
        LastRecord::of(&ring, self.sequence(instance), blocks.record_size())
    }

    #[inline]
    pub(crate) fn publish(
        &mut self,
        blocks: MappedBlocks<'_>,
        block: u16,
        published_at: u64,
        record: &[u8],
    ) -> u64 {
        self.state.publish(&blocks, block, published_at, record)
    }

    #[inline]
    pub(crate) fn newest_change(&self) -> u64 {
        self.state.newest_change()
    }

    /// Gives a free block to a name that has none; `None` if no block is free.
    pub(crate) fn join(
        &mut self,
        blocks: MappedBlocks<'_>,
        name: InstanceName,
    ) -> Option<Instance> {
        let block = self.free()?;
        let generation = self.state.join(&blocks, block, name.as_bytes());
        Some(self.note(block, generation, name))
    }

    pub(crate) fn retire(&mut self, blocks: MappedBlocks<'_>, instance: Instance) {
        let block = instance.block;
        self.state.retire(&blocks, block);
        if let Some(name) = self.names[usize::from(block)].take() {
            self.blocks.remove(&*name);
        }
        self.first_free = self.first_free.min(block.into());
    }

    /// Gives blocks of a new file to those instances of an earlier one that `stay`, with their numbers,
    /// handles, last records and the totals of their blocks, where there are as many blocks; `false` if
    /// there are not enough.
    pub(crate) fn take_over(
        &mut self,
        blocks: MappedBlocks<'_>,
        earlier: Earlier<'_>,
        stay: Vec<(Instance, InstanceName)>,
    ) -> bool {
        let old = earlier.table;
        for (instance, name) in stay {
            let place = Some(instance.block).filter(|block| self.is_free(*block));
            let Some(block) = place.or_else(|| self.free()) else { return false };
            let last = earlier.last(instance);
            let base = old.sequence(instance) - u64::from(last.is_some());
            let begins = (base, old.state.total_at(instance.block, base));
            self.state.inherit(&blocks, block, &old.state.legacy(instance.block));
            self.state.join_after(&blocks, block, name.as_bytes(), begins, instance.generation);
            if let Some(last) = last {
                self.state.publish(&blocks, block, last.published_at, &last.bytes);
            }
            self.note(block, instance.generation, name);
        }
        // The others are retired, so that a follower learns how many of their records it has missed.
        for block in (0..=u16::MAX).take(old.max().min(self.max())) {
            if self.state.is_unused(block) {
                self.state.inherit(&blocks, block, &old.state.legacy_of_retired(block));
            }
        }
        self.state.raise_floor(&blocks, old.greatest());
        true
    }

    /// The greatest number that any instance in `blocks` has had.
    pub(crate) fn greatest_in(blocks: MappedBlocks<'_>) -> u64 {
        let floor = mapping::peek(blocks.floor());
        blocks.all().map(|block| mapping::peek(blocks.at(block).head())).fold(floor, u64::max)
    }

    /// The greatest number that any instance has had.
    pub(crate) fn greatest(&self) -> u64 {
        let all = (0..=u16::MAX).take(self.names.len()).map(|block| self.state.sequence(block));
        all.fold(self.state.floor(), u64::max)
    }

    fn note(&mut self, block: u16, generation: u64, name: InstanceName) -> Instance {
        self.names[usize::from(block)] = Some(name);
        self.blocks.insert(name, block);
        Instance { block, generation, file: self.file }
    }

    fn is_free(&self, block: u16) -> bool {
        usize::from(block) < self.names.len() && self.state.generation(block).is_none()
    }

    fn free(&mut self) -> Option<u16> {
        let mut rest = (0..=u16::MAX).take(self.names.len()).skip(self.first_free);
        let found = rest.find(|block| self.state.generation(*block).is_none());
        self.first_free = found.map_or(self.names.len(), usize::from);
        found
    }
}
