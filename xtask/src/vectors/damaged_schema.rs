//! Schemas that are refused, in files that are right otherwise: the header has their length, size, alignment and
//! fingerprint.

use layout::header::{END_MARK_LEN, LINE};
use layout::{FieldSpec, Scalar, Schema};

use super::image::{Image, plan};
use super::listing::Vector;
use super::raw_schema::{RawField, RawSchema};

/// Codes of scalars.
const U8: u8 = 5;
const U32: u8 = 7;
const F32: u8 = 9;
const CHAR: u8 = 12;

/// A vector: its name, what is wrong, and how a good schema becomes that.
type Case = (&'static str, &'static str, fn(&mut RawSchema));

/// Every vector of this module.
pub(super) fn all() -> Vec<Vector> {
    let broken = BROKEN.iter().map(vector);
    let strict = STRICT.iter().map(|case| vector(case).strict());
    broken.chain(strict).chain([cut()]).collect()
}

/// A schema that every decoder takes: `a u32, b u8[4], c char[4], mode u8, speed f32`, 20 bytes.
fn good() -> RawSchema {
    let mut mode = RawField::new("mode", 12, 0, U8);
    label(&mut mode, 0, b"off");
    label(&mut mode, 1, b"on");
    let fields = vec![
        RawField::new("a", 0, 0, U32),
        RawField::new("b", 4, 4, U8),
        RawField::new("c", 8, 4, CHAR),
        mode,
        RawField::new("speed", 16, 0, F32),
    ];
    let (name, line) = (b"GOOD".to_vec(), b"{a} {speed:.1}".to_vec());
    RawSchema { size: 20, align: 4, count: 5, name, line, fields, rest: Vec::new() }
}

fn label(field: &mut RawField, value: i64, text: &[u8]) {
    field.labels.push((value, text.to_vec()));
    field.label_count += 1;
}

/// A file whose header agrees with the schema, which is encoded as `bytes`.
fn file(schema: &RawSchema, bytes: &[u8]) -> Vec<u8> {
    let any = Schema::builder("ANY").field(FieldSpec::new("n", Scalar::U8)).build();
    let mut header = plan(&any.expect("a schema"), 4);
    header.schema_len = u32::try_from(bytes.len()).expect("a short schema");
    let end = header.schema_offset + u64::from(header.schema_len + END_MARK_LEN);
    header.file_len = end.next_multiple_of(LINE.into());
    (header.record_size, header.record_align) = (schema.size, schema.align);
    header.fingerprint = schema.fingerprint();
    Image::new(header, bytes).bytes
}

fn vector((name, about, change): &Case) -> Vector {
    let mut schema = good();
    change(&mut schema);
    let bytes = file(&schema, &schema.encode());
    Vector::refused(&format!("schema_{name}"), about, "damaged", bytes)
}

/// The last text is a byte longer than what is left.
fn cut() -> Vector {
    let (schema, mut bytes) = (good(), good().encode());
    bytes.pop();
    Vector::refused(
        "schema_cut",
        "a schema without its last byte",
        "damaged",
        file(&schema, &bytes),
    )
}

/// What no reader can read, or not safely.
const BROKEN: &[Case] = &[
    ("no_fields", "no fields", |schema| {
        schema.count = 0;
        schema.fields.clear();
    }),
    ("fields_more", "one more field than there are", |schema| schema.count = 6),
    ("fields_fewer", "one field fewer than there are", |schema| schema.count = 4),
    ("fields_limit", "4097 fields", |schema| schema.count = 4097),
    ("fields_greatest", "2^32 - 1 fields", |schema| schema.count = u32::MAX),
    ("rest", "a byte after the last field", |schema| schema.rest.push(0)),
    ("labels_more", "more labels than there are", |schema| schema.fields[4].label_count = 9),
    ("scalar_0", "scalar code 0", |schema| schema.fields[0].scalar = 0),
    ("scalar_13", "scalar code 13", |schema| schema.fields[0].scalar = 13),
    ("scalar_255", "scalar code 255", |schema| schema.fields[0].scalar = 255),
    ("zero", "a reserved byte that is not zero", |schema| schema.fields[0].zero = 1),
    ("count_long", "an array that ends behind the record", |schema| schema.fields[1].count = 17),
    ("count_greatest", "an array of 2^32 - 1 elements", |schema| schema.fields[0].count = u32::MAX),
    ("count_overflow", "an array of 2^30 elements, 2^32 bytes", |schema| {
        schema.fields[0].count = 1 << 30;
    }),
    ("offset_odd", "an offset that its type cannot have", |schema| schema.fields[4].offset = 14),
    ("offset_end", "a field that begins where the record ends", |schema| {
        schema.fields[4].offset = 20;
    }),
    ("offset_greatest", "an offset at the end of 32 bits", |schema| {
        schema.fields[4].offset = u32::MAX - 3;
    }),
];

