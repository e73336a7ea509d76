//! A record as a configuration.

use std::fmt::Write as _;

use mapcast::dynamic::{Field, Schema};

use super::members::free_name;

/// A configuration that publishes the record from lines of input, into a region called `name`; with
/// `max`, of up to so many instances.
pub(super) fn text(schema: &Schema, name: &str, max: Option<u32>) -> String {
    let mut text = format!(
        "# Each line of standard input is a JSON object with the fields below.\n\n\
         [region]\nname = {}\n\n[record]\nname = {}\n",
        quoted(name),
        quoted(schema.name())
    );
    if let Some(max) = max {
        let key = quoted(&free_name("instance", schema));
        let _ =
            writeln!(text, "instances = {{ input = {key}, max = {max} }}  # names its instance");
    }
    let mut end = 0;
    for field in schema.fields() {
        text.push_str(&entry(field, end));
        end = field.end();
    }
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
    text + "source = { input = {} }\n"
}

/// A string of TOML; its escapes are those of JSON.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string")
}
