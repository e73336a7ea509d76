//! Expressions and conditions over real records.

mod literal;

use std::sync::Arc;

use layout::{CType, FieldSpec, RecordBuf, Schema, Value};
use query::{Condition, Expr, FieldRef};

fn record() -> RecordBuf {
    let field = |name: &str, ctype: &str| FieldSpec::new(name, ctype.parse::<CType>().unwrap());
    let schema = Schema::builder("R")
        .fields([
            field("big", "u64"),
            field("low", "i64"),
            field("third", "f32"),
            field("x", "f64"),
            field("nan", "f64"),
            field("on", "bool"),
            field("off", "bool"),
            field("mode", "u8").label(0, "manual").label(1, "auto"),
            field("sex", "char").label(109, "male"),
            field("name", "char[12]"),
            field("v", "f32[3]"),
            field("modes", "u8[2]").label(7, "seven"),
            field("min", "i32"),
            field("cold", "f32"),
            field("deep", "i64"),
            field("flag", "char").label(0, "unset").label(120, "set"),
        ])
        .build()
        .unwrap();
    let mut record = RecordBuf::new(Arc::new(schema));
    let list =
        |values: &[f64]| Value::List(values.iter().map(|&value| Value::F64(value)).collect());
    for (name, value) in [
        ("big", Value::Uint(u64::MAX)),
        ("low", Value::Int(-2)),
        ("third", Value::F32(0.1)),
        ("x", Value::F64(7.0)),
        ("nan", Value::F64(f64::NAN)),
        ("on", Value::Bool(true)),
        ("mode", Value::Uint(1)),
        ("sex", Value::from("m")),
        ("name", Value::from("it's")),
        ("v", list(&[0.5, 1.5, -2.5])),
        ("modes", list(&[7.0, 8.0])),
        ("min", Value::Int(3)),
        ("cold", Value::F32(-0.1)),
        ("deep", Value::Int(i64::MIN + 1)),
    ] {
        record.set_by_name(name, &value).unwrap();
    }
    record
}

fn holds(text: &str) -> bool {
    let record = record();
    let condition =
        Condition::parse(text, record.schema()).unwrap_or_else(|err| panic!("{text}: {err}"));
    condition.holds(record.view())
}

#[test]
fn conditions_are_true_or_false_of_a_record() {
    for (text, want) in [
        ("x > 6 and x < 8", true),
        ("x>6 and x<7", false),
        ("x < 6 or x >= 7", true),
        ("not x < 6", true),
        ("not (x < 6 or x >= 7)", false),
        ("false or true and on", true),
        ("on", true),
        ("off or not on", false),
        ("on == true and off == 0", true),
        ("(x + 1) * 2 == 16", true),
        ("x / 2 <= 3.5 and x / 2 >= 3.5", true),
        ("v[0] + v[1] == 2 and v[2] < 0", true),
        ("min(x, 3) == 3 and max(x, low) == 7", true),
        ("min == 3", true),
        ("-low == 2 and --low != 2", true),
    ] {
        assert_eq!(holds(text), want, "{text}");
    }
}

#[test]
fn comparisons_are_exact() {
    for (text, want) in [
        ("big == 18446744073709551615", true),
        ("big == 18446744073709551614", false),
        ("big > 18446744073709551614.0", true),
        ("low < 0.5", true),
        ("third == 0.1", true),
        ("0.1 == third and third != 0.2", true),
        ("cold == -0.1 and -(0.1) == cold and --0.1 != cold", true),
        ("deep == -9223372036854775807 and deep > -9223372036854775808", true),
        ("-deep == 9223372036854775807", true),
        ("nan == nan", false),
        ("nan != nan and not nan < 1 and not nan >= 1", true),
    ] {
        assert_eq!(holds(text), want, "{text}");
    }
}

#[test]
fn texts_and_labels_are_compared_in_quotes() {
    for (text, want) in [
        ("mode == \"auto\"", true),
        ("'manual' == mode", false),
        ("mode != 'manual' and mode == 1", true),
        ("modes[0] == 'seven' and modes[1] == 8", true),
        ("name == \"it's\"", true),
        ("name != 'other'", true),
        ("sex == 'm' and sex == 'male' and sex != 'f'", true),
        ("flag == 'unset' and flag == '' and flag != 'set'", true),
    ] {
        assert_eq!(holds(text), want, "{text}");
    }
}

