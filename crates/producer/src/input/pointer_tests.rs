//! JSON pointers: what is inside of nested objects and lists, and the same rules for their members as for
//! those of the line.

use std::sync::Arc;

use layout::{FieldSpec, RecordBuf, Scalar, Schema, Value};
use settings::{InputKey, InputSource};

use super::json::apply_line;
use super::keys::Keys;
use super::line_error::LineError;

fn apply(keys: &mut Keys, line: &str, record: &mut RecordBuf) -> Result<(), LineError> {
    apply_line(line.as_bytes(), keys, record, &mut || true)
}

/// A record whose fields are filled from these pointers.
fn setup_pointers(fields: &[(&str, Scalar)]) -> (Keys, RecordBuf) {
    let specs = fields.iter().zip('a'..);
    let specs = specs.map(|((_, ctype), name)| FieldSpec::new(name.to_string(), *ctype));
    let schema = Schema::builder("NESTED").fields(specs).build().expect("schema");
    let pointer = |(pointer, _): &(&str, Scalar)| InputKey::Pointer((*pointer).to_owned()).into();
    let sources: Vec<InputSource> = fields.iter().map(pointer).collect();
    (Keys::new(sources.iter().zip(0..)), RecordBuf::new(Arc::new(schema)))
}

fn setup_imu() -> (Keys, RecordBuf) {
    setup_pointers(&[
        ("/imu/accel/2", Scalar::F64),
        ("/imu/temp", Scalar::I8),
        ("/a~1b~0c", Scalar::U8),
        ("/imu/x~1y/z", Scalar::F32),
    ])
}

#[test]
fn a_pointer_finds_its_value_in_nested_objects_and_lists() {
    let (mut keys, mut record) = setup_imu();
    let line = r#"{"imu": {"accel": [0, {"x": 1}, 9.8, 7], "x/y": {"z": 1}}, "a/b~c": 7}"#;
    apply(&mut keys, line, &mut record).expect("unused elements of a list are skipped");
    let values = [0, 2, 3].map(|field| record.value(field));
    assert_eq!(values, [Value::F64(9.8), Value::Uint(7), Value::F32(1.0)]);
    assert_eq!(keys.missing(), ["/imu/temp"]);
}

#[test]
fn what_is_inside_of_null_is_null_too() {
    let (mut keys, mut record) =
        setup_pointers(&[("/gps/lat", Scalar::F64), ("/gps/sky/noise", Scalar::F32)]);
    apply(&mut keys, r#"{"gps": {"lat": 1, "sky": {"noise": 2}}}"#, &mut record).expect("good");
    apply(&mut keys, r#"{"gps": {"sky": null}}"#, &mut record).expect("good");
    assert_eq!([0, 1].map(|field| record.value(field).to_string()), ["1", "NaN"]);
    apply(&mut keys, r#"{"gps": null}"#, &mut record).expect("good");
    assert_eq!([0, 1].map(|field| record.value(field).to_string()), ["NaN", "NaN"]);
}

/// Lines for pointers, and their messages.
const BAD_NESTED: &[(&str, &str)] = &[
    (
        r#"{"imu": {"temp": 200}}"#,
        "key \"/imu/temp\": 200 does not fit field \"b\" (i8); use a value it can hold",
    ),
    (r#"{"gps": 1}"#, "key \"gps\" is unknown; use a/b~c, imu"),
    (r#"{"imu": {"tmep": 1}}"#, "key \"/imu/tmep\" is unknown; did you mean /imu/temp?"),
    (
        r#"{"imu": {"vendor": {"x": null}}}"#,
        "key \"/imu/vendor\" is unknown; use /imu/accel, /imu/temp, /imu/x~1y",
    ),
    (r#"{"imu": {"x/yz": {}}}"#, "key \"/imu/x~1yz\" is unknown; did you mean /imu/x~1y?"),
    (
        r#"{"imu": {"temp": 1, "temp": 2}}"#,
        "key \"/imu/temp\" appears twice; leave one of them out",
    ),
    (
        r#"{"imu": {"accel": [0, 0, 1], "accel": [0, 0, 1]}}"#,
        "key \"/imu/accel\" appears twice; leave one of them out",
    ),
    (r#"{"imu": {"temp": 1}, "imu": {}}"#, "key \"imu\" appears twice; leave one of them out"),
    (r#"{"a/b~c": 7, "a/b~c": 7}"#, "key \"a/b~c\" appears twice; leave one of them out"),
    (
        r#"{"imu": 5}"#,
        "key \"imu\" is a number and has no \"/imu/accel\"; write an object there, or leave it out",
    ),
    (
        r#"{"imu": [1, 2]}"#,
        "key \"imu\" is a list and has no \"/imu/accel\"; write an object there, or leave it out",
    ),
    (
        r#"{"imu": {"x/y": true}}"#,
        "key \"/imu/x~1y\" is true and has no \"/imu/x~1y/z\"; write an object there, or leave it out",
    ),
    (
        r#"{"imu": null}"#,
        "key \"/imu/temp\" is null, which only floats can be, and not i8; leave it out to keep its last \
         value",
    ),
];

#[test]
fn each_bad_nested_line_has_its_error_and_changes_nothing() {
    for (line, message) in BAD_NESTED {
        let (mut keys, mut record) = setup_imu();
        apply(&mut keys, r#"{"imu": {"temp": 20, "accel": [0, 0, 3]}}"#, &mut record)
            .expect("good");
        let before = record.clone();
        let error = apply(&mut keys, line, &mut record).expect_err(message);
        assert_eq!(error.to_string(), *message);
        assert_eq!(record, before, "{message}");
    }
}
