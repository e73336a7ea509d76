//! Offsets of everything before the slots, in bytes from the start of the file; and of what a region
//! of instances has behind them, in bytes from the start of its line or name.

/// Bytes of the fixed header, which never changes after the file has its name.
pub const HEADER_LEN: usize = 0x100;

/// `[u8; 8]`: [`MAGIC`](super::MAGIC_BYTES).
pub const MAGIC: usize = 0x00;
/// `u32`: the format version.
pub const VERSION: usize = 0x08;
/// `u32`: [`HEADER_LEN`].
pub const LEN: usize = 0x0c;
/// `u64`: features a reader may ignore.
pub const COMPATIBLE: usize = 0x10;
/// `u64`: features a reader must know.
pub const INCOMPATIBLE: usize = 0x18;
/// `u64`: length of the file in bytes.
pub const FILE_LEN: usize = 0x20;
/// `u32`: bytes of one record.
pub const RECORD_SIZE: usize = 0x28;
/// `u32`: alignment of a record in bytes.
pub const RECORD_ALIGN: usize = 0x2c;
/// `u32`: number of slots.
pub const SLOT_COUNT: usize = 0x30;
/// `u32`: bytes from one slot to the next.
pub const SLOT_STRIDE: usize = 0x34;
/// `u64`: where the first slot begins.
pub const SLOTS_OFFSET: usize = 0x38;
/// `u64`: where the encoded schema begins.
pub const SCHEMA_OFFSET: usize = 0x40;
/// `u32`: bytes of the encoded schema.
pub const SCHEMA_LEN: usize = 0x48;
/// `u64`: fingerprint of the schema.
pub const FINGERPRINT: usize = 0x50;
/// `u64`: `CLOCK_REALTIME` nanoseconds when the file was created.
pub const CREATED_AT: usize = 0x58;
/// `[u8; 16]`: the boot the file was created in; zero if unknown.
pub const BOOT_ID: usize = 0x60;
/// `u64`: the sequence number before the first one of this file.
pub const BASE_SEQUENCE: usize = 0x70;
/// `u64`: the lineage of the file's records; never 0.
pub const LINEAGE: usize = 0x78;
/// `u64`: the lineage in which their numbers began.
pub const FIRST_LINEAGE: usize = 0x80;
/// `u64`: the inode of the file when it was made; another one has a copy of it.
pub const INODE: usize = 0x88;
/// `u32`, in a region of instances: most instances, which is the number of blocks.
pub const INSTANCES: usize = 0x90;
/// `u32`, in a region of instances: words of the ring of changes.
pub const CHANGES: usize = 0x94;
/// `u64`, in a region of instances: bytes from one block to the next.
pub const BLOCK_STRIDE: usize = 0x98;
/// `u64`, in a region of instances: where the line of changes begins.
pub const CHANGES_OFFSET: usize = 0xa0;
/// `u64`, in a region of instances: where the name of block 0 begins.
pub const NAMES_OFFSET: usize = 0xa8;
/// `u64`: XXH64, seed 0, of every byte before it.
pub const CHECKSUM: usize = 0xf8;

/// `u64`, writer line: how many writers and files the region has had.
pub const EPOCH: usize = 0x100;
/// `u64`, writer line: a [`StateWord`](super::StateWord).
pub const STATE: usize = 0x108;
/// `u64`, writer line: process id of the writer, for people only.
pub const PID: usize = 0x110;
/// `u64`, writer line: nanoseconds between heartbeats at most; 0 if the writer promises none.
pub const PERIOD: usize = 0x118;
/// `i64`, writer line: `CLOCK_REALTIME - CLOCK_BOOTTIME` in nanoseconds, for records published at
/// [`WALL_SINCE`] or later.
pub const WALL_OFFSET: usize = 0x120;
/// `u64`, writer line: `CLOCK_BOOTTIME` nanoseconds of the last heartbeat.
pub const HEARTBEAT: usize = 0x128;
/// `u64`, writer line: `CLOCK_BOOTTIME` nanoseconds from which [`WALL_OFFSET`] holds.
pub const WALL_SINCE: usize = 0x130;
/// `i64`, writer line: the offset for records published before [`WALL_SINCE`].
pub const WALL_BEFORE: usize = 0x138;

/// `u64`, head line: sequence number of the newest complete record. Its low 32 bits, which are the
/// four bytes here, are the futex word.
pub const HEAD: usize = 0x140;

/// Head line: the front, a second copy of the newest record if it has at most
/// [`FRONT_RECORD`](super::FRONT_RECORD) bytes, laid out as a slot: stamp, time, record.
pub const FRONT: usize = 0x148;

/// Where the slots begin in a file of this version.
pub const SLOTS: usize = 0x180;

/// `u64`, from the line of changes on: number of the newest change that is announced. Its low 32
/// bits are the futex word of all instances.
pub const NEWEST_CHANGE: usize = 0x00;
/// `u64`, from the line of changes on: the greatest sequence number of any instance ever retired.
pub const FLOOR: usize = 0x08;

/// `u64`, from the start of a name on: 0 never used, odd in use, even retired.
pub const GENERATION: usize = 0x00;
/// `u64`, from the start of a name on: the sequence number before the first of this generation.
pub const INSTANCE_BASE: usize = 0x08;
/// `u64`, from the start of a name on: bytes of the name.
pub const NAME_LEN: usize = 0x10;
/// From the start of a name on: the name, zero to 64 bytes.
pub const NAME: usize = 0x18;
/// `[u64; 4]`, from the start of a name on: how many records the block has had, at its retirements.
pub const TOTALS: usize = 0x58;
/// `u64`, from the start of a name on: the same at [`INSTANCE_BASE`].
pub const BASE_TOTAL: usize = 0x78;
