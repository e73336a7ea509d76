//! The blocks, changes and names of a mapped region: the shared words that `channel` works on.
//!
//! Invariant: each block below `count` has its head line, slots and name inside the mapping, and so has
//! the ring of changes.

use crate::mapped_region::{HEAD, MappedRegion};
use crate::mapping::FutexWord;
use crate::wait;
use channel::{AtomicU64, Blocks, Changes, Memory, Name, Named, TOTALS};
use layout::header::{self, Instances, offset};
use layout::{InstanceName, MAX_INSTANCE_NAME};

const WORD: usize = size_of::<u64>();
const LINE_WORDS: usize = header::LINE as usize / WORD;
const NAME_WORDS: usize = header::NAME_ENTRY as usize / WORD;
/// Words of a name that are in use.
const NAME_CELLS: usize = offset::BASE_TOTAL / WORD + 1;
const _: () = assert!(offset::TOTALS == offset::NAME + MAX_INSTANCE_NAME);
const _: () = assert!(offset::BASE_TOTAL == offset::TOTALS + TOTALS * WORD);

/// Where the instances of a region are, in words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockWords {
    count: usize,
    /// From one block to the next.
    stride: usize,
    /// The line of changes.
    line: usize,
    /// The ring of changes, and how many there are.
    ring: usize,
    changes: usize,
    /// The name of block 0.
    names: usize,
}

impl BlockWords {
    /// `None`: they lie outside a mapping of so many words.
    pub(crate) fn of(instances: &Instances, words: usize) -> Option<Self> {
        let word = |offset: u64| usize::try_from(offset).ok().map(|offset| offset / WORD);
        let found = Self {
            count: instances.max as usize,
            stride: word(instances.block_stride)?,
            line: word(instances.changes_offset)?,
            ring: word(instances.ring_offset())?,
            changes: instances.changes as usize,
            names: word(instances.names_offset)?,
        };
        let blocks_end = word(instances.block_offset(instances.max))?;
        let ring_end = found.ring.checked_add(found.changes)?;
        let names_end = word(instances.name_offset(instances.max))?;
        let in_order = blocks_end <= found.line && ring_end <= found.names && names_end <= words;
        in_order.then_some(found)
    }
}

/// The blocks of a mapped region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MappedBlocks<'a> {
    mapped: &'a MappedRegion,
    words: &'a BlockWords,
}

impl<'a> MappedBlocks<'a> {
    pub(crate) fn of(mapped: &'a MappedRegion, words: &'a BlockWords) -> Self {
        Self { mapped, words }
    }

    /// The words of one block.
    #[inline]
    pub(crate) fn at(self, block: u16) -> Block<'a> {
        debug_assert!(usize::from(block) < self.words.count);
        Block { mapped: self.mapped, at: usize::from(block) * self.words.stride / LINE_WORDS }
    }

    /// Every block.
    pub(crate) fn all(self) -> impl Iterator<Item = u16> {
        (0..=u16::MAX).take(self.words.count)
    }

    /// Bytes of a record.
    pub(crate) fn record_size(self) -> usize {
        self.mapped.record_size()
    }

    /// Whether the file was whole until now: what was copied from it counts.
    pub(crate) fn are_whole(self) -> bool {
        self.mapped.is_whole()
    }

    /// Whether there is such a block.
    #[inline]
    pub(crate) fn has(self, block: u16) -> bool {
        usize::from(block) < self.words.count
    }

    /// The cells of a name.
    #[inline]
    pub(crate) fn cells(self, block: u16) -> Name<'a> {
        let start = self.words.names + usize::from(block) * NAME_WORDS;
        let cells = &self.mapped.words()[start..start + NAME_CELLS];
        Name::of(cells).expect("a name has cells enough")
    }

    /// The instance that a block has; its name is `None` if what is there is no name.
    pub(crate) fn read(self, block: u16) -> Option<(Named, Option<InstanceName>)> {
        let mut bytes = [0; MAX_INSTANCE_NAME];
        let named = self.cells(block).read(&mut bytes)?;
        Some((named, InstanceName::from_bytes(&bytes, named.len)))
    }

    /// Wakes the readers that wait for this block, and those that wait for any.
    #[inline]
    pub(crate) fn wake(self, block: u16, newest_change: u64) {
        let (head, all) = (self.futex_word_of(block), self.futex_word());
        wait::wake_both(head, all, wait::futex_value(newest_change));
    }

    /// The futex word of one block.
    pub(crate) fn futex_word_of(self, block: u16) -> &'a FutexWord {
        self.mapped.futex_word_at(HEAD + usize::from(block) * self.words.stride)
    }

    /// The futex word of all.
    #[inline]
    pub(crate) fn futex_word(self) -> &'a FutexWord {
        self.mapped.futex_word_at(self.words.line + offset::NEWEST_CHANGE / WORD)
    }
}

impl Blocks for MappedBlocks<'_> {
    type Block<'b>
        = Block<'b>
    where
        Self: 'b;

    fn count(&self) -> usize {
        self.words.count
    }

    #[inline]
    fn block(&self, index: u16) -> Block<'_> {
        self.at(index)
    }

    #[inline]
    fn name(&self, index: u16) -> Name<'_> {
        self.cells(index)
    }

    #[inline]
    fn changes(&self) -> Changes<'_> {
        let (line, ring) = (self.words.line, self.words.ring);
        let words = self.mapped.words();
        let newest = &words[line + offset::NEWEST_CHANGE / WORD];
        let ring = &words[ring..ring + self.words.changes];
        Changes::new(newest, ring).expect("the header's changes are a power of two")
    }

    #[inline]
    fn floor(&self) -> &AtomicU64 {
        &self.mapped.words()[self.words.line + offset::FLOOR / WORD]
    }
}

/// One block: as a plain region, so many lines further on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'a> {
    mapped: &'a MappedRegion,
    at: usize,
}

impl Memory for Block<'_> {
    #[inline]
    fn head(&self) -> &AtomicU64 {
        &self.mapped.head_line_at(self.at)[0]
    }

    #[inline]
    fn slot(&self, index: usize, record_len: usize) -> &[AtomicU64] {
        self.mapped.slot_at(self.at, index, record_len)
    }

    #[inline]
    fn front(&self, record_len: usize) -> Option<&[AtomicU64]> {
        (record_len <= header::FRONT_RECORD).then(|| &self.mapped.head_line_at(self.at)[1..])
    }

    #[inline]
    fn copy_in(&self, words: &[AtomicU64], record: &[u8]) {
        self.mapped.copy_in(words, record);
    }

    #[inline]
    fn copy_out(&self, words: &[AtomicU64], record: &mut [u8]) {
        self.mapped.copy_out(words, record);
    }
}
