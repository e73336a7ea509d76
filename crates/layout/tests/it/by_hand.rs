//! A second encoder of schemas, written from `docs/format.md` alone, with a note for each part.

use std::fmt::Write as _;

use layout::{Field, Record, Schema, Stu};
use xxhash_rust::xxh64::xxh64;

use crate::generator::Random;

/// Bytes and a note on them.
pub(crate) type Parts = Vec<(Vec<u8>, String)>;

fn text_part(what: &str, text: &str) -> (Vec<u8>, String) {
    let len = u16::try_from(text.len()).expect("a short text");
    let mut bytes = len.to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    (bytes, format!("{what} {text:?}"))
}

fn u32_part(what: &str, value: u32) -> (Vec<u8>, String) {
    (value.to_le_bytes().to_vec(), format!("{what} {value}"))
}

fn type_parts(field: &Field) -> Parts {
    let ctype = field.ctype();
    let code = ctype.element().code();
    vec![
        u32_part("count", ctype.count().unwrap_or(0)),
        (vec![code], format!("scalar {code} ({})", ctype.element())),
        (vec![0], "zero".into()),
    ]
}

pub(crate) fn schema_parts(schema: &Schema) -> Parts {
    let count = u32::try_from(schema.fields().len()).expect("few fields");
    let mut parts = vec![
        u32_part("size", schema.size()),
        u32_part("align", schema.align()),
        u32_part("fields", count),
        text_part("name", schema.name()),
        text_part("line", schema.line().map_or("", layout::Template::text)),
    ];
    for field in schema.fields() {
        parts.push(u32_part(&format!("field {}: offset", field.name()), field.offset()));
        parts.extend(type_parts(field));
        let labels = u16::try_from(field.labels().len()).expect("few labels");
        parts.push((labels.to_le_bytes().to_vec(), format!("labels {labels}")));
        parts.push(text_part("name", field.name()));
        parts.push(text_part("unit", field.unit()));
        parts.push(text_part("help", field.help()));
        for label in field.labels() {
            parts.push((label.value.to_le_bytes().to_vec(), format!("label {}", label.value)));
            parts.push(text_part("text", &label.text));
        }
    }
    parts
}

pub(crate) fn fingerprint_parts(schema: &Schema) -> Parts {
    let mut parts = vec![
        text_part("name", schema.name()),
        u32_part("size", schema.size()),
        u32_part("align", schema.align()),
    ];
    for field in schema.fields() {
        parts.push(text_part("name", field.name()));
        parts.extend(type_parts(field));
        parts.push(u32_part("offset", field.offset()));
        parts.push(text_part("unit", field.unit()));
    }
    parts
}

fn joined(parts: &Parts) -> Vec<u8> {
    parts.iter().flat_map(|(bytes, _)| bytes.clone()).collect()
}

/// One line per part: offset, bytes, note.
pub(crate) fn dump(parts: &Parts) -> String {
    let (mut text, mut at) = (String::new(), 0);
    for (bytes, note) in parts {
        for (row, chunk) in bytes.chunks(12).enumerate() {
            let hex: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
            let (hex, note) = (hex.join(" "), if row == 0 { note.as_str() } else { "" });
            writeln!(text, "{}", format!("{at:#05x}  {hex:35}  {note}").trim_end())
                .expect("a String");
            at += chunk.len();
        }
    }
    text
}

#[test]
fn an_encoder_written_from_the_document_agrees() {
    let mut random = Random(9);
    let mut schemas = vec![Stu::schema()];
    schemas.extend((0..100).map(|_| random.schema()));
    for schema in schemas {
        assert_eq!(joined(&schema_parts(&schema)), schema.encode());
        assert_eq!(xxh64(&joined(&fingerprint_parts(&schema)), 0), schema.fingerprint());
    }
}
