//! Damaged and random bytes: an error or a schema that keeps its invariants, never a panic.

use layout::{
    DecodeError, Field, FieldSpec, MAX_RECORD, MAX_SCHEMA, Record, RecordView, Scalar, Schema, Stu,
};

use crate::generator::Random;

/// The byte at which a schema was refused, and why.
fn place(error: &DecodeError) -> (usize, &str) {
    match error {
        DecodeError::Schema { at, what } => (*at, what),
        other => panic!("{other:?}"),
    }
}

/// Decodes, and checks the invariants of the schema if there is one.
fn decode_and_check(bytes: &[u8]) -> bool {
    let schema = match Schema::decode(bytes) {
        Ok(schema) => schema,
        Err(error) => {
            assert!(place(&error).0 <= bytes.len(), "{error}");
            let shown = error.to_string();
            assert!(!shown.contains(|found: char| found.is_control()), "{shown:?}");
            return false;
        }
    };
    assert_eq!(schema.encode(), bytes, "two encodings of one schema");
    assert!((1..=MAX_RECORD).contains(&schema.size()));
    assert!(schema.size().is_multiple_of(schema.align()));
    let mut ends: Vec<(u32, u32)> =
        schema.fields().iter().map(|field| (field.offset(), field.end())).collect();
    ends.sort_unstable();
    assert!(ends.windows(2).all(|pair| pair[0].1 <= pair[1].0));
    assert!(schema.fields().iter().all(|field| field.end() <= schema.size()));
    // A record of it can be read and printed.
    let record = vec![0xa5; schema.size() as usize];
    let view = RecordView::new(&schema, &record).expect("the right length");
    assert_eq!(view.iter().count(), schema.fields().len());
    assert!(!view.line().to_string().contains('\u{1b}'));
    true
}

/// A schema that uses every feature.
fn rich() -> Schema {
    Schema::builder("RICH")
        .field(FieldSpec::new("mode", Scalar::U8).label(0, "off").label(1, "on").help("a switch"))
        .field(FieldSpec::new("speed", Scalar::F64).unit("m/s"))
        .field(FieldSpec::new("who", "char[8]".parse::<layout::CType>().expect("a type")))
        .field(FieldSpec::new("far", Scalar::U16).offset(64))
        .line("{who}\t{speed:.1} {{{mode}}}")
        .build()
        .expect("a record")
}

#[test]
fn every_flipped_byte_is_an_error_or_another_valid_schema() {
    for schema in [Stu::schema(), rich()] {
        let good = schema.encode();
        for at in 0..good.len() {
            for mask in (0..8).map(|bit| 1 << bit).chain([0xff, 0x7f]) {
                let mut bytes = good.clone();
                bytes[at] ^= mask;
                decode_and_check(&bytes);
            }
        }
    }
}

#[test]
fn a_flipped_byte_outside_the_texts_is_refused() {
    // Size, alignment and field count no longer match the fields.
    let good = Stu::schema().encode();
    for at in 0..12 {
        let mut bytes = good.clone();
        bytes[at] ^= 0xff;
        assert!(Schema::decode(&bytes).is_err(), "byte {at}");
    }
}

#[test]
fn every_truncation_is_refused() {
    for schema in [Stu::schema(), rich()] {
        let bytes = schema.encode();
        for len in 0..bytes.len() {
            let error = Schema::decode(&bytes[..len]).expect_err("a schema cut short");
            let what = place(&error).1;
            let is_cut =
                what.contains(" more bytes expected, ") || what.starts_with("1 more byte ");
            assert!(is_cut, "{len}: {error}");
        }
    }
}

#[test]
fn bytes_after_the_last_field_are_refused() {
    let mut bytes = Stu::schema().encode();
    bytes.push(0);
    let error = Schema::decode(&bytes).expect_err("a byte too many");
    assert_eq!(place(&error), (bytes.len() - 1, "1 byte left after the last field"));
}

#[test]
fn random_bytes_never_panic() {
    let mut random = Random(2);
    for _ in 0..10_000 {
        let len = random.below(200);
        let bytes = random.bytes(len);
        decode_and_check(&bytes);
    }
}

