//! How much memory the worst takes that a region, an input line or a configuration can hold.
//!
//! The limits are the allocator's, so a test that breaks one ends the process:
//! "memory allocation of N bytes failed".

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use fuzz::limited;
use layout::{CType, FieldSpec, MAX_FIELDS, MAX_LABELS, RecordView, Scalar, Schema};
use producer::fuzzing as probe_input;
use render::{Format, Reading, View};
use settings::Settings;

const MIB: usize = 1 << 20;

/// What one test prepares would count against the limit of another.
static ALONE: Mutex<()> = Mutex::new(());

/// What `docs/protocol.md` promises for a schema, whatever it says.
const SCHEMA: usize = 16 * MIB;

/// Labels of one letter are the smallest parts that a schema is made of.
fn many_labels() -> Schema {
    let labelled = |index: usize| {
        let field = FieldSpec::new(format!("f{index}"), Scalar::U16);
        (0..MAX_LABELS).fold(field, |field, value| {
            field.label(i64::try_from(value).expect("small"), format!("{value:x}"))
        })
    };
    Schema::builder("LABELS").fields((0..305).map(labelled)).build().expect("just below 1 MiB")
}

fn many_fields() -> Schema {
    let field = |index| FieldSpec::new(format!("f{index}"), Scalar::F64).help("h".repeat(200));
    let fields = (0..MAX_FIELDS).map(field);
    Schema::builder("FIELDS").fields(fields).line("{f0}".repeat(256)).build().expect("a record")
}

#[test]
fn a_schema_of_the_largest_size_takes_no_more_than_16_mib() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for encoded in [many_labels().encode(), many_fields().encode()] {
        assert!(encoded.len() > 900_000, "{} bytes", encoded.len());
        limited(SCHEMA, || {
            assert!(Schema::decode(&encoded).is_ok());
        });
    }
}

/// Counts what is written, and keeps none of it.
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes of the records here: a part of the largest, so that it takes a part of the time.
const RECORD: u32 = 1 << 17;

/// What printing a record may take beside the record: eight times its size, and something.
const PRINTED: usize = 8 * RECORD as usize + MIB / 8;

#[test]
fn no_record_takes_more_than_eight_times_its_size_to_be_printed() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // Small numbers, long numbers, and text that is all escapes.
    for (scalar, byte) in [(Scalar::U8, 0xff), (Scalar::F64, 0x7e), (Scalar::Char, 0x1b)] {
        let ctype = CType::array(scalar, RECORD / scalar.size()).expect("an array");
        let field = FieldSpec::new("a".repeat(64), ctype);
        let schema = Schema::builder("A").field(field).build().expect("a record");
        let record = vec![byte; RECORD as usize];
        for format in [Format::Text, Format::Json, Format::Csv] {
            let mut out = Count(0);
            limited(PRINTED, || {
                let mut renderer = View { format, ..View::default() }.of(&schema).expect("a view");
                let record = RecordView::new(&schema, &record).expect("of its length");
                renderer
                    .render(&Reading { record, instance: None, origin: None }, &mut out)
                    .expect("counted");
            });
            assert!(out.0 > RECORD as usize, "{scalar} as {format:?}: {} bytes", out.0);
        }
    }
}

/// A field that takes all of a list, one that takes nothing of an object, and a text.
const INPUT: &str = r#"
[region]
name = "a"
[record]
name = "A"
[[record.field]]
name = "a"
type = "u8[3]"
source = { input = {} }
[[record.field]]
name = "b"
type = "u8"
source = { input = { key = "/b/c" } }
[[record.field]]
name = "t"
type = "char[8]"
source = { input = {} }
[producer]
max_line = "1MiB"
"#;

/// What a line may take: its bytes, with room to grow as they come, and a text without its escapes.
const LINE: usize = 4;

#[test]
fn no_line_of_input_takes_more_than_4_times_its_length() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let settings = Settings::parse(INPUT, "a.toml").expect("a configuration");
    let longest = usize::try_from(settings.producer.max_line).expect("1 MiB");
    let room = longest - 20;
    let members = (0..room / 10).map(|i| format!("\"{i:05x}\":0,")).collect::<Vec<_>>().concat();
    let lines = [
        format!("{{\"a\":[{}0]}}", "0,".repeat(room / 2)),
        format!("{{\"a\":[{}[]]}}", "[],".repeat(room / 3)),
        format!("{{\"b\":{{{members}\"c\":1}}}}"),
        format!("{{{members}\"c\":1}}"),
        format!("{{\"a\":\"{}\"}}", "\\u001b".repeat(room / 6)),
        format!("{{\"t\":\"{}\"}}", "\\n".repeat(room / 2)),
        format!("{{\"{}\":1}}", "\\n".repeat(room / 2)),
        format!("{{\"a\":[{}]}}", "9".repeat(room)),
        format!("{{\"b\":{}0{}}}", "{\"c\":".repeat(room / 6), "}".repeat(room / 6)),
        "[".repeat(longest),
    ];
    for line in lines {
        assert!((longest / 2..=longest).contains(&line.len()), "{} bytes", line.len());
        limited(LINE * longest, || {
            let said = probe_input::read_lines(&settings, line.as_bytes().chunks(4096));
            assert_eq!(said.len(), 1);
        });
    }
}

/// The longest configuration, in bytes.
const CONFIGURATION: usize = 512 << 10;

/// What reading it may take.
const PARSED: usize = 48 * MIB;

#[test]
fn no_configuration_takes_more_than_48_mib() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("x.toml");
    let room = CONFIGURATION - 8;
    let keys = |line: fn(usize) -> String| (0..room / 10).map(line).collect::<Vec<_>>().concat();
    for text in [
        format!("a={}", "[".repeat(room)),
        format!("a={}", "{a=".repeat(room / 3)),
        format!("{}a=1", "a.".repeat(room / 2)),
        format!("[{}a]", "a.".repeat(room / 2)),
        format!("a=[{}]", "1,".repeat(room / 2)),
        format!("a=[{}]", "[],".repeat(room / 3)),
        "[[a]]\n".repeat(room / 6),
        keys(|index| format!("k{index:06}=0\n")),
        keys(|index| format!("[k{index:06}]\n")),
    ] {
        assert!((CONFIGURATION / 2..=CONFIGURATION).contains(&text.len()), "{}", text.len());
        std::fs::write(&path, text).expect("write");
        limited(PARSED, || {
            Settings::load(&path).expect_err("no configuration");
        });
    }
}
