//! The builder lays records out as C does, and names the field of every invalid record.

use layout::text::quote;
use layout::{
    CType, FieldSpec, MAX_FIELDS, MAX_LABELS, MAX_NAME, MAX_RECORD, MAX_TEXT, MAX_UNIT, Scalar,
    Schema, SchemaError, SchemaPart as Part,
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

/// Asserts part, field and message of the error.
#[track_caller]
fn assert_error(error: &SchemaError, field: Option<usize>, part: Part, message: &str) {
    assert_eq!((error.field(), error.part(), error.to_string()), (field, part, message.to_owned()));
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
fn an_explicit_offset_moves_the_fields_after_it() {
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
    let overlap = "fields \"first\" and \"second\" overlap at byte 7; correct the offset of one";
    let error = refused([first.clone(), second.clone()]);
    assert_error(&error, Some(1), Part::Offset, overlap);
    assert_error(&refused([second, first]), Some(0), Part::Offset, overlap);
}

#[test]
fn a_field_that_runs_into_a_placed_one_is_refused() {
    // `c` has no explicit offset: it runs from byte 4 into `a`.
    let error =
        refused([field("a", "u8").offset(8), field("b", "u32").offset(0), field("c", "u8[5]")]);
    assert_error(
        &error,
        Some(0),
        Part::Offset,
        "fields \"c\" and \"a\" overlap at byte 8; correct the offset of one",
    );
}

#[test]
fn of_two_overlapping_fields_the_placed_one_is_named() {
    // `b` has no explicit offset and begins where `a` ends; `c` was placed into it.
    let error = refused([field("a", "u32"), field("b", "u32"), field("c", "u8").offset(3)]);
    assert_eq!((error.field(), error.part()), (Some(2), Part::Offset));
    let error = refused([field("a", "u8").offset(8), field("b", "u32[3]").offset(0)]);
    assert_eq!(error.field(), Some(0));
}

#[test]
fn a_misaligned_offset_is_refused() {
    let error = refused([field("a", "u32").offset(2)]);
    assert_error(
        &error,
        Some(0),
        Part::Offset,
        "field \"a\" at offset 2 is not aligned for u32; use a multiple of 4",
    );
}

#[test]
fn a_record_without_fields_is_refused() {
    assert_error(&refused([]), None, Part::Fields, "the record has no fields; add at least one");
}

#[test]
fn a_record_has_at_most_the_largest_size() {
    let largest = CType::array(Scalar::U8, MAX_RECORD).expect("the largest array");
    let schema = build([FieldSpec::new("a", largest)]).expect("the largest record");
    assert_eq!(schema.size(), MAX_RECORD);

    let error = refused([FieldSpec::new("a", largest), field("b", "u8")]);
    assert_error(
        &error,
        Some(1),
        Part::Offset,
        "field \"b\" makes the record 16777217 bytes, at most 16777216 are possible; shorten an array",
    );
}

#[test]
fn the_largest_offset_is_refused_without_overflow() {
    let error = refused([field("a", "u64[9]").offset(u32::MAX - 7)]);
    assert_error(
        &error,
        Some(0),
        Part::Offset,
        "field \"a\" makes the record 4294967360 bytes, at most 16777216 are possible; \
         shorten an array",
    );
}

#[test]
fn names_are_c_identifiers() {
    for name in ["a b", "a-b", "1-a", "\u{e4}", "a\u{1b}", "a\0", &"x".repeat(MAX_NAME + 1)] {
        let why = |of| {
            format!(
                "{of} name {} is not a C identifier of at most 64 bytes; \
                 use letters, digits and _",
                quote(name)
            )
        };
        assert_error(&refused([field(name, "u8")]), Some(0), Part::Name, &why("field"));
        let record = Schema::builder(name).field(field("a", "u8")).build();
        assert_error(&record.expect_err("no name"), None, Part::Name, &why("record"));
    }
    let long = refused([field(&"a-".repeat(30_000), "u8")]).to_string();
    assert!(long.len() < 200 && long.contains("-\"... is not"), "{long}");
    let digit = "field name \"1a\" begins with a digit; begin it with a letter or _";
    assert_error(&refused([field("1a", "u8")]), Some(0), Part::Name, digit);
    for name in ["a", "_", "A_1", &"x".repeat(MAX_NAME)] {
        assert!(build([field(name, "u8")]).is_ok(), "{name}");
    }
}

#[test]
fn a_name_in_an_error_cannot_control_a_terminal() {
    let shown = refused([field("\u{1b}]0;title\u{7}", "u8")]).to_string();
    assert!(!shown.contains(|found: char| found.is_control()), "{shown:?}");
}

#[test]
fn empty_names_are_refused() {
    let error = refused([field("a", "u8"), field("", "u8")]);
    let why = "field 1 (counted from 0) has no name; give it one";
    assert_error(&error, Some(1), Part::Name, why);
    let record = Schema::builder("").field(field("a", "u8")).build();
    let why = "the record has no name; give it one, such as \"STU\"";
    assert_error(&record.expect_err("no name"), None, Part::Name, why);
}

#[test]
fn a_duplicate_field_is_refused() {
    let error = refused([field("a", "u8"), field("b", "u8"), field("a", "u16")]);
    let why = "field \"a\" appears twice; rename one of them";
    assert_error(&error, Some(2), Part::Name, why);
}

#[test]
fn the_number_of_fields_is_limited() {
    let fields = |count| (0..count).map(|index| field(&format!("f{index}"), "u8"));
    assert!(build(fields(MAX_FIELDS)).is_ok());
    assert_error(
        &refused(fields(MAX_FIELDS + 1)),
        None,
        Part::Fields,
        "the record has 4097 fields, at most 4096 are possible; use arrays",
    );
}

#[test]
fn texts_are_limited_and_have_no_control_characters() {
    let plain = || field("a", "u8");
    let (unit, text) = ("x".repeat(MAX_UNIT), "x".repeat(MAX_TEXT));
    assert!(build([plain().unit(&unit).help(&text).label(1, &text)]).is_ok());

    let too_long = "the unit of field \"a\" has 65 bytes, at most 64 are possible; shorten it";
    assert_error(&refused([plain().unit(unit + "x")]), Some(0), Part::Unit, too_long);
    let longer = text + "x";
    for (spec, part, what) in [
        (plain().help(&longer), Part::Help, "help"),
        (plain().label(1, &longer), Part::Labels, "label"),
    ] {
        let why = format!(
            "the {what} of field \"a\" has 1025 bytes, at most 1024 are possible; shorten it"
        );
        assert_error(&refused([spec]), Some(0), part, &why);
    }
    for found in ['\u{1b}', '\n', '\t', '\0', '\u{9b}', '\u{202e}'] {
        let text = format!("a{found}b");
        for (spec, part, what) in [
            (plain().unit(&text), Part::Unit, "unit"),
            (plain().help(&text), Part::Help, "help"),
            (plain().label(1, &text), Part::Labels, "label"),
        ] {
            let why = format!(
                "the {what} of field \"a\" holds the control character {found:?}; remove it"
            );
            assert_error(&refused([spec]), Some(0), part, &why);
        }
    }
}

#[test]
fn labels_name_each_value_once_and_only_values_the_field_can_hold() {
    let refuses = |spec: FieldSpec, why: &str| {
        assert_error(&refused([field("before", "u8"), spec]), Some(1), Part::Labels, why);
    };
    refuses(
        field("a", "u8").label(256, "big"),
        "field \"a\" is u8 and never holds 256, which a label names; remove the label",
    );
    refuses(
        field("a", "bool").label(2, "maybe"),
        "field \"a\" is bool and never holds 2, which a label names; remove the label",
    );
    refuses(
        field("a", "u8").label(1, "on").label(1, "an"),
        "field \"a\" has two labels for 1; remove one",
    );
    refuses(
        field("a", "u8").label(1, "on").label(2, "on"),
        "field \"a\" has two labels for \"on\"; remove one",
    );
    refuses(
        field("a", "i8").label(-1, ""),
        "the label for -1 of field \"a\" is empty; give it a text",
    );
    for text in ["f32", "f64[2]", "char[4]"] {
        let why = format!(
            "field \"a\" is {text}, which takes no labels; use them on integers, bool and char"
        );
        refuses(field("a", text).label(1, "on"), &why);
    }
    let many = (0..=MAX_LABELS).fold(field("a", "u16"), |spec, value| {
        spec.label(i64::try_from(value).expect("small"), format!("v{value}"))
    });
    refuses(many, "field \"a\" has 257 labels, at most 256 are possible; remove some");
}

#[test]
fn a_schema_whose_encoding_is_too_long_is_refused() {
    let help = "x".repeat(MAX_TEXT);
    let fields = (0..1024).map(|index| field(&format!("f{index}"), "u8").help(&help));
    let error = refused(fields);
    assert_eq!((error.field(), error.part()), (None, Part::Fields));
    let why = error.to_string();
    assert!(why.starts_with("the encoded schema has 10"), "{why}");
    assert!(why.ends_with("at most 1048576 are possible; shorten help and label texts"), "{why}");
}

#[test]
fn the_fingerprint_depends_on_the_meaning_alone() {
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
    // Without length prefixes, name "ab" and name "a" followed by the text "b..." could collide.
    let print = |first: FieldSpec, second: FieldSpec| {
        build([first, second]).expect("a record").fingerprint()
    };
    assert_ne!(
        print(field("a", "u8").unit("bc"), field("d", "u8")),
        print(field("a", "u8").unit("b"), field("cd", "u8"))
    );
}
