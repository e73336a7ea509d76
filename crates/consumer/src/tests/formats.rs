//! What a record looks like in each format.

use layout::{CType, FieldSpec, Scalar, Schema};
use serde_json::{Value, json};

use super::Stage;

const MEMBERS: [&str; 7] =
    ["lineage", "sequence", "published_at", "age_ns", "state", "epoch", "record"];

fn one_student() -> Stage {
    let stage = Stage::of_students();
    stage.publishes([10])();
    stage
}

/// A record of everything that is awkward in some format.
fn awkward() -> Stage {
    let schema = Schema::builder("AWKWARD")
        .field(FieldSpec::new("big", Scalar::U64))
        .field(FieldSpec::new("none", Scalar::F64))
        .field(FieldSpec::new("pair", CType::array(Scalar::F32, 2).unwrap()))
        .field(FieldSpec::new("mode", Scalar::U8).label(1, "on"))
        .field(FieldSpec::new("on", Scalar::Bool))
        .field(FieldSpec::new("text", CType::array(Scalar::Char, 6).unwrap()))
        .build()
        .unwrap();
    let mut bytes = Vec::new();
    bytes.extend(u64::MAX.to_le_bytes());
    bytes.extend(f64::NAN.to_le_bytes());
    bytes.extend(0.1_f32.to_le_bytes());
    bytes.extend(f32::NEG_INFINITY.to_le_bytes());
    bytes.extend([1, 1]);
    bytes.extend(b"a,\"\xff\0\0");
    let stage = Stage::empty();
    stage.opens(&schema)();
    stage.publishes_bytes(&bytes)();
    stage
}

#[test]
fn status_is_text_after_sequence_state_and_age() {
    let stage = one_student();
    stage.publishes([11])();
    let played = stage.play(&["--once", "--format", "status"], []);
    let cells: Vec<&str> = played.lines()[0].splitn(4, '\t').collect();
    assert_eq!(cells[..2], ["2", "live"]);
    assert!(cells[2].ends_with('s') && cells[2].starts_with(|c: char| c.is_ascii_digit()));
    assert_eq!(cells[3], "id=11\tname=xiaoming\tm");
    stage.closes()();
    let played = stage.play(&["--once", "--format", "status"], []);
    assert!(played.lines()[0].starts_with("2\tclosed\t"), "{}", played.out);
}

#[test]
fn a_student_is_printed_as_in_the_tutorial() {
    let played = one_student().play(&["--once"], []);
    assert_eq!(played.lines(), ["id=10\tname=xiaoming\tm"]);
    assert_eq!(played.notices, [""; 0]);
}

#[test]
fn json_has_exactly_its_six_members_in_their_order() {
    let played = one_student().play(&["--once", "--format", "json"], []);
    let [line] = played.lines()[..] else { panic!("one line: {}", played.out) };
    let object: Value = serde_json::from_str(line).unwrap();
    assert_eq!(object.as_object().unwrap().len(), MEMBERS.len(), "{line}");
    let places: Vec<_> = MEMBERS.iter().map(|m| line.find(&format!("\"{m}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{line}");

    assert_eq!(object["record"], json!({"id": 10, "name": "xiaoming", "sex": "m"}));
    assert!(line.ends_with(r#""record":{"id":10,"name":"xiaoming","sex":"m"}}"#), "{line}");
    assert_eq!((&object["sequence"], &object["epoch"]), (&json!(1), &json!(1)));
    assert_eq!(object["state"], "live");
    assert!(object["age_ns"].as_u64().is_some_and(|age| age < 60_000_000_000), "{line}");
    let time = humantime::parse_rfc3339(object["published_at"].as_str().unwrap()).unwrap();
    assert!(time.elapsed().is_ok_and(|ago| ago.as_secs() < 60), "{line}");
}

#[test]
fn json_has_values_instead_of_labels_and_null_for_what_json_lacks() {
    let played = awkward().play(&["--once", "--format", "json"], []);
    let record = played.lines()[0].split_once(r#""record":"#).unwrap().1;
    let expected = "{\"big\":18446744073709551615,\"none\":null,\"pair\":[0.1,null],\"mode\":1,\
                    \"on\":true,\"text\":\"a,\\\"\u{fffd}\"}}";
    assert_eq!(record, expected);
}

#[test]
fn csv_has_a_header_and_a_column_for_each_element() {
    let played = awkward().play(&["--once", "--format", "csv"], []);
    let [header, row] = played.lines()[..] else { panic!("two lines: {}", played.out) };
    let fixed = "lineage,sequence,published_at,age_ns,state,epoch";
    let record =
        "record.big,record.none,record.pair[0],record.pair[1],record.mode,record.on,record.text";
    assert_eq!(header, format!("{fixed},{record}"));
    let cells: Vec<&str> = row.split(',').collect();
    assert!(cells[0].parse::<u64>().is_ok_and(|lineage| lineage > 0) && cells[1] == "1", "{row}");
    let record = ",live,1,18446744073709551615,NaN,0.1,-inf,1,true,\"a,\"\"\u{fffd}\"";
    assert!(row.ends_with(record), "{row}");
}

#[test]
fn csv_repeats_its_header_only_when_the_record_changes() {
    let stage = one_student();
    let other = Schema::builder("P").field(FieldSpec::new("x", Scalar::U8)).build().unwrap();
    let steps = [
        stage.publishes([11]),
        stage.with_writer(move |writer| {
            writer.change(&other, &region::Options::new()).unwrap();
        }),
        stage.publishes_bytes(&[1]),
        stage.publishes_bytes(&[2]),
    ];
    let played = stage.play(&["--follow", "--format", "csv"], steps);
    let ends: Vec<_> = played.lines().iter().map(|line| line.rsplit(',').next().unwrap()).collect();
    assert_eq!(ends, ["record.sex", "m", "m", "record.x", "1", "2"]);
    assert_eq!(played.words(), ["re-attached"]);
    assert!(played.notices[0].contains("record now P (1 byte)"), "{:?}", played.notices);
}

#[test]
fn an_older_record_is_printed_with_the_present_state_of_the_writer() {
    let stage = one_student();
    stage.closes()();
    let played = stage.play(&["--once", "--format", "json"], []);
    let object: Value = serde_json::from_str(played.lines()[0]).unwrap();
    assert_eq!((&object["state"], &object["record"]["id"]), (&json!("closed"), &json!(10)));
    assert_eq!(played.words(), ["closed"]);
}
