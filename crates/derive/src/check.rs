//! What can be checked of a record's literals when the macro runs: names, lengths and the line.
//!
//! Invariant: what passes here passes `SchemaBuilder::build`, but for precisions and control
//! characters, which panic when the schema is built. The limits are those of `layout`, which depends
//! on this crate and so cannot be asked; a test below compares them.

use syn::{LitStr, Result};

use crate::parse::{Record, refuse};

const MAX_NAME: usize = 64;
const MAX_UNIT: usize = 64;
const MAX_TEXT: usize = 1024;

pub(crate) fn record(record: &Record) -> Result<()> {
    name(&record.name)?;
    for (_, value) in record.values() {
        name(&value.name)?;
        if let Some(unit) = value.unit.as_ref().filter(|unit| unit.value().len() > MAX_UNIT) {
            return refuse(unit.span(), "a unit has at most 64 bytes; shorten it");
        }
        if let Some(help) = value.help.as_ref().filter(|help| help.value().len() > MAX_TEXT) {
            return refuse(
                help.span(),
                "help has at most 1024 bytes, and the first paragraph of a doc comment is help; \
                 shorten it, or begin a new paragraph",
            );
        }
    }
    let names: Vec<String> = record.values().map(|(_, value)| value.name.value()).collect();
    record.line.as_ref().map_or(Ok(()), |text| line(text, &names))
}

fn name(name: &LitStr) -> Result<()> {
    let text = name.value();
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_identifier = (1..=MAX_NAME).contains(&text.len())
        && text.bytes().all(word)
        && !text.starts_with(|first: char| first.is_ascii_digit());
    if is_identifier {
        return Ok(());
    }
    refuse(
        name.span(),
        "a name is a C identifier of at most 64 bytes: letters, digits and _; \
         give another by `#[record(name = \"..\")]`",
    )
}

/// Each placeholder of a line names one of the fields.
fn line(line: &LitStr, names: &[String]) -> Result<()> {
    let text = line.value();
    if !(1..=MAX_TEXT).contains(&text.len()) {
        return refuse(line.span(), "a line has 1 to 1024 bytes");
    }
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['{', '}']) {
        rest = &rest[at..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            rest = &rest[2..];
            continue;
        }
        let Some(end) = rest.find('}').filter(|end| *end > 0) else {
            let what = "an unpaired brace; write a brace twice for the brace itself";
            return refuse(line.span(), what);
        };
        let name = rest[1..end].split(':').next().unwrap_or_default();
        if !names.iter().any(|known| known == name) {
            let known = names.join(", ");
            let what = format!("`{{name}}` in a line names a field; use one of: {known}");
            return refuse(line.span(), what);
        }
        rest = &rest[end + 1..];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use layout::{FieldSpec, Scalar, Schema};
    use proc_macro2::Span;

    use super::*;

    fn literal(text: &str) -> LitStr {
        LitStr::new(text, Span::call_site())
    }

    #[test]
    fn the_limits_are_those_of_layout() {
        assert_eq!(
            (MAX_NAME, MAX_UNIT, MAX_TEXT),
            (layout::MAX_NAME, layout::MAX_UNIT, layout::MAX_TEXT)
        );
    }

    #[test]
    fn what_a_line_check_takes_a_template_takes() {
        let fields = ["one".to_owned(), "five".to_owned()];
        let schema = |line: &str| {
            let spec = |name| FieldSpec::new(name, Scalar::F32);
            Schema::builder("LOAD").field(spec("one")).field(spec("five")).line(line).build()
        };
        for text in ["{one}", "a{one}b{five:.2}", "{{{one}}}", "}}{{", "x", "{one}{one}"] {
            assert!(line(&literal(text), &fields).is_ok(), "{text}");
            assert!(schema(text).is_ok(), "{text}");
        }
        let long = "x".repeat(1025);
        for text in ["", "{two}", "{on}", "{ones}", "{one", "}", "{", "a}b", "{}", "{one:.2", &long]
        {
            assert!(line(&literal(text), &fields).is_err(), "{text}");
            assert!(schema(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_a_name_check_takes_a_builder_takes() {
        let long = "x".repeat(64);
        for text in ["a", "_", "A_1", &long, "", "1a", "a b", "\u{e4}", &(long.clone() + "x")] {
            let schema = Schema::builder(text).field(FieldSpec::new("a", Scalar::U8)).build();
            assert_eq!(name(&literal(text)).is_ok(), schema.is_ok(), "{text}");
        }
    }
}
