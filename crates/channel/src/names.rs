//! Which instance a block has: its name, and a generation that is never used twice.
//!
//! Invariant: while the generation is odd, name and base do not change. A reader that finds the same
//! odd generation before and after its copy has a name that was whole, and one that finds it after a
//! copy of a record has a record of that instance. How many records each of the last three retired
//! instances had is known exactly, and how many all of them had together, always.
//!
//! ```text
//!   cells of one name   [0] generation   [1] base   [2] length   [3..] the name, 8 bytes each
//!                       then four totals, and the last: the total at base
//!
//!   generation   0     never used
//!                odd   the block has this instance
//!                even  it is retired, and the next one may be joining
//!
//!   retirements  r     generation / 2
//!   totals       word r mod 4: how many records the block had had at its retirement r; that of the
//!                next retirement is written before the generation says so
//!   at base      that of retirement r, and the instance's own up to base, if it was in another file
//! ```
//!
//! Price: one load after each copy, from a line that changes only when an instance joins or is retired.

use crate::memory::{words_in, words_out};
use crate::sync::{self, AtomicU64};

/// Words of the totals of a block: the last `TOTALS` - 1 are known.
pub const TOTALS: usize = 4;

/// The cells of one name.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    generation: &'a AtomicU64,
    base: &'a AtomicU64,
    len: &'a AtomicU64,
    words: &'a [AtomicU64],
    totals: &'a [AtomicU64; TOTALS],
    base_total: &'a AtomicU64,
}

/// What a block has: an instance of one generation. The bytes of its name are the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// An odd number, which this block never has for another instance.
    pub generation: u64,
    /// The sequence number before the instance's first one in this block.
    pub base: u64,
    /// How many records the block had had at `base`, of all its instances.
    pub total: u64,
    /// How many of those are of the instances before this one.
    pub former_total: u64,
    /// Bytes of the name; another process wrote it, so it may be any number.
    pub len: u64,
}

impl<'a> Name<'a> {
    /// The name in these cells; `None` if there are too few.
    #[inline]
    pub fn of(cells: &'a [AtomicU64]) -> Option<Self> {
        let (base_total, cells) = cells.split_last()?;
        let (cells, totals) = cells.split_last_chunk()?;
        let [generation, base, len, words @ ..] = cells else { return None };
        Some(Self { generation, base, len, words, totals, base_total })
    }

    /// Copies the name to `name`; `None` if the block has no instance, or another one by now.
    ///
    /// # Panics
    /// If `name` is longer than the cells.
    pub fn read(&self, name: &mut [u8]) -> Option<Named> {
        let generation = sync::load(self.generation);
        // SYNC G3: the name is read after the generation that it is of. Pairs with G2.
        sync::acquire_fence();
        let named = Named {
            generation,
            base: sync::load(self.base),
            total: sync::load(self.base_total),
            former_total: sync::load(self.total_word(retirements(generation))),
            len: sync::load(self.len),
        };
        words_out(self.words, name);
        (is_in_use(generation) && self.is(generation)).then_some(named)
    }

    /// Whether the block has the instance of this generation.
    #[inline]
    pub fn is(&self, generation: u64) -> bool {
        // CHOICE G9: a name counts only if its generation is still the one found before it.
        self.generation() == generation
    }

    /// Whether a record that was copied is one of this generation's. To be asked after each copy,
    /// before it is used. True also if the instance is retired and its block has no other yet.
    #[inline]
    pub fn has_been(&self, generation: u64) -> bool {
        // CHOICE G5: the copy counts only if no later instance has the block.
        self.generation().wrapping_sub(generation) <= 1
    }

    /// The word of the generation.
    #[inline]
    pub fn generation_word(&self) -> &'a AtomicU64 {
        self.generation
    }

    /// The generation: see [`Named::generation`]; even if the block has no instance.
    #[inline]
    pub fn generation(&self) -> u64 {
        // SYNC G4: anything of the next instance brings the generation along. Pairs with G1.
        sync::acquire_fence();
        sync::load(self.generation)
    }

    /// How many instances of the block are retired.
    fn retirements(&self) -> u64 {
        let generation = sync::load(self.generation);
        // SYNC G10: the totals are read after the generation that says they are there. Pairs with G0.
        sync::acquire_fence();
        retirements(generation)
    }

    /// How many records the block had had at its retirement of this number; `None`: that is no longer
    /// known, or was not yet.
    pub fn total_at(&self, retirement: u64) -> Option<u64> {
        if self.retirements() < retirement {
            return None;
        }
        let total = sync::load(self.total_word(retirement));
        // CHOICE G11: the word is used again at the fourth retirement after this one. A reader that has
        // seen a word of that sees the generation that it began with: the third after (G1, G4).
        let later = retirements(self.generation()).wrapping_sub(retirement);
        (later < TOTALS as u64 - 1).then_some(total)
    }

    /// The number of the newest retirement, and how many records the block had had at it; `None`: the writer
    /// has lapped this look.
    pub fn total(&self) -> Option<(u64, u64)> {
        let retirement = self.retirements();
        Some((retirement, self.total_at(retirement)?))
    }

    /// The totals, for the next writer: that of retirement r in the word r mod 4.
    pub fn totals(&self) -> [u64; TOTALS] {
        self.totals.each_ref().map(sync::load)
    }

    /// The sequence number before the first one of the instance, and the total there, for the next
    /// writer.
    pub(crate) fn base(&self) -> (u64, u64) {
        (sync::load(self.base), sync::load(self.base_total))
    }

    /// The block of a new file has had the instances of another one, before a reader can see it.
    pub(crate) fn inherit(&self, generation: u64, totals: &[u64; TOTALS]) {
        for (word, total) in self.totals.iter().zip(totals) {
            sync::store(word, *total);
        }
        sync::store(self.generation, generation);
    }

    /// The words of the totals.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn total_words(&self) -> &'a [AtomicU64; TOTALS] {
        self.totals
    }

    fn total_word(&self, retirement: u64) -> &AtomicU64 {
        &self.totals[word_of(retirement)]
    }

    /// The block has the instance called `name`.
    pub(crate) fn join(&self, generation: u64, (base, total): (u64, u64), name: &[u8]) {
        sync::store(self.base, base);
        sync::store(self.base_total, total);
        sync::store(self.len, name.len() as u64);
        words_in(self.words, name);
        // SYNC G2: a reader that sees the odd generation sees name, base and an empty block. Pairs
        // with G3.
        sync::store_release(self.generation, generation);
    }

    /// The block has no instance, and has had `total` records.
    pub(crate) fn retire(&self, generation: u64, total: u64) {
        // CHOICE G12: the total is there before the generation says so. Until then the word is none that
        // is known, so a writer that dies in between leaves nothing to repair.
        sync::store(self.total_word(retirements(generation)), total);
        // SYNC G0: the generation is even before the block is changed for the next instance, and
        // what was stored before is not lost by a death. Pairs with G4 and G10.
        sync::store_release(self.generation, generation);
    }
}

/// How many instances of a block of this generation are retired.
pub(crate) const fn retirements(generation: u64) -> u64 {
    generation / 2
}

/// The word of the total at a retirement.
#[expect(clippy::cast_possible_truncation, reason = "less than TOTALS")]
pub(crate) const fn word_of(retirement: u64) -> usize {
    retirement as usize % TOTALS
}

/// Whether a block of this generation has an instance.
pub(crate) const fn is_in_use(generation: u64) -> bool {
    generation & 1 == 1
}
