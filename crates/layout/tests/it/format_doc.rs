//! `docs/format.md` agrees with the constants.
//!
//! Its pictures and tables, between `<!-- generated: NAME -->` and `<!-- end -->`, are generated
//! here. `UPDATE=1 cargo test -p mapcast-layout` rewrites them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use layout::header::{self, StateWord, offset};
use layout::{Field, Header, Record, Scalar, Schema, Stu};

use crate::by_hand::{dump, fingerprint_parts, schema_parts};
use crate::golden::{stu_header, update};
use crate::ruler::{Run, draw, with_gaps};

/// One number at a fixed place before the slots: offset, length, type, name, meaning.
type Row = (usize, usize, &'static str, &'static str, &'static str);

const FIXED: &[Row] = &[
    (offset::MAGIC, 8, "bytes", "magic", "`6d 61 70 63 61 73 74 01`: \"mapcast\" and a 1"),
    (offset::VERSION, 4, "u32", "version", "1"),
    (offset::LEN, 4, "u32", "header_len", "256"),
    (offset::COMPATIBLE, 8, "u64", "compatible", "features a reader may ignore; bit 0: WAKE"),
    (
        offset::INCOMPATIBLE,
        8,
        "u64",
        "incompatible",
        "features a reader must know; none exist, so any bit means refuse",
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
    (offset::CHECKSUM, 8, "u64", "checksum", "XXH64, seed 0, of bytes 0x00 to 0xf7"),
];

const LIVE: &[Row] = &[
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

/// A block of the document and its generator.
type Block = (&'static str, fn() -> String);

const BLOCKS: &[Block] = &[
    ("header", || ruler(FIXED, 0, offset::HEADER_LEN)),
    ("header table", || table(FIXED)),
    ("writer and head lines", || ruler(LIVE, offset::HEADER_LEN, offset::SLOTS)),
    ("writer and head table", || table(LIVE)),
    ("states", states),
    ("slot", slot),
    ("geometry", geometry),
    ("scalars", scalars),
    ("limits", limits),
    ("schema bytes", || fenced(&dump(&schema_parts(&Stu::schema())))),
    ("fingerprint bytes", || fenced(&dump(&fingerprint_parts(&Stu::schema())))),
    ("bare", bare),
];

fn fenced(text: &str) -> String {
    format!("```text\n{text}```\n")
}

fn ruler(rows: &[Row], start: usize, end: usize) -> String {
    let run = |&(at, len, _, name, _): &Row| Run { at, len, name: name.into() };
    fenced(&draw(&with_gaps(rows.iter().map(run).collect(), "zero", start..end)))
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from("| at | bytes | type | name | meaning |\n|---|---|---|---|---|\n");
    for (at, len, kind, name, meaning) in rows {
        writeln!(text, "| {at:#05x} | {len} | {kind} | {name} | {meaning} |").expect("a String");
    }
    text
}

fn states() -> String {
    let meaning = |state| match state {
        StateWord::Invalid => {
            "never written, or a page replaced by zeros; so is every other number"
        }
        StateWord::Live => "a writer has the region open, or died while it had: check the lock",
        StateWord::Closed => {
            "the writer closed the region; the last record stays readable, another writer may follow"
        }
        StateWord::Retired => "no more records in this file; map the file that has the name now",
    };
    let states = [StateWord::Invalid, StateWord::Live, StateWord::Closed, StateWord::Retired];
    let mut text = String::from("| word | state | meaning |\n|---|---|---|\n");
    for state in states {
        let name = format!("{state:?}").to_lowercase();
        writeln!(text, "| {} | {name} | {} |", state.code(), meaning(state)).expect("a String");
    }
    text
}

/// The fields of a record as runs that begin at `base`.
fn record_runs(schema: &Schema, base: usize) -> Vec<Run> {
    let run = |field: &Field| Run {
        at: base + field.offset() as usize,
        len: field.ctype().size() as usize,
        name: field.name().into(),
    };
    schema.fields().iter().map(run).collect()
}

fn slot() -> String {
    let schema = Stu::schema();
    let mut runs = vec![
        Run { at: 0, len: 8, name: "stamp".into() },
        Run { at: 8, len: 8, name: "published_at".into() },
    ];
    runs.extend(record_runs(&schema, header::SLOT_HEAD as usize));
    fenced(&draw(&with_gaps(runs, "zero", 0..stu_header().slot_stride as usize)))
}

fn bare() -> String {
    let schema = Stu::schema();
    fenced(&draw(&with_gaps(record_runs(&schema, 0), "padding", 0..schema.size() as usize)))
}

fn geometry() -> String {
    let header = stu_header();
    let stu = |what: &str, value: u64| format!("| {what} | {value:#x} |\n");
    String::from("| STU, 8 slots | |\n|---|---|\n")
        + &stu("slot 0", header.slot_offset(0))
        + &stu("slot 1", header.slot_offset(1))
        + &stu("slot 7", header.slot_offset(7))
        + &stu("schema", header.schema_offset)
        + &stu("schema_len", header.schema_len.into())
        + &stu("file_len", header.file_len)
}

fn scalars() -> String {
    let c = |scalar| match scalar {
        Scalar::F32 => "float".into(),
        Scalar::F64 => "double".into(),
        Scalar::Bool => "bool; 0 is false, everything else true".into(),
        Scalar::Char => "char; text in UTF-8 up to the first NUL or the end".into(),
        Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64 => {
            format!("int{}_t", scalar.size() * 8)
        }
        Scalar::U8 | Scalar::U16 | Scalar::U32 | Scalar::U64 => {
            format!("uint{}_t", scalar.size() * 8)
        }
    };
    let mut text = String::from("| code | name | bytes | C |\n|---|---|---|---|\n");
    for scalar in Scalar::ALL {
        let (code, size) = (scalar.code(), scalar.size());
        writeln!(text, "| {code} | {scalar} | {size} | {} |", c(scalar)).expect("a String");
    }
    text
}

fn limits() -> String {
    let row = |what: &str, value: u64| format!("| {what} | {value} |\n");
    String::from("| limit | |\n|---|---|\n")
        + &row("bytes of a record", layout::MAX_RECORD.into())
        + &row("bytes of a schema", layout::MAX_SCHEMA.into())
        + &row("fields", layout::MAX_FIELDS as u64)
        + &row("labels of a field", layout::MAX_LABELS as u64)
        + &row("bytes of a record or field name", layout::MAX_NAME as u64)
        + &row("bytes of a unit", layout::MAX_UNIT as u64)
        + &row("bytes of a help text, label or line", layout::MAX_TEXT as u64)
        + &row("slots, at least", header::MIN_SLOTS.into())
        + &row("slots, at most", header::MAX_SLOTS.into())
}

fn doc_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/format.md")
}

/// The document with every generated block regenerated.
fn regenerated(doc: &str) -> String {
    BLOCKS.iter().fold(doc.to_owned(), |doc, (name, make)| {
        let open = format!("<!-- generated: {name} -->\n");
        let (before, rest) = doc.split_once(&open).unwrap_or_else(|| panic!("no block {name:?}"));
        let (_, after) =
            rest.split_once("<!-- end -->").unwrap_or_else(|| panic!("{name} is open"));
        format!("{before}{open}{}<!-- end -->{after}", make())
    })
}

#[test]
fn the_document_agrees_with_the_constants() {
    let doc = fs::read_to_string(doc_path()).expect("docs/format.md");
    let now = regenerated(&doc);
    if update() {
        fs::write(doc_path(), &now).expect("docs/format.md can be written");
        return;
    }
    for (number, (have, want)) in doc.lines().zip(now.lines()).enumerate() {
        assert_eq!(
            have,
            want,
            "docs/format.md line {}: UPDATE=1 cargo test -p mapcast-layout",
            number + 1
        );
    }
    assert_eq!(doc, now);
}

#[test]
fn every_generated_block_of_the_document_has_a_generator() {
    let doc = fs::read_to_string(doc_path()).expect("docs/format.md");
    let mut names: Vec<&str> = doc
        .lines()
        .filter_map(|line| line.strip_prefix("<!-- generated: ")?.strip_suffix(" -->"))
        .collect();
    let mut known: Vec<&str> = BLOCKS.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    known.sort_unstable();
    assert_eq!(names, known);
}

/// A number of the header and a way to change it.
type Change = (&'static str, fn(&mut Header));

#[test]
fn each_number_of_the_header_is_at_the_offset_in_its_row() {
    let base = stu_header();
    let changes: &[Change] = &[
        ("compatible", |header| header.compatible ^= u64::MAX),
        ("incompatible", |header| header.incompatible ^= u64::MAX),
        ("file_len", |header| header.file_len ^= u64::MAX),
        ("record_size", |header| header.record_size ^= u32::MAX),
        ("record_align", |header| header.record_align ^= u32::MAX),
        ("slots", |header| header.slots ^= u32::MAX),
        ("slot_stride", |header| header.slot_stride ^= u32::MAX),
        ("slots_offset", |header| header.slots_offset ^= u64::MAX),
        ("schema_offset", |header| header.schema_offset ^= u64::MAX),
        ("schema_len", |header| header.schema_len ^= u32::MAX),
        ("fingerprint", |header| header.fingerprint ^= u64::MAX),
        ("created_at", |header| header.created_at ^= u64::MAX),
        ("boot_id", |header| header.boot_id = header.boot_id.map(|byte| !byte)),
        ("base_sequence", |header| header.base_sequence ^= u64::MAX),
        ("lineage", |header| header.lineage ^= u64::MAX),
        ("first_lineage", |header| header.first_lineage ^= u64::MAX),
        ("inode", |header| header.inode ^= u64::MAX),
    ];
    for (name, change) in changes {
        let mut other = base.clone();
        change(&mut other);
        let (before, after) = (base.encode(), other.encode());
        let differ: Vec<usize> =
            (0..offset::CHECKSUM).filter(|&at| before[at] != after[at]).collect();
        let row = FIXED.iter().find(|row| row.3 == *name).expect("every number has a row");
        assert_eq!(differ, (row.0..row.0 + row.1).collect::<Vec<_>>(), "{name}");
    }
    // The rows of constants.
    let fixed = ["magic", "version", "header_len", "checksum"];
    assert_eq!(changes.len() + fixed.len(), FIXED.len());
}

#[test]
fn no_two_rows_share_a_byte_and_each_number_is_aligned() {
    for rows in [FIXED, LIVE] {
        for pair in rows.windows(2) {
            assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{} and {}", pair[0].3, pair[1].3);
        }
        assert!(rows.iter().all(|row| row.0.is_multiple_of(row.1.min(8))));
    }
}
