//! CSV as programs read it: by column name.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use layout::{CType, FieldSpec, Scalar, Schema};
use render::Format;
use settings::Settings;

use super::{Stage, write_line};

/// The names of the consumer's own columns, and names that look like its columns of an array.
const HOSTILE: [&str; 12] = [
    "lineage",
    "sequence",
    "epoch",
    "published_at",
    "age_ns",
    "state",
    "record",
    "record_state",
    "a",
    "a_0",
    "a0",
    "_",
];

/// A row as Python's `csv.DictReader` returns it: by name, the last column of each name.
fn by_name(csv: &str) -> BTreeMap<String, String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let names = reader.headers().unwrap().clone();
    let row = reader.records().next().unwrap().unwrap();
    assert_eq!(names.len(), row.len(), "{csv}");
    let cells: BTreeMap<_, _> =
        names.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect();
    assert_eq!(cells.len(), row.len(), "a name is one column: {csv}");
    cells
}

fn csv_of(schema: &Schema, record: &[u8]) -> String {
    let mut out = Vec::new();
    write_line(schema, record, Format::Csv, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn no_two_columns_have_the_same_name() {
    let stage = Stage::empty();
    let array = CType::array(Scalar::U8, 3).unwrap();
    let field = |name: &str| match name {
        "a" | "record" => FieldSpec::new(name, array),
        name => FieldSpec::new(name, Scalar::U8),
    };
    let schema = Schema::builder("HOSTILE").fields(HOSTILE.map(field)).build().unwrap();
    stage.opens(&schema)();
    stage.publishes_bytes(&vec![9; schema.size() as usize])();

    let row = by_name(&stage.play(&["--once", "--format=csv"], []).out);
    assert_eq!(row.len(), 6 + HOSTILE.len() + 2 * 2);
    assert_eq!((row["state"].as_str(), row["record.state"].as_str()), ("live", "9"));
    assert_eq!((row["sequence"].as_str(), row["record.sequence"].as_str()), ("1", "9"));

    let json = stage.play(&["--once", "--format=json"], []).out;
    let object: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&object["state"], &object["record"]["state"]), (&"live".into(), &9.into()));
    assert_eq!(object["record"].as_object().unwrap().len(), HOSTILE.len(), "{json}");
}

#[test]
fn no_shipped_configuration_has_two_columns_of_the_same_name() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let mut seen = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue; // of another program
        }
        let schema = Settings::load(&path).unwrap().record.schema;
        let row = by_name(&csv_of(&schema, &vec![0; schema.size() as usize]));
        for field in schema.fields() {
            let name = format!("record.{}", field.name());
            let is_there = |column: &String| {
                let rest = column.strip_prefix(&name);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
            };
            assert!(row.keys().any(is_there), "{}: {name}", path.display());
        }
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn text_survives_the_round_trip_through_csv() {
    let texts = ["", "plain", "a,b", "\"", "say \"hi\", then\nleave", " blank ", ",,\"\"", "it's"];
    let text = CType::array(Scalar::Char, 24).unwrap();
    let schema = Schema::builder("T").field(FieldSpec::new("t", text)).build().unwrap();
    for text in texts {
        let mut record = text.as_bytes().to_vec();
        record.resize(24, 0);
        let row = by_name(&csv_of(&schema, &record));
        assert_eq!(row["record.t"], text.replace('\n', "\\x0a"));
    }
}
