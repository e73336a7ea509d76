//! Values are stored and read back; a value that does not fit is refused and changes nothing.

use std::sync::Arc;

use layout::{
    CType, Field, FieldSpec, RecordBuf, RecordView, Scalar, Schema, Value, ValueError,
    ValueErrorKind, WrongLength,
};

use crate::generator::Random;

/// One field called "x".
fn one(ctype: &str) -> RecordBuf {
    one_spec(FieldSpec::new("x", ctype.parse::<CType>().expect(ctype)))
}

fn one_spec(spec: FieldSpec) -> RecordBuf {
    RecordBuf::new(Arc::new(Schema::builder("ONE").field(spec).build().expect("a record")))
}

/// The value read back after storing `value`.
fn through(ctype: &str, value: impl Into<Value>) -> Value {
    let mut record = one(ctype);
    record.set(0, &value.into()).expect(ctype);
    record.value(0)
}

/// The refusal of `value`, after checking that no byte changed.
fn refused(ctype: &str, value: impl Into<Value>) -> ValueError {
    let mut record = one(ctype);
    record.bytes_mut().fill(1);
    let before = record.clone();
    let error = record.set(0, &value.into()).expect_err(ctype);
    assert_eq!(record, before, "a refused value changed the record");
    error
}

fn list(values: &[i64]) -> Value {
    Value::List(values.iter().copied().map(Value::Int).collect())
}

#[test]
fn a_new_record_is_zero() {
    let record = one("i32[4]");
    assert_eq!(record.bytes(), [0; 16]);
    assert_eq!(record.value(0), list(&[0; 4]));
}

#[test]
fn integers_hold_exactly_their_range() {
    for (ctype, min, max) in [
        ("i8", i64::from(i8::MIN), i64::from(i8::MAX)),
        ("i16", i64::from(i16::MIN), i64::from(i16::MAX)),
        ("i32", i64::from(i32::MIN), i64::from(i32::MAX)),
    ] {
        assert_eq!(through(ctype, min), Value::Int(min));
        assert_eq!(through(ctype, max), Value::Int(max));
        assert_eq!(refused(ctype, min - 1).kind(), ValueErrorKind::OutOfRange);
        assert_eq!(refused(ctype, max + 1).kind(), ValueErrorKind::OutOfRange);
    }
    for (ctype, max) in
        [("u8", u64::from(u8::MAX)), ("u16", u64::from(u16::MAX)), ("u32", u64::from(u32::MAX))]
    {
        assert_eq!(through(ctype, max), Value::Uint(max));
        assert_eq!(refused(ctype, max + 1).kind(), ValueErrorKind::OutOfRange);
        assert_eq!(refused(ctype, -1).kind(), ValueErrorKind::OutOfRange);
    }
    assert_eq!(through("i64", i64::MIN), Value::Int(i64::MIN));
    assert_eq!(through("u64", u64::MAX), Value::Uint(u64::MAX));
    assert_eq!(refused("i64", u64::MAX).kind(), ValueErrorKind::OutOfRange);
    assert_eq!(refused("u64", -1).kind(), ValueErrorKind::OutOfRange);
}

#[test]
fn a_value_that_does_not_fit_names_the_field_and_its_type() {
    assert_eq!(
        refused("u8", 300).to_string(),
        "300 does not fit field \"x\" (u8); use a value it can hold"
    );
}

#[test]
fn a_whole_float_fits_an_integer_field() {
    assert_eq!(through("i16", -3.0), Value::Int(-3));
    assert_eq!(through("u64", 1e18), Value::Uint(1_000_000_000_000_000_000));
    assert_eq!(through("u8", 7.0_f32), Value::Uint(7));
    for value in [0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(refused("i32", value).kind(), ValueErrorKind::NotWhole, "{value}");
    }
    for value in [1e10, -1e300] {
        assert_eq!(refused("i32", value).kind(), ValueErrorKind::OutOfRange, "{value}");
    }
    // 2^63 is the first whole number beyond i64, 2^64 beyond u64.
    assert_eq!(refused("i64", 2_f64.powi(63)).kind(), ValueErrorKind::OutOfRange);
    assert_eq!(refused("u64", 2_f64.powi(64)).kind(), ValueErrorKind::OutOfRange);
}

