//! `#[derive(Record)]`: the schema matches the struct.

use layout::{FieldSpec, Label, Labels, Record, RecordView, Scalar, Schema, Value};

/// What the drone does.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
#[record(crate = layout)]
enum Mode {
    Landed = 0,
    #[record(label = "in the air")]
    Flying = 7,
}

#[repr(C)]
#[derive(Clone, Copy, Record)]
#[record(crate = layout, name = "DRONE", line = "{mode} at {position} {{m}}\t{name}")]
struct Drone {
    /// Where it is,
    /// east, north and up of the start.
    ///
    /// This paragraph is for readers of the source.
    #[record(unit = "m")]
    position: [f64; 3],
    #[record(name = "type", unit = "1")]
    r#class: u32,
    #[record(text)]
    name: [u8; 7],
    #[record(labels = Mode)]
    mode: u8,
    #[record(bool, help = "propellers turn")]
    armed: u8,
    #[record(labels(-1 = "none", 1 = "some"))]
    error: i8,
    #[record(padding)]
    reserved: [u8; 2],
    count: [u16; 2],
    #[record(padding)]
    tail: [u8; 4],
}

#[test]
fn the_least_number_of_64_bits_can_have_a_label() {
    #[repr(C)]
    #[derive(Clone, Copy, Record)]
    #[record(crate = layout)]
    struct Sensor {
        #[record(labels(-9223372036854775808 = "none"))]
        value: i64,
    }
    let schema = Sensor::schema();
    assert_eq!(schema.fields()[0].labels()[0].value, i64::MIN);
}

#[test]
fn a_derived_schema_equals_the_handwritten_one() {
    let by_hand = Schema::builder("DRONE")
        .field(
            FieldSpec::new("position", "f64[3]".parse::<layout::CType>().expect("a type"))
                .unit("m")
                .help("Where it is, east, north and up of the start."),
        )
        .field(FieldSpec::new("type", Scalar::U32).unit("1"))
        .field(FieldSpec::new("name", "char[7]".parse::<layout::CType>().expect("a type")))
        .field(FieldSpec::new("mode", Scalar::U8).label(0, "Landed").label(7, "in the air"))
        .field(FieldSpec::new("armed", Scalar::Bool).help("propellers turn"))
        .field(FieldSpec::new("error", Scalar::I8).label(-1, "none").label(1, "some"))
        .field(
            FieldSpec::new("count", "u16[2]".parse::<layout::CType>().expect("a type")).offset(40),
        )
        .line("{mode} at {position} {{m}}\t{name}")
        .build()
        .expect("a schema");
    assert_eq!(Drone::schema(), by_hand);
    assert_eq!(Drone::schema().size() as usize, size_of::<Drone>());
}

#[test]
fn swapped_fields_of_one_type_keep_their_names() {
    #[repr(C)]
    #[derive(Clone, Copy, Record)]
    #[record(crate = layout)]
    struct Place {
        lat: f64,
        lon: f64,
    }
    let place = Place { lat: 48.1, lon: 11.5 };
    let schema = Place::schema();
    let view = RecordView::new(&schema, bytemuck::bytes_of(&place)).expect("16 bytes");
    assert_eq!(view.get("lat"), Some(Value::F64(48.1)));
    assert_eq!(view.get("lon"), Some(Value::F64(11.5)));
}

#[test]
fn a_number_without_a_variant_is_an_error() {
    assert_eq!(Mode::try_from(7), Ok(Mode::Flying));
    assert_eq!(Mode::try_from(1).unwrap_err().to_string(), "1 is no value of Mode");
    assert_eq!(u8::from(Mode::Flying), 7);
    let schema = Drone::schema();
    let labels = schema.field("mode").expect("a field").labels();
    assert_eq!(labels[1], Label { value: 7, text: "in the air".into() });
}
