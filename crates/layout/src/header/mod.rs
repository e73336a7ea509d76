//! The fixed header of a region file, format version 1.
//!
//! Invariant: [`Header::decode`] has checked every sum in a [`Header`]: the slots lie after the
//! head line, the schema after the slots, both inside `file_len`, every section on a 64-byte
//! boundary, each slot large enough for its stamp and record. It does not know the length of the
//! file: compare that with `file_len`. Reserved bytes are written as zero and ignored when read, so
//! that a later release may use them under a `compatible` bit.
//!
//! ```text
//!   0x000 | fixed header, 256 bytes, checksummed, never changes |
//!   0x100 | writer line | 0x140 | head line                     |
//!   0x180 | slot 0 | slot 1 | ...                               |
//!         | schema | zero                                       |
//!         | end mark, the last 8 bytes                          | file_len
//!
//!   With instances (instances.rs), head line and slots are block 0, and behind them lie the other
//!   blocks, the changes and the names.
//!
//!   slot: | stamp u64 | published_at u64 | record, zero to a multiple of 8 | zero to 64 |
//! ```
//!
//! Price: 256 bytes read, one hash of 248 bytes.

mod decode;
mod geometry;
mod instances;
pub mod offset;
mod state;

pub use geometry::BadSlots;
pub use instances::{
    BadInstances, INSTANCES, Instances, MAX_CHANGES, MAX_INSTANCES, MIN_CHANGES, NAME_ENTRY,
};
pub use state::StateWord;

use xxhash_rust::xxh64::xxh64;

use self::offset::{CHECKSUM, HEADER_LEN};
use crate::error::DecodeError;
use crate::schema::Schema;

/// The first eight bytes of every region.
pub const MAGIC_BYTES: [u8; 8] = *b"mapcast\x01";

/// The version of the format this crate reads and writes.
pub const VERSION: u32 = 1;

/// The smallest number of slots of a region.
pub const MIN_SLOTS: u32 = 4;

/// The largest number of slots of a region.
pub const MAX_SLOTS: u32 = 65_536;

/// Every section and every slot begins at a multiple of this many bytes, a cache line.
pub const LINE: u32 = 64;

/// Bytes of a slot before its record: the stamp and the time of publication.
pub const SLOT_HEAD: u32 = 16;
/// Bytes of the longest record that fits into the head line beside head, stamp and time.
pub const FRONT_RECORD: usize = offset::SLOTS - offset::FRONT - SLOT_HEAD as usize;

/// The last eight bytes of every region, as a number: the magic with each bit inverted.
///
/// A truncation takes it away, even within the last page, where reading raises no SIGBUS: its last byte at
/// least, and with that the sign of the number.
pub const END_MARK: u64 = !u64::from_le_bytes(MAGIC_BYTES);

/// Bytes of the end mark.
pub const END_MARK_LEN: u32 = 8;

/// The largest lineage: in microseconds since 1970 the year 2255. JSON and spreadsheets hold it exactly.
pub const MAX_LINEAGE: u64 = (1 << 53) - 1;

/// `compatible` bit 0: the writer wakes the readers that wait on the head word.
pub const WAKE: u64 = 1;

/// The fixed header of a region. Lengths and offsets are in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Features a reader may ignore: [`WAKE`].
    pub compatible: u64,
    /// Features a reader must know: [`INSTANCES`].
    pub incompatible: u64,
    /// Length of the file.
    pub file_len: u64,
    /// Size of one record.
    pub record_size: u32,
    /// Alignment of a record.
    pub record_align: u32,
    /// Number of slots, a power of two from [`MIN_SLOTS`] to [`MAX_SLOTS`].
    pub slots: u32,
    /// Distance between two slots, a multiple of [`LINE`].
    pub slot_stride: u32,
    /// Offset of the first slot.
    pub slots_offset: u64,
    /// Offset of the encoded schema.
    pub schema_offset: u64,
    /// Length of the encoded schema.
    pub schema_len: u32,
    /// [`Schema::fingerprint`] of that schema.
    pub fingerprint: u64,
    /// `CLOCK_REALTIME` nanoseconds when the file was created.
    pub created_at: u64,
    /// The id of the boot during which the file was created; zero if unknown.
    pub boot_id: [u8; 16],
    /// The sequence number before the first one of this file.
    pub base_sequence: u64,
    /// Which lineage its records are of, 1 to [`MAX_LINEAGE`]: with its sequence number that is the
    /// name of a record.
    pub lineage: u64,
    /// The lineage in which their sequence began: files with the same one continue each other's.
    pub first_lineage: u64,
    /// The inode of the file when it was made. A file with another one is a copy.
    pub inode: u64,
    /// Its instances; `None` in a plain region, which has one record.
    pub instances: Option<Instances>,
}

