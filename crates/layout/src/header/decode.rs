//! Decodes a header from bytes that another process wrote.
//!
//! The checks are made in this order, so that each error names the actual problem: length, magic,
//! version, checksum, unknown features, then every length, offset and count.

use xxhash_rust::xxh64::xxh64;

use super::geometry::{slots_possible, stride};
use super::offset::{self, CHECKSUM, HEADER_LEN};
use super::{
    END_MARK_LEN, HEADER_LEN_WORD, Header, INSTANCES, Instances, LINE, MAGIC_BYTES, MAX_LINEAGE,
    VERSION,
};
use crate::error::DecodeError;
use crate::limits::{MAX_RECORD, MAX_SCHEMA};

impl Header {
    /// The header at the start of `bytes`, which may be longer.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let bytes = bytes.first_chunk::<HEADER_LEN>().ok_or(DecodeError::NotARegion)?;
        check_identity(bytes)?;
        let header = Self {
            compatible: u64_at(bytes, offset::COMPATIBLE),
            incompatible: u64_at(bytes, offset::INCOMPATIBLE),
            file_len: u64_at(bytes, offset::FILE_LEN),
            record_size: u32_at(bytes, offset::RECORD_SIZE),
            record_align: u32_at(bytes, offset::RECORD_ALIGN),
            slots: u32_at(bytes, offset::SLOT_COUNT),
            slot_stride: u32_at(bytes, offset::SLOT_STRIDE),
            slots_offset: u64_at(bytes, offset::SLOTS_OFFSET),
            schema_offset: u64_at(bytes, offset::SCHEMA_OFFSET),
            schema_len: u32_at(bytes, offset::SCHEMA_LEN),
            fingerprint: u64_at(bytes, offset::FINGERPRINT),
            created_at: u64_at(bytes, offset::CREATED_AT),
            boot_id: array_at(bytes, offset::BOOT_ID),
            base_sequence: u64_at(bytes, offset::BASE_SEQUENCE),
            lineage: u64_at(bytes, offset::LINEAGE),
            first_lineage: u64_at(bytes, offset::FIRST_LINEAGE),
            inode: u64_at(bytes, offset::INODE),
            instances: (u64_at(bytes, offset::INCOMPATIBLE) & INSTANCES != 0)
                .then(|| Instances::decode(bytes)),
        };
        let unknown = header.incompatible & !INSTANCES;
        if unknown != 0 {
            return Err(DecodeError::UnsupportedFeatures(unknown));
        }
        require(u32_at(bytes, offset::LEN) == HEADER_LEN_WORD, "the header length is not 256")?;
        header.check_record()?;
        header.check_slots()?;
        header.check_schema_place()?;
        header.check_lineage()?;
        Ok(header)
    }

    fn check_lineage(&self) -> Result<(), DecodeError> {
        let Self { lineage, first_lineage, .. } = *self;
        require((1..=MAX_LINEAGE).contains(&lineage), "the lineage is 0 or beyond 2^53")?;
        let began_before = (1..=lineage).contains(&first_lineage);
        require(began_before, "its numbers began in no earlier lineage")
    }

    fn check_record(&self) -> Result<(), DecodeError> {
        let (size, align) = (self.record_size, self.record_align);
        require(matches!(align, 1 | 2 | 4 | 8), "the record alignment is not 1, 2, 4 or 8")?;
        require((1..=MAX_RECORD).contains(&size), "the record size is 0 or too large")?;
        require(size.is_multiple_of(align), "the record size is no multiple of its alignment")
    }

    fn check_slots(&self) -> Result<(), DecodeError> {
        let stride_here = self.slot_stride;
        require(slots_possible(self.slots), "the slot count is no power of two from 4 to 65536")?;
        require(stride_here >= stride(self.record_size), "the slot stride is below a slot's size")?;
        require(stride_here.is_multiple_of(LINE), "the slot stride is no multiple of 64")?;
        require(on_line(self.slots_offset), "the slots do not begin at a multiple of 64")?;
        let behind_head = self.slots_offset >= offset::SLOTS as u64;
        require(behind_head, "the slots overlap the head line")
    }

    fn check_schema_place(&self) -> Result<(), DecodeError> {
        let records_end = self.records_end()?;
        let schema_end = self
            .schema_offset
            .checked_add(self.schema_len.into())
            .and_then(|end| end.checked_add(END_MARK_LEN.into()));
        require((1..=MAX_SCHEMA).contains(&self.schema_len), "the schema is empty or too long")?;
        require(on_line(self.schema_offset), "the schema does not begin at a multiple of 64")?;
        let behind_records = records_end.is_some_and(|end| end <= self.schema_offset);
        let overlap = match self.instances {
            None => "the slots overlap the schema",
            Some(_) => "the names overlap the schema",
        };
        require(behind_records, overlap)?;
        let inside = schema_end.is_some_and(|end| end <= self.file_len);
        require(inside, "the schema and the end mark go beyond the end of the file")?;
        require(on_line(self.file_len), "the file length is no multiple of 64")
    }

    /// The end of the slots, or of the names of the instances; `None` if it overflows.
    fn records_end(&self) -> Result<Option<u64>, DecodeError> {
        let slots_len = u64::from(self.slots) * u64::from(self.slot_stride);
        let slots_end = self.slots_offset.checked_add(slots_len);
        match &self.instances {
            None => Ok(slots_end),
            Some(instances) => {
                // `check_slots`: they begin behind the head line.
                let block_len = slots_end.map(|end| end - offset::HEAD as u64);
                instances.check(block_len).map(Some)
            }
        }
    }
}

/// Checks that this is an undamaged region of this version.
fn check_identity(bytes: &[u8; HEADER_LEN]) -> Result<(), DecodeError> {
    if array_at(bytes, offset::MAGIC) != MAGIC_BYTES {
        return Err(DecodeError::NotARegion);
    }
    let version = u32_at(bytes, offset::VERSION);
    if version != VERSION {
        return Err(DecodeError::UnsupportedVersion(version));
    }
    if u64_at(bytes, CHECKSUM) != xxh64(&bytes[..CHECKSUM], 0) {
        return Err(DecodeError::Header("the checksum of its header does not match".into()));
    }
    Ok(())
}

pub(super) fn require(holds: bool, what: &str) -> Result<(), DecodeError> {
    if holds { Ok(()) } else { Err(DecodeError::Header(format!("impossible header: {what}"))) }
}

pub(super) fn on_line(offset: u64) -> bool {
    offset.is_multiple_of(LINE.into())
}

pub(super) fn u32_at(bytes: &[u8; HEADER_LEN], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

pub(super) fn u64_at(bytes: &[u8; HEADER_LEN], at: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, at))
}

/// `at` is one of the constants in [`offset`], all of which lie inside the header with their value.
fn array_at<const N: usize>(bytes: &[u8; HEADER_LEN], at: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[at..at + N]);
    array
}
