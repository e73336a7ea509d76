//! The builder lays records out as C does, and refuses every record that cannot be, naming the field.

use layout::{
    CType, FieldSpec, MAX_FIELDS, MAX_LABELS, MAX_NAME, MAX_RECORD, MAX_TEXT, MAX_UNIT, Scalar,
    Schema, SchemaError,
};

fn ctype(text: &str) -> CType {
    text.parse().expect(text)
}

fn field(name: &str, text: &str) -> FieldSpec {
    FieldSpec::new(name, ctype(text))
}

fn build(fields: impl IntoIterator<Item = FieldSpec>) -> Result<Schema, SchemaError> {
    Schema::builder("R").fields(fields).build()
}

fn refused(fields: impl IntoIterator<Item = FieldSpec>) -> SchemaError {
    build(fields).expect_err("a record that cannot be")
}

#[test]
fn offsets_and_padding_follow_c() {
    let schema =
        build([field("a", "u8"), field("b", "u64"), field("c", "u16[3]"), field("d", "f32")])
            .expect("a record");
    let offsets: Vec<u32> = schema.fields().iter().map(layout::Field::offset).collect();
    assert_eq!(offsets, [0, 8, 16, 24]);
    assert_eq!((schema.size(), schema.align()), (32, 8));
}

#[test]
fn an_explicit_offset_moves_the_fields_behind_it() {
    let schema = build([field("a", "u8"), field("b", "u32").offset(64), field("c", "u8")])
        .expect("a record");
    assert_eq!(schema.field("c").map(layout::Field::offset), Some(68));
    assert_eq!(schema.size(), 72);
}

#[test]
fn explicit_offsets_may_come_in_any_order() {
    let schema =
        build([field("b", "u32").offset(4), field("a", "u32").offset(0)]).expect("a record");
    assert_eq!(schema.size(), 8);
    assert_eq!(schema.index_of("a"), Some(1));
}

#[test]
fn overlapping_fields_are_refused_whatever_their_order() {
    let (first, second) = (field("first", "u32").offset(4), field("second", "u8").offset(7));
    let error = refused([first.clone(), second.clone()]);
    assert_eq!(error, refused([second, first]));
    assert_eq!(
        error.to_string(),
        "fields \"first\" and \"second\" overlap at byte 7; correct the offset of one"
    );
}

#[test]
fn a_field_that_follows_into_a_placed_one_is_refused() {
    // `c` has no offset of its own: it runs from byte 4 into `a`.
    let error =
        refused([field("a", "u8").offset(8), field("b", "u32").offset(0), field("c", "u8[5]")]);
    assert!(
        matches!(error, SchemaError::Overlap { first, second, offset: 8 } if first == "c" && second == "a")
    );
}

#[test]
fn a_misaligned_offset_is_refused() {
    let error = refused([field("a", "u32").offset(2)]);
    assert_eq!(
        error.to_string(),
        "field \"a\" at offset 2 is not aligned for u32; use a multiple of 4"
    );
}

#[test]
fn a_record_without_fields_is_refused() {
    assert_eq!(refused([]), SchemaError::NoFields);
}

#[test]
fn a_record_of_exactly_the_largest_size_is_possible_and_one_byte_more_is_not() {
    let largest = CType::array(Scalar::U8, MAX_RECORD).expect("the largest array");
    let schema = build([FieldSpec::new("a", largest)]).expect("the largest record");
    assert_eq!(schema.size(), MAX_RECORD);

    let error = refused([FieldSpec::new("a", largest), field("b", "u8")]);
    assert_eq!(error, SchemaError::TooLarge { field: "b".into(), size: u64::from(MAX_RECORD) + 1 });
}

#[test]
fn an_offset_at_the_end_of_the_numbers_is_refused_without_overflow() {
    let error = refused([field("a", "u64[9]").offset(u32::MAX - 7)]);
    assert!(matches!(error, SchemaError::TooLarge { field, .. } if field == "a"));
}

#[test]
fn names_are_c_identifiers() {
    for name in ["a b", "a-b", "1a", "\u{e4}", "a\u{1b}", "a\0", &"x".repeat(MAX_NAME + 1)] {
        assert_eq!(refused([field(name, "u8")]), SchemaError::BadName { name: name.into() });
        let record = Schema::builder(name).field(field("a", "u8")).build();
        assert_eq!(record, Err(SchemaError::BadRecordName { name: name.into() }));
    }
    for name in ["a", "_", "A_1", &"x".repeat(MAX_NAME)] {
        assert!(build([field(name, "u8")]).is_ok(), "{name}");
    }
}

#[test]
fn a_name_in_an_error_cannot_drive_a_terminal() {
    let shown = refused([field("\u{1b}]0;title\u{7}", "u8")]).to_string();
    assert!(!shown.contains(|found: char| found.is_control()), "{shown:?}");
}

#[test]
fn empty_names_are_refused() {
    assert_eq!(refused([field("a", "u8"), field("", "u8")]), SchemaError::EmptyName { index: 1 });
    let record = Schema::builder("").field(field("a", "u8")).build();
    assert_eq!(record, Err(SchemaError::NoRecordName));
}

