//! A record as a line, also that of a hostile region.

use std::sync::Arc;

use layout::{
    CType, FieldSpec, MAX_TEXT, Record, RecordBuf, Scalar, Schema, SchemaError, SchemaPart as Part,
    Stu, Template, Value,
};

fn schema_with(line: Option<&str>) -> Result<Schema, SchemaError> {
    let builder = Schema::builder("R")
        .field(FieldSpec::new("id", Scalar::I32))
        .field(FieldSpec::new("speed", Scalar::F64))
        .field(FieldSpec::new("axes", CType::array(Scalar::F32, 3).expect("an array")))
        .field(FieldSpec::new("mode", Scalar::U8).label(0, "off").label(1, "on"))
        .field(FieldSpec::new("name", CType::array(Scalar::Char, 16).expect("an array")))
        .field(FieldSpec::new("ok", Scalar::Bool));
    match line {
        Some(line) => builder.line(line).build(),
        None => builder.build(),
    }
}

fn record(line: Option<&str>) -> RecordBuf {
    let schema = schema_with(line).expect("a record");
    let mut record = RecordBuf::new(Arc::new(schema));
    let axes = [0.1_f32, -2.0, 3.25].map(Value::F32).to_vec();
    for (name, value) in [
        ("id", Value::Int(-7)),
        ("speed", Value::F64(1.0 / 3.0)),
        ("axes", Value::List(axes)),
        ("mode", Value::from("on")),
        ("name", Value::from("xiaoming")),
    ] {
        record.set_by_name(name, &value).expect(name);
    }
    record
}

fn line(template: &str) -> String {
    record(Some(template)).view().line().to_string()
}

fn refused(template: &str) -> String {
    let error = schema_with(Some(template)).expect_err(template);
    assert_eq!((error.field(), error.part()), (None, Part::Line));
    error.to_string()
}

#[test]
fn stu_prints_the_line_of_the_tutorial() {
    let schema = Stu::schema();
    let stu = Stu::new(10, "xiaoming", 'm');
    let view = layout::RecordView::new(&schema, bytemuck::bytes_of(&stu)).expect("28 bytes");
    assert_eq!(view.line().to_string(), "id=10\tname=xiaoming\tm");
    assert_eq!(
        schema.line().map(|line| view.line_by(line).to_string()),
        Some(view.line().to_string())
    );
}

#[test]
fn fields_are_replaced_and_the_rest_stays() {
    assert_eq!(line("{id}"), "-7");
    assert_eq!(line("a {name} b\t{id}!"), "a xiaoming b\t-7!");
    assert_eq!(line("no field"), "no field");
    assert_eq!(line("\u{e4}{id}\u{2713}"), "\u{e4}-7\u{2713}");
}

#[test]
fn precision_rounds_floats_and_lists_of_them() {
    assert_eq!(line("{speed} {speed:.2} {speed:.0}"), "0.3333333333333333 0.33 0");
    assert_eq!(line("{axes} {axes:.1}"), "[0.1, -2, 3.25] [0.1, -2.0, 3.2]");
}

#[test]
fn a_value_with_a_label_prints_the_label() {
    let mut record = record(Some("{mode}"));
    assert_eq!(record.view().line().to_string(), "on");
    record.set_by_name("mode", &Value::Int(9)).expect("no label, but a number");
    assert_eq!(record.view().line().to_string(), "9");
}

#[test]
fn doubled_braces_are_braces() {
    assert_eq!(line("{{id}} {{{id}}} }}{{"), "{id} {-7} }{");
}

#[test]
fn without_a_template_every_field_is_printed_with_its_name() {
    assert_eq!(
        record(None).view().line().to_string(),
        "id=-7\tspeed=0.3333333333333333\taxes=[0.1, -2, 3.25]\tmode=on\tname=xiaoming\tok=false"
    );
}