#[test]
fn any_number_fits_a_float_field() {
    assert_eq!(through("f64", 3), Value::F64(3.0));
    assert_eq!(through("f64", u64::MAX), Value::F64(2_f64.powi(64)));
    assert_eq!(through("f32", 0.1), Value::F32(0.1));
    assert_eq!(through("f64", 0.5_f32), Value::F64(0.5));
    // Just above the middle of two f32: rounding by way of an f64 would return the lower one.
    let above = (1_i64 << 60) + (1 << 36) + 1;
    assert_eq!(through("f32", above), Value::F32(2_f32.powi(60) + 2_f32.powi(37)));
    assert_eq!(through("f32", f64::INFINITY), Value::F32(f32::INFINITY));
    assert!(matches!(through("f32", f64::NAN), Value::F32(value) if value.is_nan()));
    assert_eq!(refused("f32", 1e39).kind(), ValueErrorKind::OutOfRange);
}

#[test]
fn an_f32_prints_as_it_was_written() {
    assert_eq!(through("f32", 0.1).to_string(), "0.1");
    assert_eq!(through("f64", 0.1).to_string(), "0.1");
}

#[test]
fn a_float_has_an_exponent_where_its_digits_would_be_mostly_zeros() {
    let shown = |value: f64| (Value::F64(value).to_string(), line_of(value));
    for (value, want) in [
        (1e300, "1e300"),
        (-1.5e-7, "-1.5e-7"),
        (5e-324, "5e-324"),
        (1e16, "1e16"),
        (9_999_999_999_999_998.0, "9999999999999998"),
        (1e-5, "0.00001"),
        (-0.0, "-0"),
        (f64::INFINITY, "inf"),
    ] {
        assert_eq!(shown(value), (want.to_owned(), format!("x={want}")));
    }
    assert_eq!(Value::F32(1e-45).to_string(), "1e-45");
}

/// The line of a template for an `f64` called "x".
fn line_of(value: f64) -> String {
    let mut record = one("f64");
    record.set(0, &Value::F64(value)).expect("fits");
    record.view().line().to_string()
}

#[test]
fn a_bool_is_true_for_any_number_but_0() {
    assert_eq!(through("bool", true), Value::Bool(true));
    for value in [0.0, -0.0] {
        assert_eq!(through("bool", value), Value::Bool(false), "{value}");
    }
    assert_eq!(through("bool", 0_u64), Value::Bool(false));
    for value in [0.4, 1.0, -1.0, 5e-324, f64::INFINITY] {
        assert_eq!(through("bool", value), Value::Bool(true), "{value}");
    }
    for value in [1, 2, -1, i64::MIN] {
        assert_eq!(through("bool", value), Value::Bool(true), "{value}");
    }
    assert_eq!(through("bool", u64::MAX), Value::Bool(true));
    assert_eq!(through("bool", 0.4_f32), Value::Bool(true));
    assert_eq!(refused("bool", f64::NAN).kind(), ValueErrorKind::OutOfRange);
    assert_eq!(refused("bool", "true").kind(), ValueErrorKind::WrongKind);
}

#[test]
fn a_bool_byte_other_than_0_reads_as_true() {
    for byte in 0..=u8::MAX {
        let mut record = one("bool");
        record.bytes_mut()[0] = byte;
        assert_eq!(record.value(0), Value::Bool(byte != 0));
    }
}

