//! Good lines change the record; bad lines have an exact error and change nothing.

use std::sync::Arc;

use layout::{CType, FieldSpec, RecordBuf, Scalar, Schema, Value};

use settings::{InputKey, InputSource};

use super::json::apply_line;
use super::keys::Keys;
use super::line_error::LineError;

fn setup() -> (Keys, RecordBuf) {
    let text = CType::array(Scalar::Char, 8).expect("type");
    let three = CType::array(Scalar::F32, 3).expect("type");
    let schema = Schema::builder("SENSOR")
        .field(FieldSpec::new("temperature", Scalar::F32))
        .field(FieldSpec::new("count", Scalar::U8))
        .field(FieldSpec::new("room", text))
        .field(FieldSpec::new("door", Scalar::U8).label(0, "closed").label(1, "open"))
        .field(FieldSpec::new("alarm", Scalar::Bool))
        .field(FieldSpec::new("place", three))
        .field(FieldSpec::new("again", Scalar::F64))
        .build()
        .expect("schema");
    // One key may fill two fields.
    let names = ["t", "count", "room", "door", "alarm", "place", "t"];
    let names = names.map(|name| InputSource::from(InputKey::Member(name.to_owned())));
    (Keys::new(names.iter().zip(0..)), RecordBuf::new(Arc::new(schema)))
}

fn apply(keys: &mut Keys, line: &[u8], record: &mut RecordBuf) -> Result<(), LineError> {
    apply_line(line, keys, record, &mut || true)
}

