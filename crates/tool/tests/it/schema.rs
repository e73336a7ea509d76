//! `schema`: what is printed is the same record, by each language's own judgement.

use std::fs;
use std::process::Command;
use std::time::Duration;

use mapcast::dynamic::{
    CType, FieldSpec, InstanceWriter as DynInstanceWriter, Scalar, Schema, SchemaBuilder,
};
use mapcast::{Options, Record as _, Stu};
use producer::region_options;
use serde_json::Value;
use settings::Settings;
use tool::schema::{Language, text};

use crate::world::World;

/// All types, labels, gaps that C would not make, and names that are words of other languages.
fn odd() -> Schema {
    let array = |scalar, count| CType::array(scalar, count).expect("an array");
    Schema::builder("ODD_ONE")
        .field(
            FieldSpec::new("int", Scalar::I32)
                .unit("m")
                .help("a \"quoted\" /* help */ with \\ /*/ both"),
        )
        .field(FieldSpec::new("type", Scalar::Bool))
        .field(FieldSpec::new("text", array(Scalar::Char, 5)))
        .field(FieldSpec::new("mode", Scalar::U8).label(0, "off").label(1, "on \u{5f00}"))
        .field(FieldSpec::new("far", Scalar::U64).offset(64))
        .field(FieldSpec::new("list", array(Scalar::F32, 3)))
        .line("{int}\t{mode}")
        .build()
        .expect("a schema")
}

/// Every type, alone and as an array.
fn every_type() -> Schema {
    let types = Scalar::ALL
        .into_iter()
        .flat_map(|scalar| [CType::scalar(scalar), CType::array(scalar, 3).expect("an array")]);
    let fields = types.enumerate().map(|(at, ctype)| FieldSpec::new(format!("f{at}"), ctype));
    fields.fold(Schema::builder("ALL"), SchemaBuilder::field).build().expect("a schema")
}

/// Names that the printed text, its headers or its language have for something else.
fn taken_names() -> [Schema; 4] {
    ["Record", "ctypes", "NULL", "self"].map(|record| {
        let names = ["Record", "ctypes", "NULL", "offsetof", "linux", "asm", "_Bool", "self", "_"];
        let fields = names.map(|name| FieldSpec::new(name, Scalar::U8).help("*/ /* */*"));
        fields.into_iter().fold(Schema::builder(record), SchemaBuilder::field).build().expect("one")
    })
}

/// Names with which Python or `ctypes` describes a class.
fn names_of_classes() -> Schema {
    let ctypes = ["_fields_", "_pack_", "_anonymous_", "_align_", "_objects"];
    let python = ["__dict__", "__slots__", "__class__", "__init__", "__new__", "__debug__"];
    let others = ["_", "__", "own_fields_"];
    let names = ctypes.into_iter().chain(python).chain(others);
    let fields = names.map(|name| FieldSpec::new(name, Scalar::U8));
    fields.fold(Schema::builder("__class__"), SchemaBuilder::field).build().expect("a schema")
}

/// Those that are printed in each language.
fn schemas() -> Vec<Schema> {
    let others = [odd(), every_type(), mapcast::Stu::schema(), names_of_classes()];
    others.into_iter().chain(taken_names()).collect()
}

#[test]
fn the_toml_makes_the_same_record() {
    for schema in schemas() {
        let toml = text(Language::Toml, &schema, "odd");
        let settings =
            Settings::parse(&toml, "odd.toml").unwrap_or_else(|err| panic!("{err}\n{toml}"));
        assert_eq!(*settings.record.schema, schema, "{toml}");
    }
}