#[test]
fn a_bad_condition_is_refused_at_its_place_with_what_to_do() {
    let record = record();
    for (text, at, why) in [
        ("x > ", 4, "expected a number, a field or (, found the end; correct the expression"),
        ("x > 1 and", 9, "expected a number, a field or (, found the end; correct the expression"),
        (
            "x = 1",
            2,
            "expected an operator, and, or, or the end, found \"= 1\"; correct the expression",
        ),
        (
            "1 < x < 8",
            6,
            "expected an operator, and, or, or the end, found \"< 8\"; correct the expression",
        ),
        ("x > 1 and moed == 1", 10, "\"moed\" is no field; did you mean mode?"),
        ("mode == auto", 8, "\"auto\" is a label and no field; write it in quotes, \"auto\""),
        (
            "seven == modes[0]",
            0,
            "\"seven\" is a label and no field; write it in quotes, \"seven\"",
        ),
        ("on == yes", 6, "\"yes\" is no field; write true or false"),
        ("mode == \"aut\"", 8, "\"aut\" is no label of field \"mode\"; did you mean auto?"),
        ("mode == 'x'", 8, "\"x\" is no label of field \"mode\"; use one of: manual, auto"),
        ("x", 0, "\"x\" is a number; compare it with one, as in > 0"),
        ("x == 1 and low", 11, "\"low\" is a number; compare it with one, as in > 0"),
        ("name", 0, "\"name\" is a text; compare it with one, as in == \"on\""),
        ("name > 'a'", 5, "texts are compared with == and !="),
        ("x == 'a'", 5, "\"'a'\" is a text and \"x\" is none; compare \"x\" with a number"),
        (
            "name == 5",
            0,
            "\"name\" is a text and \"5\" is none; compare \"name\" with a text in quotes",
        ),
        (
            "x != name",
            5,
            "\"name\" is a text and \"x\" is none; compare \"name\" with a text in quotes",
        ),
        ("name + 1 == 2", 0, "field \"name\" is char[12]; use fields that are one number"),
        ("(x > 1) + 1 == 2", 0, "\"(x > 1)\" is true or false; a number is needed here"),
        ("v == 1", 0, "field \"v\" is f32[3]; use one element, such as v[0]"),
        ("v[3] == 1", 1, "\"[3]\" is no element of field \"v\", which is f32[3]; use [0] to [2]"),
        ("name == 'a", 8, "expected another '; close the text"),
        ("1.2.3 > x", 0, "\"1.2.3\" is no number; correct it"),
    ] {
        let error = Condition::parse(text, record.schema()).unwrap_err();
        assert_eq!((error.at(), error.to_string().as_str()), (at, why), "{text}");
    }
}

#[test]
fn without_a_schema_what_is_a_condition_for_some_schema_is_accepted() {
    for text in [
        "x > 6 and y < 8",
        "not x or not (y == 'on')",
        "mode == \"auto\" and on",
        "v[0] + v[1] == 2",
        "min(x, 3) == 3",
        "true and false",
        "true == 1 and false > 2",
        "not > 3 and not",
        "not[2] == 1",
        "not -x > 1",
        "x",
        "x == y",
    ] {
        assert_eq!(Condition::check(text), Ok(()), "{text}");
    }
    for (text, at) in [
        ("", 0),
        ("x > ", 4),
        ("x = 1", 2),
        ("(x > 1", 6),
        ("x > 1 and", 9),
        ("name == 'a", 8),
        ("v[x] > 1", 0),
        ("v[0 > 1", 0),
        ("1 + 2", 0),
        ("'a' > 'b'", 4),
        ("'a' == 1", 0),
        ("(x > 1) + 1 == 2", 0),
        ("nope>", 5),
    ] {
        let error = Condition::check(text).unwrap_err();
        assert_eq!(error.at(), at, "{text}: {error}");
    }
}

#[test]
fn a_field_is_a_name_or_one_with_an_index() {
    for text in ["x", "_a1", "velocity[0]", "v[31]"] {
        assert_eq!(FieldRef::check(text), Ok(()));
    }
    for text in ["", "1x", "a b", "v[", "v[]", "v[-1]", "v[+1]", "v[0]x", "a.b", "\u{e4}"] {
        FieldRef::check(text).unwrap_err();
    }
}

#[test]
fn nesting_has_a_limit() {
    let record = record();
    for text in [
        "(".repeat(100_000),
        "-".repeat(100_000) + "x",
        "not ".repeat(100_000) + "on",
        "min(".repeat(100_000),
        "max(1, ".repeat(100_000),
    ] {
        let error = Condition::parse(&text, record.schema()).unwrap_err();
        assert!(error.to_string().contains("deeper than 64 times"), "{error}");
        Expr::parse(&text, record.schema()).unwrap_err();
    }
}

#[test]
fn an_expression_is_a_number_and_takes_elements() {
    let record = record();
    let number = |text| Expr::parse(text, record.schema()).unwrap().evaluate(record.view());
    let numbers = ["v[0] * x", "on + 1", "min - 1"].map(|text| number(text).to_string());
    assert_eq!(numbers, ["3.5", "2", "2"]);
    let used = Expr::parse("v[0] * x", record.schema()).unwrap();
    assert_eq!(used.fields().collect::<Vec<_>>(), [10, 3]);
    for text in ["x > 1", "on and off", "name", "'a'", "true", "not on"] {
        Expr::parse(text, record.schema()).expect_err(text);
    }
}

#[test]
fn a_record_of_another_schema_makes_nothing_true() {
    let record = record();
    let condition = Condition::parse("v[2] < 0 or x == x", record.schema()).unwrap();
    let other =
        Schema::builder("O").field(FieldSpec::new("a", layout::Scalar::F64)).build().unwrap();
    assert!(!condition.holds(RecordBuf::new(Arc::new(other)).view()));
}

#[test]
fn a_field_and_an_element_are_bytes_of_the_record() {
    let record = record();
    let schema = record.schema();
    let range = |name| FieldRef::parse(name, schema).unwrap().range(schema).unwrap();
    let start = schema.field("v").unwrap().offset() as usize;
    assert_eq!((range("v"), range("v[1]")), (start..start + 12, start + 4..start + 8));
    assert_eq!(FieldRef::whole(1000).range(schema), None);
}
