//! A value that a consumer prints is the same value, bit for bit, when a producer reads it again.
//!
//! ```text
//!   random record --consumer--> JSON --a line of input----> the same bytes
//!                          `--> CSV ---constants in TOML--> the same bytes
//!                          `--> text --value files--------> the same bytes
//! ```
//!
//! NaN and the infinities, which JSON and value files do not have, are left out.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use fastrand::Rng;
use layout::{Field, RecordBuf, Scalar, Value};
use producer::fuzzing as producing;
use render::{Format, Reading, View};
use settings::Settings;

/// Every scalar, and an array of each.
const TYPES: [&str; 25] = [
    "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "bool", "char", "i8[3]",
    "i16[3]", "i32[2]", "i64[3]", "u8[5]", "u16[2]", "u32[3]", "u64[3]", "f32[7]", "f64[5]",
    "bool[3]", "char[2]", "char[40]",
];

/// A record of fields `f0`, `f1`, ... of these types.
fn settings(types: &[&str], source: impl Fn(usize) -> String) -> Settings {
    let mut text = "[region]\nname = \"x\"\n[record]\nname = \"X\"\n".to_owned();
    for (index, ctype) in types.iter().enumerate() {
        let source = source(index);
        let _ = write!(
            text,
            "[[record.field]]\nname = \"f{index}\"\ntype = \"{ctype}\"\nsource = {{ {source} }}\n"
        );
    }
    Settings::parse(&text, "x.toml").unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn from_input(types: &[&str]) -> Settings {
    settings(types, |_| "input = {}".to_owned())
}

/// Ends of types, and doubles that a careless reader rounds.
const REALS: [f64; 12] = [
    0.0,
    -0.0,
    1e300,
    5e-324,
    -2.225_073_858_507_201e-308,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    911.496_146_392_624_7,
    0.921_568_632_125_854_5,
    55.384_906_369_094_324,
    9_007_199_254_740_993.0,
];

fn real(random: &mut Rng) -> f64 {
    match random.u8(0..4) {
        0 => REALS[random.usize(..REALS.len())],
        1 => random.f64() * 2000.0 - 1000.0,
        _ => Some(f64::from_bits(random.u64(..))).filter(|real| real.is_finite()).unwrap_or(0.5),
    }
}

fn narrow_real(random: &mut Rng) -> f32 {
    const ENDS: [f32; 6] = [-0.0, f32::MAX, f32::MIN, f32::MIN_POSITIVE, 1e-45, 16_777_217.0];
    match random.u8(0..4) {
        0 => ENDS[random.usize(..ENDS.len())],
        1 => random.f32(),
        _ => Some(f32::from_bits(random.u32(..))).filter(|real| real.is_finite()).unwrap_or(0.5),
    }
}

/// A whole number of any length, its ends now and then.
fn whole(random: &mut Rng) -> u64 {
    match random.u8(0..4) {
        0 => [0, u64::MAX, 1 << 63, (1 << 63) - 1, (1 << 53) + 1][random.usize(..5)],
        _ => random.u64(..) >> random.u8(0..64),
    }
}

fn letter(random: &mut Rng) -> char {
    *random
        .choice(&['a', 'Z', '7', '"', '\\', ',', '/', '\'', '{', '\u{e4}', '\u{1f600}'])
        .expect("one")
}

/// Text that neither ends with a blank nor is longer than `room`.
fn text(random: &mut Rng, room: usize) -> String {
    let mut text = String::new();
    for _ in 0..random.usize(0..=room) {
        let next = letter(random);
        if text.len() + next.len_utf8() <= room {
            text.push(next);
        }
    }
    text
}

/// Random bytes for the value of `field`: any that mean something.
fn fill(random: &mut Rng, field: &Field, place: &mut [u8]) {
    if field.ctype().is_text() {
        place.fill(0);
        let (text, end) = match place.len() {
            1 => (random.alphanumeric().to_string(), 1),
            size => (text(random, size - 1), size - 1),
        };
        place[..text.len().min(end)].copy_from_slice(text.as_bytes());
        return;
    }
    let scalar = field.ctype().element();
    for place in place.chunks_exact_mut(scalar.size() as usize) {
        let bits = match scalar {
            Scalar::F32 => narrow_real(random).to_bits().into(),
            Scalar::F64 => real(random).to_bits(),
            Scalar::Bool => random.u64(0..2),
            _ => whole(random),
        };
        place.copy_from_slice(&bits.to_le_bytes()[..place.len()]);
    }
}

fn random_record(random: &mut Rng, settings: &Settings) -> RecordBuf {
    let schema = Arc::clone(&settings.record.schema);
    let mut record = RecordBuf::new(Arc::clone(&schema));
    for field in schema.fields() {
        let range = field.offset() as usize..field.end() as usize;
        fill(random, field, &mut record.bytes_mut()[range]);
    }
    record
}

fn print(record: &RecordBuf, format: Format) -> String {
    let mut out = Vec::new();
    let view = View { format, ..View::default() };
    let mut renderer = view.of(record.schema()).expect("all fields");
    renderer
        .render(&Reading { record: record.view(), instance: None, origin: None }, &mut out)
        .expect("memory");
    String::from_utf8(out).expect("UTF-8")
}

#[track_caller]
fn assert_same(record: &RecordBuf, again: &[u8], by: &str) {
    for field in record.schema().fields() {
        let range = field.offset() as usize..field.end() as usize;
        let (want, have) = (&record.bytes()[range.clone()], &again[range]);
        assert_eq!(have, want, "{} of type {} through {by}", field.name(), field.ctype());
    }
}

#[test]
fn json_that_a_consumer_prints_is_the_same_record_as_a_line_of_input() {
    let (mut random, settings) = (Rng::with_seed(1), from_input(&TYPES));
    for _ in 0..2_000 {
        let record = random_record(&mut random, &settings);
        let line = print(&record, Format::Json);
        let object = line.split_once("\"record\":").expect("a record").1;
        let object = object.trim_end().strip_suffix('}').expect("inside of an object");
        let again = producing::record_of_line(&settings, object.as_bytes());
        assert_same(&record, &again.unwrap_or_else(|error| panic!("{error}\n{line}")), &line);
    }
}

/// The cells of the record in a row of CSV, which come last.
fn cells(csv: &str, count: usize) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let row = reader.records().next().expect("a row").expect("CSV");
    row.iter().skip(row.len() - count).map(str::to_owned).collect()
}