#[test]
fn a_good_line_sets_its_fields_and_leaves_the_others() {
    let (mut keys, mut record) = setup();
    apply(&mut keys, br#"{"t": -1.5, "count": 7, "room": "lab", "alarm": true}"#, &mut record)
        .expect("good");
    apply(&mut keys, br#" {"door":"open","place":[1,2.5,-3],"alarm":false} "#, &mut record)
        .expect("good");
    assert_eq!(record.value(0), Value::F32(-1.5));
    assert_eq!(record.value(6), Value::F64(-1.5));
    assert_eq!(record.value(1), Value::Uint(7));
    assert_eq!(record.value(2), Value::from("lab"));
    assert_eq!(record.value(3), Value::Uint(1));
    assert_eq!(record.value(4), Value::Bool(false));
    assert_eq!(record.value(5), Value::List([1.0, 2.5, -3.0].map(Value::F32).to_vec()));
}

#[test]
fn null_and_the_floats_that_json_has_no_number_for_fill_float_fields() {
    let (mut keys, mut record) = setup();
    let mut floats = |line: &str| {
        apply(&mut keys, line.as_bytes(), &mut record).expect("good");
        (record.value(0).to_string(), record.value(5).to_string())
    };
    let place = |text: &str| text.to_owned();
    assert_eq!(floats(r#"{"t": null}"#).0, "NaN");
    assert_eq!(floats(r#"{"t": "Infinity"}"#).0, "inf");
    assert_eq!(floats(r#"{"t": "-Infinity"}"#).0, "-inf");
    assert_eq!(floats(r#"{"t": "NaN"}"#).0, "NaN");
    assert_eq!(floats(r#"{"t": "\u004eaN"}"#).0, "NaN", "the same text");
    assert_eq!(floats(r#"{"place": [1, "-\u0049nfinity", 2]}"#).1, place("[1, -inf, 2]"));
    assert_eq!(floats(r#"{"place": [1, null, "Infinity"]}"#).1, place("[1, NaN, inf]"));
    assert_eq!(floats(r#"{"place": null}"#).1, place("[NaN, NaN, NaN]"));
}

#[test]
fn an_empty_object_repeats_the_record() {
    let (mut keys, mut record) = setup();
    apply(&mut keys, br#"{"count": 7}"#, &mut record).expect("good");
    apply(&mut keys, b"{}", &mut record).expect("good");
    assert_eq!(record.value(1), Value::Uint(7));
}

#[test]
fn a_field_is_missing_until_a_good_line_has_its_value() {
    let (mut keys, mut record) = setup();
    assert_eq!(keys.missing(), ["alarm", "count", "door", "place", "room", "t"]);
    apply(&mut keys, br#"{"t": 1, "room": "x", "alarm": true}"#, &mut record).expect("good");
    apply(&mut keys, br#"{"count": 1, "door": 9999}"#, &mut record).expect_err("bad");
    assert_eq!(keys.missing(), ["count", "door", "place"], "a bad line brings none");

    let (mut fresh, _) = setup();
    fresh.carry_over(&keys, &[(0, 0), (1, 1), (2, 2), (6, 6)]);
    assert_eq!(fresh.missing(), ["alarm", "count", "door", "place"], "4 was not taken over");
    apply(&mut keys, br#"{"count": 1, "door": 0, "place": [0, 0, 0]}"#, &mut record).expect("good");
    assert!(keys.is_complete());
}

/// Lines and their messages.
const BAD: &[(&[u8], &str)] = &[
    (b"temperature=1", "not JSON (expected ident at column 2); write one object per line"),
    (b"hello", "not JSON (expected value at column 1); write one object per line"),
    (br#"{"t": 1"#, "not JSON (the line ends too early at column 7); write one object per line"),
    (
        br#"{"t": 1}{"t": 2}"#,
        "not JSON (trailing characters at column 9); write one object per line",
    ),
    (
        br#"{"t": 1e999}"#,
        "key \"t\": 1e999 does not fit field \"temperature\" (f32); use a value it can hold",
    ),
    (br#"{"t": 01}"#, "not JSON (invalid number at column 8); write one object per line"),
    (br#"{"t": .5}"#, "not JSON (expected value at column 7); write one object per line"),
    (
        br#"{"t": 1, "room": "\ud800"}"#,
        "not JSON (unexpected end of hex escape at column 25); write one object per line",
    ),
    (
        b"{\"room\": \"\xff\"}",
        "not JSON (invalid unicode code point at column 11); write one object per line",
    ),
    (b"[1, 2]", "JSON, but a list and not an object; write {\"key\": value}"),
    (b" 17", "JSON, but a number and not an object; write {\"key\": value}"),
    (b"\"t\"", "JSON, but a string and not an object; write {\"key\": value}"),
    (b"true", "JSON, but true and not an object; write {\"key\": value}"),
    (b"null", "JSON, but null and not an object; write {\"key\": value}"),
    (
        br#"{"count": 1, "temp": 2}"#,
        "key \"temp\" is unknown; use alarm, count, door, place, room, t",
    ),
    (br#"{"cuont": 1}"#, "key \"cuont\" is unknown; did you mean count?"),
    (br#"{"count": 1, "count": 2}"#, "key \"count\" appears twice; leave one of them out"),
    (
        br#"{"count": null}"#,
        "key \"count\" is null, which only floats can be, and not u8; leave it out to keep its last \
         value",
    ),
    (
        br#"{"room": null}"#,
        "key \"room\" is null, which only floats can be, and not char[8]; leave it out to keep its \
         last value",
    ),
    (br#"{"t": NaN}"#, "NaN at column 7 is not JSON; write null, or it in quotes"),
    (br#"{"t": Infinity}"#, "Infinity at column 7 is not JSON; write null, or it in quotes"),
    (br#"{"t":-Infinity}"#, "-Infinity at column 6 is not JSON; write null, or it in quotes"),
    (br#"{"place": [1, NaN]}"#, "NaN at column 15 is not JSON; write null, or it in quotes"),
    (
        br#"{"count": "NaN"}"#,
        "key \"count\": NaN is not a whole number, and field \"count\" is u8; change the value",
    ),
    (
        br#"{"t": {"value": 1}}"#,
        "key \"t\" holds an object; name its member in the configuration (key = \"/a/b\")",
    ),
    (
        br#"{"t": "warm"}"#,
        "key \"t\": field \"temperature\" is f32 and takes a number, not text; change the value",
    ),
    (
        br#"{"t": 1e39}"#,
        "key \"t\": 1e39 does not fit field \"temperature\" (f32); use a value it can hold",
    ),
    (
        br#"{"count": 256}"#,
        "key \"count\": 256 does not fit field \"count\" (u8); use a value it can hold",
    ),
    (
        br#"{"count": -1}"#,
        "key \"count\": -1 does not fit field \"count\" (u8); use a value it can hold",
    ),
    (
        br#"{"count": 256.0}"#,
        "key \"count\": 256.0 does not fit field \"count\" (u8); use a value it can hold",
    ),
    (
        br#"{"count": 1896906871862715.3}"#,
        "key \"count\": 1896906871862715.3 is not a whole number, and field \"count\" is u8; \
         round it first",
    ),
    (
        br#"{"count": 1.5}"#,
        "key \"count\": 1.5 is not a whole number, and field \"count\" is u8; round it first",
    ),
    (
        br#"{"room": "conference"}"#,
        "key \"room\": text of 10 bytes does not fit field \"room\" (char[8]), which holds 7; \
         shorten it",
    ),
    (
        br#"{"room": "a\u0000b"}"#,
        "key \"room\": the text for field \"room\" holds a NUL at byte 1; remove it",
    ),
    (
        br#"{"door": "ajar"}"#,
        "key \"door\": \"ajar\" is no label of field \"door\"; use a number or one of its labels",
    ),
    (
        br#"{"place": [1, 2]}"#,
        "key \"place\": field \"place\" is f32[3], the list has 2 elements; give exactly as many",
    ),
    (
        br#"{"place": [1, 2, 3, 4]}"#,
        "key \"place\": field \"place\" is f32[3], the list has more elements; give exactly as many",
    ),
    (
        br#"{"place": [1, [2], 3]}"#,
        "key \"place\": field \"place\" is f32[3] and takes a list of numbers, not list; \
         change the value",
    ),
    (
        br#"{"place": [1, {}, 3]}"#,
        "key \"place\" holds an object; name its member in the configuration (key = \"/a/b\")",
    ),
    (
        br#"{"t": [1]}"#,
        "key \"t\": field \"temperature\" is f32 and takes a number, not list; change the value",
    ),
];

#[test]
fn a_number_is_stored_as_its_digits_in_the_line() {
    let types = [Scalar::U64, Scalar::I64, Scalar::F32, Scalar::F64, Scalar::Bool];
    let fields = types.iter().map(|scalar| FieldSpec::new(scalar.name(), *scalar));
    let schema = Schema::builder("N").fields(fields).build().expect("schema");
    let names = types.map(|scalar| InputSource::from(InputKey::Member(scalar.name().to_owned())));
    let mut keys = Keys::new(names.iter().zip(0..));
    let mut record = RecordBuf::new(Arc::new(schema));
    for (line, field, want) in [
        (r#"{"u64": 9007199254740991.0}"#, 0, Value::Uint(9_007_199_254_740_991)),
        (r#"{"u64": 1896906871862715.0}"#, 0, Value::Uint(1_896_906_871_862_715)),
        (r#"{"u64": 9007199254740993.0}"#, 0, Value::Uint(9_007_199_254_740_993)),
        (r#"{"u64": 18446744073709551615.0}"#, 0, Value::Uint(u64::MAX)),
        (r#"{"u64": 1e3}"#, 0, Value::Uint(1000)),
        (r#"{"i64": -9.223372036854775808e18}"#, 1, Value::Int(i64::MIN)),
        (r#"{"f32": 1.0000000596046447753906250000001}"#, 2, Value::F32(1.0 + f32::EPSILON)),
        (r#"{"f64": 911.4961463926247}"#, 3, Value::F64(911.496_146_392_624_7)),
        (r#"{"f64": 0.9215686321258545}"#, 3, Value::F64(0.921_568_632_125_854_5)),
        (r#"{"f64": 55.384906369094324}"#, 3, Value::F64(55.384_906_369_094_324)),
        (r#"{"f64": 5e-324}"#, 3, Value::F64(5e-324)),
        (r#"{"bool": 1.0}"#, 4, Value::Bool(true)),
        (r#"{"bool": 0.0}"#, 4, Value::Bool(false)),
        (r#"{"bool": 4294967295}"#, 4, Value::Bool(true)),
    ] {
        apply(&mut keys, line.as_bytes(), &mut record).expect(line);
        assert_eq!(record.value(field), want, "{line}");
    }
}

#[test]
fn each_bad_line_has_its_error_and_changes_nothing() {
    for (line, message) in BAD {
        let (mut keys, mut record) = setup();
        apply(&mut keys, br#"{"t": 20, "count": 3, "room": "lab"}"#, &mut record).expect("good");
        let before = record.clone();
        let error = apply(&mut keys, line, &mut record).expect_err(message);
        assert_eq!(error.to_string(), *message);
        assert_eq!(record, before, "{message}");
    }
}

#[test]
fn a_good_value_before_a_bad_one_is_not_stored() {
    let (mut keys, mut record) = setup();
    apply(&mut keys, br#"{"count": 3}"#, &mut record).expect("good");
    apply(&mut keys, br#"{"count": 4, "t": "x"}"#, &mut record).expect_err("bad");
    assert_eq!(record.value(1), Value::Uint(3));
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let (mut keys, mut record) = setup();
    let (open, close) = ("[".repeat(1 << 20), "]".repeat(1 << 20));
    let error = apply(&mut keys, format!("{{\"t\": {open}").as_bytes(), &mut record);
    assert!(matches!(error, Err(LineError::NotJson { .. })), "{error:?}");
    for key in ["t", "place"] {
        let line = format!("{{\"{key}\": {open}{close}}}");
        let error = apply(&mut keys, line.as_bytes(), &mut record);
        assert!(matches!(error, Err(LineError::Value { .. })), "{error:?}");
    }
}

#[test]
fn a_long_key_is_cut_in_messages() {
    let (mut keys, mut record) = setup();
    let line = format!("{{\"{}\": 1}}", "x".repeat(1 << 16));
    let error = apply(&mut keys, line.as_bytes(), &mut record).expect_err("unknown");
    let want = format!("key \"{}...\" is unknown; use ", "x".repeat(60));
    assert!(error.to_string().starts_with(&want), "{error}");
}

#[test]
fn a_stop_abandons_a_long_line() {
    let big = CType::array(Scalar::U8, 1 << 20).expect("type");
    let schema = Schema::builder("BIG").field(FieldSpec::new("big", big)).build().expect("schema");
    let mut record = RecordBuf::new(Arc::new(schema));
    let before = record.clone();
    let list = vec!["1"; 1 << 20].join(",");
    let objects = vec![r#"{"x":0}"#; 1 << 16].join(",");
    let members = vec![r#""x":0"#; 1 << 16].join(",");
    for (key, line) in [
        ("/big", format!("{{\"big\": [{list}]}}")),
        ("/big/1000000", format!("{{\"big\": [{objects}]}}")),
        ("/big/y", format!("{{\"big\": {{{members}}}}}")),
    ] {
        let key = InputSource::from(InputKey::Pointer(key.to_owned()));
        let mut asked = 0;
        let mut keys = Keys::new([(&key, 0)]).ignoring_unknown();
        let read = apply_line(line.as_bytes(), &mut keys, &mut record, &mut || {
            asked += 1;
            asked < 3
        });
        assert_eq!((read, asked), (Err(LineError::Stopped), 3), "{key:?}");
        assert_eq!(record, before);
    }
}

#[test]
fn members_that_no_field_uses_are_skipped_if_that_is_wanted() {
    let line = br#"{"sequence":7,"record":{"id":11,"name":"lihua","sex":"f","more":[1,{}]},"units":{"a":"b"}}"#;
    let settings = settings::Settings::embedded().replaying();
    let replayed = crate::fuzzing::record_of_line(&settings, line).expect("a good line");
    let record = layout::RecordView::new(&settings.record.schema, &replayed).expect("a record");
    assert_eq!(record.line().to_string(), "id=11\tname=lihua\tf");
    let other = crate::fuzzing::record_of_line(&settings, br#"{"sequence":7}"#);
    assert_eq!(
        other.unwrap_err(),
        "key \"/record/id\" is missing, and it is required; write it in each line"
    );
}
