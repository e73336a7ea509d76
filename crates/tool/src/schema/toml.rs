//! A record as a configuration.

use std::fmt::Write as _;

use mapcast::dynamic::{Field, Schema};

use super::members::free_name;
use super::origin::{Origin, Records};

/// A field's value comes from the member of its name.
const INPUT: &str = "source = { input = {} }\n";

/// A configuration that publishes the record from lines of input, into a region like the one of `origin`.
pub(super) fn text(schema: &Schema, origin: &Origin) -> String {
    // A line of input cannot fill an array of structs.
    let (head, source) = match origin.records {
        Records::Array(_) => {
            ("It describes the file; to publish it, give each field a source.", "")
        }
        _ => ("Each line of standard input is a JSON object with the fields below.", INPUT),
    };
    let mut text =
        format!("# {head}\n\n{}\n[record]\nname = {}\n", origin.region(), quoted(schema.name()));
    let _ = match origin.records {
        Records::One => Ok(()),
        Records::Array(count) => writeln!(text, "instances = {count}"),
        Records::Many(max) => {
            let key = quoted(&free_name("instance", schema));
            writeln!(text, "instances = {{ input = {key}, max = {max} }}  # names its instance")
        }
    };
    let mut end = 0;
    for field in schema.fields() {
        text.push_str(&entry(field, end));
        text.push_str(source);
        end = field.end();
    }
    text.push_str(&origin.producer());
    if let Some(line) = schema.line() {
        let _ = write!(text, "\n[consumer]\nline = {}\n", quoted(line.text()));
    }
    text
}

/// A field that follows one that ends at `end`.
fn entry(field: &Field, end: u32) -> String {
    let mut text = format!(
        "\n[[record.field]]\nname = {}\ntype = \"{}\"\n",
        quoted(field.name()),
        field.ctype()
    );
    if field.offset() != end.next_multiple_of(field.ctype().align()) {
        let _ = writeln!(text, "offset = {}", field.offset());
    }
    for (key, value) in [("unit", field.unit()), ("help", field.help())] {
        if !value.is_empty() {
            let _ = writeln!(text, "{key} = {}", quoted(value));
        }
    }
    let labels: Vec<_> = field
        .labels()
        .iter()
        .map(|label| format!("{} = {}", label.value, quoted(&label.text)))
        .collect();
    if !labels.is_empty() {
        let _ = writeln!(text, "labels = {{ {} }}", labels.join(", "));
    }
    text
}

/// A string of TOML; its escapes are those of JSON, and TOML has no DEL as it is.
pub(super) fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string").replace('\x7f', "\\u007f")
}
