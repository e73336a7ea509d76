//! A literal is read as what it is compared with: exactly beside a whole number, beside a float as
//! the nearest of its type.

use std::sync::Arc;

use layout::{CType, Digits, FieldSpec, Literal, RecordBuf, Schema};
use query::{Condition, Expr};

/// A record of one field, which is called x.
fn one(ctype: &str, value: Literal<'_>) -> RecordBuf {
    let field = FieldSpec::new("x", ctype.parse::<CType>().expect(ctype));
    let schema = Schema::builder("ONE").field(field).build().expect("a record");
    let mut record = RecordBuf::new(Arc::new(schema));
    record.set_literal(0, value).expect("a value that fits");
    record
}

/// The record to which `digits` were published.
fn published(ctype: &str, digits: &str) -> RecordBuf {
    one(ctype, Literal::Number(Digits::new(digits).expect(digits)))
}

#[track_caller]
fn assert_holds(record: &RecordBuf, text: &str) {
    let condition = Condition::parse(text, record.schema()).expect(text);
    assert!(condition.holds(record.view()), "{text}");
}

/// Each operator, whether it is true of a number below, at and above another.
const OPERATORS: [(&str, [bool; 3]); 6] = [
    ("==", [false, true, false]),
    ("!=", [true, false, true]),
    ("<", [true, false, false]),
    ("<=", [true, true, false]),
    (">", [false, false, true]),
    (">=", [false, true, true]),
];

/// Checks that every operator says that x is below (-1), at (0) or above (1) `literal`, on either
/// side, and so of their opposites.
#[track_caller]
fn assert_order(record: &RecordBuf, literal: &str, order: i8) {
    let opposite = literal.strip_prefix('-').map_or_else(|| format!("-{literal}"), str::to_owned);
    let at = |order: i8| usize::try_from(order + 1).expect("-1 to 1");
    for (operator, of) in OPERATORS {
        for (left, right, order) in [
            ("x", literal, order),
            (literal, "x", -order),
            ("-x", &opposite, -order),
            (&opposite, "-x", order),
        ] {
            let not = if of[at(order)] { "" } else { "not " };
            assert_holds(record, &format!("{not}{left} {operator} {right}"));
        }
    }
}

#[test]
fn a_literal_is_true_of_the_float_that_was_published_with_the_same_digits() {
    for digits in [
        "0.1",
        "-0.1",
        "9007199791611905",
        "9007199791611905.0",
        "-9007199791611905",
        "1.00000017881393432617187499",
        "16777217",
        "9007199254740993",
        "1e23",
        "1e-400",
        "1e-50",
        "123456789012345678901234567890123456789",
        "340282356779733661637539395458142568447",
        "0",
    ] {
        for ctype in ["f32", "f64"] {
            assert_order(&published(ctype, digits), digits, 0);
        }
    }
}

#[test]
fn a_literal_beyond_the_largest_float_is_not_infinite() {
    for (ctype, literal) in [
        ("f32", "3.5e38"),
        ("f32", "1e39"),
        ("f32", "1e400"),
        ("f64", "1e309"),
        ("f64", "1e999999999"),
    ] {
        let most = if ctype == "f32" { "3.4028234e38" } else { "1.7976931348623157e308" };
        let least = format!("-{most}");
        for (record, order) in [
            (one(ctype, Literal::Float(f64::INFINITY)), 1),
            (published(ctype, most), -1),
            (published(ctype, &least), -1),
            (one(ctype, Literal::Float(f64::NEG_INFINITY)), -1),
        ] {
            assert_order(&record, literal, order);
        }
        assert_order(&one(ctype, Literal::Float(f64::NEG_INFINITY)), &format!("-{literal}"), -1);
    }
}

#[test]
fn no_literal_is_compared_with_nan() {
    for literal in ["0.1", "1e400", "7"] {
        let nan = one("f32", Literal::Float(f64::NAN));
        assert_holds(&nan, &format!("x != {literal} and {literal} != x"));
        assert_holds(&nan, &format!("not (x < {literal} or x >= {literal} or x == {literal})"));
    }
}