#[test]
fn a_text_cannot_control_the_terminal_or_fake_a_line() {
    let mut record = record(Some("[{name}]"));
    let hostile: [(&[u8], &str); 6] = [
        (b"\x1b[2J", "[\\x1b[2J]"),
        (b"a\nid=1\tb", "[a\\x0aid=1\\x09b]"),
        (b"\xc2\x9b31m", "[\\x9b31m]"),
        (b"\x7f\x08", "[\\x7f\\x08]"),
        (b"a\xffb\xe2\x80", "[a\u{fffd}b\u{fffd}]"),
        ("a\u{202e}b\u{2028}".as_bytes(), "[a\\u{202e}b\\u{2028}]"),
    ];
    let at = record.schema().field("name").expect("a field").offset() as usize;
    for (text, shown) in hostile {
        record.bytes_mut()[at..at + 16].fill(0);
        record.bytes_mut()[at..at + text.len()].copy_from_slice(text);
        assert_eq!(record.view().line().to_string(), shown);
        let value = record.view().get("name").expect("a field").to_string();
        assert_eq!(format!("[{value}]"), shown, "Value's Display agrees");
    }
}

#[test]
fn a_template_with_control_characters_is_refused() {
    for found in ['\u{1b}', '\n', '\r', '\0', '\u{9b}', '\u{202e}'] {
        let why = format!(
            "the line template holds the control character {found:?} at byte 2; \
             only the tab is possible"
        );
        assert_eq!(refused(&format!("ab{found}")), why);
    }
}

#[test]
fn an_unknown_field_is_refused_with_the_known_ones() {
    assert_eq!(
        refused("{id} {nmae}"),
        "the line template names \"nmae\" at byte 5, which is no field; \
         use one of: id, speed, axes, mode, name, ok"
    );
    for template in ["{}", "{ id}", "{Id}", "{{{}}}"] {
        assert!(refused(template).contains(", which is no field; use one of: "), "{template}");
    }
}

#[test]
fn unmatched_braces_are_refused_with_their_offset() {
    for (template, at) in [("a{id", 1), ("{", 0)] {
        let why = format!(
            "the line template opens {{ at byte {at} and does not close it; \
             add }} or write {{{{ for a brace"
        );
        assert_eq!(refused(template), why);
    }
    for (template, at) in [("id}", 2), ("{id}}", 4), ("}{", 0), ("a}b{id}", 1)] {
        let why = format!("the line template has a single }} at byte {at}; write }}}} for a brace");
        assert_eq!(refused(template), why);
    }
}

#[test]
fn an_invalid_precision_is_refused() {
    for text in ["", "2", ".", ".x", ".+2", ".-1", ".33", ".99999999999999999999", ">8", ".2f"] {
        let why = format!(
            "{text:?} at byte 0 of the line template is no precision; \
             write {{name:.2}}, with .0 to .32"
        );
        assert_eq!(refused(&format!("{{speed:{text}}}")), why);
    }
    assert!(schema_with(Some("{speed:.32}")).is_ok());
    for (name, ctype) in [("id", "i32"), ("name", "char[16]")] {
        let why = format!(
            "the line template gives field {name:?} a precision, but it is {ctype}; \
             precision is for f32 and f64"
        );
        assert_eq!(refused(&format!("{{{name}:.2}}")), why);
    }
}

#[test]
fn an_empty_or_too_long_template_is_refused() {
    assert_eq!(refused(""), "the line template is empty; leave it out to print every field");
    assert!(schema_with(Some(&"x".repeat(MAX_TEXT))).is_ok());
    assert_eq!(
        refused(&"x".repeat(MAX_TEXT + 1)),
        "the line template has 1025 bytes, at most 1024 are possible; shorten it"
    );
}

#[test]
fn a_template_for_another_schema_prints_known_fields_only() {
    let wide = schema_with(None).expect("a record");
    let template = Template::parse("[{id}][{ok}]", wide.fields()).expect("a template");
    let narrow = Schema::builder("N").field(FieldSpec::new("n", Scalar::U8)).build().expect("one");
    let view = layout::RecordView::new(&narrow, &[5]).expect("one byte");
    assert_eq!(view.line_by(&template).to_string(), "[5][]");
}