/// A cell as TOML writes it.
fn toml(cell: &str, scalar: Scalar) -> String {
    match scalar {
        Scalar::Char => format!("\"{}\"", cell.replace('\\', "\\\\").replace('"', "\\\"")),
        _ => cell.to_owned(),
    }
}

#[test]
fn csv_that_a_consumer_prints_is_the_same_record_as_constants() {
    let (mut random, from_input) = (Rng::with_seed(2), from_input(&TYPES));
    let fields = from_input.record.schema.fields();
    let count = |field: &Field| match field.ctype().count() {
        Some(count) if !field.ctype().is_text() => count as usize,
        _ => 1,
    };
    for _ in 0..300 {
        let record = random_record(&mut random, &from_input);
        let csv = print(&record, Format::Csv);
        let mut cells = cells(&csv, fields.iter().map(count).sum()).into_iter();
        let constants: Vec<String> = fields
            .iter()
            .map(|field| {
                let scalar = field.ctype().element();
                let values: Vec<String> =
                    cells.by_ref().take(count(field)).map(|cell| toml(&cell, scalar)).collect();
                if count(field) > 1 { format!("[{}]", values.join(",")) } else { values.concat() }
            })
            .collect();
        let again = settings(&TYPES, |index| format!("const = {}", constants[index]));
        assert_same(&record, &producing::first_record(&again), &csv);
    }
}

#[test]
fn text_that_a_consumer_prints_is_the_same_record_in_value_files() {
    // A file fills no array of numbers.
    let is_list = |ctype: &&str| ctype.contains('[') && !ctype.starts_with("char");
    let types: Vec<&str> = TYPES.into_iter().filter(|ctype| !is_list(ctype)).collect();
    let (mut random, from_input) = (Rng::with_seed(3), from_input(&types));
    let dir = tempfile::tempdir().expect("a directory");
    let path = |index: usize| dir.path().join(index.to_string());
    let from_files = settings(&types, |index| format!("file = {{ path = {:?} }}", path(index)));
    for _ in 0..500 {
        let record = random_record(&mut random, &from_input);
        for (index, (_, value)) in record.view().iter().enumerate() {
            // A file has numbers: text calls a bool true or false.
            let text = match value {
                Value::Bool(value) => u8::from(value).to_string(),
                value => value.to_string(),
            };
            fs::write(path(index), text + "\n").expect("write");
        }
        assert_same(&record, &producing::first_record(&from_files), "value files");
    }
}
