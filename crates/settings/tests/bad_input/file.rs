//! Files that are no TOML, and files whose tables are not the right ones.

use crate::case::{Case, whole};

pub(crate) static CASES: &[Case] = &[
    whole("an empty file", &[], "1:1: region: missing; add [region]"),
    whole(
        "a string that does not end",
        &["[region]", r#"name = "stu"#],
        r#"2:12: invalid basic string, expected `"`; correct the line "name = \"stu""#,
    ),
    whole(
        "a table header that does not end",
        &["[region", r#"name = "stu""#],
        r#"1:8: unclosed table, expected `]`; correct the line "[region""#,
    ),
    whole(
        "a key without a value",
        &["[region]", "name ="],
        r#"2:7: string values must be quoted, expected literal string; correct the line "name =""#,
    ),
    whole(
        "a value without quotes",
        &["[region]", "name = stu"],
        r#"2:8: string values must be quoted, expected literal string; correct the line "name = stu""#,
    ),
    whole(
        "a key that is there twice",
        &["[region]", r#"name = "stu""#, r#"name = "stu""#],
        r#"3:1: duplicate key; correct the line "name = \"stu\"""#,
    ),
    whole(
        "a table that is there twice",
        &["[region]", r#"name = "stu""#, "[region]"],
        r#"3:2: duplicate key; correct the line "[region]""#,
    ),
    whole(
        "a control character in the text",
        &["[region]", "name = \"\\u0007\"\u{7}"],
        r#"2:16: unexpected key or value, expected newline, `#`; correct the line "name = \"\\u0007\"\u{7}""#,
    ),
    whole(
        "an unknown table, misspelt",
        &["[regoin]", r#"name = "stu""#],
        "1:2: regoin: unknown key; did you mean region?",
    ),
    whole(
        "an unknown table",
        &["[region]", r#"name = "stu""#, "[logging]", r#"level = "info""#],
        "3:2: logging: unknown key; the keys of the file are region, record, producer, consumer",
    ),
    whole(
        "a key before the first table",
        &[r#"tick = "1s""#, "[region]", r#"name = "stu""#],
        "1:1: tick: unknown key; it belongs to [producer], move it there",
    ),
    whole(
        "the first of two unknown keys, in the order of the file",
        &["[region]", "zzz = 1", "aaa = 1"],
        "2:1: region.zzz: unknown key; the keys of [region] are name, path, format, mode, group, slots, wake",
    ),
    whole(
        "a missing region",
        &["[record]", r#"name = "R""#, "[[record.field]]", r#"name = "a""#, r#"type = "u8""#],
        "1:1: region: missing; add [region]",
    ),
    whole(
        "a missing record",
        &["[region]", r#"name = "stu""#],
        "1:1: record: missing; add [record]",
    ),
    whole(
        "a value where a table belongs",
        &[r#"region = "stu""#],
        "1:10: region: expected a table, found a string; write [region]",
    ),
    whole(
        "lists where a table belongs",
        &["[[region]]", r#"name = "stu""#],
        "1:1: region: expected a table, found a list; write [region]",
    ),
];
