//! `get`: bare values, and why there are none.

use mapcast::Record;
use mapcast::dynamic::{CType, FieldSpec, RecordBuf, Scalar, Schema, Value, Writer};
use serde_json::Value as Json;
use std::sync::Arc;

use crate::world::World;

/// A live region with a number, a label, an array, a text and a number beyond 2^53.
fn drone(world: &World) -> Writer {
    let array = CType::array(Scalar::F32, 3).expect("an array");
    let text = CType::array(Scalar::Char, 9).expect("a text");
    let schema = Schema::builder("DRONE")
        .field(FieldSpec::new("speed", Scalar::F64).unit("m/s"))
        .field(FieldSpec::new("mode", Scalar::U8).label(0, "off").label(3, "auto"))
        .field(FieldSpec::new("velocity", array))
        .field(FieldSpec::new("name", text))
        .field(FieldSpec::new("count", Scalar::U64))
        .build()
        .expect("a schema");
    let mut record = RecordBuf::new(Arc::new(schema));
    let list = [1.5, 0.0, -0.25].map(Value::F32).to_vec();
    for (name, value) in [
        ("speed", Value::F64(12.5)),
        ("mode", Value::Uint(3)),
        ("velocity", Value::List(list)),
        ("name", Value::from("a\tb")),
        ("count", Value::Uint(u64::MAX)),
    ] {
        record.set_by_name(name, &value).expect("a value");
    }
    let mut writer = Writer::open(world.path("drone.region"), record.schema()).expect("a writer");
    writer.publish(record.bytes()).expect("a record");
    writer
}

#[test]
fn a_value_is_a_line_and_a_label_takes_the_place_of_its_number() {
    let world = World::new();
    let _live = drone(&world);
    assert_eq!(world.prints("get drone speed"), "12.5\n");
    assert_eq!(
        world.prints("get drone mode velocity[2] count"),
        "auto\n-0.25\n18446744073709551615\n"
    );
    assert_eq!(world.prints("get drone velocity name"), "[1.5, 0, -0.25]\na\\x09b\n");
    assert_eq!(world.prints("get drone mode speed --raw"), "3\n12.5\n");
}

#[test]
fn json_is_an_object_with_exact_numbers() {
    let world = World::new();
    drop(drone(&world));
    let printed = world.prints("get drone count mode velocity[0] velocity[2] --format json");
    assert_eq!(
        printed,
        "{\"count\":18446744073709551615,\"mode\":\"auto\",\"velocity[0]\":1.5,\"velocity[2]\":-0.25}\n"
    );
    assert_eq!(world.prints("get drone mode --raw --format json"), "{\"mode\":3}\n");
}

#[test]
fn nan_and_infinities_are_words_in_text_and_null_in_json_and_the_help_says_so() {
    let world = World::new();
    world.prints("publish odd x=Infinity y=NaN --field x:f64 --field y:f32");
    assert_eq!(world.prints("get odd x y"), "inf\nNaN\n");
    assert_eq!(world.prints("get odd x y --format json"), "{\"x\":null,\"y\":null}\n");
    assert!(world.prints("get --help").contains("they are null in it"));
}

#[test]
fn instances_are_a_line_each_or_one_of_them() {
    let world = World::new();
    let _class = world.class("class", ["ming", "hong"]);
    assert_eq!(world.prints("get class id sex"), "ming\t10\tm\nhong\t11\tm\n");
    assert_eq!(world.prints("get class id --instance hong"), "11\n");
    let json = world.prints("get class id --format json");
    let first: Json = serde_json::from_str(json.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&first["instance"], &first["record"]["id"]), (&"ming".into(), &10.into()));
}

#[test]
fn what_is_not_there_is_named_with_the_exit_code_of_the_consumer() {
    let world = World::new();
    let _live = world.students("live");
    let _class = world.class("class", ["ming", "-x"]);
    let schema = mapcast::Stu::schema();
    let _empty = Writer::open(world.path("empty.region"), &schema).expect("a writer");
    let _none = world.class("none", []);
    for (arguments, code, end) in [
        ("get live nmae", 2, "\"nmae\" is no field; did you mean name?\n"),
        ("get live id id", 2, "id is named twice; name it once\n"),
        ("get live id[0]", 2, "which has no elements; write id\n"),
        ("get live id --instance x", 2, "leave out --instance\n"),
        ("get class id --instance mign", 3, "there is no instance \"mign\"; did you mean ming?\n"),
        ("get class id --instance=-y", 3, "instance \"-y\"; did you mean --instance=-x?\n"),
        (
            "get class id --instance=",
            2,
            "an instance needs a name; give a name of 1 to 64 bytes\n\nFor more information, try '--help'.\n",
        ),
        ("get liev id", 3, "no such region; did you mean live?\n"),
        ("get empty id", 3, "empty.region --once --timeout 10s`\n"),
        ("get none id", 3, "takes their names from: a pattern, or its lines of input\n"),
        (
            "get none id --instance x",
            3,
            "takes their names from: a pattern, or its lines of input\n",
        ),
    ] {
        let output = world.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments}: {said}");
        assert!(said.ends_with(end), "{arguments}: {said}");
        assert!(output.stdout.is_empty(), "{arguments}");
    }
}

#[test]
fn the_command_that_waits_for_an_instance_without_a_record_waits_for_this_one() {
    let world = World::new();
    let mut class = world.class("class", ["a"]);
    class.instance("b c").expect("a place");
    let output = world.command().args(["get", "class", "id", "--instance", "b c"]).output();
    let output = output.expect("mapcast");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("instance \"b c\" has no record yet; wait for it with"), "{said}");
    let end = "class.region --once --instance='b c' --timeout 10s`\n";
    assert!(said.ends_with(end), "{said}");
}

#[test]
fn tab_completes_fields_and_instances_of_the_region_before_it() {
    let world = World::new();
    let _class = world.class("class", ["ming", "hong"]);
    assert_eq!(world.completes("get class na"), "name");
    assert_eq!(world.completes("get class id --instance h"), "hong");
    assert_eq!(world.completes("get cl"), "class\nclass.region");
    assert_eq!(world.completes("get class zz"), "");
    for command in ["top cl", "record a.mcap cl"] {
        assert_eq!(world.completes(command), "class\nclass.region", "{command}");
    }
    assert_eq!(world.completes("record a.mcap class --fields na"), "name");
    assert_eq!(world.completes("record a.mcap class --fields id,na"), "id,name");
}