/// What does not keep a reader from reading.
const STRICT: &[Case] = &[
    ("two_at_one_place", "two fields share a byte", |schema| schema.fields[1].offset = 3),
    ("size_more", "a record longer than its fields make it", |schema| schema.size = 24),
    ("align_more", "an alignment greater than that of each field", |schema| {
        (schema.size, schema.align) = (24, 8);
    }),
    ("unit_not_utf8", "a unit that is not UTF-8", |schema| {
        schema.fields[0].unit = b"m\xff".to_vec();
    }),
    ("help_newline", "a help text with a newline", |schema| {
        schema.fields[0].help = b"a\nb".to_vec();
    }),
    ("help_c1", "a help text with a C1 control", |schema| {
        schema.fields[0].help = b"a\xc2\x9bb".to_vec();
    }),
    ("unit_turned", "a unit that turns the reading direction", |schema| {
        schema.fields[0].unit = "\u{202e}m".into();
    }),
    ("unit_long", "a unit of 65 bytes", |schema| schema.fields[0].unit = vec![b'u'; 65]),
    ("help_long", "a help text of 1025 bytes", |schema| schema.fields[0].help = vec![b'h'; 1025]),
    ("name_empty", "a field without a name", |schema| schema.fields[0].name.clear()),
    ("name_digit", "a field name that begins with a digit", |schema| {
        schema.fields[0].name = b"1a".to_vec();
    }),
    ("name_space", "a field name with a space", |schema| schema.fields[1].name = b"b c".to_vec()),
    ("name_long", "a field name of 65 bytes", |schema| schema.fields[1].name = vec![b'n'; 65]),
    ("name_twice", "two fields of one name", |schema| schema.fields[1].name = b"a".to_vec()),
    ("record_name", "a record name with a dash", |schema| schema.name = b"GO-OD".to_vec()),
    ("labels_limit", "257 labels", |schema| {
        let field = &mut schema.fields[0];
        (0..257).for_each(|value| label(field, value, format!("value {value}").as_bytes()));
    }),
    ("label_empty", "a label without a text", |schema| label(&mut schema.fields[3], 2, b"")),
    ("label_value_twice", "two labels of one value", |schema| {
        label(&mut schema.fields[3], 1, b"also on");
    }),
    ("label_text_twice", "two labels of one text", |schema| label(&mut schema.fields[3], 2, b"on")),
    ("label_beyond", "a label of a value that the field cannot hold", |schema| {
        label(&mut schema.fields[3], 256, b"too much");
    }),
    ("label_below", "a label of a negative value, for an unsigned field", |schema| {
        label(&mut schema.fields[3], -1, b"too little");
    }),
    ("label_of_float", "a label of a float", |schema| label(&mut schema.fields[4], 0, b"still")),
    ("label_of_text", "a label of a char[4]", |schema| label(&mut schema.fields[2], 97, b"a")),
    ("line_unknown", "a line template that names no field", |schema| schema.line = b"{d}".to_vec()),
    ("line_open", "a line template with a brace that is not closed", |schema| {
        schema.line = b"{a".to_vec();
    }),
    ("line_single", "a line template with a single closing brace", |schema| {
        schema.line = b"a}".to_vec();
    }),
    ("line_precision", "a line template with digits for an integer", |schema| {
        schema.line = b"{a:.2}".to_vec();
    }),
    ("line_digits", "a line template with 33 digits", |schema| {
        schema.line = b"{speed:.33}".to_vec();
    }),
    ("line_newline", "a line template with a newline", |schema| schema.line = b"{a}\n".to_vec()),
    ("line_long", "a line template of 1025 bytes", |schema| schema.line = vec![b'x'; 1025]),
];
