//! Regions that no honest writer of this version leaves: newer, damaged, impossible, cut short.
//!
//! A reader refuses them all. A writer does not touch what may be another program's (no magic,
//! another version, unknown features), and replaces a damaged region of its own.

use std::fs;
use std::path::PathBuf;

use e2e::Place;
use layout::header::offset;
use layout::{Header, Stu};
use region::{Options, Writer};

use super::{is_refused, region_bytes, run};
use crate::{consumer, producer};

const PATH: &str = "./x.region";

/// `./x.region` with `bytes` in it.
fn put(place: &Place, bytes: &[u8]) -> PathBuf {
    place.write("x.region", bytes)
}

/// Asserts that the consumer refuses the file at [`PATH`] with each of `facts`.
#[track_caller]
fn reader_refuses(place: &Place, facts: &[&str]) {
    is_refused(&consumer(), place, &[PATH, "--once"], facts);
}

/// So does the producer.
#[track_caller]
fn writer_refuses(place: &Place, facts: &[&str]) {
    is_refused(&producer(), place, &["--region", PATH, "--ticks", "1"], facts);
}

/// Asserts that the producer replaces the region and logs that the old one was damaged.
#[track_caller]
fn writer_replaces(place: &Place, what: &str) {
    let mut command = producer().command(place);
    let mut producer = run(&producer(), command.args(["--region", PATH, "--ticks", "1"]));
    if producer.exit_code() != 0 || producer.said("replaced (the old one was damaged: ") != 1 {
        producer.fail(&format!("did not replace the region: {what}"));
    }
    let mut reader = consumer().start(place, "./x.region --once");
    assert_eq!((reader.exit_code(), reader.next_out()), (0, "id=10\tname=xiaoming\tm".into()));
}

/// The first and the last byte of each field of the header, by its name.
fn field_bytes() -> Vec<(&'static str, usize)> {
    let fields = [
        ("magic", offset::MAGIC, 8),
        ("version", offset::VERSION, 4),
        ("header length", offset::LEN, 4),
        ("compatible features", offset::COMPATIBLE, 8),
        ("incompatible features", offset::INCOMPATIBLE, 8),
        ("file length", offset::FILE_LEN, 8),
        ("record size", offset::RECORD_SIZE, 4),
        ("record alignment", offset::RECORD_ALIGN, 4),
        ("slots", offset::SLOT_COUNT, 4),
        ("slot stride", offset::SLOT_STRIDE, 4),
        ("slots offset", offset::SLOTS_OFFSET, 8),
        ("schema offset", offset::SCHEMA_OFFSET, 8),
        ("schema length", offset::SCHEMA_LEN, 4),
        ("fingerprint", offset::FINGERPRINT, 8),
        ("creation time", offset::CREATED_AT, 8),
        ("boot id", offset::BOOT_ID, 16),
        ("base sequence", offset::BASE_SEQUENCE, 8),
        ("lineage", offset::LINEAGE, 8),
        ("first lineage", offset::FIRST_LINEAGE, 8),
        ("inode", offset::INODE, 8),
        ("reserved bytes", offset::INODE + 8, 104),
        ("checksum", offset::CHECKSUM, 8),
    ];
    fields.into_iter().flat_map(|(name, at, len)| [(name, at), (name, at + len - 1)]).collect()
}

#[test]
fn a_flipped_byte_in_any_field_of_the_header_is_refused() {
    let place = Place::new();
    let whole = region_bytes(&place);
    for (name, at) in field_bytes() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x40;
        put(&place, &bytes);
        match name {
            "magic" => {
                reader_refuses(&place, &[PATH, "is not a region"]);
                writer_refuses(&place, &[PATH, "is not a region"]);
            }
            "version" => {
                reader_refuses(&place, &[PATH, "has region format", "; use a newer mapcast"]);
                writer_refuses(&place, &[PATH, "has region format", "; use a newer mapcast"]);
            }
            _ => {
                reader_refuses(&place, &[PATH, "is damaged: ", "; start its producer again"]);
                writer_replaces(&place, name);
            }
        }
    }
}

#[test]
fn a_region_of_a_newer_version_is_refused_by_both_and_left_unchanged() {
    let place = Place::new();
    let mut bytes = region_bytes(&place);
    bytes[offset::VERSION] = 2;
    put(&place, &bytes);
    let facts =
        ["./x.region: has region format 2, this program knows format 1; use a newer mapcast"];
    reader_refuses(&place, &facts);
    writer_refuses(&place, &facts);
}

#[test]
fn a_region_with_unknown_features_is_refused_by_both_and_left_unchanged() {
    let place = Place::new();
    let bytes = with_header(&region_bytes(&place), |header| header.incompatible = 4);
    put(&place, &bytes);
    let facts = ["./x.region: needs features 0x4 that this program does not know"];
    reader_refuses(&place, &facts);
    writer_refuses(&place, &facts);
}

/// `bytes` with a changed header and the checksum that belongs to it.
fn with_header(bytes: &[u8], change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let mut header = Header::decode(bytes).expect("a whole header");
    change(&mut header);
    let mut bytes = bytes.to_owned();
    bytes[..offset::HEADER_LEN].copy_from_slice(&header.encode());
    bytes
}

