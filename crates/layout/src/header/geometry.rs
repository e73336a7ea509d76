//! Computes the sections of a new region.

use super::{
    END_MARK_LEN, Header, LINE, MAX_SLOTS, MIN_SLOTS, SLOT_HEAD,
    offset::{CHECKSUM, SLOTS},
};
use crate::limits::MAX_RECORD;
use crate::schema::Schema;
use crate::text::counted;

// The largest slot is far below 4 GiB, so a stride fits a u32.
const _: () = assert!(MAX_RECORD < u32::MAX / 2 - SLOT_HEAD - LINE);
// The checksum is the last word before the writer line.
const _: () = assert!(CHECKSUM + 8 == super::offset::EPOCH);
const _: () = assert!(SLOTS.is_multiple_of(LINE as usize));

/// A region cannot have this many slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a region cannot have {}; use a power of two from {MIN_SLOTS} to {MAX_SLOTS}", counted(*.0, "slot"))]
pub struct BadSlots(pub u32);

/// Whether a region can have this many slots.
pub(super) fn slots_possible(slots: u32) -> bool {
    slots.is_power_of_two() && (MIN_SLOTS..=MAX_SLOTS).contains(&slots)
}

/// The smallest stride for records of `size` bytes, which is at most [`MAX_RECORD`].
pub(super) fn stride(size: u32) -> u32 {
    (SLOT_HEAD + size.next_multiple_of(8)).next_multiple_of(LINE)
}

impl Header {
    /// The header of a new region with this many slots for records of `schema`. Features, creation
    /// time, boot id, base sequence, lineage and inode are zero; fill them in before
    /// [`encode`](Self::encode).
    #[expect(clippy::missing_panics_doc, reason = "the builder keeps every schema short enough")]
    pub fn plan(schema: &Schema, slots: u32) -> Result<Self, BadSlots> {
        if !slots_possible(slots) {
            return Err(BadSlots(slots));
        }
        let line = u64::from(LINE);
        let slots_offset = SLOTS as u64;
        let slot_stride = stride(schema.size());
        // At most 2^41: a schema's size and the slots are limited, no sum can overflow.
        let slots_end = slots_offset + u64::from(slots) * u64::from(slot_stride);
        let schema_offset = slots_end.next_multiple_of(line);
        let schema_len = u32::try_from(schema.encode().len())
            .expect("the builder keeps the encoding below MAX_SCHEMA");
        Ok(Self {
            compatible: 0,
            incompatible: 0,
            file_len: (schema_offset + u64::from(schema_len + END_MARK_LEN)).next_multiple_of(line),
            record_size: schema.size(),
            record_align: schema.align(),
            slots,
            slot_stride,
            slots_offset,
            schema_offset,
            schema_len,
            fingerprint: schema.fingerprint(),
            created_at: 0,
            boot_id: [0; 16],
            base_sequence: 0,
            lineage: 0,
            first_lineage: 0,
            inode: 0,
            instances: None,
        })
    }
}
