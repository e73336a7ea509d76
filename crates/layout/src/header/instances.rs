//! The sections of a region of instances: blocks, changes and names.
//!
//! Invariant: [`Instances`] of a decoded header has every sum checked: the blocks lie from the head
//! line on, changes after them, names after those, the schema after the names.
//!
//! ```text
//!   0x140            | block 0: head line | slot 0 | slot 1 | ... |     as in a plain region
//!   + block_stride   | block 1: head line | slot 0 | slot 1 | ... |
//!                    | ...                                        |
//!   changes_offset   | changes u64 | floor u64 | zero to 64       |
//!                    | change u64 | change u64 | ...              |     `changes` words
//!   names_offset     | name of block 0, 128 bytes | of block 1 | ... |
//! ```
//!
//! Price: for each instance a block, 128 bytes of name, and 8 bytes for each of its slots.

use super::offset::{self, HEAD, HEADER_LEN};
use super::{END_MARK_LEN, Header, LINE};
use crate::error::DecodeError;

/// `incompatible` bit 0: the region has instances.
pub const INSTANCES: u64 = 1;

/// Most instances of a region.
pub const MAX_INSTANCES: u32 = 65_536;

/// The smallest number of words of the ring of changes.
pub const MIN_CHANGES: u32 = 64;

/// Most words of the ring of changes.
pub const MAX_CHANGES: u32 = 1 << 20;

/// Bytes of one name, with its generation and base.
pub const NAME_ENTRY: u32 = 128;

/// Bytes of the line in front of the ring of changes.
const CHANGES_LINE: u64 = LINE as u64;

/// A region cannot have this many instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} instances are not possible; use 1 to {MAX_INSTANCES}")]
pub struct BadInstances(pub u32);

/// Where the instances of a region are. Lengths and offsets are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instances {
    /// Most instances at one time, which is the number of blocks: 1 to [`MAX_INSTANCES`].
    pub max: u32,
    /// Words of the ring of changes, a power of two from [`MIN_CHANGES`] to [`MAX_CHANGES`].
    pub changes: u32,
    /// Distance between two blocks, a multiple of [`LINE`].
    pub block_stride: u64,
    /// Offset of the line in front of the ring of changes.
    pub changes_offset: u64,
    /// Offset of the name of block 0.
    pub names_offset: u64,
}

impl Instances {
    /// Offset of the head line of block `index` in the file.
    pub fn block_offset(&self, index: u32) -> u64 {
        HEAD as u64 + u64::from(index) * self.block_stride
    }

    /// Offset of the first word of the ring of changes in the file.
    pub fn ring_offset(&self) -> u64 {
        self.changes_offset + CHANGES_LINE
    }

    /// Offset of the name of block `index` in the file.
    pub fn name_offset(&self, index: u32) -> u64 {
        self.names_offset + u64::from(index) * u64::from(NAME_ENTRY)
    }

    pub(super) fn decode(bytes: &[u8; HEADER_LEN]) -> Self {
        use super::decode::{u32_at, u64_at};
        Self {
            max: u32_at(bytes, offset::INSTANCES),
            changes: u32_at(bytes, offset::CHANGES),
            block_stride: u64_at(bytes, offset::BLOCK_STRIDE),
            changes_offset: u64_at(bytes, offset::CHANGES_OFFSET),
            names_offset: u64_at(bytes, offset::NAMES_OFFSET),
        }
    }

    pub(super) fn encode(&self, mut put: impl FnMut(usize, &[u8])) {
        put(offset::INSTANCES, &self.max.to_le_bytes());
        put(offset::CHANGES, &self.changes.to_le_bytes());
        put(offset::BLOCK_STRIDE, &self.block_stride.to_le_bytes());
        put(offset::CHANGES_OFFSET, &self.changes_offset.to_le_bytes());
        put(offset::NAMES_OFFSET, &self.names_offset.to_le_bytes());
    }

    /// The end of the names, where blocks have `block_len` bytes; every section before it checked.
    pub(super) fn check(&self, block_len: Option<u64>) -> Result<u64, DecodeError> {
        use super::decode::{on_line, require};
        let max = u64::from(self.max);
        let changes = self.changes;
        require((1..=MAX_INSTANCES).contains(&self.max), "the instances are not 1 to 65536")?;
        let possible = changes.is_power_of_two() && (MIN_CHANGES..=MAX_CHANGES).contains(&changes);
        require(possible, "the changes are no power of two from 64 to 1048576")?;
        let fits = block_len.is_some_and(|len| len <= self.block_stride);
        require(fits, "the block stride is below a block's size")?;
        require(on_line(self.block_stride), "the block stride is no multiple of 64")?;
        require(on_line(self.changes_offset), "the changes do not begin at a multiple of 64")?;
        require(on_line(self.names_offset), "the names do not begin at a multiple of 64")?;
        let blocks_end =
            max.checked_mul(self.block_stride).and_then(|all| all.checked_add(HEAD as u64));
        let apart = blocks_end.is_some_and(|end| end <= self.changes_offset);
        require(apart, "the blocks overlap the changes")?;
        let ring = CHANGES_LINE + 8 * u64::from(changes);
        let changes_end = self.changes_offset.checked_add(ring);
        let apart = changes_end.is_some_and(|end| end <= self.names_offset);
        require(apart, "the changes overlap the names")?;
        let names_end = self.names_offset.checked_add(max * u64::from(NAME_ENTRY));
        names_end.ok_or_else(|| {
            DecodeError::Header("impossible header: the names end beyond 64 bits".into())
        })
    }
}

impl Header {
    /// The same region for up to `max` instances instead of one record.
    pub fn with_instances(self, max: u32) -> Result<Self, BadInstances> {
        if !(1..=MAX_INSTANCES).contains(&max) {
            return Err(BadInstances(max));
        }
        // At most 2^57: slots, strides and instances are limited, no sum can overflow.
        let block_stride = self.slots_end() - HEAD as u64;
        let changes_offset = HEAD as u64 + u64::from(max) * block_stride;
        let changes = ring_for(max, self.slots);
        let names_offset = changes_offset + CHANGES_LINE + 8 * u64::from(changes);
        let schema_offset = names_offset + u64::from(max) * u64::from(NAME_ENTRY);
        let end = schema_offset + u64::from(self.schema_len + END_MARK_LEN);
        Ok(Self {
            incompatible: self.incompatible | INSTANCES,
            schema_offset,
            file_len: end.next_multiple_of(LINE.into()),
            instances: Some(Instances { max, changes, block_stride, changes_offset, names_offset }),
            ..self
        })
    }

    /// The end of the slots of block 0, of a header that was planned here.
    fn slots_end(&self) -> u64 {
        self.slot_offset(self.slots)
    }
}

/// As many changes as there are slots: with instances that are published to equally often, the ring
/// of changes laps a reader when their slots do.
fn ring_for(max: u32, slots: u32) -> u32 {
    let slots = u64::from(max) * u64::from(slots);
    let within = slots.clamp(MIN_CHANGES.into(), MAX_CHANGES.into());
    u32::try_from(within.next_power_of_two()).expect("at most MAX_CHANGES, a power of two")
}