#[test]
fn a_duplicate_field_is_refused() {
    let error = refused([field("a", "u8"), field("b", "u8"), field("a", "u16")]);
    assert_eq!(error, SchemaError::DuplicateField { name: "a".into() });
}

#[test]
fn the_number_of_fields_is_limited() {
    let fields = |count| (0..count).map(|index| field(&format!("f{index}"), "u8"));
    assert!(build(fields(MAX_FIELDS)).is_ok());
    assert_eq!(
        refused(fields(MAX_FIELDS + 1)),
        SchemaError::TooManyFields { count: MAX_FIELDS + 1 }
    );
}

#[test]
fn texts_are_limited_and_hold_no_control_characters() {
    let plain = || field("a", "u8");
    let (unit, text) = ("x".repeat(MAX_UNIT), "x".repeat(MAX_TEXT));
    assert!(build([plain().unit(&unit).help(&text).label(1, &text)]).is_ok());

    let too_long = SchemaError::UnitTooLong { field: "a".into(), len: MAX_UNIT + 1 };
    assert_eq!(refused([plain().unit(unit + "x")]), too_long);
    let longer = text + "x";
    for (spec, what) in [(plain().help(&longer), "help"), (plain().label(1, &longer), "label")] {
        let len = longer.len();
        assert_eq!(refused([spec]), SchemaError::TextTooLong { field: "a".into(), what, len });
    }
    for found in ['\u{1b}', '\n', '\t', '\0', '\u{9b}', '\u{202e}'] {
        let text = format!("a{found}b");
        for (spec, what) in [
            (plain().unit(&text), "unit"),
            (plain().help(&text), "help"),
            (plain().label(1, &text), "label"),
        ] {
            let field = "a".into();
            assert_eq!(refused([spec]), SchemaError::ControlCharacter { field, what, found });
        }
    }
}

#[test]
fn labels_name_each_value_once_and_only_values_the_field_can_hold() {
    let name = || String::from("a");
    assert_eq!(
        refused([field("a", "u8").label(256, "big")]),
        SchemaError::LabelOutOfRange { field: name(), ctype: ctype("u8"), value: 256 }
    );
    assert_eq!(
        refused([field("a", "bool").label(2, "maybe")]),
        SchemaError::LabelOutOfRange { field: name(), ctype: ctype("bool"), value: 2 }
    );
    assert_eq!(
        refused([field("a", "u8").label(1, "on").label(1, "an")]),
        SchemaError::DuplicateLabel { field: name(), what: "1".into() }
    );
    assert_eq!(
        refused([field("a", "u8").label(1, "on").label(2, "on")]),
        SchemaError::DuplicateLabel { field: name(), what: "\"on\"".into() }
    );
    assert_eq!(
        refused([field("a", "i8").label(-1, "")]),
        SchemaError::EmptyLabel { field: name(), value: -1 }
    );
    for text in ["f32", "f64[2]", "char[4]"] {
        let error = refused([field("a", text).label(1, "on")]);
        assert_eq!(error, SchemaError::LabelsOnType { field: name(), ctype: ctype(text) });
    }
    let many = (0..=MAX_LABELS).fold(field("a", "u16"), |spec, value| {
        spec.label(i64::try_from(value).expect("small"), format!("v{value}"))
    });
    let error = refused([many]);
    assert_eq!(error, SchemaError::TooManyLabels { field: name(), count: MAX_LABELS + 1 });
}

#[test]
fn a_schema_whose_encoding_is_too_long_is_refused() {
    let help = "x".repeat(MAX_TEXT);
    let fields = (0..1024).map(|index| field(&format!("f{index}"), "u8").help(&help));
    assert!(matches!(refused(fields), SchemaError::SchemaTooLong { len } if len > 1 << 20));
}

#[test]
fn the_fingerprint_sees_what_changes_the_meaning_and_nothing_else() {
    let base = || field("a", "u32").unit("m");
    let print = |name: &str, spec: FieldSpec| {
        Schema::builder(name).field(spec).build().expect("a record").fingerprint()
    };
    let same = print("R", base());
    let changed = [
        print("S", base()),
        print("R", field("b", "u32").unit("m")),
        print("R", field("a", "i32").unit("m")),
        print("R", field("a", "u32[1]").unit("m")),
        print("R", field("a", "u32").unit("mm")),
        print("R", base().offset(4)),
    ];
    for (index, other) in changed.iter().enumerate() {
        assert_ne!(same, *other, "change {index} keeps the fingerprint");
    }
    assert_eq!(same, print("R", base().help("h").label(1, "on")));
    let with_line = Schema::builder("R").field(base()).line("{a}").build().expect("a record");
    assert_eq!(same, with_line.fingerprint());
}

#[test]
fn the_fingerprint_keeps_neighbouring_texts_apart() {
    // Without lengths in front, name "ab" and name "a" with the next text "b..." could meet.
    let print = |first: FieldSpec, second: FieldSpec| {
        build([first, second]).expect("a record").fingerprint()
    };
    assert_ne!(
        print(field("a", "u8").unit("bc"), field("d", "u8")),
        print(field("a", "u8").unit("b"), field("cd", "u8"))
    );
}