#[test]
fn random_damage_to_random_schemas_never_panics() {
    let mut random = Random(3);
    let mut survived = 0;
    for _ in 0..5_000 {
        let mut bytes = random.schema().encode();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len());
            // Small numbers hit counts and codes more often than random ones do.
            bytes[at] = if random.below(2) == 0 { random.byte() % 16 } else { random.byte() };
        }
        survived += usize::from(decode_and_check(&bytes));
    }
    // Both outcomes occurred.
    assert!((100..4_900).contains(&survived), "{survived}");
}

#[test]
fn zero_bytes_are_not_a_schema() {
    for len in [0, 12, 16, 64, 4096] {
        assert!(Schema::decode(&vec![0; len]).is_err(), "{len}");
    }
}

/// `count` fields are announced and none follow: nothing may be allocated for them.
#[test]
fn too_large_counts_are_refused_before_allocating() {
    let mut bytes = Stu::schema().encode();
    bytes[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    let error = Schema::decode(&bytes).expect_err("too many fields");
    assert_eq!(place(&error), (8, "4294967295 fields, at most 4096 are possible"));

    let mut bytes = one_field_schema();
    let labels = FIRST_FIELD + 10;
    bytes[labels..labels + 2].copy_from_slice(&u16::MAX.to_le_bytes());
    let error = Schema::decode(&bytes).expect_err("too many labels");
    assert_eq!(place(&error), (labels, "65535 labels, at most 256 are possible"));
}

#[test]
fn more_than_a_megabyte_is_refused_without_parsing() {
    let error = Schema::decode(&vec![0; MAX_SCHEMA as usize + 1]).expect_err("too long");
    assert_eq!(place(&error), (0, "1048577 bytes, at most 1048576 are possible"));
}

/// Where the first field of [`one_field_schema`] begins: three words, the name "R", no line.
const FIRST_FIELD: usize = 12 + 3 + 2;

fn one_field_schema() -> Vec<u8> {
    Schema::builder("R").field(FieldSpec::new("a", Scalar::U32)).build().expect("a record").encode()
}

#[test]
fn each_impossible_part_is_named_with_its_byte() {
    let with = |at: usize, value: &[u8]| {
        let mut bytes = one_field_schema();
        bytes[at..at + value.len()].copy_from_slice(value);
        let error = Schema::decode(&bytes).expect_err("damaged");
        let (at, what) = place(&error);
        (at, what.to_owned())
    };
    let at = |at: usize, what: &str| (at, what.to_owned());
    let ctype = FIRST_FIELD + 4;
    assert_eq!(with(ctype + 4, &[0]), at(ctype, "scalar code 0 is unknown"));
    assert_eq!(with(ctype + 4, &[99]), at(ctype, "scalar code 99 is unknown"));
    assert_eq!(with(ctype + 5, &[1]), at(ctype, "a reserved byte is not zero"));
    let too_large = "type u32[4294967295] is larger than a record may be (16777216 bytes); \
                     shorten the array";
    assert_eq!(with(ctype, &u32::MAX.to_le_bytes()), at(ctype, too_large));
    let name = FIRST_FIELD + 12;
    assert_eq!(with(name + 2, &[0xff]), at(name, "text that is not UTF-8"));
    assert_eq!(with(0, &[8]), at(0, "size is 8, the fields make it 4"));
    assert_eq!(with(4, &[8]), at(4, "alignment is 8, the fields make it 4"));
    let misaligned = "field \"a\" at offset 2 is not aligned for u32; use a multiple of 4";
    assert_eq!(with(FIRST_FIELD, &[2]), at(0, misaligned));
    let (at, what) = with(name + 2, b"9");
    assert!(at == 0 && what.starts_with("field name \"9\" begins with a digit"), "{what}");
}

#[test]
fn a_schema_as_large_as_possible_decodes() {
    let help = "x".repeat(1000);
    let schema = Schema::builder("BIG")
        .fields((0..1000).map(|i| FieldSpec::new(format!("f{i}"), Scalar::U8).help(&help)))
        .build()
        .expect("just below a megabyte");
    let back = Schema::decode(&schema.encode()).expect("a large schema");
    assert_eq!(back.fields().last().map(Field::name), Some("f999"));
}
