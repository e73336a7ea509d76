//! The line of a reader's own.

use layout::{CType, FieldSpec, RecordBuf, Schema, Stu, Value};
use mapcast::Writer;
use render::{Line, LineText, Origin, Reading, View};
use std::sync::Arc;

fn schema() -> Schema {
    let field = |name: &str, ctype: &str| FieldSpec::new(name, ctype.parse::<CType>().unwrap());
    Schema::builder("R")
        .fields([
            field("x", "f64"),
            field("n", "i32"),
            field("name", "char[12]"),
            field("mode", "u8").label(1, "auto"),
            field("v", "f32[2]"),
            field("state", "u8"),
        ])
        .build()
        .unwrap()
}

fn record() -> RecordBuf {
    let mut record = RecordBuf::new(Arc::new(schema()));
    for (name, value) in [
        ("x", Value::F64(-1.25)),
        ("n", Value::Int(-42)),
        ("name", Value::from("\u{65e5}\u{672c}")),
        ("mode", Value::Uint(1)),
        ("v", Value::List(vec![Value::F64(0.5), Value::F64(f64::NAN)])),
        ("state", Value::Uint(9)),
    ] {
        record.set_by_name(name, &value).unwrap();
    }
    record
}

fn print(text: LineText, reading: &Reading<'_>) -> String {
    let view = View { line: Some(text), ..View::default() };
    let mut out = Vec::new();
    view.of(reading.record.schema()).unwrap().render(reading, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn line(text: &str) -> String {
    let record = record();
    let reading = Reading { record: record.view(), instance: None, origin: None };
    let line = print(LineText::Literal(text.to_owned()), &reading);
    line.strip_suffix('\n').unwrap().to_owned()
}

#[test]
fn width_alignment_and_fill_are_as_in_rust() {
    let (x, n) = (-1.25, -42);
    let inf = f64::NAN;
    for (have, want) in [
        (line("{x:8}|{x:<8}|{x:^8}|{x:>8}"), format!("{x:8}|{x:<8}|{x:^8}|{x:>8}")),
        (line("{x:*<9.1}|{x:*^9.1}|{x:*>9.1}"), format!("{x:*<9.1}|{x:*^9.1}|{x:*>9.1}")),
        (line("{x:08.3}|{n:06}|{n:0>6}|{n:2}"), format!("{x:08.3}|{n:06}|{n:0>6}|{n:2}")),
        (line("{mode:6}|{mode:>6}|"), format!("{:6}|{:>6}|", "auto", "auto")),
        (
            line("{v[0]:6.2}|{v[1]:06}|{v:>12.1}"),
            format!("{:6.2}|{inf:06}|{:>12}", 0.5, "[0.5, NaN]"),
        ),
    ] {
        assert_eq!(have, want);
    }
}

#[test]
fn width_is_counted_in_columns_of_a_terminal() {
    assert_eq!(line("{name:6}|"), "\u{65e5}\u{672c}  |");
    assert_eq!(line("{name:>6}|"), "  \u{65e5}\u{672c}|");
    assert_eq!(line("{name:^7}|"), " \u{65e5}\u{672c}  |");
    assert_eq!(line("{name:>2}|"), "\u{65e5}\u{672c}|", "wider than its columns");
}

#[test]
fn escapes_are_those_of_a_command_line_only() {
    let record = record();
    let reading = Reading { record: record.view(), instance: None, origin: None };
    let text = r"{n}\t{{\n\\".replace(r"\\", r"\");
    assert_eq!(print(LineText::Literal(text.clone()), &reading), format!("-42{}\n", r"\t{\n\"));
    assert_eq!(print(LineText::Escaped(r"{n}\t{{\n\\x".to_owned()), &reading), "-42\t{\n\\x\n");
    assert_eq!(line("{n}\t{{\n}}"), "-42\t{\n}");
}

#[test]
fn a_field_wins_over_what_the_reader_knows_unless_it_is_asked_for() {
    assert_eq!(line("{state} {@state} {lineage} {sequence} {epoch} {age:.3}"), "9 - - - - -");
}

#[test]
fn what_the_reader_knows_comes_from_the_region() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("stu.region");
    let mut writer = Writer::<Stu>::open(&path).unwrap();
    writer.publish(&Stu::new(1, "a", 'm')).unwrap();
    writer.publish(&Stu::new(2, "b", 'f')).unwrap();
    let mut region = mapcast::dynamic::Reader::open(&path).unwrap();
    let mut bytes = [0; size_of::<Stu>()];
    let publication = region.latest(&mut bytes).unwrap().unwrap();
    let schema = Arc::clone(region.schema());
    let record = layout::RecordView::new(&schema, &bytes).unwrap();
    let reading =
        Reading { record, instance: None, origin: Some(Origin { region: &region, publication }) };

    let own =
        |text: &str| print(LineText::Literal(text.to_owned()), &reading).trim_end().to_owned();
    assert_eq!(own("{sequence:>4} {epoch:02} {state:^8}|{@sequence}"), "   2 01   live  |2");
    assert_eq!(own("{lineage}"), writer.lineage().to_string());
    let seconds: f64 = own("{age:.6}").parse().unwrap();
    assert!(seconds >= 0.0 && own("{age}").ends_with('s'), "{seconds}");
    let (full, short, whole) =
        (own("{published_at}"), own("{published_at:.3}"), own("{published_at:.0}"));
    assert_eq!(full.len(), "2026-02-03T04:05:06.070809010Z".len());
    assert_eq!(short, format!("{}Z", &full[..23]));
    assert_eq!(whole, format!("{}Z", &full[..19]));
}

#[test]
fn a_bad_line_is_refused_with_the_place_and_what_to_do() {
    let schema = schema();
    for (text, why) in [
        ("", "the line template is empty; leave it out to print every field"),
        (
            "{x",
            "the line template opens { at byte 0 and does not close it; add } or write {{ for a brace",
        ),
        ("a }", "the line template has a single } at byte 2; write }} for a brace"),
        (
            "a\x1b",
            "the line template holds the control character '\\u{1b}' at byte 1; only tabs and line breaks are possible",
        ),
        ("a {nme}", "at byte 2 of the line, \"nme\" is no field; did you mean name?"),
        ("{sequenc}", "at byte 0 of the line, \"sequenc\" is no field; did you mean sequence?"),
        (
            "{@x}",
            "at byte 0 of the line, \"@x\" is no field; use one of: lineage, sequence, instance, epoch, state, age, published_at",
        ),
        (
            "{v[2]}",
            "at byte 0 of the line, \"[2]\" is no element of field \"v\", which is f32[2]; use [0] to [1]",
        ),
        ("{x:}", "at byte 0 of the line, \"\" has no width; write {name:>8}"),
        ("{x:>}", "at byte 0 of the line, \">\" has no width; write {name:>8}"),
        (
            "{x:wide}",
            "at byte 0 of the line, \"wide\" is no width; write {name:8}, {name:>8} or {name:8.2}, with 1 to 1000 columns",
        ),
        (
            "{x:1001}",
            "at byte 0 of the line, \"1001\" is no width; write {name:8}, {name:>8} or {name:8.2}, with 1 to 1000 columns",
        ),
        (
            "{x:8.33}",
            "at byte 0 of the line, \".33\" is no precision; write {name:.2}, with .0 to .32",
        ),
        (
            "{n:.2}",
            "at byte 0 of the line, a precision is for f32 and f64, age and published_at; remove it",
        ),
        (
            "{name:08}",
            "at byte 0 of the line, \"08\" fills with zeros, which is for numbers; remove the 0",
        ),
        (
            "{x:\u{65e5}>8}",
            "at byte 0 of the line, '\u{65e5}' does not fill one column; use another fill",
        ),
    ] {
        let error = Line::parse(&LineText::Literal(text.to_owned()), &schema).unwrap_err();
        assert_eq!(error.to_string(), why, "{text:?}");
    }
    let error = Line::parse(&LineText::Escaped(r"{n} \x".to_owned()), &schema).unwrap_err();
    assert_eq!(error.to_string(), r"at byte 4 of the line, \x is no escape; write \n, \t or \\");
}

#[test]
fn a_bad_escape_is_named_with_its_own_byte_and_not_with_that_of_its_text() {
    let schema = schema();
    for (text, at) in [(r"abc\q", 3), (r"\q", 0), ("\u{e4}\\t\\q{n}", 4), (r"{{{n}12\", 7)] {
        let error = Line::parse(&LineText::Escaped(text.to_owned()), &schema).unwrap_err();
        assert!(error.to_string().starts_with(&format!("at byte {at} of")), "{text}: {error}");
    }
}
