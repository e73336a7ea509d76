//! `docs/format.md` agrees with the constants.
//!
//! Its pictures and tables, between `<!-- generated: NAME -->` and `<!-- end -->`, are generated
//! here. `UPDATE=1 cargo test -p mapcast-layout` rewrites them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use layout::header::{self, Instances, StateWord, offset};
use layout::{Field, Header, Record, Scalar, Schema, Stu};

use crate::by_hand::{dump, fingerprint_parts, schema_parts};
use crate::format_rows::{CHANGES, FIXED, LIVE, NAME, Row};
use crate::golden::stu_header;
use crate::ruler::{Run, draw, with_gaps};

/// A block of the document and its generator.
type Block = (&'static str, fn() -> String);

const BLOCKS: &[Block] = &[
    ("header", || ruler(FIXED, 0, offset::HEADER_LEN)),
    ("header table", || table(FIXED)),
    ("writer and head lines", || ruler(LIVE, offset::HEADER_LEN, offset::SLOTS)),
    ("writer and head table", || table(LIVE)),
    ("states", states),
    ("changes line", || ruler(CHANGES, 0, header::LINE as usize)),
    ("changes table", || table(CHANGES)),
    ("name", || ruler(NAME, 0, header::NAME_ENTRY as usize)),
    ("name table", || table(NAME)),
    ("instances geometry", instances_geometry),
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

fn instances_geometry() -> String {
    let header = stu_header().with_instances(1000).expect("1000 instances");
    let instances = header.instances.expect("instances");
    let row = |what: &str, value: u64| format!("| {what} | {value:#x} |\n");
    String::from("| STU, 8 slots, 1,000 instances | |\n|---|---|\n")
        + &row("block_stride", instances.block_stride)
        + &row("head of block 1", instances.block_offset(1))
        + &row("changes", instances.changes.into())
        + &row("changes_offset", instances.changes_offset)
        + &row("names_offset", instances.names_offset)
        + &row("schema", header.schema_offset)
        + &row("file_len", header.file_len)
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
        + &row("instances", header::MAX_INSTANCES.into())
        + &row("bytes of an instance's name", layout::MAX_INSTANCE_NAME as u64)
}

/// Whether the document is to be written instead of compared.
fn update() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
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

fn instances(header: &mut Header) -> &mut Instances {
    header.instances.as_mut().expect("a region of instances")
}

#[test]
fn each_number_of_the_header_is_at_the_offset_in_its_row() {
    let base = stu_header().with_instances(3).expect("3 instances");
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
        ("instances", |header| instances(header).max ^= u32::MAX),
        ("changes", |header| instances(header).changes ^= u32::MAX),
        ("block_stride", |header| instances(header).block_stride ^= u64::MAX),
        ("changes_offset", |header| instances(header).changes_offset ^= u64::MAX),
        ("names_offset", |header| instances(header).names_offset ^= u64::MAX),
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
    for rows in [FIXED, LIVE, CHANGES, NAME] {
        for pair in rows.windows(2) {
            assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{} and {}", pair[0].3, pair[1].3);
        }
        assert!(rows.iter().all(|row| row.0.is_multiple_of(row.1.min(8))));
    }
}
