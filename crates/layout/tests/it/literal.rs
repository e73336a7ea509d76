//! Numbers are stored as written: whole numbers exactly, floats to their last bit.

use std::sync::Arc;

use layout::{
    CType, Digits, FieldSpec, Literal, RecordBuf, Schema, Value, ValueError, ValueErrorKind,
};

use crate::generator::Random;

fn one(ctype: &str) -> RecordBuf {
    let field = FieldSpec::new("x", ctype.parse::<CType>().expect(ctype));
    RecordBuf::new(Arc::new(Schema::builder("ONE").field(field).build().expect("a record")))
}

fn digits(text: &str) -> Literal<'_> {
    Literal::Number(Digits::new(text).unwrap_or_else(|| panic!("{text} is a number")))
}

fn through(ctype: &str, text: &str) -> Value {
    let mut record = one(ctype);
    record.set_literal(0, digits(text)).unwrap_or_else(|error| panic!("{text}: {error}"));
    record.value(0)
}

fn refused(ctype: &str, text: &str) -> ValueError {
    let mut record = one(ctype);
    record.bytes_mut().fill(1);
    let before = record.clone();
    let error = record.set_literal(0, digits(text)).expect_err(text);
    assert_eq!(record, before, "a refused value changed the record");
    error
}

#[test]
fn only_decimal_numbers_are_numbers() {
    for text in ["0", "-0", "+5", "5.", ".5", "1e3", "1E+3", "1e-3", "00.10", "1e99999999999"] {
        assert_eq!(Digits::new(text).map(Digits::as_str), Some(text));
    }
    for text in ["", "-", ".", "e3", "1e", "nan", "-inf", "infinity", "0x10", "1_0", " 1", "1 "] {
        assert_eq!(Digits::new(text), None, "{text:?}");
    }
}

#[test]
fn a_whole_number_is_exact_in_every_notation() {
    for (text, want) in [
        ("18446744073709551615", u64::MAX),
        ("18446744073709551615.0", u64::MAX),
        ("1.8446744073709551615e19", u64::MAX),
        ("18446744073709551615000e-3", u64::MAX),
        ("9007199254740993.0", 9_007_199_254_740_993),
        ("1e3", 1000),
        ("-0.0", 0),
        ("0e999999999999999999999", 0),
        ("0.00", 0),
    ] {
        assert_eq!(through("u64", text), Value::Uint(want), "{text}");
    }
    assert_eq!(through("i64", "-9223372036854775808.000"), Value::Int(i64::MIN));
    assert_eq!(through("i64", "-9.223372036854775808e18"), Value::Int(i64::MIN));
    assert_eq!(through("i8", "-12800e-2"), Value::Int(-128));
}

#[test]
fn a_refused_integer_is_quoted_as_written() {
    for (ctype, text) in [
        ("u64", "18446744073709551616"),
        ("u64", "18446744073709551616.0"),
        ("u64", "1e20"),
        ("i64", "-9223372036854775809.0"),
        ("u8", "-1"),
        ("u8", "1e300"),
        ("u64", "1e99999999999999999999999"),
        ("u64", "-340282366920938463463374607431768211456"),
    ] {
        let error = refused(ctype, text);
        let want = format!("{text} does not fit field \"x\" ({ctype}); use a value it can hold");
        assert_eq!(error.to_string(), want);
    }
    for text in
        ["1896906871862715.3", "0.1", "5e-324", "1e-99999999999999999999", "9007199254740993.5"]
    {
        let want = format!("{text} is not a whole number, and field \"x\" is u64; round it first");
        assert_eq!(refused("u64", text).to_string(), want);
    }
    let long = format!("1{}.5", "0".repeat(1 << 16));
    let want = format!("1{}... is not a whole number", "0".repeat(59));
    assert!(refused("u64", &long).to_string().starts_with(&want));
}

#[test]
fn a_float_is_the_nearest_of_its_type() {
    for text in ["911.4961463926247", "0.9215686321258545", "55.384906369094324", "5e-324", "1e300"]
    {
        assert_eq!(through("f64", text), Value::F64(text.parse().expect("a number")), "{text}");
    }
    // Just above the middle of 1 and the next f32: rounding by way of an f64 returns 1.
    let above = "1.0000000596046447753906250000001";
    assert_eq!(through("f32", above), Value::F32(1.0 + f32::EPSILON));
    assert_eq!(through("f64", above), Value::F64(1.000_000_059_604_644_8));
    let zero = through("f64", "-0.0");
    assert!(matches!(zero, Value::F64(zero) if zero.is_sign_negative()));
    assert_eq!(through("f64", "1e-400"), Value::F64(0.0));
    assert_eq!(through("f32", "340282356779733661637539395458142568447"), Value::F32(f32::MAX));
    for (ctype, text) in
        [("f64", "1e400"), ("f64", "-1.8e308"), ("f32", "1e39"), ("f32", "3.4028236e38")]
    {
        assert_eq!(refused(ctype, text).kind(), ValueErrorKind::OutOfRange, "{text}");
    }
}

