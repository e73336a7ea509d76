//! A record as a Rust struct for `#[derive(Record)]`.

use std::fmt::Write as _;

use mapcast::dynamic::{Field, Scalar, Schema};

use super::members::{Member, members, reserved, unreserved};

const KEYWORDS: [&str; 53] = [
    "as", "break", "const", "continue", "crate", "else", "enum", "extern", "false", "fn", "for",
    "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return",
    "self", "Self", "static", "struct", "super", "trait", "true", "type", "unsafe", "use", "where",
    "while", "async", "await", "dyn", "abstract", "become", "box", "do", "final", "macro",
    "override", "priv", "typeof", "unsized", "virtual", "yield", "try", "gen", "_",
];

/// The struct, with names for its padding and an assertion for each offset.
pub(super) fn text(schema: &Schema) -> String {
    let name = type_name(schema.name());
    let mut text =
        String::from("use mapcast::Record;\n\n#[repr(C)]\n#[derive(Clone, Copy, Record)]\n");
    let mut options = vec![format!("name = {:?}", schema.name())];
    options.extend(schema.line().map(|line| format!("line = {:?}", line.text())));
    let _ = writeln!(text, "#[record({})]\npub struct {name} {{", options.join(", "));
    for (index, member) in members(schema).into_iter().enumerate() {
        match member {
            Member::Field(field) => text.push_str(&declaration(field, schema)),
            Member::Gap { len, .. } => {
                let name = reserved(index, schema);
                let _ = writeln!(text, "    #[record(padding)]\n    pub {name}: [u8; {len}],");
            }
        }
    }
    text.push_str("}\n\nconst _: () = {\n    use core::mem::offset_of;\n");
    let _ = writeln!(text, "    assert!(size_of::<{name}>() == {});", schema.size());
    for field in schema.fields() {
        let member = rust_name(field.name(), schema);
        let _ = writeln!(text, "    assert!(offset_of!({name}, {member}) == {});", field.offset());
    }
    text + "};\n"
}

fn declaration(field: &Field, schema: &Schema) -> String {
    let member = rust_name(field.name(), schema);
    let ctype = field.ctype();
    let element = rust_type(ctype.element());
    let declared =
        ctype.count().map_or_else(|| element.into(), |count| format!("[{element}; {count}]"));
    let mut text = String::new();
    let options = options(field, &member);
    if !options.is_empty() {
        let _ = writeln!(text, "    #[record({})]", options.join(", "));
    }
    let _ = writeln!(text, "    pub {member}: {declared},");
    text
}

fn options(field: &Field, member: &str) -> Vec<String> {
    let mut options = Vec::new();
    if member != field.name() {
        options.push(format!("name = {:?}", field.name()));
    }
    match field.ctype().element() {
        Scalar::Char => options.push("text".into()),
        Scalar::Bool => options.push("bool".into()),
        _ => {}
    }
    for (key, text) in [("unit", field.unit()), ("help", field.help())] {
        if !text.is_empty() {
            options.push(format!("{key} = {text:?}"));
        }
    }
    let labels: Vec<_> =
        field.labels().iter().map(|label| format!("{} = {:?}", label.value, label.text)).collect();
    if !labels.is_empty() {
        options.push(format!("labels({})", labels.join(", ")));
    }
    options
}

fn rust_type(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Bool | Scalar::Char => "u8",
        number => number.name(),
    }
}

/// `name`, or another if it is a keyword.
fn rust_name(name: &str, schema: &Schema) -> String {
    unreserved(name, |name| KEYWORDS.contains(&name), schema)
}

/// A record's name as Rust writes types: `CPU_LOAD` is `CpuLoad`, and `Load` stays.
fn type_name(name: &str) -> String {
    let word = |word: &str| {
        let is_loud = !word.chars().any(char::is_lowercase);
        let mut chars = word.chars();
        let first = chars.next().map(|first| first.to_ascii_uppercase());
        let rest = if is_loud { chars.as_str().to_lowercase() } else { chars.as_str().into() };
        first.into_iter().collect::<String>() + &rest
    };
    let joined: String = name.split('_').filter(|part| !part.is_empty()).map(word).collect();
    // A name of underscores, or one that begins with a digit behind them, is no name of a type, `Self` is a keyword, and
    // `Record` is the name of the derived trait.
    match &*joined {
        "" | "Record" => "OneRecord".into(),
        "Self" => "RecordSelf".into(),
        _ if joined.starts_with(|first: char| first.is_ascii_alphabetic()) => joined,
        _ => format!("Record{joined}"),
    }
}

#[cfg(test)]
mod tests {
    use super::type_name;

    #[test]
    fn a_record_is_named_as_rust_names_types() {
        for (name, want) in [
            ("STU", "Stu"),
            ("CPU_LOAD", "CpuLoad"),
            ("Load", "Load"),
            ("_1", "Record1"),
            ("__", "OneRecord"),
            ("RECORD", "OneRecord"),
            ("self", "RecordSelf"),
            ("SELF", "RecordSelf"),
        ] {
            assert_eq!(type_name(name), want);
        }
    }
}
