//! A schema survives its encoding, and there is only one encoding of it.

use layout::{FieldSpec, Record, Scalar, Schema, Stu};

use crate::generator::Random;

#[test]
fn a_random_schema_survives_its_encoding() {
    let mut random = Random(1);
    for round in 0..500 {
        let schema = random.schema();
        let bytes = schema.encode();
        let back = Schema::decode(&bytes).unwrap_or_else(|error| panic!("round {round}: {error}"));
        assert_eq!(back, schema);
        assert_eq!(back.encode(), bytes);
        assert_eq!(back.fingerprint(), schema.fingerprint());
    }
}

#[test]
fn every_part_of_a_schema_is_in_its_encoding() {
    let base = FieldSpec::new("a", Scalar::U8);
    let encode = |spec: FieldSpec, line: &str| {
        Schema::builder("R").field(spec).line(line).build().expect("a record").encode()
    };
    let all = [
        encode(base.clone(), "x"),
        encode(base.clone(), "y"),
        encode(base.clone().help("h"), "x"),
        encode(base.clone().unit("h"), "x"),
        encode(base.clone().label(1, "h"), "x"),
        encode(base.clone().label(2, "h"), "x"),
        encode(base.offset(1), "x"),
    ];
    for (index, bytes) in all.iter().enumerate() {
        assert!(!all[index + 1..].contains(bytes), "number {index} is there twice");
    }
}

#[test]
fn explicit_and_computed_offsets_make_equal_schemas() {
    let computed = Stu::schema();
    let given = Schema::builder("STU")
        .fields(computed.fields().iter().map(|field| {
            FieldSpec::new(field.name(), field.ctype()).help(field.help()).offset(field.offset())
        }))
        .line("id={id}\tname={name}\t{sex}")
        .build()
        .expect("STU");
    assert_eq!(given, computed);
    assert_eq!(given.encode(), computed.encode());
}
