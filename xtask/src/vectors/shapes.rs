//! A vector for each type and shape of a record.

use layout::header::WAKE;
use layout::{CType, FieldSpec, Record as _, Scalar, Schema, SchemaBuilder, Stu};

use super::cell::{Cell, Number, list, one, text, truth};
use super::image::{Image, plan};
use super::listing::{Content, Listed, Series, Vector};

/// Slots of the vectors.
const SLOTS: u32 = 4;

/// Every vector of this module.
pub(super) fn all() -> Vec<Vector> {
    [
        integers(),
        floats(),
        vec![bool(), char(), stu(), padding(), offsets(), texts()],
        sizes(),
        vec![later()],
    ]
    .concat()
}

pub(super) fn array(scalar: Scalar, count: u32) -> CType {
    CType::array(scalar, count).expect("a short array")
}

/// The bytes of a record, with `gap` where no field is.
pub(super) fn bytes_of(schema: &Schema, cells: &[Cell], gap: u8) -> Vec<u8> {
    let mut bytes = vec![gap; schema.size() as usize];
    assert_eq!(schema.fields().len(), cells.len(), "a value for each field of {}", schema.name());
    for (field, cell) in schema.fields().iter().zip(cells) {
        bytes[field.range()].copy_from_slice(&cell.bytes);
    }
    bytes
}

/// A region with these records, from number 1 on.
fn region(schema: &Schema, records: &[Vec<Cell>]) -> (Image, Content) {
    let mut image = Image::new(plan(schema, SLOTS), &schema.encode());
    let mut listed = Vec::new();
    for (sequence, cells) in (1..).zip(records) {
        image.publish(0, sequence, &bytes_of(schema, cells, 0));
        listed.push(Listed::new(schema, sequence, cells));
    }
    let content = Content::plain(schema, Series::new(records.len() as u64, listed));
    (image, content)
}

fn vector(name: &str, about: &'static str, schema: &Schema, records: &[Vec<Cell>]) -> Vector {
    let (image, content) = region(schema, records);
    Vector::readable(name, about, content, image.bytes)
}

/// A record of the name and fields.
pub(super) fn schema(name: &str, fields: impl IntoIterator<Item = FieldSpec>) -> Schema {
    let builder = fields.into_iter().fold(Schema::builder(name), SchemaBuilder::field);
    builder.build().expect("a schema")
}

fn integer<N: Number>(scalar: Scalar, low: N, small: N, high: N) -> Vector {
    let spec = |name: &str| FieldSpec::new(name, scalar);
    let three = FieldSpec::new("list", array(scalar, 3));
    let schema = schema(&scalar.to_string().to_uppercase(), [spec("low"), spec("high"), three]);
    let records = [
        vec![one(small), one(small), list(&[small; 3])],
        vec![one(low), one(high), list(&[low, small, high])],
    ];
    vector(
        &scalar.to_string(),
        "the least and the greatest value, alone and in an array",
        &schema,
        &records,
    )
}

fn integers() -> Vec<Vector> {
    vec![
        integer(Scalar::I8, i8::MIN, -1, i8::MAX),
        integer(Scalar::I16, i16::MIN, -2, i16::MAX),
        integer(Scalar::I32, i32::MIN, -3, i32::MAX),
        integer(Scalar::I64, i64::MIN, -4, i64::MAX),
        integer(Scalar::U8, u8::MIN, 1, u8::MAX),
        integer(Scalar::U16, u16::MIN, 2, u16::MAX),
        integer(Scalar::U32, u32::MIN, 3, u32::MAX),
        integer(Scalar::U64, u64::MIN, 4, u64::MAX),
    ]
}

fn float<N: Number>(scalar: Scalar, values: [N; 8]) -> Vector {
    let names = ["lowest", "greatest", "least", "third", "minus_zero", "nan", "up", "down"];
    let single = names.iter().map(|name| FieldSpec::new(*name, scalar));
    let list_field = FieldSpec::new("list", array(scalar, 8));
    let schema = schema(&scalar.to_string().to_uppercase(), single.chain([list_field]));
    let mut cells: Vec<Cell> = values.iter().map(|value| one(*value)).collect();
    cells.push(list(&values));
    vector(
        &scalar.to_string(),
        "extremes, the least above 0, -0, NaN and the infinities",
        &schema,
        &[cells],
    )
}

