//! Fields by name, labels and units, in each format.

use std::sync::Arc;

use layout::{CType, FieldSpec, RecordBuf, Schema, Value};
use render::{Format, Reading, View};

use crate::golden::{builder, view};

const ASKED: [&str; 4] = ["p[1]", "e", "n", "i"];

fn schema() -> Schema {
    builder().build().unwrap()
}

fn asked(format: Format) -> View {
    View { format, fields: Some(ASKED.map(str::to_owned).into()), ..View::default() }
}

fn record(json: &str) -> &str {
    json.split_once("\"record\":").unwrap().1.trim_end()
}

#[test]
fn fields_are_printed_in_the_order_they_are_named() {
    let schema = schema();
    assert_eq!(view(&schema, &asked(Format::Text)), "p[1]=true\te=seven\tn=[1, two, 3]\ti=0.1\n");
    assert_eq!(
        record(&view(&schema, &asked(Format::Json))),
        r#"{"p[1]":true,"e":7,"n":[1,2,3],"i":0.1}}"#
    );
    assert_eq!(
        view(&schema, &asked(Format::Csv)),
        "lineage,sequence,published_at,age_ns,state,epoch,record.p[1],record.e,record.n[0],record.n[1],\
         record.n[2],record.i\n,,,,,,true,7,1,2,3,0.1\n"
    );
}

#[test]
fn a_label_takes_the_place_of_its_value() {
    let fields = ["e", "k", "l", "n", "n[1]", "h"];
    let schema = schema();
    let labels = |format| View { format, labels: true, ..View::default() };
    let json = view(&schema, &labels(Format::Json));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let json = |name: &str| json["record"][name].to_string();
    assert_eq!(
        fields.map(json),
        ["\"seven\"", "\"yes\"", "\"male\"", "[1,\"two\",3]", "null", "18446744073709551615"]
    );
    let csv = view(&schema, &labels(Format::Csv));
    assert!(csv.contains(",seven,65535,"), "{csv}");
    assert!(csv.contains(",yes,male,") && csv.contains(",1,two,3,"), "{csv}");
}

#[test]
fn units_are_a_member_of_each_object_and_in_the_header_of_csv() {
    let schema = schema();
    let units = |format| View { units: true, ..asked(format) };
    assert!(view(&schema, &units(Format::Json)).ends_with(",\"units\":{\"i\":\"m/s\"}}\n"));
    let csv = view(&schema, &units(Format::Csv));
    assert!(csv.lines().next().unwrap().ends_with(",record.n[2],record.i [m/s]"), "{csv}");
}

#[test]
fn a_text_that_a_spreadsheet_takes_for_a_formula_is_marked_on_request() {
    let field = |(name, ctype): (&str, &str)| FieldSpec::new(name, ctype.parse::<CType>().unwrap());
    let fields = [("a", "char[16]"), ("b", "char"), ("n", "i8"), ("c", "char[8]")].map(field);
    let schema = Schema::builder("R").fields(fields).build().unwrap();
    let row = |csv_safe, text: &str, character: &str| {
        let mut record = RecordBuf::new(Arc::new(schema.clone()));
        let values = [text.into(), character.into(), Value::Int(-5), "a=b".into()];
        for (index, value) in values.iter().enumerate() {
            record.set(index, value).unwrap();
        }
        let mut out = Vec::new();
        let view = View { format: Format::Csv, csv_safe, ..View::default() };
        let reading = Reading { record: record.view(), instance: None, origin: None };
        view.of(&schema).unwrap().render(&reading, &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().last().unwrap().to_owned()
    };
    assert_eq!(row(true, "=1+2", "@"), ",,,,,,'=1+2,'@,-5,a=b");
    assert_eq!(row(true, "-1,\"2\"", "+"), ",,,,,,\"'-1,\"\"2\"\"\",'+,-5,a=b");
    assert_eq!(row(true, "\t=1", "x"), ",,,,,,\\x09=1,x,-5,a=b");
    assert_eq!(row(false, "=1+2", "@"), ",,,,,,=1+2,@,-5,a=b");
}

#[test]
fn a_name_that_is_none_is_refused_with_the_nearest_one() {
    let schema = Schema::builder("R")
        .fields([("speed", "f32"), ("accel", "f32[3]"), ("name", "char[8]")].map(
            |(name, ctype)| layout::FieldSpec::new(name, ctype.parse::<layout::CType>().unwrap()),
        ))
        .build()
        .unwrap();
    for (names, why) in [
        (&["sped"][..], "\"sped\" is no field; did you mean speed?"),
        (&["x"], "\"x\" is no field; use one of: speed, accel, name"),
        (&["speed[0]"], "field \"speed\" is f32, which has no elements; write speed"),
        (&["name[0]"], "field \"name\" is char[8], which has no elements; write name"),
        (
            &["accel[3]"],
            "\"[3]\" is no element of field \"accel\", which is f32[3]; use [0] to [2]",
        ),
        (
            &["accel[+1]"],
            "\"[+1]\" is no element of field \"accel\", which is f32[3]; use [0] to [2]",
        ),
        (
            &["accel[1", "speed"],
            "\"[1\" is no element of field \"accel\", which is f32[3]; use [0] to [2]",
        ),
        (&["speed", "speed"], "speed is named twice; name it once"),
        (&["accel", "accel[1]"], "accel[1] overlaps accel; name one of them"),
        (&["accel[1]", "accel"], "accel overlaps accel[1]; name one of them"),
    ] {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        let error = View { fields: Some(names), ..View::default() }.of(&schema).unwrap_err();
        assert_eq!(error.to_string(), why);
    }
}

#[test]
fn a_header_is_repeated_only_if_its_columns_change() {
    let (schema, csv) = (schema(), asked(Format::Csv));
    let other = View { fields: Some(vec!["i".to_owned()]), ..csv.clone() };
    let bytes = crate::golden::bytes(&schema);
    let record = layout::RecordView::new(&schema, &bytes).unwrap();
    let reading = render::Reading { record, instance: None, origin: None };
    let mut renderer = csv.of(&schema).unwrap();
    let mut lines = |next: &View| {
        renderer.replace(next.of(&schema).unwrap());
        let mut out = Vec::new();
        renderer.render(&reading, &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().count()
    };
    assert_eq!([lines(&csv), lines(&csv), lines(&other), lines(&other)], [2, 1, 2, 1]);
}
