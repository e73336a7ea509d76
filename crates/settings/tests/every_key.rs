//! Every key of a configuration with values of each type, and the exact message for each.
//!
//! `golden/every_key.txt` has a line for each: table, key and value, then "accepted" or the message
//! without the file's name. After a change of words, `MAPCAST_BLESS=1` writes it anew.

use std::fmt::Write as _;
use std::fs;

use settings::Settings;

/// A table of the configuration: what stands before and behind its keys, and its keys with a value
/// that is accepted.
struct Table {
    name: &'static str,
    before: &'static str,
    between: &'static str,
    behind: &'static str,
    /// Keys that a good table has.
    base: &'static [(&'static str, &'static str)],
    optional: &'static [&'static str],
}

const REGION: &str = "[region]\nname = \"r\"\n";
const RECORD: &str = "[record]\nname = \"R\"\n[[record.field]]\nname = \"a\"\ntype = \"i32\"\n";

/// A source of this kind for a field of this type.
macro_rules! source {
    ($name:literal, $ctype:literal, $kind:literal, $base:expr, $optional:expr) => {
        Table {
            name: $name,
            before: concat!(
                "[region]\nname = \"r\"\n[record]\nname = \"R\"\n[[record.field]]\nname = \"a\"\n",
                "type = \"",
                $ctype,
                "\"\nsource = { ",
                $kind,
                " = { "
            ),
            between: ", ",
            behind: " } }\n",
            base: $base,
            optional: $optional,
        }
    };
}

const BOUNDS: &[(&str, &str)] = &[("min", "1"), ("max", "6")];
const WAVE: &[(&str, &str)] = &[("min", "1"), ("max", "6"), ("period", "\"1s\"")];
const DISK: &[(&str, &str)] = &[("path", "\"/\""), ("what", "\"used\"")];
const FILE: &[(&str, &str)] = &[("path", "\"/p\"")];

const TABLES: &[Table] = &[
    Table {
        name: "[region]",
        before: "[record]\nname = \"R\"\n[[record.field]]\nname = \"a\"\ntype = \"i32\"\n[region]\n",
        between: "\n",
        behind: "\n",
        base: &[("name", "\"r\"")],
        optional: &["path", "format", "mode", "group", "slots", "wake"],
    },
    Table {
        name: "[record]",
        before: "[region]\nname = \"r\"\n[record]\n",
        between: "\n",
        behind: "\n",
        base: &[("name", "\"R\""), ("field", "[{ name = \"a\", type = \"i32\" }]")],
        optional: &["instances"],
    },
    Table {
        name: "instances of a pattern",
        before: "[region]\nname = \"r\"\n[record]\nname = \"R\"\nfield = [{ name = \"a\", type = \"i32\" }]\n\
                 instances = { ",
        between: ", ",
        behind: " }\n",
        base: &[("glob", "\"/x/*\"")],
        optional: &["rescan", "max", "full", "input"],
    },
    Table {
        name: "instances of the input",
        before: "[region]\nname = \"r\"\n[record]\nname = \"R\"\nfield = [{ name = \"a\", type = \"i32\" }]\n\
                 instances = { ",
        between: ", ",
        behind: " }\n",
        base: &[("input", "\"x\"")],
        optional: &["max", "full", "rescan"],
    },
    Table {
        name: "[[record.field]]",
        before: "[region]\nname = \"r\"\n[record]\nname = \"R\"\n[[record.field]]\n",
        between: "\n",
        behind: "\n",
        base: &[("name", "\"a\""), ("type", "\"i32\"")],
        optional: &["offset", "unit", "help", "labels", "source"],
    },
    Table {
        name: "labels",
        before: "[region]\nname = \"r\"\n[record]\nname = \"R\"\n[[record.field]]\nname = \"a\"\n\
                 type = \"i8\"\nlabels = { ",
        between: ", ",
        behind: " }\n",
        base: &[],
        optional: &["1", "-1", "\"\"", "two", "128", "99999999999999999999"],
    },
    Table {
        name: "source of i32",
        before: "[region]\nname = \"r\"\n[record]\nname = \"R\"\n[[record.field]]\nname = \"a\"\n\
                 type = \"i32\"\nsource = { ",
        between: ", ",
        behind: " }\n",
        base: &[],
        optional: &["const", "counter", "clock", "file", "disk", "expr", "wave", "random", "input"],
    },
    Table {
        name: "source of f32[2]",
        before: "[region]\nname = \"r\"\n[record]\nname = \"R\"\n[[record.field]]\nname = \"a\"\n\
                 type = \"f32[2]\"\nsource = { ",
        between: ", ",
        behind: " }\n",
        base: &[],
        optional: &["const", "counter", "clock", "file", "disk", "expr", "wave", "random", "input"],
    },
    source!("counter of i32", "i32", "counter", &[], &["start", "step"]),
    source!("clock of i64", "i64", "clock", &[("kind", "\"realtime\"")], &["unit"]),
    source!(
        "file of u8",
        "u8",
        "file",
        FILE,
        &["key", "column", "regex", "hex", "count", "scale", "rate", "wraps", "default"]
    ),
    source!(
        "file of char[8]",
        "char[8]",
        "file",
        FILE,
        &["column", "regex", "hex", "count", "scale", "rate", "default"]
    ),
    source!("file of bool", "bool", "file", FILE, &["hex", "scale", "rate", "wraps", "default"]),
    source!("disk of u64", "u64", "disk", DISK, &["default"]),
    source!("wave of i32", "i32", "wave", WAVE, &["shape", "phase"]),
    source!("random of u8", "u8", "random", BOUNDS, &["seed"]),
    source!("random of f32", "f32", "random", BOUNDS, &[]),
    source!("input of i32", "i32", "input", &[], &["key", "required", "default"]),
    source!("input of f32", "f32", "input", &[], &["default", "max_age"]),
    Table {
        name: "[producer]",
        before: "[region]\nname = \"r\"\n[record]\nname = \"R\"\n[[record.field]]\nname = \"a\"\n\
                 type = \"i32\"\nsource = { input = {} }\n[producer]\n",
        between: "\n",
        behind: "\n",
        base: &[],
        optional: &[
            "tick",
            "input",
            "ignore_unknown",
            "input_deadline",
            "max_line",
            "busy_wait",
            "cpu",
            "priority",
            "lock_memory",
        ],
    },
    Table {
        name: "[consumer]",
        before: "[region]\nname = \"r\"\n[record]\nname = \"R\"\n[[record.field]]\nname = \"a\"\n\
                 type = \"i32\"\n[consumer]\n",
        between: "\n",
        behind: "\n",
        base: &[],
        optional: &["poll", "line"],
    },
];