fn floats() -> Vec<Vector> {
    vec![
        float(Scalar::F32, {
            let (nan, up) = (f32::NAN, f32::INFINITY);
            [f32::MIN, f32::MAX, f32::from_bits(1), 1.0 / 3.0, -0.0, nan, up, -up]
        }),
        float(Scalar::F64, {
            let (nan, up) = (f64::NAN, f64::INFINITY);
            [f64::MIN, f64::MAX, f64::from_bits(1), 1.0 / 3.0, -0.0, nan, up, -up]
        }),
    ]
}

fn bool() -> Vector {
    let spec = |name: &str| FieldSpec::new(name, Scalar::Bool);
    let three = FieldSpec::new("list", array(Scalar::Bool, 3));
    let schema = schema("BOOL", [spec("no"), spec("yes"), spec("seven"), three]);
    let cells = vec![truth(0), truth(1), truth(7), list(&[true, false, true])];
    vector("bool", "0 is false, everything else is true", &schema, &[cells])
}

fn char() -> Vector {
    let fields = [
        ("letter", 0, "x".as_bytes(), "x"),
        ("none", 0, b"\0", ""),
        ("broken", 0, b"\xe9", "\u{fffd}"),
        ("full", 4, b"abcd", "abcd"),
        ("padded", 8, b"ab\0\0\0\0\0\0", "ab"),
        ("behind_nul", 8, b"ab\0cdefg", "ab"),
        ("chinese", 8, b"\xe5\xb0\x8f\xe6\x98\x8e\0\0", "\u{5c0f}\u{660e}"),
        ("cut", 6, b"a\xff\xe4\xb8bc", "a\u{fffd}\u{fffd}bc"),
        ("escape", 8, b"\x1b[2J\"\\\x7f\0", "\x1b[2J\"\\\x7f"),
    ];
    let spec = |name: &str, count| match count {
        0 => FieldSpec::new(name, Scalar::Char),
        _ => FieldSpec::new(name, array(Scalar::Char, count)),
    };
    let schema = schema("CHAR", fields.map(|(name, count, ..)| spec(name, count)));
    let cells = fields.map(|(_, _, bytes, json)| text(bytes, json)).to_vec();
    vector(
        "char",
        "text ends at the first NUL or with the field; what is not UTF-8 is U+FFFD",
        &schema,
        &[cells],
    )
}

/// The tutorial's record. `crates/layout` compares its header and schema with what this release writes.
fn stu() -> Vector {
    let schema = Stu::schema();
    let mut header = plan(&schema, 8);
    header.compatible = WAKE;
    header.created_at = 1_735_689_600_000_000_000;
    header.boot_id = core::array::from_fn(|index| u8::try_from(index + 1).expect("1 to 16"));
    header.inode = 4711;
    let mut image = Image::new(header, &schema.encode());
    let mut listed = Vec::new();
    for sequence in 1..=3 {
        let mut name = b"xiaoming".to_vec();
        name.resize(20, 0);
        let id = 9 + u8::try_from(sequence).expect("a small number");
        let cells = [one(i32::from(id)), text(&name, "xiaoming"), text(b"m", "m")];
        image.publish(0, sequence, &bytes_of(&schema, &cells, 0));
        listed.push(Listed::new(&schema, sequence, &cells));
    }
    let content = Content::plain(&schema, Series::new(3, listed));
    Vector::readable("stu", "the tutorial's record", content, image.bytes)
}

fn padding() -> Vector {
    let spec = FieldSpec::new;
    let fields = [
        spec("a", Scalar::U8),
        spec("b", Scalar::U64),
        spec("c", Scalar::U8),
        spec("d", Scalar::U16),
        spec("e", Scalar::Bool),
    ];
    let schema = schema("PADDING", fields);
    let cells = [one(1_u8), one(2_u64), one(3_u8), one(4_u16), truth(1)];
    let mut image = Image::new(plan(&schema, SLOTS), &schema.encode());
    image.publish(0, 1, &bytes_of(&schema, &cells, 0xaa));
    let content = Content::plain(&schema, Series::new(1, vec![Listed::new(&schema, 1, &cells)]));
    Vector::readable(
        "padding",
        "padding as C makes it, with other bytes than zero in it",
        content,
        image.bytes,
    )
}

