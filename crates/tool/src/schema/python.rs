//! A record as a class of Python's `ctypes`.

use std::fmt::Write as _;

use mapcast::dynamic::{Field, Scalar, Schema};

use super::about;
use super::members::{Member, has_word, members, own, reserved, unreserved};

/// Keywords of Python, the module that the class is made with, and what any class of `ctypes` is used by.
const TAKEN: &str = "False None True and as assert async await break class continue def del elif else except finally for from \
    global if import in is lambda nonlocal not or pass raise return try while with yield \
    ctypes from_address from_buffer from_buffer_copy from_param in_dll mro";

/// The class, and an assertion for each offset.
pub(super) fn text(schema: &Schema) -> String {
    let name = python_name(schema.name(), schema);
    let mut text = String::from("import ctypes\n\n\n");
    let _ = writeln!(text, "class {name}(ctypes.LittleEndianStructure):\n    _fields_ = [");
    for (index, member) in members(schema).into_iter().enumerate() {
        match member {
            Member::Field(field) => text.push_str(&entry(field, schema)),
            Member::Gap { by_itself: true, .. } => {}
            Member::Gap { len, .. } => {
                let name = reserved(index, schema);
                let _ = writeln!(text, "        (\"{name}\", ctypes.c_ubyte * {len}),");
            }
        }
    }
    let _ = writeln!(text, "    ]\n\n\nassert ctypes.sizeof({name}) == {}", schema.size());
    for field in schema.fields() {
        let member = python_name(field.name(), schema);
        let _ = writeln!(text, "assert {name}.{member}.offset == {}", field.offset());
    }
    text
}

/// `name`, or another if Python or `ctypes` uses it itself, as `__class__` and `_fields_`.
fn python_name(name: &str, schema: &Schema) -> String {
    if name.starts_with('_') && name.ends_with('_') {
        return own(name, schema);
    }
    unreserved(name, |name| has_word(TAKEN, name), schema)
}

fn entry(field: &Field, schema: &Schema) -> String {
    let member = python_name(field.name(), schema);
    let ctype = field.ctype();
    let count = ctype.count().map_or_else(String::new, |count| format!(" * {count}"));
    let about = about(field);
    let comment = if about.is_empty() { String::new() } else { format!("  # {about}") };
    format!("        (\"{member}\", ctypes.{}{count}),{comment}\n", c_type(ctype.element()))
}

fn c_type(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::I8 => "c_int8",
        Scalar::I16 => "c_int16",
        Scalar::I32 => "c_int32",
        Scalar::I64 => "c_int64",
        Scalar::U8 => "c_uint8",
        Scalar::U16 => "c_uint16",
        Scalar::U32 => "c_uint32",
        Scalar::U64 => "c_uint64",
        Scalar::F32 => "c_float",
        Scalar::F64 => "c_double",
        Scalar::Bool => "c_bool",
        Scalar::Char => "c_char",
    }
}