/// What each key is given in turn.
const VALUES: &[&str] =
    &["5", "-1", "99999999999999999999", "2.5", "nan", "\"x\"", "\"\"", "true", "[]", "{}"];

impl Table {
    /// The configuration in which `key` has `value`, or is left out.
    fn with(&self, key: &str, value: Option<&str>) -> String {
        let mut entries: Vec<String> = Vec::new();
        for (name, good) in self.base {
            match value {
                Some(value) if *name == key => entries.push(format!("{name} = {value}")),
                None if *name == key => {}
                _ => entries.push(format!("{name} = {good}")),
            }
        }
        if let Some(value) = value.filter(|_| !self.base.iter().any(|(name, _)| *name == key)) {
            entries.push(format!("{key} = {value}"));
        }
        format!("{}{}{}", self.before, entries.join(self.between), self.behind)
    }

    fn keys(&self) -> impl Iterator<Item = &'static str> + use<'_> {
        self.base.iter().map(|&(name, _)| name).chain(self.optional.iter().copied())
    }

    /// Adds a line for each value that a key can be given.
    fn report(&self, out: &mut String) {
        for key in self.keys() {
            let mut line = |what: &str, text: &str| {
                let _ = writeln!(out, "{} {what} -> {}", self.name, message(text));
            };
            line(&format!("without {key}"), &self.with(key, None));
            for value in VALUES {
                line(&format!("{key} = {value}"), &self.with(key, Some(value)));
            }
            line(&format!("{key}x = 1"), &self.with(&format!("{key}x"), Some("1")));
        }
        for other in ["tick", "zzz"] {
            let text = self.with(other, Some("1"));
            let _ = writeln!(out, "{} {other} = 1 -> {}", self.name, message(&text));
        }
    }
}

fn message(text: &str) -> String {
    match Settings::parse(text, "x.toml") {
        Ok(_) => "accepted".to_owned(),
        Err(error) => {
            let message = error.to_string();
            message.strip_prefix("x.toml:").expect("the file in front").to_owned()
        }
    }
}

/// Tables of the file that are not there, are no tables, or are misspelt.
fn report_tables(out: &mut String) {
    for value in ["5", "\"x\"", "[]", "[{}]", "true", "1979-05-27", "{}"] {
        for (key, rest) in [
            ("region", RECORD.to_owned()),
            ("record", REGION.to_owned()),
            ("producer", format!("{REGION}{RECORD}")),
            ("consumer", format!("{REGION}{RECORD}")),
        ] {
            let text = format!("{key} = {value}\n{rest}");
            let _ = writeln!(out, "the file {key} = {value} -> {}", message(&text));
        }
    }
    for key in ["regon", "RECORD", "producers", "slots", "source", "logging", "a b"] {
        let text = format!("\"{key}\" = 1\n{REGION}{RECORD}");
        let _ = writeln!(out, "the file {key} = 1 -> {}", message(&text));
    }
}

#[test]
fn the_message_for_every_key_is_the_one_in_the_golden_file() {
    let mut found = String::new();
    report_tables(&mut found);
    for table in TABLES {
        table.report(&mut found);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/every_key.txt");
    if std::env::var_os("MAPCAST_BLESS").is_some() {
        fs::write(path, &found).expect("the golden file");
    }
    let wanted = fs::read_to_string(path).expect("the golden file");
    for (found, wanted) in found.lines().zip(wanted.lines()) {
        assert_eq!(found, wanted);
    }
    assert_eq!(found.lines().count(), wanted.lines().count());
}