#[test]
fn a_bool_is_true_for_any_number_but_0() {
    for text in ["2", "4294967295", "-1", "1.0", "0.4", "1e-400", "1e400"] {
        assert_eq!(through("bool", text), Value::Bool(true), "{text}");
    }
    for text in ["0", "-0", "0.0", "-0.000e7", "0e400"] {
        assert_eq!(through("bool", text), Value::Bool(false), "{text}");
    }
}

#[test]
fn the_nearest_whole_number_is_that_of_the_digits() {
    for (text, want) in [
        ("0.4999999999999999999999999", 0),
        ("0.5", 1),
        ("-0.5", -1),
        ("-1.5", -2),
        ("9007199254740993.4", 9_007_199_254_740_993),
        ("9.5e-1", 1),
        ("4e-1", 0),
        ("0.05", 0),
        ("99999999999999999999999999999999999999", 10_i128.pow(38) - 1),
    ] {
        assert_eq!(Digits::new(text).expect("a number").nearest_whole(), Some(want), "{text}");
    }
    for text in ["1e38", "1e999999999999999999999"] {
        assert_eq!(Digits::new(text).expect("a number").nearest_whole(), None);
    }
}

#[test]
fn a_truncated_number_has_lost_its_fraction_and_no_more() {
    for (text, want) in [
        ("18446744073709551614.9999999999999999999999", i128::from(u64::MAX) - 1),
        ("-9223372036854775808.5", i128::from(i64::MIN)),
        ("12.99e1", 129),
        ("0.99", 0),
        ("-0.99", 0),
        ("1e-99999999999999999999", 0),
        ("0e99999999999999999999", 0),
        ("99999999999999999999999999999999999999.5", 10_i128.pow(38) - 1),
    ] {
        assert_eq!(Digits::new(text).expect("a number").truncated(), Some(want), "{text}");
    }
    for text in ["1e38", "-1e38", "1e999999999"] {
        assert_eq!(Digits::new(text).expect("a number").truncated(), None);
    }
}

#[test]
fn shifting_the_point_and_padding_with_zeros_changes_no_number() {
    let mut random = Random(11);
    for _ in 0..20_000 {
        let number = random.next() >> random.below(64);
        let negative = random.below(2) == 1;
        let (sign, want) = if negative { ("-", -i128::from(number)) } else { ("", number.into()) };
        let plain = format!("{}{number}", "0".repeat(random.below(4)));
        let shift = random.below(plain.len());
        let (head, tail) = plain.split_at(plain.len() - shift);
        let zeros = "0".repeat(random.below(30));
        for text in [
            format!("{sign}{head}.{tail}{zeros}e{shift}"),
            format!("{sign}{plain}{zeros}E-{}", zeros.len()),
            format!("{sign}{plain}.{zeros}"),
        ] {
            let digits = Digits::new(&text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(digits.whole(), Some(want), "{text}");
            assert_eq!(digits.is_zero(), want == 0, "{text}");
        }
    }
}

#[test]
fn an_array_takes_exactly_its_elements() {
    let mut record = one("i16[3]");
    let mut elements = record.elements(0).expect("an array");
    for text in ["1", "-2.0", "3e0"] {
        elements.push(digits(text)).expect("fits");
    }
    let error = elements.push(digits("4")).expect_err("one too many");
    assert_eq!(
        error.to_string(),
        "field \"x\" is i16[3], the list has more elements; give exactly as many"
    );
    elements.finish().expect("all are there");
    assert_eq!(record.value(0), Value::List([1, -2, 3].map(Value::Int).to_vec()));

    let mut elements = record.elements(0).expect("an array");
    elements.push(digits("5")).expect("fits");
    let error = elements.push(digits("70000")).expect_err("an i16");
    assert_eq!(error.kind(), ValueErrorKind::OutOfRange);
    let error = elements.finish().expect_err("one of three");
    assert_eq!(error.kind(), ValueErrorKind::WrongCount);
    assert_eq!(
        error.to_string(),
        "field \"x\" is i16[3], the list has 1 element; give exactly as many"
    );
    for ctype in ["i16", "char", "char[4]"] {
        let error = one(ctype).elements(0).expect_err("no array of numbers");
        assert_eq!(error.kind(), ValueErrorKind::WrongKind);
        assert!(error.to_string().ends_with(", not list; change the value"), "{error}");
    }
}

#[test]
fn a_long_text_is_cut_in_messages() {
    let long = "x".repeat(1 << 16);
    let labelled = FieldSpec::new("x", layout::Scalar::U8).label(1, "one");
    let schema = Schema::builder("ONE").field(labelled).build().expect("a record");
    for mut record in [one("char"), RecordBuf::new(Arc::new(schema))] {
        let error = record.set_literal(0, Literal::Text(&long)).expect_err("too long");
        assert!(error.to_string().len() < 200, "{error}");
    }
}
