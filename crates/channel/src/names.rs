//! Which instance a block has: its name, and a generation that is never used twice.
//!
//! Invariant: while the generation is odd, name and base do not change. A reader that finds the same
//! odd generation before and after its copy has a name that was whole, and one that finds it after a
//! copy of a record has a record of that instance.
//!
//! ```text
//!   cells of one name   [0] generation   [1] base   [2] length   [3..] the name, 8 bytes each
//!
//!   generation   0     never used
//!                odd   the block has this instance
//!                even  it is retired, and the next one may be joining
//! ```
//!
//! Price: one load after each copy, from a line that changes only when an instance joins or is retired.

use crate::memory::{words_in, words_out};
use crate::sync::{self, AtomicU64};

/// The cells of one name.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    generation: &'a AtomicU64,
    base: &'a AtomicU64,
    len: &'a AtomicU64,
    words: &'a [AtomicU64],
}

/// What a block has: an instance of one generation. The bytes of its name are the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// An odd number, which this block never has for another instance.
    pub generation: u64,
    /// The sequence number before the instance's first one in this block.
    pub base: u64,
    /// Bytes of the name; another process wrote it, so it may be any number.
    pub len: u64,
}

impl<'a> Name<'a> {
    /// The name in these cells; `None` if there are fewer than three.
    #[inline]
    pub fn of(cells: &'a [AtomicU64]) -> Option<Self> {
        let [generation, base, len, words @ ..] = cells else { return None };
        Some(Self { generation, base, len, words })
    }

    /// Copies the name to `name`; `None` if the block has no instance, or another one by now.
    ///
    /// # Panics
    /// If `name` is longer than the cells.
    pub fn read(&self, name: &mut [u8]) -> Option<Named> {
        let generation = sync::load(self.generation);
        // SYNC G3: the name is read after the generation that it is of. Pairs with G2.
        sync::acquire_fence();
        let named = Named { generation, base: sync::load(self.base), len: sync::load(self.len) };
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

    /// The block has the instance called `name`.
    pub(crate) fn join(&self, generation: u64, base: u64, name: &[u8]) {
        sync::store(self.base, base);
        sync::store(self.len, name.len() as u64);
        words_in(self.words, name);
        // SYNC G2: a reader that sees the odd generation sees name, base and an empty block. Pairs
        // with G3.
        sync::store_release(self.generation, generation);
    }

    /// The block has no instance.
    pub(crate) fn retire(&self, generation: u64) {
        // SYNC G0: the generation is even before the block is changed for the next instance, and
        // what was stored before is not lost by a death. Pairs with G4.
        sync::store_release(self.generation, generation);
    }
}

/// Whether a block of this generation has an instance.
pub(crate) const fn is_in_use(generation: u64) -> bool {
    generation & 1 == 1
}
