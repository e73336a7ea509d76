//! The bytes that this release writes for STU are those in `docs/vectors`.
//!
//! A region outlives the program that made it, so these files change only together with the format
//! version. `cargo xtask vectors` writes them; a commit that changes them explains why.

use std::fs;
use std::path::Path;

use layout::header::{WAKE, offset};
use layout::{Header, Record, Schema, Stu};

/// The region in `docs/vectors` with this name.
fn vector(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/vectors").join(name);
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
    let region = vector("stu.region");
    let start = usize::try_from(stu_header().schema_offset).expect("a small file");
    assert_eq!(bytes, region[start..start + bytes.len()]);
    assert_eq!(Schema::decode(&bytes), Ok(Stu::schema()));
}

#[test]
fn the_header_of_an_stu_region_never_drifts() {
    let region = vector("stu.region");
    assert_eq!(stu_header().encode().as_slice(), &region[..offset::HEADER_LEN]);
    assert_eq!(Header::decode(&region), Ok(stu_header()));
}

#[test]
fn the_header_of_a_region_of_instances_never_drifts() {
    let mut header = Header::plan(&Stu::schema(), 4).expect("4 slots");
    header.created_at = 1_735_689_600_001_000_000;
    header.lineage = 1_735_689_600_000_000;
    header.first_lineage = header.lineage;
    let header = header.with_instances(6).expect("6 instances");
    let region = vector("instances.region");
    assert_eq!(header.encode().as_slice(), &region[..offset::HEADER_LEN]);
    assert_eq!(Header::decode(&region), Ok(header));
}

#[test]
fn the_fingerprint_of_stu_never_drifts() {
    // Computed once; `stu.region` holds it at 0x50.
    assert_eq!(Stu::schema().fingerprint(), 0x23e7_707e_7bac_d8cb);
}

#[test]
fn the_hash_is_the_published_xxh64() {
    // The published test vector for no bytes and seed 0.
    assert_eq!(xxhash_rust::xxh64::xxh64(b"", 0), 0xef46_db37_51d8_e999);
}