impl Header {
    /// Whether the writer wakes the readers that wait.
    #[inline]
    pub const fn wakes(&self) -> bool {
        self.compatible & WAKE != 0
    }

    /// The bytes of the header, checksum included.
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(offset::MAGIC, &MAGIC_BYTES);
        put(offset::VERSION, &VERSION.to_le_bytes());
        put(offset::LEN, &HEADER_LEN_WORD.to_le_bytes());
        put(offset::COMPATIBLE, &self.compatible.to_le_bytes());
        put(offset::INCOMPATIBLE, &self.incompatible.to_le_bytes());
        put(offset::FILE_LEN, &self.file_len.to_le_bytes());
        put(offset::RECORD_SIZE, &self.record_size.to_le_bytes());
        put(offset::RECORD_ALIGN, &self.record_align.to_le_bytes());
        put(offset::SLOT_COUNT, &self.slots.to_le_bytes());
        put(offset::SLOT_STRIDE, &self.slot_stride.to_le_bytes());
        put(offset::SLOTS_OFFSET, &self.slots_offset.to_le_bytes());
        put(offset::SCHEMA_OFFSET, &self.schema_offset.to_le_bytes());
        put(offset::SCHEMA_LEN, &self.schema_len.to_le_bytes());
        put(offset::FINGERPRINT, &self.fingerprint.to_le_bytes());
        put(offset::CREATED_AT, &self.created_at.to_le_bytes());
        put(offset::BOOT_ID, &self.boot_id);
        put(offset::BASE_SEQUENCE, &self.base_sequence.to_le_bytes());
        put(offset::LINEAGE, &self.lineage.to_le_bytes());
        put(offset::FIRST_LINEAGE, &self.first_lineage.to_le_bytes());
        put(offset::INODE, &self.inode.to_le_bytes());
        if let Some(instances) = &self.instances {
            instances.encode(put);
        }
        let checksum = xxh64(&bytes[..CHECKSUM], 0);
        bytes[CHECKSUM..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Checks that size, alignment and fingerprint are those of `schema`, which a reader has
    /// decoded from the same file.
    pub fn check_schema(&self, schema: &Schema) -> Result<(), DecodeError> {
        let what = if self.record_size != schema.size() {
            "record size"
        } else if self.record_align != schema.align() {
            "record alignment"
        } else if self.fingerprint != schema.fingerprint() {
            "fingerprint"
        } else {
            return Ok(());
        };
        Err(DecodeError::Header(format!("the {what} in its header is not that of its schema")))
    }

    /// Offset of slot `index` in the file.
    pub fn slot_offset(&self, index: u32) -> u64 {
        self.slots_offset + u64::from(index) * u64::from(self.slot_stride)
    }

    /// Offset of the end mark in the file.
    pub fn end_mark_offset(&self) -> u64 {
        self.file_len.saturating_sub(u64::from(END_MARK_LEN))
    }

    /// The 8-byte cells of one slot that are in use: stamp, time of publication, record words.
    pub fn slot_cells(&self) -> usize {
        2 + self.record_size.div_ceil(8) as usize
    }
}

/// [`HEADER_LEN`] in its stored type.
const HEADER_LEN_WORD: u32 = 256;
const _: () = assert!(HEADER_LEN_WORD as usize == HEADER_LEN);
