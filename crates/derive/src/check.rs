//! What can be checked of a record's literals when the macro runs: names, lengths, labels, the line.
//!
//! Invariant: what passes here and compiles passes `SchemaBuilder::build`: what depends on a type
//! (the range of a label, the precision in a line) is asserted by the emitted code. The limits are
//! those of `layout`, which depends on this crate and so cannot be asked; tests compare them.

use std::collections::BTreeSet;

use syn::{LitStr, Result};

use crate::attribute::Labels;
use crate::errors::{Errors, refuse};
use crate::line;
use crate::parse::{Kind, Record, Value};

const MAX_NAME: usize = 64;
const MAX_UNIT: usize = 64;
pub(crate) const MAX_TEXT: usize = 1024;
const MAX_FIELDS: usize = 4096;
const MAX_LABELS: usize = 256;

/// Checks the literals of `record` and finds the precisions of its line.
pub(crate) fn record(record: &mut Record, errors: &mut Errors) {
    errors.keep(name(&record.name));
    let mut names = BTreeSet::new();
    for (_, value) in record.values() {
        errors.keep(name(&value.name));
        if !names.insert(value.name.value()) {
            let what = "another field has this name; rename one of them";
            errors.keep::<()>(refuse(value.name.span(), what));
        }
        self::value(value, errors);
    }
    if names.len() > MAX_FIELDS {
        errors.keep::<()>(refuse(
            record.ident.span(),
            "a record has at most 4096 fields; use arrays",
        ));
    }
    // A field that was refused would be missing.
    if let Some(text) = record.line.as_ref().filter(|_| errors.is_empty()) {
        let names: Vec<String> = record.values().map(|(_, value)| value.name.value()).collect();
        record.precise = errors.keep(line::check(text, &names)).unwrap_or_default();
    }
}

