//! Many records of one kind in one region: an interface, a disk, a symbol each.
//!
//! Invariant: a handle means one instance. Once that is retired, or its region replaced, the handle
//! leads to nothing, not even if its block has another instance by now. Its generation is odd: a free block
//! has an even one.
//!
//! ```text
//!   blocks   where the blocks, changes and names of a mapped region are
//!   table    what the writer knows: which block has which name
//! ```
//!
//! Price: for a reader of one instance, one comparison more than in a plain region.

mod blocks;
mod table;

pub(crate) use blocks::{Block, BlockWords, MappedBlocks};
pub(crate) use table::{Earlier, InstanceTable};

use layout::InstanceName;

/// A handle for one instance of a region, by which it is published to or read without looking for its
/// name.
///
/// That of a writer means nothing to a reader, and the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    pub(crate) block: u16,
    pub(crate) generation: u64,
    /// For a reader: how many files it had attached before; for a writer: how many it had made for fewer
    /// instances.
    pub(crate) file: u32,
}

impl Instance {
    /// The handle as two words, for a program in another language.
    ///
    /// ```
    /// # fn same(instance: region::Instance) {
    /// assert_eq!(region::Instance::from_words(instance.to_words()), instance);
    /// # }
    /// ```
    pub const fn to_words(self) -> [u64; 2] {
        [self.generation, (self.file as u64) << 32 | self.block as u64]
    }

    /// The handle that has these words; any others lead to no instance.
    #[allow(clippy::cast_possible_truncation)] // the halves of a word, as they were put there
    pub const fn from_words([generation, place]: [u64; 2]) -> Self {
        /// Greater than any that is counted.
        const NO_GENERATION: u64 = u64::MAX;
        let generation = if generation % 2 == 0 { NO_GENERATION } else { generation };
        Self { block: place as u16, generation, file: (place >> 32) as u32 }
    }
}

/// What has happened to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceEvent<T> {
    /// Which one.
    pub instance: Instance,
    /// Its name.
    pub name: InstanceName,
    /// What has happened.
    pub what: InstanceChange<T>,
}

/// What can happen to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InstanceChange<T> {
    /// It is there: the first event of each instance.
    Joined,
    /// Its next record.
    Record(T),
    /// Exactly this many of its records are gone: the writer has lapped this reader, or has retired the
    /// instance and given its block to the next one.
    Missed(u64),
    /// It is retired: its last event.
    Retired,
}

impl<T> InstanceEvent<T> {
    /// The same event with another record.
    pub(crate) fn map<U>(self, make: impl FnOnce(T) -> U) -> InstanceEvent<U> {
        let what = match self.what {
            InstanceChange::Record(record) => InstanceChange::Record(make(record)),
            InstanceChange::Missed(count) => InstanceChange::Missed(count),
            InstanceChange::Joined => InstanceChange::Joined,
            InstanceChange::Retired => InstanceChange::Retired,
        };
        InstanceEvent { instance: self.instance, name: self.name, what }
    }
}