fn offsets() -> Vector {
    let at = |name: &str, ctype: CType, offset| FieldSpec::new(name, ctype).offset(offset);
    let single = CType::scalar;
    let fields = [
        at("last", single(Scalar::U16), 94),
        at("first", single(Scalar::U8), 0),
        at("list", array(Scalar::F32, 2), 40),
        at("second", single(Scalar::U32), 4),
        at("wide", single(Scalar::I64), 80),
    ];
    let schema = schema("OFFSETS", fields);
    let cells = vec![one(94_u16), one(1_u8), list(&[0.5_f32, -2.0]), one(4_u32), one(-80_i64)];
    vector("offsets", "fields with gaps, and not in the order of their offsets", &schema, &[cells])
}

fn texts() -> Vector {
    let name_64 = "n".repeat(64);
    let mode = (0..=255).fold(FieldSpec::new("mode", Scalar::U8), |field, value| {
        field.label(value, format!("mode {value}"))
    });
    let fields = [
        FieldSpec::new("temp", Scalar::F64)
            .unit("\u{b0}C")
            .help("\u{6e29}\u{5ea6}, \"in\" the room"),
        mode,
        FieldSpec::new("sex", Scalar::Char).label(102, "female").label(109, "male"),
        FieldSpec::new("ok", Scalar::Bool).label(0, "no").label(1, "yes"),
        FieldSpec::new("least", Scalar::I64).label(i64::MIN, "least").label(i64::MAX, "greatest"),
        FieldSpec::new(name_64, Scalar::I8).unit("u".repeat(64)).help("h".repeat(1024)),
    ];
    let builder = fields.into_iter().fold(Schema::builder("TEXTS"), SchemaBuilder::field);
    let schema = builder.line("{temp:.2}\t{{{mode}}} {sex} \u{6e29}").build().expect("a schema");
    let cells = vec![one(21.5), one(200_u8), text(b"f", "f"), truth(1), one(i64::MIN), one(-1_i8)];
    let about = "units, help, labels and a line template, as long and as many as there can be";
    vector("texts", about, &schema, &[cells])
}

/// Records around the limit of the front, and one of many cache lines.
fn sizes() -> Vec<Vector> {
    let cases = [
        ("front_40", 40, "the longest record that has a front"),
        ("front_none", 41, "one byte more: no front, and the slot takes 48 bytes of record"),
        ("one_byte", 1, "the shortest record"),
        ("bulk", 4100, "a record of many cache lines"),
    ];
    let make = |(name, size, about): (&str, usize, &'static str)| {
        let count = u32::try_from(size).expect("a short array");
        let schema = schema("BULK", [FieldSpec::new("bytes", array(Scalar::U8, count))]);
        let record = |first: usize| -> Vec<u8> {
            (first..first + size).map(|index| u8::try_from(index % 251).expect("a byte")).collect()
        };
        vector(name, about, &schema, &[vec![list(&record(7))], vec![list(&record(8))]])
    };
    cases.map(make).to_vec()
}

/// What a reader has to take from the header, or to leave alone.
fn later() -> Vector {
    let schema = schema("LATER", [FieldSpec::new("n", Scalar::U32)]);
    let mut header = plan(&schema, SLOTS);
    header.compatible = !WAKE;
    (header.slots_offset, header.slot_stride) = (0x240, 192);
    header.schema_offset = header.slots_offset + u64::from(SLOTS) * 192 + 128;
    header.file_len = header.schema_offset + 192;
    let mut image = Image::new(header, &schema.encode());
    image.put(0xb0, &[0x5a; 0x48]);
    image.seal();
    image.publish(0, 1, &bytes_of(&schema, &[one(1_u32)], 0));
    image.bytes.extend([0x5a; 100]);
    let listed = Listed::new(&schema, 1, &[one(1_u32)]);
    let content = Content::plain(&schema, Series::new(1, vec![listed]));
    let about = "unknown compatible bits, reserved bytes in use, gaps between the sections, a wider stride, bytes behind the file";
    Vector::readable("later", about, content, image.bytes)
}