fn value(value: &Value, errors: &mut Errors) {
    if let Some(unit) = &value.unit {
        errors.keep(text(unit, "unit", MAX_UNIT, "shorten it"));
    }
    if let Some(help) = value.help() {
        let what = match &value.explicit_help {
            Some(_) => "shorten it",
            None => {
                "the first paragraph of a doc comment is help; shorten it, or begin a new paragraph"
            }
        };
        errors.keep(text(help, "help", MAX_TEXT, what));
    }
    match &value.labels {
        Labels::Listed(listed) => errors.keep(labels(listed)),
        Labels::Enum(path) if value.kind == Kind::Text => errors.keep(refuse(
            syn::spanned::Spanned::span(path),
            "an enum labels numbers, not text; remove `text`, or write `labels(b'm' = \"..\")`",
        )),
        Labels::Enum(_) => Some(()),
    };
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

/// A text of at most `most` bytes without control characters.
fn text(text: &LitStr, what: &str, most: usize, advice: &str) -> Result<()> {
    if text.value().len() > most {
        return refuse(text.span(), format!("a {what} text has at most {most} bytes; {advice}"));
    }
    match control(&text.value()) {
        None => Ok(()),
        Some(found) => {
            let what = format!("a {what} text holds no control character; remove {found:?}");
            refuse(text.span(), what)
        }
    }
}

/// The first character that the schema refuses: see `layout::text::is_control`.
pub(crate) fn control(text: &str) -> Option<char> {
    text.chars().find(|found| {
        found.is_control()
            || matches!(
                found,
                '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            )
    })
}

fn labels(labels: &[(i64, LitStr)]) -> Result<()> {
    label_texts(labels.iter().map(|(_, text)| text))?;
    let mut numbers = BTreeSet::new();
    match labels.iter().find(|(number, _)| !numbers.insert(number)) {
        Some((number, text)) => {
            refuse(text.span(), format!("another label is for {number}; remove one"))
        }
        None => Ok(()),
    }
}

/// Texts that the labels of one field, or the variants of one enum, may have.
pub(crate) fn label_texts<'a>(texts: impl Iterator<Item = &'a LitStr>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for label in texts {
        if label.value().is_empty() {
            return refuse(label.span(), "a label has a text; write one");
        }
        text(label, "label", MAX_TEXT, "shorten it")?;
        if !seen.insert(label.value()) {
            return refuse(label.span(), "another label has this text; change one");
        }
        if seen.len() > MAX_LABELS {
            return refuse(label.span(), "a field has at most 256 labels; remove some");
        }
    }
    Ok(())
}

/// Bytes of the encoded schema, but for the labels of enums.
pub(crate) fn encoded_len(record: &Record) -> usize {
    let text = |text: Option<&LitStr>| 2 + text.map_or(0, |text| text.value().len());
    let value = |value: &Value| {
        let labels = match &value.labels {
            Labels::Listed(labels) => labels.iter().map(|(_, label)| 8 + text(Some(label))).sum(),
            Labels::Enum(_) => 0,
        };
        let texts = text(Some(&value.name)) + text(value.unit.as_ref()) + text(value.help());
        12 + texts + labels
    };
    let fields: usize = record.values().map(|(_, found)| value(found)).sum();
    12 + text(Some(&record.name)) + text(record.line.as_ref()) + fields
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
            (MAX_NAME, MAX_UNIT, MAX_TEXT, MAX_FIELDS, MAX_LABELS),
            (
                layout::MAX_NAME,
                layout::MAX_UNIT,
                layout::MAX_TEXT,
                layout::MAX_FIELDS,
                layout::MAX_LABELS
            )
        );
        for found in '\0'..=char::MAX {
            assert_eq!(control(&found.to_string()).is_some(), layout::text::is_control(found));
        }
    }

    /// Does the macro take a record with these attributes of its one field?
    fn takes(attribute: &str) -> bool {
        let input = format!("#[repr(C)] struct A {{ #[record({attribute})] a: u8 }}");
        let record = crate::parse::record(&syn::parse_str(&input).unwrap());
        record.is_ok()
    }

    #[test]
    fn what_a_text_check_takes_a_builder_takes() {
        let (long, longer) = ("x".repeat(64), "x".repeat(1024));
        let texts = [
            "",
            "m/s",
            "\t",
            "a\nb",
            "\x1b",
            "\u{7f}",
            "\u{9b}",
            "\u{202e}",
            "\u{2028}",
            "\u{e4}",
            &long,
            &(long.clone() + "x"),
            &longer,
            &(longer.clone() + "x"),
        ];
        for text in texts {
            let spec = || FieldSpec::new("a", Scalar::U8);
            let builds = |spec| Schema::builder("A").field(spec).build().is_ok();
            assert_eq!(takes(&format!("unit = {text:?}")), builds(spec().unit(text)), "{text:?}");
            assert_eq!(takes(&format!("help = {text:?}")), builds(spec().help(text)), "{text:?}");
            let label = format!("labels(0 = {text:?})");
            assert_eq!(takes(&label), builds(spec().label(0, text)), "{text:?}");
        }
    }

    #[test]
    fn what_a_check_of_labels_takes_a_builder_takes() {
        let many = |count: i64| (0..count).map(|at| (at, format!("x{at}"))).collect();
        let pair =
            |one: (i64, &str), two: (i64, &str)| vec![(one.0, one.1.into()), (two.0, two.1.into())];
        let lists: [Vec<(i64, String)>; 5] = [
            pair((0, "a"), (1, "b")),
            pair((0, "a"), (0, "b")),
            pair((0, "a"), (1, "a")),
            many(256),
            many(257),
        ];
        for list in lists {
            let spec = FieldSpec::new("a", Scalar::U16);
            let spec = list.iter().fold(spec, |spec, (value, text)| spec.label(*value, text));
            let builds = Schema::builder("A").field(spec).build().is_ok();
            let pairs: Vec<String> =
                list.iter().map(|(at, text)| format!("{at} = {text:?}")).collect();
            assert_eq!(takes(&format!("labels({})", pairs.join(", "))), builds, "{list:?}");
        }
    }

    #[test]
    fn a_help_text_that_is_too_long_is_told_where_it_stands() {
        let told = |field: &str| {
            let input = format!("#[repr(C)] struct A {{ {field} a: u8 }}");
            let record = crate::parse::record(&syn::parse_str(&input).unwrap());
            record.err().unwrap().to_string()
        };
        let long = "x".repeat(MAX_TEXT + 1);
        let explicit = format!("#[record(help = {long:?})]");
        assert_eq!(told(&explicit), "a help text has at most 1024 bytes; shorten it");
        assert_eq!(
            told(&format!(
                "/// short
{explicit}"
            )),
            told(&explicit)
        );
        assert!(told(&format!("#[doc = {long:?}]")).ends_with("or begin a new paragraph"));
    }

    #[test]
    fn the_number_of_a_label_is_any_of_64_bits() {
        for (number, is_taken) in [
            ("-9223372036854775808", true),
            ("9223372036854775807", true),
            ("-9223372036854775809", false),
            ("9223372036854775808", false),
            ("-b'm'", true),
        ] {
            let label = format!("labels({number} = \"x\")");
            assert_eq!(takes(&label), is_taken, "{number}");
        }
    }

    #[test]
    fn the_length_of_the_encoded_schema_is_that_of_layout() {
        let input = "#[repr(C)] #[record(line = \"{a}\")] struct Load { \
             #[record(unit = \"m\", help = \"text\", labels(0 = \"off\", 1 = \"on\"))] a: u8, b: u8 }";
        let record = crate::parse::record(&syn::parse_str(input).unwrap()).ok().unwrap();
        let spec = FieldSpec::new("a", Scalar::U8).unit("m").help("text");
        let schema = Schema::builder("Load")
            .field(spec.label(0, "off").label(1, "on"))
            .field(FieldSpec::new("b", Scalar::U8))
            .line("{a}");
        assert_eq!(encoded_len(&record), schema.build().unwrap().encode().len());
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
