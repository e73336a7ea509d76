//! Which instances have changed: a ring of changes, in the order in which they were made.
//!
//! Invariant: a change that is announced has its record in its block. A reader that goes through the
//! changes, and reads one record of the block for each, has all that was announced; for one
//! that was lapped, the number of changes that it has not seen is exact.
//!
//! ```text
//!   newest     number c of the newest change that is announced
//!   word       c * 65536 + block     change c lies in word c mod length; 0: no change yet
//!
//!   writer   word[c] := change c ... the record ... newest := c
//!   reader   newest >= c?  word[c] has c?  read the block
//! ```
//!
//! Price: two stores for each publish, two loads for each change, 8 bytes for each word.

use crate::sync::{self, AtomicU64};

/// Bits of a word that hold the block.
const BLOCK_BITS: u32 = 16;

/// The ring of changes of a region of instances.
#[derive(Clone, Copy, Debug)]
pub struct Changes<'a> {
    newest: &'a AtomicU64,
    words: &'a [AtomicU64],
}

/// What comes after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// This block has changed: it was published to, or an instance joined it or was retired.
    Block(u16),
    /// Nothing has changed.
    Pending,
    /// The writer has lapped the reader by this many changes, which may be of any block.
    Lapped(u64),
}

impl<'a> Changes<'a> {
    /// The ring over these words, whose number is a power of two; `None` if it is not.
    #[inline]
    pub fn new(newest: &'a AtomicU64, words: &'a [AtomicU64]) -> Option<Self> {
        words.len().is_power_of_two().then_some(Self { newest, words })
    }

    /// The number of the newest change.
    #[inline]
    pub fn newest(&self) -> u64 {
        let newest = sync::load(self.newest);
        // SYNC I2: change and record are read after the number that announces them. Pairs with I1.
        sync::acquire_fence();
        newest
    }

    /// The block of the newest change; `None` if there is none, or the writer has lapped this look.
    pub fn newest_block(&self) -> Option<u16> {
        self.block(self.newest())
    }

    /// Names the block that is about to change, by the change after the newest.
    #[inline]
    pub(crate) fn begin(&self, change: u64, block: u16) {
        // CHOICE I5: the block is named before anything in it changes, so that a take-over finds the
        // one that may be half done. The release fence (W1, G1) or store (G0) in front of what a
        // reader can take keeps the two in order.
        sync::store(self.word(change), change << BLOCK_BITS | u64::from(block));
    }

    /// Announces a change that was begun and is made.
    #[inline]
    pub(crate) fn announce(&self, change: u64) {
        // SYNC I1: a reader that sees c announced sees its word, and its record. Pairs with I2.
        sync::store_release(self.newest, change);
    }

    /// The block of a change, if the ring has it.
    #[inline]
    pub(crate) fn block(&self, change: u64) -> Option<u16> {
        let word = sync::load(self.word(change));
        // CHOICE I3: only the word with this number is this change; another one lies there
        // before it is begun, and after it was lapped.
        if change == 0 || word >> BLOCK_BITS != change << BLOCK_BITS >> BLOCK_BITS {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the low bits are the block")]
        Some(word as u16)
    }

    #[inline]
    fn word(&self, change: u64) -> &AtomicU64 {
        #[expect(clippy::cast_possible_truncation, reason = "below the number of words")]
        let index = (change & (self.words.len() as u64 - 1)) as usize;
        &self.words[index]
    }
}

/// A reader's position in the ring of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeTail {
    /// Every change up to here was returned, or lapped.
    last: u64,
}

impl ChangeTail {
    /// A position from which the next change is number `change` + 1.
    pub fn after(change: u64) -> Self {
        Self { last: change }
    }

    /// The number of the last change that was returned, or lapped.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Returns the next change, and advances by it.
    ///
    /// After [`Change::Lapped`], read every block: the changes that follow are those since.
    #[inline]
    pub fn next(&mut self, changes: &Changes<'_>) -> Change {
        let newest = changes.newest();
        if newest <= self.last {
            return Change::Pending;
        }
        let Some(block) = changes.block(self.last + 1) else { return self.lapped(newest) };
        self.last += 1;
        Change::Block(block)
    }

    #[cold]
    fn lapped(&mut self, newest: u64) -> Change {
        let lapped = newest - self.last;
        // CHOICE I4: what is announced after `newest` was read may not be seen by a look at every
        // block, so no change after it is passed over.
        self.last = newest;
        Change::Lapped(lapped)
    }
}
