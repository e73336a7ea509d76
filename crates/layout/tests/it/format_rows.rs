//! The numbers at fixed places, as rows of `docs/format.md`.

use layout::header::{self, offset};

/// One number at a fixed place before the slots: offset, length, type, name, meaning.
pub(crate) type Row = (usize, usize, &'static str, &'static str, &'static str);

pub(crate) const FIXED: &[Row] = &[
    (offset::MAGIC, 8, "bytes", "magic", "`6d 61 70 63 61 73 74 01`: \"mapcast\" and a 1"),
    (offset::VERSION, 4, "u32", "version", "1"),
    (offset::LEN, 4, "u32", "header_len", "256"),
    (offset::COMPATIBLE, 8, "u64", "compatible", "features a reader may ignore; bit 0: WAKE"),
    (
        offset::INCOMPATIBLE,
        8,
        "u64",
        "incompatible",
        "features a reader must know, bit 0: INSTANCES; any other bit means refuse",
    ),
    (offset::FILE_LEN, 8, "u64", "file_len", "bytes of the file, a multiple of 64"),
    (offset::RECORD_SIZE, 4, "u32", "record_size", "bytes of one record, padding included"),
    (offset::RECORD_ALIGN, 4, "u32", "record_align", "1, 2, 4 or 8"),
    (offset::SLOT_COUNT, 4, "u32", "slots", "a power of two, 4 to 65536"),
    (
        offset::SLOT_STRIDE,
        4,
        "u32",
        "slot_stride",
        "bytes from one slot to the next, a multiple of 64",
    ),
    (offset::SLOTS_OFFSET, 8, "u64", "slots_offset", "where slot 0 begins; 0x180 in this version"),
    (offset::SCHEMA_OFFSET, 8, "u64", "schema_offset", "where the schema begins, a multiple of 64"),
    (
        offset::SCHEMA_LEN,
        4,
        "u32",
        "schema_len",
        "bytes of the schema, without the padding of its last line",
    ),
    (offset::FINGERPRINT, 8, "u64", "fingerprint", "of the schema, see below"),
    (offset::CREATED_AT, 8, "u64", "created_at", "`CLOCK_REALTIME` when the file was made, ns"),
    (
        offset::BOOT_ID,
        16,
        "bytes",
        "boot_id",
        "`/proc/sys/kernel/random/boot_id` in the order of its text: `22487ce6-18d3-...` is \
         `22 48 7c e6 18 d3 ...`; zero = unknown",
    ),
    (
        offset::BASE_SEQUENCE,
        8,
        "u64",
        "base_sequence",
        "the sequence number before the first one of this file",
    ),
    (
        offset::LINEAGE,
        8,
        "u64",
        "lineage",
        "which run of records these are of, 1 to 2^53 - 1: microseconds since 1970 at which it began",
    ),
    (
        offset::FIRST_LINEAGE,
        8,
        "u64",
        "first_lineage",
        "the lineage in which their numbers began: files in which it is the same count on",
    ),
    (
        offset::INODE,
        8,
        "u64",
        "inode",
        "of the file when it was made; another one means a copy, 0 a snapshot: a writer makes a new \
         file, of another lineage",
    ),
    (offset::INSTANCES, 4, "u32", "instances", "with INSTANCES: most instances, 1 to 65536"),
    (
        offset::CHANGES,
        4,
        "u32",
        "changes",
        "with INSTANCES: words of the ring of changes, a power of two, 64 to 1048576",
    ),
    (
        offset::BLOCK_STRIDE,
        8,
        "u64",
        "block_stride",
        "with INSTANCES: bytes from one block to the next, a multiple of 64",
    ),
    (
        offset::CHANGES_OFFSET,
        8,
        "u64",
        "changes_offset",
        "with INSTANCES: where the line of changes begins, a multiple of 64",
    ),
    (
        offset::NAMES_OFFSET,
        8,
        "u64",
        "names_offset",
        "with INSTANCES: where the name of block 0 begins, a multiple of 64",
    ),
    (offset::CHECKSUM, 8, "u64", "checksum", "XXH64, seed 0, of bytes 0x00 to 0xf7"),
];

pub(crate) const CHANGES: &[Row] = &[
    (
        offset::NEWEST_CHANGE,
        8,
        "u64",
        "newest_change",
        "number of the newest change that is announced; its first four bytes are the futex word of \
         all instances",
    ),
    (
        offset::FLOOR,
        8,
        "u64",
        "floor",
        "the greatest sequence number that any retired instance had reached",
    ),
];

pub(crate) const NAME: &[Row] = &[
    (
        offset::GENERATION,
        8,
        "u64",
        "generation",
        "0: the block was never used; odd: it has the instance of this name; even: that one is retired",
    ),
    (
        offset::INSTANCE_BASE,
        8,
        "u64",
        "base",
        "the sequence number before the first one of this instance in this block",
    ),
    (offset::NAME_LEN, 8, "u64", "name_len", "bytes of the name, 1 to 64"),
    (offset::NAME, 64, "bytes", "name", "UTF-8 without a control character, zero behind it"),
    (
        offset::TOTALS,
        32,
        "u64[4]",
        "totals",
        "word r mod 4: how many records the block had had, of all its instances, at its retirement r; 0 at first",
    ),
    (
        offset::BASE_TOTAL,
        8,
        "u64",
        "base_total",
        "how many it had had at base: as many as at the newest retirement, and the instance's own that were in a file before",
    ),
];

pub(crate) const LIVE: &[Row] = &[
    (offset::EPOCH, 8, "u64", "epoch", "one more at each take-over and each new file"),
    (offset::STATE, 8, "u64", "state", "see below"),
    (offset::PID, 8, "u64", "pid", "of the writer, for people; never used to decide anything"),
    (offset::PERIOD, 8, "u64", "period", "longest time between two heartbeats, ns; 0 = no promise"),
    (
        offset::WALL_OFFSET,
        8,
        "i64",
        "wall_offset",
        "`CLOCK_REALTIME` - `CLOCK_BOOTTIME`, ns, for records published at wall_since or later",
    ),
    (offset::HEARTBEAT, 8, "u64", "heartbeat", "`CLOCK_BOOTTIME` of the last heartbeat, ns"),
    (
        offset::WALL_SINCE,
        8,
        "u64",
        "wall_since",
        "`CLOCK_BOOTTIME` from which wall_offset holds, ns",
    ),
    (offset::WALL_BEFORE, 8, "i64", "wall_before", "as wall_offset, for records published before"),
    (
        offset::HEAD,
        8,
        "u64",
        "head",
        "sequence number of the newest complete record; the four bytes at 0x140 are the futex word",
    ),
    (offset::FRONT, 8, "u64", "front_stamp", "of the front: as the stamp of a slot"),
    (offset::FRONT + 8, 8, "u64", "front_time", "as the published_at of a slot"),
    (
        offset::FRONT + header::SLOT_HEAD as usize,
        header::FRONT_RECORD,
        "bytes",
        "front_record",
        "the record once more, if it has at most 40 bytes; else this and the two above stay zero",
    ),
];
