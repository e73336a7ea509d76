//! An MCAP file, as `mapcast replay` reads it before it publishes anything. The input is what follows the magic.

use std::io::Write as _;

use layout::{Record as _, Stu};
use mcap::MAGIC;
use tool::fuzzing::{Wanted, count_records};

pub(super) fn run(input: &[u8]) {
    let mut file = tempfile::NamedTempFile::new_in("/dev/shm").expect("a file");
    file.write_all(&[MAGIC, input].concat()).expect("written");
    let [whole, partial] =
        [Wanted::Whole, Wanted::UpToDamage].map(|wanted| count_records(file.path(), wanted));
    if let Ok(records) = whole {
        assert_eq!(partial, Ok(records));
    }
    for said in [whole, partial].into_iter().filter_map(Result::err) {
        assert!(super::is_harmless(&said), "{said:?}");
    }
}

/// A record of MCAP.
fn record(op: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&[op][..], &(body.len() as u64).to_le_bytes(), &body].concat()
}

fn counted(bytes: &[u8]) -> Vec<u8> {
    let len = u32::try_from(bytes.len()).expect("short");
    [&len.to_le_bytes()[..], bytes].concat()
}

/// A schema, a channel and a message with this number.
fn topic(number: u16, encodings: [&str; 2], schema: &[u8], data: &[u8]) -> Vec<u8> {
    let (id, [schema_encoding, encoding]) = (number.to_le_bytes(), encodings);
    let encoding = counted(encoding.as_bytes());
    let metadata = counted(&[counted(b"mapcast.instance"), counted(b"a")].concat());
    let ids = [id, id].concat();
    [
        record(3, &[&id, &counted(b"R"), &counted(schema_encoding.as_bytes()), &counted(schema)]),
        record(4, &[&ids, &counted(b"t"), &encoding, &metadata]),
        record(5, &[&id, &[0; 4], &[1; 8], &[1; 8], data]),
    ]
    .concat()
}

/// A chunk of `len` bytes, which are packed into `data`.
fn chunk(compression: &str, len: usize, data: &[u8]) -> Vec<u8> {
    let head = [&[0; 16][..], &(len as u64).to_le_bytes(), &[0; 4]].concat();
    let data = [&(data.len() as u64).to_le_bytes()[..], data].concat();
    record(6, &[&head, &counted(compression.as_bytes()), &data])
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let schema = br#"{"properties": {"x": {"type": "number"}, "t": {"type": "string"},
        "v": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}}}"#;
    let json = topic(1, ["jsonschema", "json"], schema, br#"{"x": 1.5, "t": "a", "v": [1, 2]}"#);
    let raw = topic(2, ["mapcast"; 2], &Stu::schema().encode(), &[b'x'; 28]);
    let end = [record(15, &[&[0; 4]]), record(2, &[&[0; 20]]), MAGIC.to_vec()].concat();
    let block = |head: u32, bytes: &[u8]| [&head.to_le_bytes()[..], bytes].concat();
    let len = u32::try_from(json.len()).expect("short");
    // Each packed as it is, in one block.
    let lz4 =
        [&b"\x04\x22\x4d\x18\x60\x40\x82"[..], &block(len | 1 << 31, &json), &[0; 4]].concat();
    let zstd = [&b"\x28\xb5\x2f\xfd\x00\x38"[..], &block(len << 3 | 1, b"")[..3], &json].concat();
    [
        json.clone(),
        raw.clone(),
        chunk("", json.len(), &json),
        chunk("lz4", json.len(), &lz4),
        chunk("zstd", json.len(), &zstd),
    ]
    .into_iter()
    .map(|records| [records, end.clone()].concat())
    .collect()
}
