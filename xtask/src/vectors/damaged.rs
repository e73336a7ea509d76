//! Files that are no region, or one whose header, length or end mark is wrong.

use layout::header::{INSTANCES, MAGIC_BYTES, offset};
use layout::{Header, Record as _, Stu};

use super::image::{Image, plan};
use super::listing::Vector;

const SLOTS: u32 = 4;
const DAMAGED: &str = "damaged";

/// Every vector of this module.
pub(super) fn all() -> Vec<Vector> {
    [strangers(), numbers(), sections(), instances(), cuts()].concat()
}

fn header() -> Header {
    plan(&Stu::schema(), SLOTS)
}

fn region(header: Header) -> Image {
    Image::new(header, &Stu::schema().encode())
}

/// A region with other bytes at `at` of its header, and a checksum that fits.
fn patched(mut image: Image, at: usize, bytes: &[u8]) -> Vec<u8> {
    image.put(at as u64, bytes);
    image.seal();
    image.bytes
}

/// What is not a region of this version.
fn strangers() -> Vec<Vector> {
    const NOT: &str = "not_a_region";
    let whole = region(header()).bytes;
    let mut other = whole.clone();
    other[..8].copy_from_slice(b"mapcasT\x01");
    let mut flipped = whole.clone();
    flipped[offset::CREATED_AT] ^= 1;
    let with = |at, bytes: &[u8]| patched(region(header()), at, bytes);
    vec![
        Vector::refused("empty", "no bytes", NOT, Vec::new()),
        Vector::refused("short", "a byte less than a header", NOT, whole[..255].to_vec()),
        Vector::refused("zeros", "zeros", NOT, vec![0; 1024]),
        Vector::refused("text", "a text", NOT, b"not a region\n".repeat(40)),
        Vector::refused("magic", "another magic", NOT, other),
        Vector::refused(
            "version_0",
            "version 0",
            "unsupported_version",
            with(offset::VERSION, &[0; 4]),
        ),
        Vector::refused(
            "version_2",
            "version 2",
            "unsupported_version",
            with(offset::VERSION, &[2, 0, 0, 0]),
        ),
        Vector::refused("checksum", "a bit of the header is another", DAMAGED, flipped),
        Vector::refused(
            "features",
            "an unknown incompatible bit",
            "unsupported_features",
            with(offset::INCOMPATIBLE, &[2]),
        ),
        Vector::refused(
            "feature_63",
            "the last incompatible bit",
            "unsupported_features",
            with(offset::INCOMPATIBLE + 7, &[0x80]),
        ),
    ]
}

/// A number of four bytes at `at` of a plain header.
fn number(name: &str, about: &'static str, at: usize, value: u32) -> Vector {
    Vector::refused(name, about, DAMAGED, patched(region(header()), at, &value.to_le_bytes()))
}

/// The same of eight bytes.
fn wide(name: &str, about: &'static str, at: usize, value: u64) -> Vector {
    Vector::refused(name, about, DAMAGED, patched(region(header()), at, &value.to_le_bytes()))
}

fn numbers() -> Vec<Vector> {
    use offset::{
        FINGERPRINT, FIRST_LINEAGE, LINEAGE, RECORD_ALIGN, RECORD_SIZE, SLOT_COUNT, SLOT_STRIDE,
    };
    vec![
        number("header_len", "a header of 264 bytes", offset::LEN, 264),
        number("align_0", "alignment 0", RECORD_ALIGN, 0),
        number("align_3", "alignment 3", RECORD_ALIGN, 3),
        number("align_16", "alignment 16", RECORD_ALIGN, 16),
        number("align_other", "an alignment that is not the schema's", RECORD_ALIGN, 2),
        number("size_0", "a record of 0 bytes", RECORD_SIZE, 0),
        number("size_odd", "a record whose size is no multiple of its alignment", RECORD_SIZE, 30),
        number("size_limit", "a record of 16 MiB and 4 bytes", RECORD_SIZE, (16 << 20) + 4),
        number("size_greatest", "a record of 2^32 - 4 bytes", RECORD_SIZE, u32::MAX - 3),
        number("size_other", "a size that is not the schema's", RECORD_SIZE, 32),
        number("slots_0", "no slots", SLOT_COUNT, 0),
        number("slots_2", "two slots", SLOT_COUNT, 2),
        number("slots_5", "five slots", SLOT_COUNT, 5),
        number("slots_greatest", "2^31 slots", SLOT_COUNT, 1 << 31),
        number("stride_0", "a slot stride of 0", SLOT_STRIDE, 0),
        number("stride_72", "a slot stride that is no multiple of 64", SLOT_STRIDE, 72),
        number("stride_greatest", "a slot stride of 2^32 - 64", SLOT_STRIDE, u32::MAX - 63),
        stride_short(),
        wide("lineage_0", "lineage 0", LINEAGE, 0),
        wide("lineage_limit", "lineage 2^53", LINEAGE, 1 << 53),
        wide("first_lineage_0", "first lineage 0", FIRST_LINEAGE, 0),
        wide(
            "first_lineage_later",
            "a first lineage after the lineage",
            FIRST_LINEAGE,
            super::image::LINEAGE + 1,
        ),
        wide("fingerprint", "a fingerprint that is not the schema's", FINGERPRINT, 1),
    ]
}

/// 49 bytes of record need a stride of 128.
fn stride_short() -> Vector {
    let image = patched(region(header()), offset::RECORD_SIZE, &52_u32.to_le_bytes());
    Vector::refused("stride_short", "a slot stride below stamp, time and record", DAMAGED, image)
}