#[test]
fn a_fraction_is_compared_with_a_whole_number_without_rounding() {
    let huge = format!("1{}.5", "0".repeat(1 << 16));
    let tiny = format!("0.{}5", "0".repeat(1 << 16));
    for (ctype, whole, literal, order) in [
        ("u64", "18446744073709551615", "18446744073709551614.5", 1),
        ("u64", "18446744073709551615", "18446744073709551615.5", -1),
        ("u64", "18446744073709551615", "1844674407370955161.55e1", -1),
        ("i64", "-9223372036854775808", "-9223372036854775808.5", 1),
        ("i64", "-9223372036854775808", "-9223372036854775807.5", -1),
        ("i64", "9223372036854775807", "9223372036854775806.999999999999999999", 1),
        ("i64", "0", "0.5", -1),
        ("i64", "0", "-0.5", 1),
        ("u8", "0", "1e-400", -1),
        ("u8", "1", "1e-400", 1),
        ("i8", "0", "-1e-400", 1),
        ("u8", "0", "1e-999999999", -1),
        ("u8", "0", "0e999999999", 0),
        ("u8", "0", &tiny, -1),
        ("u64", "18446744073709551615", "1e400", -1),
        ("i64", "-9223372036854775808", "-1e400", 1),
        ("i64", "9223372036854775807", "1e999999999", -1),
        ("i64", "-9223372036854775808", "-1e999999999", 1),
        ("i64", "9223372036854775807", &huge, -1),
        ("bool", "1", "0.9999999999999999999999", 1),
    ] {
        assert_order(&published(ctype, whole), literal, order);
    }
}

/// `number / 10^places` as a decimal number, in one of several notations.
fn written(random: &mut fastrand::Rng, number: i128, places: usize) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let plain = format!("{:0>1$}", number.unsigned_abs(), places + 1);
    let shift = random.usize(0..=plain.len());
    let (head, tail) = plain.split_at(plain.len() - shift);
    let head = if head.is_empty() { "0" } else { head };
    let zeros = "0".repeat(random.usize(0..50));
    let power = i64::try_from(shift).expect("small") - i64::try_from(places).expect("small");
    match random.u8(0..3) {
        0 => format!("{sign}{head}.{tail}{zeros}e{power}"),
        1 => format!("{sign}{zeros}{plain}{zeros}E-{}", places + zeros.len()),
        _ => {
            let (head, tail) = plain.split_at(plain.len() - places);
            format!("{sign}{zeros}{head}.{tail}{zeros}")
        }
    }
}

#[test]
fn every_comparison_of_a_literal_with_a_whole_number_is_that_of_exact_decimals() {
    let mut random = fastrand::Rng::with_seed(23);
    for _ in 0..2_000 {
        let bits = random.u64(..) >> random.u32(0..64);
        let (ctype, whole) = if random.bool() {
            ("u64", i128::from(bits))
        } else {
            ("i64", i128::from(bits.cast_signed()))
        };
        let places = random.usize(0..=15);
        let whole_scaled = whole * 10_i128.pow(u32::try_from(places).expect("small"));
        let literal = match random.u8(0..4) {
            0 => whole_scaled,
            1 => whole_scaled + i128::from(random.i8(-2..=2)),
            2 => whole_scaled + i128::from(random.i64(..) >> random.u32(0..63)),
            _ => i128::from(random.i64(..) >> random.u32(0..63)),
        };
        let text = written(&mut random, literal, places);
        let order = whole_scaled.cmp(&literal) as i8;
        assert_order(&published(ctype, &whole.to_string()), &text, order);
    }
}

#[test]
fn nothing_is_computed_with_a_literal_beyond_the_largest_float() {
    let record = published("f64", "1");
    for (text, at) in [
        ("x + 1e400 > 0", 4),
        ("1e400 / x > 0", 0),
        ("x > min(x, 1e400)", 11),
        ("x * -(1e400) > 0", 4),
        ("x > 0 and - 1e400 - x < 0", 10),
    ] {
        let error = Condition::parse(text, record.schema()).expect_err(text);
        let why = "is beyond the largest float, 1.8e308; use a smaller one";
        assert!(error.to_string().ends_with(why), "{text}: {error}");
        assert_eq!(error.at(), at, "{text}: {error}");
    }
    Expr::parse("1e400", record.schema()).expect_err("no number of a record");
}