#[test]
fn char_is_at_most_one_ascii_character() {
    assert_eq!(through("char", "m"), Value::from("m"));
    assert_eq!(through("char", ""), Value::from(""));
    assert_eq!(refused("char", "mm").kind(), ValueErrorKind::BadText);
    assert_eq!(refused("char", "\u{e4}").kind(), ValueErrorKind::BadText);
    assert_eq!(refused("char", "\0").kind(), ValueErrorKind::BadText);
    assert_eq!(refused("char", 109).kind(), ValueErrorKind::WrongKind);
}

#[test]
fn a_char_byte_that_is_not_ascii_reads_as_the_replacement_character() {
    let mut record = one("char");
    record.bytes_mut()[0] = 0xe4;
    assert_eq!(record.value(0), Value::from("\u{fffd}"));
}

#[test]
fn text_ends_with_a_nul_for_c() {
    assert_eq!(through("char[4]", "abc"), Value::from("abc"));
    assert_eq!(
        refused("char[4]", "abcd").to_string(),
        "text of 4 bytes does not fit field \"x\" (char[4]), which holds 3; shorten it"
    );
    // The limit is in bytes, not characters.
    assert_eq!(through("char[3]", "\u{e4}"), Value::from("\u{e4}"));
    assert_eq!(
        refused("char[3]", "\u{20ac}").to_string(),
        "text of 3 bytes does not fit field \"x\" (char[3]), which holds 2; shorten it"
    );
}

#[test]
fn text_with_a_nul_inside_is_refused() {
    let error = refused("char[8]", "ab\0c");
    assert_eq!(error.kind(), ValueErrorKind::BadText);
    assert_eq!(error.to_string(), "the text for field \"x\" holds a NUL at byte 2; remove it");
}

#[test]
fn a_shorter_text_clears_the_longer_one() {
    let mut record = one("char[8]");
    record.set(0, &Value::from("longer")).expect("fits");
    record.set(0, &Value::from("ab")).expect("fits");
    assert_eq!(record.bytes(), b"ab\0\0\0\0\0\0");
}

#[test]
fn text_without_a_nul_ends_with_its_field() {
    let schema = Schema::builder("R")
        .field(FieldSpec::new("text", CType::array(Scalar::Char, 4).expect("an array")))
        .field(FieldSpec::new("next", Scalar::Char))
        .build()
        .expect("a record");
    let view = RecordView::new(&schema, b"abcdE").expect("five bytes");
    assert_eq!(view.get("text"), Some(Value::from("abcd")));
}

#[test]
fn text_that_is_not_utf8_is_read_with_replacement_characters() {
    let mut record = one("char[4]");
    record.bytes_mut().copy_from_slice(b"a\xffb\0");
    assert_eq!(record.value(0), Value::from("a\u{fffd}b"));
}

#[test]
fn a_list_has_exactly_the_elements_of_the_array() {
    assert_eq!(through("i16[3]", list(&[1, -2, 3])), list(&[1, -2, 3]));
    for values in [&[][..], &[1, 2], &[1, 2, 3, 4]] {
        assert_eq!(refused("i16[3]", list(values)).kind(), ValueErrorKind::WrongCount);
    }
    assert_eq!(refused("i16[3]", 1).kind(), ValueErrorKind::WrongKind);
    assert_eq!(refused("i16", list(&[1])).kind(), ValueErrorKind::WrongKind);
}

#[test]
fn a_list_whose_last_element_does_not_fit_changes_nothing() {
    // `refused` compares the bytes.
    assert_eq!(refused("u8[3]", list(&[1, 2, 300])).kind(), ValueErrorKind::OutOfRange);
    let nested = Value::List(vec![Value::Int(1), list(&[2])]);
    assert_eq!(refused("u8[2]", nested).kind(), ValueErrorKind::WrongKind);
}

