//! The bytes of a region, as a writer leaves them.
//!
//! Only the header and a valid schema are encoded by `layout`; everything behind them is put where docs/format.md says.

use layout::header::{END_MARK, FRONT_RECORD, SLOT_HEAD, StateWord, offset};
use layout::{Header, Schema};
use xxhash_rust::xxh64::xxh64;

/// Bytes of a record's slot or front before the record: stamp and time.
const RECORD: u64 = SLOT_HEAD as u64;
/// When record 0 would have been published, soon after the boot so that it lies in the past on any machine, and the
/// time between two.
const BEGINNING: u64 = 1_000_000;
const TICK: u64 = 1_000;
/// The wall clock when `CLOCK_BOOTTIME` was 0: 2025-01-01.
pub(super) const WALL_OFFSET: u64 = 1_735_689_600_000_000_000;
/// The lineage of every vector.
pub(super) const LINEAGE: u64 = 1_735_689_600_000_000;

/// A region file.
#[derive(Clone, Debug)]
pub(super) struct Image {
    pub(super) header: Header,
    pub(super) bytes: Vec<u8>,
    /// The number of the newest change.
    changes: u64,
}

/// When record n of any vector was published, by `CLOCK_BOOTTIME`.
pub(super) fn time_of(sequence: u64) -> u64 {
    BEGINNING + sequence * TICK
}

/// The header of a plain region: made at a fixed time by an unknown boot, and a snapshot to writers.
pub(super) fn plan(schema: &Schema, slots: u32) -> Header {
    let mut header = Header::plan(schema, slots).expect("a power of two of slots");
    header.created_at = WALL_OFFSET + BEGINNING;
    header.lineage = LINEAGE;
    header.first_lineage = LINEAGE;
    header
}

impl Image {
    /// A region without a record, closed by its writer.
    pub(super) fn new(header: Header, schema: &[u8]) -> Self {
        let len = usize::try_from(header.file_len).expect("a small file");
        let mut image = Self { header, bytes: vec![0; len], changes: 0 };
        let encoded = image.header.encode();
        image.put(0, &encoded);
        image.put(image.header.schema_offset, schema);
        image.put_word(image.header.file_len - 8, END_MARK);
        let head = match &image.header.instances {
            None => offset::HEAD as u64,
            Some(instances) => instances.changes_offset + offset::FLOOR as u64,
        };
        image.put_word(head, image.header.base_sequence);
        let writer_line = [
            (offset::EPOCH, 1),
            (offset::PID, 4711),
            (offset::PERIOD, 500_000_000),
            (offset::WALL_OFFSET, WALL_OFFSET),
            (offset::HEARTBEAT, BEGINNING),
        ];
        for (at, word) in writer_line {
            image.put_word(at as u64, word);
        }
        image.mark(StateWord::Closed.code());
        image
    }

    /// Overwrites bytes of the file.
    pub(super) fn put(&mut self, at: u64, bytes: &[u8]) {
        let at = usize::try_from(at).expect("inside a small file");
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    pub(super) fn put_word(&mut self, at: u64, word: u64) {
        self.put(at, &word.to_le_bytes());
    }

    /// Makes the checksum right again.
    pub(super) fn seal(&mut self) {
        let sum = xxh64(&self.bytes[..offset::CHECKSUM], 0);
        self.put_word(offset::CHECKSUM as u64, sum);
    }

    /// The state word.
    pub(super) fn mark(&mut self, word: u64) {
        self.put_word(offset::STATE as u64, word);
    }

    /// Where the slot of a record is, in block `block`.
    pub(super) fn slot(&self, block: u32, sequence: u64) -> u64 {
        let index = sequence % u64::from(self.header.slots);
        self.header.slots_offset + self.shift(block) + index * u64::from(self.header.slot_stride)
    }

    /// What is added to the offsets of block 0.
    fn shift(&self, block: u32) -> u64 {
        let stride = self.header.instances.as_ref().map_or(0, |instances| instances.block_stride);
        u64::from(block) * stride
    }

    /// Where the front of a block is.
    pub(super) fn front(&self, block: u32) -> u64 {
        offset::FRONT as u64 + self.shift(block)
    }

    pub(super) fn set_head(&mut self, block: u32, sequence: u64) {
        self.put_word(offset::HEAD as u64 + self.shift(block), sequence);
    }

    /// A stamp, the time of record `sequence`, and bytes of it, in a slot or the front.
    pub(super) fn put_record(&mut self, at: u64, stamp: u64, sequence: u64, record: &[u8]) {
        self.put_word(at, stamp);
        self.put_word(at + 8, time_of(sequence));
        self.put(at + RECORD, record);
    }

    /// Record `sequence` in its slot, complete, but not announced.
    pub(super) fn complete(&mut self, block: u32, sequence: u64, record: &[u8]) {
        self.put_record(self.slot(block, sequence), 2 * sequence, sequence, record);
    }

    /// Record `sequence`, published whole.
    pub(super) fn publish(&mut self, block: u32, sequence: u64, record: &[u8]) {
        self.complete(block, sequence, record);
        if record.len() <= FRONT_RECORD {
            self.put_record(self.front(block), 2 * sequence, sequence, record);
        }
        self.set_head(block, sequence);
        self.announce(block);
    }

    /// The next change, in a region of instances.
    fn announce(&mut self, block: u32) {
        let Some(instances) = self.header.instances else { return };
        self.changes += 1;
        let word = instances.ring_offset() + self.changes % u64::from(instances.changes) * 8;
        self.put_word(word, self.changes * 65536 + u64::from(block));
        self.put_word(instances.changes_offset, self.changes);
    }

    /// Instance `name` in a block, its first record being `base` + 1.
    pub(super) fn join(&mut self, block: u32, generation: u64, base: u64, name: &[u8]) {
        let at = self.header.instances.expect("a region of instances").name_offset(block);
        let total = self.total_at(block, generation / 2);
        let [total, base_total] = [total, at + offset::BASE_TOTAL as u64]
            .map(|at| usize::try_from(at).expect("a small file"));
        self.bytes.copy_within(total..total + 8, base_total);
        self.put_word(at + offset::INSTANCE_BASE as u64, base);
        self.put_word(at + offset::NAME_LEN as u64, name.len() as u64);
        self.put(at + offset::NAME as u64, name);
        self.set_head(block, base);
        self.set_generation(block, generation);
    }

    /// The instance in a block is retired, and all that the block had have had `total` records.
    pub(super) fn retire(&mut self, block: u32, generation: u64, total: u64) {
        self.put_word(self.total_at(block, generation / 2), total);
        self.set_generation(block, generation);
    }

    /// Where the total at a retirement is.
    fn total_at(&self, block: u32, retirement: u64) -> u64 {
        let names = self.header.instances.expect("a region of instances");
        names.name_offset(block) + offset::TOTALS as u64 + retirement % 4 * 8
    }

    fn set_generation(&mut self, block: u32, generation: u64) {
        let at = self.header.instances.expect("a region of instances").name_offset(block);
        self.put_word(at + offset::GENERATION as u64, generation);
        self.announce(block);
    }
}
