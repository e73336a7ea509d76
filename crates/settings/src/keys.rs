//! Every key a configuration may hold, with an example of its value.
//!
//! Invariant: the readers ask for keys through these tables only, so a key that is not here cannot
//! be read, and one that is here is known to the error messages ("did you mean ...", "write ...")
//! and to `docs/configuration.md`, which a test compares with this file.

/// One key and how its value is written.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// A value to copy; an example in brackets is a table header and stands alone.
    pub(crate) example: &'static str,
}

impl Key {
    /// What to write into the file: `slots = 8`, or `[record]`.
    pub(crate) fn line(&self) -> String {
        if self.example.starts_with('[') && self.example.ends_with(']') {
            self.example.to_owned()
        } else {
            format!("{} = {}", self.name, self.example)
        }
    }
}

/// The keys of one table.
#[derive(Debug)]
pub(crate) struct Keys {
    /// The table as messages call it.
    pub(crate) table: &'static str,
    pub(crate) keys: &'static [Key],
}

impl Keys {
    /// The entry for `name`, which every reader takes from this file.
    pub(crate) fn key(&self, name: &str) -> &'static Key {
        let found = self.keys.iter().find(|key| key.name == name);
        found.expect("readers ask only for keys of their own table; every one is read by a test")
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.keys.iter().map(|key| key.name)
    }
}

const fn key(name: &'static str, example: &'static str) -> Key {
    Key { name, example }
}

pub(crate) static ROOT: Keys = Keys {
    table: "the file",
    keys: &[
        key("region", "[region]"),
        key("record", "[record]"),
        key("producer", "[producer]"),
        key("consumer", "[consumer]"),
    ],
};

pub(crate) static REGION: Keys = Keys {
    table: "[region]",
    keys: &[
        key("name", r#""stu""#),
        key("path", r#""/run/mapcast/stu.region""#),
        key("format", r#""mapcast""#),
        key("mode", r#""0644""#),
        key("group", r#""adm""#),
        key("slots", "8"),
        key("wake", "true"),
    ],
};

pub(crate) static RECORD: Keys =
    Keys { table: "[record]", keys: &[key("name", r#""STU""#), key("field", "[[record.field]]")] };

pub(crate) static FIELD: Keys = Keys {
    table: "[[record.field]]",
    keys: &[
        key("name", r#""id""#),
        key("type", r#""i32""#),
        key("offset", "4"),
        key("unit", r#""m/s""#),
        key("help", r#""student number""#),
        key("labels", r#"{ 0 = "off", 1 = "on" }"#),
        key("source", "{ counter = { start = 10 } }"),
    ],
};

pub(crate) static SOURCE: Keys = Keys {
    table: "source",
    keys: &[
        key("const", "10"),
        key("counter", "{ start = 10, step = 1 }"),
        key("clock", r#"{ kind = "realtime", unit = "s" }"#),
        key("file", r#"{ path = "/proc/loadavg", column = 1 }"#),
        key("wave", r#"{ min = 0, max = 10, period = "10s" }"#),
        key("random", "{ min = 1, max = 6 }"),
        key("input", r#"{ key = "temperature" }"#),
    ],
};

pub(crate) static COUNTER: Keys =
    Keys { table: "counter", keys: &[key("start", "10"), key("step", "1")] };

pub(crate) static CLOCK: Keys =
    Keys { table: "clock", keys: &[key("kind", r#""realtime""#), key("unit", r#""s""#)] };

pub(crate) static FILE: Keys = Keys {
    table: "file",
    keys: &[
        key("path", r#""/proc/meminfo""#),
        key("key", r#""MemAvailable""#),
        key("column", "1"),
        key("scale", "1024"),
        key("rate", "true"),
        key("default", "nan"),
    ],
};

pub(crate) static WAVE: Keys = Keys {
    table: "wave",
    keys: &[
        key("shape", r#""sine""#),
        key("min", "0"),
        key("max", "10"),
        key("period", r#""10s""#),
        key("phase", "0.25"),
    ],
};

pub(crate) static RANDOM: Keys =
    Keys { table: "random", keys: &[key("min", "1"), key("max", "6"), key("seed", "42")] };

pub(crate) static INPUT: Keys = Keys { table: "input", keys: &[key("key", r#""temperature""#)] };

pub(crate) static PRODUCER: Keys = Keys {
    table: "[producer]",
    keys: &[
        key("tick", r#""1s""#),
        key("input", r#""/run/mapcast/sensor.pipe""#),
        key("max_line", r#""64KiB""#),
    ],
};

pub(crate) static CONSUMER: Keys = Keys {
    table: "[consumer]",
    keys: &[key("poll", r#""2s""#), key("line", r#""id={id}\tname={name}""#)],
};

/// The tables that a misplaced key may belong to: those with a header of their own.
pub(crate) static HEADED: [&Keys; 5] = [&REGION, &RECORD, &FIELD, &PRODUCER, &CONSUMER];

#[cfg(test)]
mod tests {
    use super::{
        CLOCK, CONSUMER, COUNTER, FIELD, FILE, INPUT, Keys, PRODUCER, RANDOM, RECORD, REGION, ROOT,
        SOURCE, WAVE,
    };

    static TABLES: [&Keys; 13] = [
        &ROOT, &REGION, &RECORD, &FIELD, &SOURCE, &COUNTER, &CLOCK, &FILE, &WAVE, &RANDOM, &INPUT,
        &PRODUCER, &CONSUMER,
    ];

    /// The rows of the table of keys below the heading that names `table`.
    fn rows<'m>(manual: &'m str, table: &str) -> Vec<&'m str> {
        let wanted = |line: &&str| line.starts_with('#') && line.contains(&format!("`{table}`"));
        let below = manual.lines().skip_while(|line| !wanted(line)).skip(1);
        let section = below.take_while(|line| !line.starts_with('#'));
        let keys = section.skip_while(|line| !line.starts_with("| Key |")).skip(2);
        keys.take_while(|line| line.starts_with('|')).collect()
    }

    #[test]
    fn the_manual_has_every_key_with_its_example_and_no_other() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
        let manual = std::fs::read_to_string(path).expect("the manual");
        for keys in TABLES {
            let rows = rows(&manual, keys.table);
            for key in keys.keys {
                let start = format!("| `{}` |", key.name);
                let row = rows.iter().find(|row| row.starts_with(&start));
                let row =
                    row.unwrap_or_else(|| panic!("{} has no row for {}", keys.table, key.name));
                let example = format!("| `{}` |", key.line());
                assert!(row.contains(&example), "{}: no {example} in {row}", keys.table);
            }
            assert_eq!(rows.len(), keys.keys.len(), "{} has other rows too", keys.table);
        }
    }
}
