//! The bytes that this release writes for STU are the bytes in `tests/golden`.
//!
//! A region outlives the program that made it, so these files change only together with the format
//! version. `UPDATE=1 cargo test -p mapcast-layout` rewrites them; a commit that changes them
//! explains why.

use std::fs;
use std::path::{Path, PathBuf};

use layout::header::WAKE;
use layout::{Header, Record, Schema, Stu};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Whether files are to be written instead of compared.
pub(crate) fn update() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

/// The golden file's bytes, after writing `bytes` to it if `UPDATE` is set.
fn golden(name: &str, bytes: &[u8]) -> Vec<u8> {
    let path = path(name);
    if update() {
        fs::write(&path, bytes).expect("the golden file can be written");
    }
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The header of an STU region with 8 slots, made at a fixed time in a fixed boot.
pub(crate) fn stu_header() -> Header {
    let mut header = Header::plan(&Stu::schema(), 8).expect("8 slots");
    header.compatible = WAKE;
    header.created_at = 1_735_689_600_000_000_000;
    header.boot_id = core::array::from_fn(|index| u8::try_from(index + 1).expect("1 to 16"));
    header.base_sequence = 0;
    header.lineage = 1_735_689_600_000_000;
    header.first_lineage = header.lineage;
    header.inode = 4711;
    header
}

#[test]
fn the_encoded_schema_of_stu_never_drifts() {
    let bytes = Stu::schema().encode();
    let golden = golden("stu.schema", &bytes);
    assert_eq!(bytes, golden);
    assert_eq!(Schema::decode(&golden), Ok(Stu::schema()));
}

#[test]
fn the_header_of_an_stu_region_never_drifts() {
    let bytes = stu_header().encode();
    let golden = golden("stu.header", &bytes);
    assert_eq!(bytes.as_slice(), golden);
    assert_eq!(Header::decode(&golden), Ok(stu_header()));
}

#[test]
fn the_header_of_a_region_of_instances_never_drifts() {
    let header = stu_header().with_instances(1000).expect("1000 instances");
    let bytes = header.encode();
    let golden = golden("stu.instances.header", &bytes);
    assert_eq!(bytes.as_slice(), golden);
    assert_eq!(Header::decode(&golden), Ok(header));
}

#[test]
fn the_fingerprint_of_stu_never_drifts() {
    // Computed once; `stu.header` holds it at 0x50.
    assert_eq!(Stu::schema().fingerprint(), 0x23e7_707e_7bac_d8cb);
}

#[test]
fn the_hash_is_the_published_xxh64() {
    // The published test vector for no bytes and seed 0.
    assert_eq!(xxhash_rust::xxh64::xxh64(b"", 0), 0xef46_db37_51d8_e999);
}
