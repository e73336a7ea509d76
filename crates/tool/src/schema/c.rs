//! A record as a C struct.

use std::fmt::Write as _;

use mapcast::dynamic::{Field, Scalar, Schema};

use super::about;
use super::c_names::c_name;
use super::members::{Member, members, reserved};

/// The struct, and an assertion for each offset.
pub(super) fn text(schema: &Schema) -> String {
    let name = c_name(schema.name(), schema);
    let mut text =
        String::from("#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n\n");
    let _ = writeln!(text, "struct {name} {{");
    for (index, member) in members(schema).into_iter().enumerate() {
        match member {
            Member::Field(field) => text.push_str(&declaration(field, schema)),
            Member::Gap { by_itself: true, .. } => {}
            Member::Gap { len, .. } => {
                let name = reserved(index, schema);
                let _ = writeln!(text, "    unsigned char {name}[{len}];");
            }
        }
    }
    let _ = writeln!(text, "}};\n");
    let _ = writeln!(text, "_Static_assert(sizeof(struct {name}) == {}, \"size\");", schema.size());
    for field in schema.fields() {
        let member = c_name(field.name(), schema);
        let _ = writeln!(
            text,
            "_Static_assert(offsetof(struct {name}, {member}) == {}, \"{member}\");",
            field.offset()
        );
    }
    text
}

fn declaration(field: &Field, schema: &Schema) -> String {
    let (name, ctype) = (c_name(field.name(), schema), field.ctype());
    let count = ctype.count().map_or_else(String::new, |count| format!("[{count}]"));
    let declared = format!("    {} {name}{count};", c_type(ctype.element()));
    // A comment must not end early, and compilers warn of one that begins in another.
    let about = about(field).replace("*/", "* /").replace("/*", "/ *");
    if about.is_empty() { declared + "\n" } else { format!("{declared} /* {about} */\n") }
}

fn c_type(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::I8 => "int8_t",
        Scalar::I16 => "int16_t",
        Scalar::I32 => "int32_t",
        Scalar::I64 => "int64_t",
        Scalar::U8 => "uint8_t",
        Scalar::U16 => "uint16_t",
        Scalar::U32 => "uint32_t",
        Scalar::U64 => "uint64_t",
        Scalar::F32 => "float",
        Scalar::F64 => "double",
        Scalar::Bool => "bool",
        Scalar::Char => "char",
    }
}