#[test]
fn the_c_struct_compiles_and_its_offsets_are_asserted() {
    let world = World::new();
    for schema in schemas() {
        let source = text(Language::C, &schema, "odd");
        assert_eq!(source.matches("_Static_assert").count(), schema.fields().len() + 1);
        fs::write(world.path("odd.c"), &source).expect("a file");
        let mut cc = Command::new("cc");
        cc.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "odd.c"]);
        let output = cc.current_dir(world.path("")).output().expect("cc");
        assert!(output.status.success(), "{}\n{source}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The printed Rust, compiled.
#[allow(unreachable_pub)] // it is printed for a crate's root
#[allow(non_snake_case, reason = "the names are those of the record")]
mod generated {
    pub(super) mod all {
        include!("all.rs.txt");
    }
    pub(super) mod odd_one {
        include!("odd_one.rs.txt");
    }
    pub(super) mod taken {
        include!("taken.rs.txt");
    }
}

#[test]
fn the_rust_struct_has_the_same_schema() {
    let [.., named_self] = taken_names();
    let cases = [
        (odd(), "odd_one.rs.txt", generated::odd_one::OddOne::schema()),
        (every_type(), "all.rs.txt", generated::all::All::schema()),
        (named_self, "taken.rs.txt", generated::taken::RecordSelf::schema()),
    ];
    for (schema, file, compiled) in cases {
        let printed = text(Language::Rust, &schema, "odd");
        let path = format!("{}/tests/it/{file}", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("MAPCAST_BLESS").is_some() {
            fs::write(&path, &printed).expect("written");
        }
        let kept = fs::read_to_string(path).expect("a file");
        assert_eq!(printed, kept, "MAPCAST_BLESS=1 writes it anew");
        assert_eq!(compiled, schema);
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "for the person who runs the tests")]
fn the_python_class_has_the_same_size_and_offsets_where_there_is_a_python() {
    for schema in schemas() {
        let class = text(Language::Python, &schema, "odd");
        assert_eq!(class.matches("\nassert ").count(), schema.fields().len() + 1);
        let Ok(output) = Command::new("python3").args(["-c", &class]).output() else {
            println!("skipped: there is no python3 here");
            return;
        };
        assert!(output.status.success(), "{}\n{class}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_schema_of_a_region_of_instances_is_that_of_each() {
    let world = World::new();
    let _class = world.class("class", ["ming"]);
    let _live = world.students("live");
    assert_eq!(world.prints("schema class --as c"), world.prints("schema live --as c"));
    let settings = Settings::parse(&world.prints("schema class"), "class.toml").expect("settings");
    assert_eq!(settings.record.instances.map(|instances| instances.max()), Some(30));
    assert_eq!(*settings.record.schema, mapcast::Stu::schema());
}

/// What is the same in two regions that the same configuration makes.
fn shape(world: &World, region: &str) -> Value {
    let facts: Value =
        serde_json::from_str(&world.prints(&format!("inspect {region} --format json")))
            .expect("JSON");
    let keys = ["slots", "wakes", "max_instances", "period_ns", "file", "fingerprint", "line"];
    keys.iter().map(|key| (key.to_string(), facts[key].clone())).collect()
}

#[test]
fn a_writer_with_the_printed_configuration_makes_the_same_region() {
    let world = World::new();
    let options = Options::new().slots(32).wake(false).mode(0o640);
    let period = Duration::from_micros(1500);
    let path = world.path("odd.region");
    drop(options.clone().period(period).open_instances::<Stu>(&path, 7).expect("a writer"));
    let printed = world.prints("schema odd");
    let settings = Settings::parse(&printed, "odd.toml").expect("settings");
    assert_eq!(settings.producer.tick, period, "{printed}");
    let before = shape(&world, "odd");
    fs::remove_file(&path).expect("removed");
    let options = region_options(&settings).period(settings.producer.period());
    let max = settings.record.instances.expect("instances").max();
    drop(
        DynInstanceWriter::open_with(&*path, &settings.record.schema, &options, max).expect("one"),
    );
    assert_eq!(shape(&world, "odd"), before, "{printed}");
    // What is usual has no key, and a group that decides nothing is not asked for.
    let usual = world.students("usual");
    let printed = world.prints("schema usual");
    for key in ["slots", "wake", "mode", "group", "tick"] {
        assert!(!printed.contains(&format!("\n{key} = ")), "{printed}");
    }
    assert!(
        world.prints("schema ./usual.region").contains("[region]\npath = \"./usual.region\"\n")
    );
    drop(usual);
}

#[test]
fn the_record_of_a_bare_file_is_that_of_its_configuration() {
    let world = World::new();
    let config = "[region]\npath = \"./b\"\nformat = \"bare\"\n[record]\nname = \"B\"\ninstances = 3\n\
                  field = [{ name = \"a\", type = \"u8\", source = { const = 1 } }]\n";
    fs::write(world.path("b.toml"), config).expect("a file");
    let printed = world.prints("schema ./b.toml");
    let part =
        "[region]\npath = \"./b\"\nformat = \"bare\"\n\n[record]\nname = \"B\"\ninstances = 3\n";
    assert!(printed.contains(part), "{printed}");
    let settings = Settings::parse(&printed, "b.toml").expect("settings");
    assert_eq!(settings.record.structs().get(), 3);
    assert!(world.prints("schema ./b.toml --as c").contains("uint8_t a;"));
}

#[test]
fn the_json_has_each_field_and_label() {
    let printed: serde_json::Value =
        serde_json::from_str(&text(Language::Json, &odd(), "odd")).expect("JSON");
    assert_eq!(printed["fields"][3]["labels"]["1"], "on \u{5f00}");
    assert_eq!(printed["size"], odd().size());
}

#[test]
fn the_schema_of_a_region_is_printed() {
    let world = World::new();
    let _live = world.students("live");
    let printed = world.prints("schema live --as python");
    assert!(printed.contains("(\"name\", ctypes.c_char * 20),"), "{printed}");
    assert!(printed.contains("assert STU.sex.offset == 24"), "{printed}");
}