#[test]
fn an_impossible_header_with_a_right_checksum_is_refused() {
    type Change = fn(&mut Header);
    let impossible: [(&str, Change); 14] = [
        ("slots at 1000", |h| h.slots_offset = 1000),
        ("slots in the header", |h| h.slots_offset = 0),
        ("slots at the end of all addresses", |h| h.slots_offset = u64::MAX - 63),
        ("no slots", |h| h.slots = 0),
        ("slots that are no power of two", |h| h.slots = 7),
        ("more slots than there is room for", |h| h.slots = 65_536),
        ("no stride", |h| h.slot_stride = 0),
        ("a stride as large as can be", |h| h.slot_stride = u32::MAX - 63),
        ("a record of no bytes", |h| h.record_size = 0),
        ("a record as large as can be", |h| h.record_size = u32::MAX),
        ("a record larger than its slot", |h| h.record_size = 64),
        ("a schema behind the end", |h| h.schema_offset = h.file_len),
        ("a schema of no bytes", |h| h.schema_len = 0),
        ("a schema as large as can be", |h| h.schema_len = u32::MAX),
    ];
    let place = Place::new();
    let whole = region_bytes(&place);
    for (name, change) in impossible {
        put(&place, &with_header(&whole, change));
        reader_refuses(&place, &[PATH, "is damaged: "]);
        writer_replaces(&place, name);
    }
}

#[test]
fn a_file_shorter_than_its_header_says_is_refused_with_both_lengths() {
    let place = Place::new();
    let whole = region_bytes(&place);
    let want = whole.len();
    for len in [256, 257, 384, 1000, want - 1] {
        put(&place, &whole[..len]);
        let fact = format!("./x.region: has {len} bytes, its header promises {want}; start its");
        reader_refuses(&place, &[&fact]);
        writer_replaces(&place, "cut short");
    }
    put(&place, &with_header(&whole, |header| header.file_len = 1 << 50));
    reader_refuses(&place, &["its header promises 1125899906842624"]);
}

#[test]
fn a_file_that_was_cut_and_extended_with_zeros_is_refused() {
    let place = Place::new();
    let mut bytes = region_bytes(&place);
    let end = bytes.len();
    bytes[end - 1..].fill(0);
    put(&place, &bytes);
    reader_refuses(
        &place,
        &["./x.region: is damaged: its end mark is missing; start its producer"],
    );
    writer_replaces(&place, "no end mark");
}

#[test]
fn an_invalid_schema_is_refused() {
    let place = Place::new();
    let whole = region_bytes(&place);
    let header = Header::decode(&whole).expect("a header");
    let start = usize::try_from(header.schema_offset).expect("small");
    let end = start + header.schema_len as usize;
    for fill in [0x00, 0x20, 0xff] {
        let mut bytes = whole.clone();
        bytes[start..end].fill(fill);
        put(&place, &bytes);
        reader_refuses(&place, &[PATH, "of its schema: "]);
        writer_replaces(&place, "no description");
    }
    put(&place, &with_header(&whole, |header| header.fingerprint ^= 1));
    reader_refuses(&place, &[PATH, "is damaged: "]);
}

#[test]
fn a_region_of_another_record_is_retired_by_a_writer_and_reported_by_a_reader() {
    let place = Place::new();
    let text = "[region]\npath = \"./x.region\"\n[record]\nname = \"OTHER\"\n[[record.field]]\n\
                name = \"x\"\ntype = \"f64\"\nsource = { const = 0.5 }\n";
    place.write("other.toml", text);
    place.write("mine.toml", stu_at_x());
    let mut other = producer().start(&place, "other.toml --ticks 1");
    assert_eq!(other.exit_code(), 0, "{:?}", other.err());

    let mut reader = consumer().start(&place, "mine.toml --once");
    assert_eq!((reader.exit_code(), reader.next_out()), (0, "x=0.5".into()));
    reader.says("holds record OTHER (8 bytes), the configuration describes STU (28 bytes)");

    let mut mine = producer().start(&place, "mine.toml --ticks 1");
    assert_eq!(mine.exit_code(), 0, "{:?}", mine.err());
    mine.says("replaced (the old one holds another record)");
    let mut reader = consumer().start(&place, "mine.toml --once");
    assert_eq!((reader.exit_code(), reader.next_out()), (0, "id=10\tname=xiaoming\tm".into()));
    assert_eq!(reader.said("holds record"), 0, "{:?}", reader.err());
}

fn stu_at_x() -> String {
    let stu = fs::read_to_string(e2e::shipped_config("stu.toml")).expect("shipped");
    stu.replace("name = \"stu\"", "path = \"./x.region\"")
}

#[test]
fn text_of_a_hostile_writer_cannot_control_the_terminal() {
    let place = Place::new();
    let mut writer =
        Writer::<Stu>::open_with(place.path("x.region"), &Options::new()).expect("a region");
    writer.publish(&Stu::new(10, "\x1b[2J\x07\r\n\u{9b}m", '\x1b')).expect("a publish");
    for format in ["text", "json", "csv"] {
        let mut reader = consumer().start(&place, &format!("./x.region --once --format {format}"));
        assert_eq!(reader.exit_code(), 0);
        let out = reader.out();
        assert_eq!(out.len(), if format == "csv" { 2 } else { 1 }, "{out:?}");
        let is_driving = |c: char| c.is_control() && c != '\t';
        assert!(!out.iter().any(|line| line.contains(is_driving)), "{out:?}");
    }
}