fn sections() -> Vec<Vector> {
    use offset::{FILE_LEN, SCHEMA_LEN, SCHEMA_OFFSET, SLOTS_OFFSET};
    let header = header();
    let (schema, end) = (header.schema_offset, header.file_len);
    let last = u64::MAX - 63;
    vec![
        wide("slots_on_head", "slots on the head line", SLOTS_OFFSET, 0x140),
        wide("slots_off_line", "slots that begin between two lines", SLOTS_OFFSET, 0x188),
        wide("slots_last", "slots at the end of 64 bits", SLOTS_OFFSET, last),
        wide("slots_on_schema", "the last slot reaches into the schema", SLOTS_OFFSET, 0x1c0),
        wide("schema_on_slots", "the schema begins in the last slot", SCHEMA_OFFSET, schema - 64),
        wide(
            "schema_off_line",
            "a schema that begins between two lines",
            SCHEMA_OFFSET,
            schema + 8,
        ),
        wide("schema_last", "a schema at the end of 64 bits", SCHEMA_OFFSET, last),
        wide("schema_0", "a schema at offset 0", SCHEMA_OFFSET, 0),
        number("schema_none", "a schema of 0 bytes", SCHEMA_LEN, 0),
        number("schema_limit", "a schema of 1 MiB and a byte", SCHEMA_LEN, (1 << 20) + 1),
        number(
            "schema_on_mark",
            "a schema that reaches the end mark",
            SCHEMA_LEN,
            u32::try_from(end - schema).expect("small"),
        ),
        number("schema_greatest", "a schema of 2^32 - 1 bytes", SCHEMA_LEN, u32::MAX),
        wide("file_len_0", "a file of 0 bytes by its header", FILE_LEN, 0),
        wide("file_len_odd", "a file length that is no multiple of 64", FILE_LEN, end - 8),
        wide("file_len_short", "a file that ends before its schema", FILE_LEN, schema),
    ]
}

/// What only a region of instances can have wrong.
fn instances() -> Vec<Vector> {
    use offset::{BLOCK_STRIDE, CHANGES, CHANGES_OFFSET, NAMES_OFFSET};
    let header = header().with_instances(3).expect("three instances");
    let found = header.instances.expect("instances");
    let last = u64::MAX - 63;
    let make = |name: &str, about, at, value: &[u8]| {
        Vector::refused(name, about, DAMAGED, patched(region(header.clone()), at, value))
    };
    let narrow = |name, about, at, value: u32| make(name, about, at, &value.to_le_bytes());
    let wide = |name, about, at, value: u64| make(name, about, at, &value.to_le_bytes());
    vec![
        narrow("instances_0", "no instances", offset::INSTANCES, 0),
        narrow("instances_limit", "65537 instances", offset::INSTANCES, 65_537),
        narrow("instances_more", "more instances than there are blocks", offset::INSTANCES, 64),
        narrow("changes_32", "a ring of 32 changes", CHANGES, 32),
        narrow("changes_65", "a ring of 65 changes", CHANGES, 65),
        narrow("changes_limit", "a ring of 2^21 changes", CHANGES, 1 << 21),
        wide(
            "block_stride_short",
            "a block stride below a block",
            BLOCK_STRIDE,
            found.block_stride - 64,
        ),
        wide(
            "block_stride_odd",
            "a block stride that is no multiple of 64",
            BLOCK_STRIDE,
            found.block_stride + 8,
        ),
        wide("block_stride_last", "blocks that end beyond 64 bits", BLOCK_STRIDE, last),
        wide(
            "changes_early",
            "changes on the last block",
            CHANGES_OFFSET,
            found.changes_offset - 64,
        ),
        wide(
            "changes_off_line",
            "changes that begin between two lines",
            CHANGES_OFFSET,
            found.changes_offset + 8,
        ),
        wide("changes_last", "changes at the end of 64 bits", CHANGES_OFFSET, last),
        wide("names_early", "names on the last changes", NAMES_OFFSET, found.names_offset - 64),
        wide(
            "names_off_line",
            "names that begin between two lines",
            NAMES_OFFSET,
            found.names_offset + 8,
        ),
        wide("names_late", "names on the schema", NAMES_OFFSET, found.names_offset + 64),
        wide("names_last", "names at the end of 64 bits", NAMES_OFFSET, last),
        Vector::refused(
            "instances_bit_alone",
            "a plain region with the bit of instances",
            DAMAGED,
            patched(region(self::header()), offset::INCOMPATIBLE, &INSTANCES.to_le_bytes()),
        ),
    ]
}

/// Files that have lost their end.
fn cuts() -> Vec<Vector> {
    const CUT: &str = "truncated";
    let header = header();
    let whole = region(header.clone()).bytes;
    let mut long = header.clone();
    long.file_len = 1 << 40;
    let promised = patched(region(header), offset::FILE_LEN, &long.file_len.to_le_bytes());
    let mut unmarked = whole.clone();
    let mark = unmarked.len() - MAGIC_BYTES.len();
    unmarked[mark..].fill(0);
    vec![
        Vector::refused(
            "cut_by_1",
            "the last byte is missing",
            CUT,
            whole[..whole.len() - 1].to_vec(),
        ),
        Vector::refused(
            "cut_in_slots",
            "everything from the second slot on is missing",
            CUT,
            whole[..0x1c0].to_vec(),
        ),
        Vector::refused("cut_to_header", "only the header is left", CUT, whole[..256].to_vec()),
        Vector::refused("promised", "the header promises 1 TiB", CUT, promised),
        Vector::refused("end_mark", "the end mark is zero", DAMAGED, unmarked),
    ]
}