#[test]
fn a_label_sets_a_field_by_its_text() {
    let mut record = one_spec(FieldSpec::new("x", Scalar::I8).label(-1, "back").label(1, "on"));
    record.set(0, &Value::from("back")).expect("a label");
    assert_eq!(record.value(0), Value::Int(-1));
    let error = record.set(0, &Value::from("sideways")).expect_err("no label");
    assert_eq!(
        error.to_string(),
        "\"sideways\" is no label of field \"x\"; use a number or one of its labels"
    );
    assert_eq!(refused("i8", "back").kind(), ValueErrorKind::WrongKind);
}

#[test]
fn bool_and_char_take_labels_and_plain_values() {
    let mut switch = one_spec(FieldSpec::new("x", Scalar::Bool).label(1, "open"));
    switch.set(0, &Value::from("open")).expect("a label");
    assert_eq!(switch.value(0), Value::Bool(true));

    let mut sex = one_spec(FieldSpec::new("x", Scalar::Char).label(109, "male"));
    sex.set(0, &Value::from("male")).expect("a label");
    assert_eq!(sex.value(0), Value::from("m"));
    sex.set(0, &Value::from("f")).expect("a character");
    assert_eq!(sex.value(0), Value::from("f"));
}

#[test]
fn padding_is_neither_read_nor_written() {
    let schema = Schema::builder("R")
        .field(FieldSpec::new("a", Scalar::U8))
        .field(FieldSpec::new("b", Scalar::U32))
        .build()
        .expect("a record");
    let mut record = RecordBuf::new(Arc::new(schema));
    record.set_by_name("a", &Value::Uint(0xff)).expect("fits");
    record.set_by_name("b", &Value::Uint(u32::MAX.into())).expect("fits");
    assert_eq!(record.bytes(), [0xff, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);

    record.bytes_mut()[1..4].fill(0x55);
    assert_eq!(record.view().get("a"), Some(Value::Uint(0xff)));
}

#[test]
fn an_unknown_field_is_an_error_that_names_the_known_ones() {
    let mut record = one("u8");
    let error = record.set_by_name("y", &Value::Int(1)).expect_err("no such field");
    assert_eq!(error.kind(), ValueErrorKind::NoSuchField);
    assert_eq!(error.to_string(), "the record has no field \"y\"; use one of: x");
    let error = record.set(1, &Value::Int(1)).expect_err("no such index");
    assert_eq!(error.kind(), ValueErrorKind::NoSuchField);
    assert_eq!(error.to_string(), "the record has no field number 1; it has 1, counted from 0");
    assert_eq!(record.view().get("y"), None);
}

#[test]
fn a_record_of_the_wrong_length_is_refused() {
    let record = one("u32");
    for have in [0, 3, 5] {
        let error = RecordView::new(record.schema(), &vec![0; have]).expect_err("not 4 bytes");
        assert_eq!(error, WrongLength { want: 4, have });
    }
}

#[test]
fn iteration_returns_every_field_in_order() {
    let schema = Random(7).schema();
    let record = RecordBuf::new(Arc::new(schema.clone()));
    let names: Vec<&str> = record.view().iter().map(|(field, _)| field.name()).collect();
    let want: Vec<&str> = schema.fields().iter().map(Field::name).collect();
    assert_eq!(names, want);
}

#[test]
fn any_bytes_can_be_read_and_written_back() {
    let mut random = Random(8);
    for _ in 0..500 {
        let schema = Arc::new(random.schema());
        let mut record = RecordBuf::new(Arc::clone(&schema));
        let noise = random.bytes(schema.size() as usize);
        record.bytes_mut().copy_from_slice(&noise);
        let mut copy = RecordBuf::new(Arc::clone(&schema));
        for (index, (field, value)) in record.view().iter().enumerate() {
            match copy.set(index, &value) {
                Ok(()) => assert_eq!(copy.value(index).to_string(), value.to_string()),
                // Random bytes are rarely UTF-8 followed by a NUL.
                Err(error) => assert!(field.ctype().is_text(), "{error}"),
            }
        }
        assert!(!record.view().line().to_string().contains('\u{1b}'));
    }
}
