//! `[record] instances` and `{instance}`.

use crate::case::{Case, record};

/// A record with these instances, and a field with this source.
macro_rules! case {
    ($claim:literal, $instances:literal, $source:literal, $message:literal) => {
        record(
            $claim,
            &[
                "[record]",
                r#"name = "R""#,
                concat!("instances = ", $instances),
                "[[record.field]]",
                r#"name = "a""#,
                r#"type = "u64""#,
                concat!("source = { ", $source, " }"),
            ],
            $message,
        )
    };
}

pub(crate) static CASES: &[Case] = &[
    case!(
        "the name of the instance as a number",
        r#"{ input = "a" }"#,
        "input = {}",
        "9:20: record.field[a].source.input: is the name of the instance, which is a text, and u64 holds none; make the field char[64], or give it another key"
    ),
    case!(
        "the name of the instance as a number, by a pointer",
        r#"{ input = "/v/n" }"#,
        r#"input = { key = "/v/n" }"#,
        "9:28: record.field[a].source.input.key: is the name of the instance, which is a text, and u64 holds none; make the field char[64], or give it another key"
    ),
    case!(
        "a value inside of the name of the instance",
        r#"{ input = "/a" }"#,
        r#"input = { key = "/a/b" }"#,
        r#"9:28: record.field[a].source.input.key: "/a/b" is inside of "/a", which is the name of the instance; leave one of them out"#
    ),
    case!(
        "the name of the instance inside of a value",
        r#"{ input = "/a/b" }"#,
        "input = {}",
        r#"5:23: record.instances.input: "/a/b" is inside of "a", which is one value; leave one of them out"#
    ),
    case!(
        "a JSON pointer with a ~ that stands for nothing",
        r#"{ input = "/a~2" }"#,
        "input = {}",
        r#"5:23: record.instances.input: "/a~2" has a ~ that is no ~0 or ~1; write ~0 for a ~ in a name"#
    ),
    case!(
        "instances as a fraction",
        "2.5",
        "const = 1",
        r#"5:13: record.instances: 2.5 is not a whole number, a list or a table; write instances = 30 for numbers, ["eth0"] for names, { glob = "/sys/class/net/*" } for paths, or { input = "symbol" } for names in lines of input"#
    ),
    case!(
        "instances as a word",
        "true",
        "const = 1",
        r#"5:13: record.instances: true is not a whole number, a list or a table; write instances = 30 for numbers, ["eth0"] for names, { glob = "/sys/class/net/*" } for paths, or { input = "symbol" } for names in lines of input"#
    ),
    case!(
        "zero instances",
        "0",
        "const = 1",
        "5:13: record.instances: 0 is out of range; write a number from 1 to 65536"
    ),
    case!(
        "a number of instances that is too large",
        "65537",
        "const = 1",
        "5:13: record.instances: 65537 is out of range; write a number from 1 to 65536"
    ),
    case!(
        "no instances",
        "[]",
        "const = 1",
        r#"5:13: record.instances: an empty list is not a list of names; write instances = 30 for numbers, ["eth0"] for names, { glob = "/sys/class/net/*" } for paths, or { input = "symbol" } for names in lines of input"#
    ),
    case!(
        "a pattern that is not in a table",
        r#""/sys/class/net/*""#,
        "const = 1",
        r#"5:13: record.instances: "/sys/class/net/*" is not a whole number, a list or a table; write instances = 30 for numbers, ["eth0"] for names, { glob = "/sys/class/net/*" } for paths, or { input = "symbol" } for names in lines of input"#
    ),
    case!(
        "one name",
        r#""eth0""#,
        "const = 1",
        r#"5:13: record.instances: "eth0" is not a whole number, a list or a table; write instances = 30 for numbers, ["eth0"] for names, { glob = "/sys/class/net/*" } for paths, or { input = "symbol" } for names in lines of input"#
    ),
    case!(
        "a name twice",
        r#"["cpu0", "cpu1", "cpu0"]"#,
        "const = 1",
        r#"5:30: record.instances[#3]: "cpu0" is #1 already; leave one of them out"#
    ),
    case!(
        "an empty name",
        r#"["cpu0", ""]"#,
        "const = 1",
        r#"5:22: record.instances[#2]: an instance needs a name; write a name such as "eth0""#
    ),
    case!(
        "a name that is too long",
        r#"["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]"#,
        "const = 1",
        r#"5:14: record.instances[#1]: instance name "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"... has 65 bytes, at most 64 are possible; write a name such as "eth0""#
    ),
    case!(
        "a name with a control character",
        r#"["a\u001b[2J"]"#,
        "const = 1",
        r#"5:14: record.instances[#1]: instance name "a\u{1b}[2J" has a control character; write a name such as "eth0""#
    ),
    case!(
        "a name that is none",
        "[1]",
        "const = 1",
        r#"5:14: record.instances[#1]: 1 is not a name in quotes; write "1""#
    ),
    case!(
        "a name that is a number, behind one that is none",
        "[\"a\", 2.5]",
        "const = 1",
        r#"5:19: record.instances[#2]: 2.5 is not a name in quotes; write "2.5""#
    ),
    case!(
        "a name that is true",
        "[\"a\", true]",
        "const = 1",
        r#"5:19: record.instances[#2]: true is not a name in quotes; write "true""#
    ),
    case!(
        "a name in a list of its own",
        r#"["a", ["b"]]"#,
        "const = 1",
        r#"5:19: record.instances[#2]: a list is not a name in quotes; write a name such as "eth0""#
    ),
    case!(
        "a name in a table of its own",
        r#"["a", { glob = "/x/*" }]"#,
        "const = 1",
        r#"5:19: record.instances[#2]: a table is not a name in quotes; write a name such as "eth0""#
    ),
    case!(
        "an instance in a regular expression that is none",
        r#"["a"]"#,
        r#"file = { path = "/x", regex = '({instance}' }"#,
        "9:42: record.field[a].source.file.regex: found open group without closing ')'; correct the regular expression"
    ),
    case!(
        "a name that leads out of a folder",
        r#"["eth0", ".."]"#,
        r#"file = { path = "/sys/class/net/{instance}/mtu" }"#,
        r#"5:22: record.instances[#2]: ".." would lead out of a folder in a path with {instance}; give it another name"#
    ),
    case!(
        "a name with a slash",
        r#"["a/b"]"#,
        r#"disk = { path = "/mnt/{instance}", what = "used" }"#,
        r#"5:14: record.instances[#1]: "a/b" would lead out of a folder in a path with {instance}; give it another name"#
    ),
    case!(
        "a table that names nothing",
        "{ max = 5 }",
        "const = 1",
        r#"5:13: record.instances: neither glob nor input is there; write instances = 30 for numbers, ["eth0"] for names, { glob = "/sys/class/net/*" } for paths, or { input = "symbol" } for names in lines of input"#
    ),
    case!(
        "a pattern and the input",
        r#"{ glob = "/x/*", input = "symbol" }"#,
        "input = {}",
        "5:38: record.instances.input: given together with glob; keep one of the two"
    ),
    case!(
        "a pattern that searches whole trees",
        r#"{ glob = "/sys/**/net" }"#,
        "const = 1",
        "5:22: record.instances.glob: ** would search whole trees again and again; write one * for each folder"
    ),
    case!(
        "a pattern that is none",
        r#"{ glob = ["/x/*", "/x/[a"] }"#,
        "const = 1",
        "5:31: record.instances.glob[#2]: \"/x/[a\" is no pattern: invalid range pattern; write [[] for a [ itself"
    ),
    case!(
        "a pattern without a name",
        r#"{ glob = "/sys/*/.." }"#,
        "const = 1",
        r#"5:22: record.instances.glob: "/sys/*/.." is not a pattern with a name at its end; write glob = "/sys/class/net/*""#
    ),
    case!(
        "no patterns",
        "{ glob = [] }",
        "const = 1",
        r#"5:22: record.instances.glob: an empty list is not a pattern or a list of patterns; write glob = "/sys/class/net/*""#
    ),
    case!(
        "more instances than there can be",
        r#"{ glob = "/x/*", max = 65537 }"#,
        "const = 1",
        "5:36: record.instances.max: 65537 is out of range; write a number from 1 to 65536"
    ),
    case!(
        "a pattern that retires the oldest",
        r#"{ glob = "/x/*", full = "retire-oldest" }"#,
        "const = 1",
        "5:37: record.instances.full: has no effect: matches beyond max are left out; remove it"
    ),
    case!(
        "an input that is searched",
        r#"{ input = "symbol", rescan = "1s" }"#,
        "input = {}",
        "5:42: record.instances.rescan: has no effect: nothing is searched; remove it"
    ),
    case!(
        "a search without pause",
        r#"{ glob = "/x/*", rescan = "1us" }"#,
        "const = 1",
        r#"5:39: record.instances.rescan: "1us" is not a duration from 1ms to 365days; write rescan = "1s""#
    ),
    case!(
        "an unknown way to be full",
        r#"{ input = "symbol", full = "retire" }"#,
        "input = {}",
        r#"5:40: record.instances.full: "retire" is unknown; write one of refuse, retire-oldest"#
    ),
    case!(
        "an unknown key",
        r#"{ input = "symbol", most = 1000 }"#,
        "input = {}",
        "5:33: record.instances.most: unknown key; the keys of instances are glob, rescan, input, max, full"
    ),
    case!(
        "lines that do not name their instance",
        r#"["a", "b"]"#,
        "input = {}",
        r#"5:13: record.instances: a line of input has to name its instance; write instances = { input = "symbol" }, or remove the input sources"#
    ),
    case!(
        "lines that nothing reads",
        r#"{ input = "symbol" }"#,
        "const = 1",
        "5:13: record.instances: has no effect: no field has an input source; give one, or list the instances"
    ),
    case!(
        "a brace that is none",
        r#"["a"]"#,
        r#"file = { path = "/sys/{instnace}" }"#,
        "9:28: record.field[a].source.file.path: a single { is no placeholder; write {instance}, or {{ for a brace"
    ),
    case!(
        "a brace that is closed twice",
        r#"["a"]"#,
        r#"file = { path = "/x", key = "{instance}}" }"#,
        "9:40: record.field[a].source.file.key: a single } is no placeholder; write {instance}, or }} for a brace"
    ),
    record(
        "an instance in a regular expression where there are none",
        &[
            "[record]",
            r#"name = "R""#,
            "[[record.field]]",
            r#"name = "a""#,
            r#"type = "u64""#,
            r#"source = { file = { path = "/x", regex = '{instance}: (\d+)' } }"#,
        ],
        "8:42: record.field[a].source.file.regex: {instance} is the name of an instance, and the record has none; add instances to [record]",
    ),
    record(
        "an instance where there are none",
        &[
            "[record]",
            r#"name = "R""#,
            "[[record.field]]",
            r#"name = "a""#,
            r#"type = "u64""#,
            r#"source = { file = { path = "/sys/class/net/{instance}/mtu" } }"#,
        ],
        "8:28: record.field[a].source.file.path: {instance} is the name of an instance, and the record has none; add instances to [record]",
    ),
    record(
        "a bare file whose instances come and go",
        &[
            r#"format = "bare""#,
            "[record]",
            r#"name = "R""#,
            r#"instances = { glob = "/x/*" }"#,
            "[[record.field]]",
            r#"name = "a""#,
            r#"type = "u64""#,
        ],
        "6:13: record.instances: a bare file has a fixed number of records; write instances = 30, or a list of names",
    ),
    record(
        "a bare file whose instances are in lines",
        &[
            r#"format = "bare""#,
            "[record]",
            r#"name = "R""#,
            r#"instances = { input = "symbol" }"#,
            "[[record.field]]",
            r#"name = "a""#,
            r#"type = "u64""#,
            "source = { input = {} }",
        ],
        "6:13: record.instances: a bare file has a fixed number of records; write instances = 30, or a list of names",
    ),
];
