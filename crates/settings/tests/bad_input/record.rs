//! `[record]` and `[[record.field]]`.

use crate::case::{Case, field, record};

pub(crate) static CASES: &[Case] = &[
    record(
        "a record without a name",
        &["[record]", "[[record.field]]", r#"name = "a""#, r#"type = "i32""#],
        r#"3:1: record.name: missing; add name = "STU""#,
    ),
    record(
        "a record with an empty name",
        &["[record]", r#"name = """#, "[[record.field]]", r#"name = "a""#, r#"type = "i32""#],
        r#"4:8: record.name: the record has no name; give it one, such as "STU""#,
    ),
    record(
        "a record with a name that C does not know",
        &[
            "[record]",
            r#"name = "my record""#,
            "[[record.field]]",
            r#"name = "a""#,
            r#"type = "i32""#,
        ],
        r#"4:8: record.name: record name "my record" is not a C identifier of at most 64 bytes; use letters, digits and _"#,
    ),
    record(
        "a record without fields",
        &["[record]", r#"name = "R""#],
        "3:1: record.field: missing; add [[record.field]]",
    ),
    record(
        "a record with an empty list of fields",
        &["[record]", r#"name = "R""#, "field = []"],
        "5:9: record.field: the record has no fields; add at least one",
    ),
    record(
        "a field in single brackets",
        &["[record]", r#"name = "R""#, "[record.field]", r#"name = "a""#, r#"type = "i32""#],
        "5:1: record.field: expected a list, found a table; write [[record.field]]",
    ),
    record(
        "fields that are no tables",
        &["[record]", r#"name = "R""#, r#"field = ["a", "b"]"#],
        "5:10: record.field[#1]: expected a table, found a string; write [[record.field]]",
    ),
    field(
        "a field without a name",
        &[r#"type = "i32""#],
        r#"5:1: record.field[#1].name: missing; add name = "id""#,
    ),
    field(
        "a field with an empty name",
        &[r#"name = """#, r#"type = "i32""#],
        r#"6:8: record.field[#1].name: "" is not a name; write name = "id""#,
    ),
    field(
        "a field with a name that C does not know",
        &[r#"name = "a-b""#, r#"type = "i32""#],
        r#"6:8: record.field[#1].name: field name "a-b" is not a C identifier of at most 64 bytes; use letters, digits and _"#,
    ),
    field(
        "a field without a type",
        &[r#"name = "a""#],
        r#"5:1: record.field[a].type: missing; add type = "i32""#,
    ),
    field(
        "an unknown key, misspelt",
        &[r#"name = "a""#, r#"typ = "i32""#],
        "7:1: record.field[a].typ: unknown key; did you mean type?",
    ),
    field(
        "two fields of one name",
        &[
            r#"name = "a""#,
            r#"type = "i32""#,
            "[[record.field]]",
            r#"name = "a""#,
            r#"type = "u8""#,
        ],
        "9:8: record.field[a].name: the field in line 6 has the same name; rename one of them",
    ),
    field(
        "an unknown type",
        &[r#"name = "a""#, r#"type = "int""#],
        r#"7:8: record.field[a].type: type "int" is unknown; use i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 bool char, or an array such as char[20]"#,
    ),
    field(
        "a type that is no text",
        &[r#"name = "a""#, "type = 32"],
        r#"7:8: record.field[a].type: expected a string, found a whole number; write type = "i32""#,
    ),
    field(
        "a text of no characters",
        &[r#"name = "a""#, r#"type = "char[0]""#],
        "7:8: record.field[a].type: type char[0] has no elements; give it at least one or leave the field out",
    ),
    field(
        "an array without a count",
        &[r#"name = "a""#, r#"type = "f32[]""#],
        r#"7:8: record.field[a].type: type "f32[]" has no element count; write it as f32[20]"#,
    ),
    field(
        "an array larger than a record",
        &[r#"name = "a""#, r#"type = "u64[2097153]""#],
        "7:8: record.field[a].type: type u64[2097153] is larger than a record may be (16777216 bytes); shorten the array",
    ),
    field(
        "a record too large",
        &[
            r#"name = "a""#,
            r#"type = "u8[16777216]""#,
            "[[record.field]]",
            r#"name = "b""#,
            r#"type = "u8""#,
        ],
        r#"10:8: record.field[b].type: field "b" makes the record 16777217 bytes, at most 16777216 are possible; shorten an array"#,
    ),
    field(
        "an offset that is not aligned",
        &[r#"name = "a""#, r#"type = "i32""#, "offset = 2"],
        r#"8:10: record.field[a].offset: field "a" at offset 2 is not aligned for i32; use a multiple of 4"#,
    ),
    field(
        "a negative offset",
        &[r#"name = "a""#, r#"type = "i32""#, "offset = -4"],
        "8:10: record.field[a].offset: -4 is out of range; write a number from 0 to 16777216",
    ),
    field(
        "an offset behind the largest record",
        &[r#"name = "a""#, r#"type = "i32""#, "offset = 16777216"],
        r#"8:10: record.field[a].offset: field "a" makes the record 16777220 bytes, at most 16777216 are possible; shorten an array"#,
    ),
    field(
        "fields that overlap",
        &[
            r#"name = "a""#,
            r#"type = "i32""#,
            "[[record.field]]",
            r#"name = "b""#,
            r#"type = "u8""#,
            "offset = 3",
        ],
        r#"11:10: record.field[b].offset: fields "a" and "b" overlap at byte 3; correct the offset of one"#,
    ),
    field(
        "fields that overlap, the first moved",
        &[
            r#"name = "a""#,
            r#"type = "i32""#,
            "offset = 4",
            "[[record.field]]",
            r#"name = "b""#,
            r#"type = "i32""#,
            "offset = 0",
            "[[record.field]]",
            r#"name = "c""#,
            r#"type = "i32""#,
        ],
        r#"8:10: record.field[a].offset: fields "a" and "c" overlap at byte 4; correct the offset of one"#,
    ),
    field(
        "fields that overlap, both placed",
        &[
            r#"name = "a""#,
            r#"type = "i32""#,
            "offset = 0",
            "[[record.field]]",
            r#"name = "b""#,
            r#"type = "u16""#,
            "offset = 2",
        ],
        r#"12:10: record.field[b].offset: fields "a" and "b" overlap at byte 2; correct the offset of one"#,
    ),
    field(
        "a unit too long",
        &[
            r#"name = "a""#,
            r#"type = "i32""#,
            r#"unit = "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm""#,
        ],
        r#"8:8: record.field[a].unit: the unit of field "a" has 65 bytes, at most 64 are possible; shorten it"#,
    ),
    field(
        "a help text with a control character",
        &[r#"name = "a""#, r#"type = "i32""#, r#"help = "\u001b[2J""#],
        r#"8:8: record.field[a].help: the help of field "a" holds the control character '\u{1b}'; remove it"#,
    ),
    field(
        "a label that is no number",
        &[r#"name = "a""#, r#"type = "u8""#, r#"labels = { on = "on" }"#],
        r#"8:17: record.field[a].labels.on: "on" is not a whole number; write labels = { 0 = "off", 1 = "on" }"#,
    ),
    field(
        "a label without a text",
        &[r#"name = "a""#, r#"type = "u8""#, "labels = { 1 = 1 }"],
        r#"8:16: record.field[a].labels.1: expected a string, found a whole number; write labels = { 0 = "off", 1 = "on" }"#,
    ),
    field(
        "a label the field never holds",
        &[r#"name = "a""#, r#"type = "u8""#, r#"labels = { 256 = "much" }"#],
        r#"8:10: record.field[a].labels: field "a" is u8 and never holds 256, which a label names; remove the label"#,
    ),
    field(
        "two labels of one text",
        &[r#"name = "a""#, r#"type = "u8""#, r#"labels = { 0 = "off", 1 = "off" }"#],
        r#"8:10: record.field[a].labels: field "a" has two labels for "off"; remove one"#,
    ),
    field(
        "labels on a float",
        &[r#"name = "a""#, r#"type = "f32""#, r#"labels = { 0 = "off" }"#],
        r#"8:10: record.field[a].labels: field "a" is f32, which takes no labels; use them on integers, bool and char"#,
    ),
    field(
        "a source for some fields only",
        &[
            r#"name = "a""#,
            r#"type = "i32""#,
            "source = { const = 1 }",
            "[[record.field]]",
            r#"name = "b""#,
            r#"type = "u8""#,
        ],
        "9:1: record.field[b].source: missing; add source = { counter = { start = 10 } }",
    ),
];
