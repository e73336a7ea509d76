//! `[region]`: each text is what stands in the table, from line 2 on.

use crate::case::{Case, region};

pub(crate) static CASES: &[Case] = &[
    region(
        "neither name nor path",
        &["slots = 8"],
        r#"1:1: region.name: missing; add name = "stu""#,
    ),
    region(
        "both name and path",
        &[r#"name = "stu""#, r#"path = "/run/stu""#],
        "3:8: region.path: given together with name; keep one of the two",
    ),
    region(
        "an empty name",
        &[r#"name = """#],
        r#"2:8: region.name: the region's name is empty; give it one, such as "stu""#,
    ),
    region(
        "a name with a slash",
        &[r#"name = "a/b""#],
        r#"2:8: region.name: "a/b" holds a slash, which a region's name cannot; give it as path"#,
    ),
    region(
        "a hidden name",
        &[r#"name = ".stu""#],
        r#"2:8: region.name: ".stu" is no name for a region; use letters, digits and . _ - @, and no dot in front"#,
    ),
    region(
        "a name with other characters",
        &[r#"name = "s t\u001bu""#],
        r#"2:8: region.name: "s t\u{1b}u" is no name for a region; use letters, digits and . _ - @, and no dot in front"#,
    ),
    region(
        "the name of a region's file",
        &[r#"name = "stu.region""#],
        r#"2:8: region.name: "stu.region" is a file name: the region's name is "stu"; write that, or a path with a '/'"#,
    ),
    region(
        "a name too long for a file",
        &[
            r#"name = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx""#,
        ],
        "2:8: region.name: a region's name has at most 248 bytes, this one has 249; shorten it",
    ),
    region(
        "a name that is no text",
        &["name = 5"],
        r#"2:8: region.name: expected a string, found a whole number; write name = "stu""#,
    ),
    region(
        "an empty path",
        &[r#"path = """#],
        r#"2:8: region.path: the region's path is empty; give one, such as "/run/mapcast/stu.region""#,
    ),
    region(
        "a path with a NUL",
        &[r#"path = "/run/\u0000""#],
        "2:8: region.path: the region's path holds a NUL character; remove it",
    ),
    region(
        "a format that is misspelt",
        &[r#"name = "stu""#, r#"format = "mapcats""#],
        r#"3:10: region.format: "mapcats" is unknown; did you mean mapcast?"#,
    ),
    region(
        "a format that is unknown",
        &[r#"name = "stu""#, r#"format = "json""#],
        r#"3:10: region.format: "json" is unknown; write one of mapcast, bare"#,
    ),
    region(
        "a mode that is not octal",
        &[r#"name = "stu""#, r#"mode = "0689""#],
        r#"3:8: region.mode: "0689" is not an octal file mode; write mode = "0644""#,
    ),
    region(
        "a mode in letters",
        &[r#"name = "stu""#, r#"mode = "rw-r--r--""#],
        r#"3:8: region.mode: "rw-r--r--" is not an octal file mode; write mode = "0644""#,
    ),
    region(
        "a mode that is a decimal number",
        &[r#"name = "stu""#, "mode = 644"],
        r#"3:8: region.mode: 644 is not an octal file mode; write mode = "0644""#,
    ),
    region(
        "a mode with more than permission bits",
        &[r#"name = "stu""#, r#"mode = "4755""#],
        r#"3:8: region.mode: "4755" is not an octal file mode; write mode = "0644""#,
    ),
    region(
        "a mode of other length",
        &[r#"name = "stu""#, r#"mode = "44""#],
        r#"3:8: region.mode: "44" is not an octal file mode; write mode = "0644""#,
    ),
    region(
        "a mode that locks the owner out",
        &[r#"name = "stu""#, r#"mode = "0044""#],
        r#"3:8: region.mode: "0044" is not a mode that lets the owner read and write; write mode = "0644""#,
    ),
    region(
        "an empty group",
        &[r#"name = "stu""#, r#"group = """#],
        r#"3:9: region.group: "" is not a name; write group = "adm""#,
    ),
    region(
        "slots that are not a power of two",
        &[r#"name = "stu""#, "slots = 12"],
        "3:9: region.slots: 12 is not a power of two from 4 to 65536; write slots = 16",
    ),
    region(
        "too few slots",
        &[r#"name = "stu""#, "slots = 2"],
        "3:9: region.slots: 2 is not a power of two from 4 to 65536; write slots = 4",
    ),
    region(
        "too many slots",
        &[r#"name = "stu""#, "slots = 131072"],
        "3:9: region.slots: 131072 is not a power of two from 4 to 65536; write slots = 65536",
    ),
    region(
        "a negative number of slots",
        &[r#"name = "stu""#, "slots = -8"],
        "3:9: region.slots: -8 is not a power of two from 4 to 65536; write slots = 4",
    ),
    region(
        "slots with a fraction",
        &[r#"name = "stu""#, "slots = 8.0"],
        "3:9: region.slots: expected a whole number, found a number with a fraction; write slots = 8",
    ),
    region(
        "slots in quotes",
        &[r#"name = "stu""#, r#"slots = "8""#],
        "3:9: region.slots: expected a whole number, found a string; write slots = 8",
    ),
    region(
        "more slots than 128 bits hold",
        &[r#"name = "stu""#, "slots = 99999999999999999999999999999999999999999999999999"],
        "3:9: region.slots: 99999999999999999999999999999999999999999999999999 is not a whole number of at most 64 bits; write slots = 8",
    ),
    region(
        "wake as a number",
        &[r#"name = "stu""#, "wake = 1"],
        "3:8: region.wake: expected true or false, found a whole number; write wake = true",
    ),
    region(
        "an unknown key, misspelt",
        &[r#"name = "stu""#, "slot = 8"],
        "3:1: region.slot: unknown key; did you mean slots?",
    ),
    region(
        "an unknown key that belongs elsewhere",
        &[r#"name = "stu""#, r#"tick = "1s""#],
        "3:1: region.tick: unknown key; it belongs to [producer], move it there",
    ),
    region(
        "an unknown key",
        &[r#"name = "stu""#, r#"colour = "red""#],
        "3:1: region.colour: unknown key; the keys of [region] are name, path, format, mode, group, slots, wake",
    ),
    region(
        "an unknown key that needs quotes",
        &[r#"name = "stu""#, r#""a b\u001b" = 1"#],
        r#"3:1: region."a b\u{1b}": unknown key; the keys of [region] are name, path, format, mode, group, slots, wake"#,
    ),
];
