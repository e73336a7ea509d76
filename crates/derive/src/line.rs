//! The line template, checked when the macro runs.
//!
//! Invariant: a line that passes [`check`] parses as a `Template`, once each field that has a
//! precision is a float, which the emitted code asserts.

use syn::{LitStr, Result};

use crate::check::{MAX_TEXT, control};
use crate::errors::refuse;

/// Most digits behind the point.
const MAX_PRECISION: usize = 32;

/// A placeholder with a precision.
pub(crate) struct Precise {
    /// The position of the value that it names.
    pub(crate) index: usize,
    /// `{one:.2}`
    pub(crate) text: String,
}

/// Each placeholder of a line names one of the fields. Returns those with a precision.
pub(crate) fn check(line: &LitStr, names: &[String]) -> Result<Vec<Precise>> {
    let text = line.value();
    if !(1..=MAX_TEXT).contains(&text.len()) {
        return refuse(line.span(), "a line has 1 to 1024 bytes");
    }
    if let Some(found) = control(&text.replace('\t', "")) {
        let what = format!("a line may hold a tab, but not the control character {found:?}");
        return refuse(line.span(), what);
    }
    let (mut rest, mut precise) = (text.as_str(), Vec::new());
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
        precise.extend(placeholder(line, &rest[..=end], names)?);
        rest = &rest[end + 1..];
    }
    Ok(precise)
}

/// `{name}` or `{name:.2}`.
fn placeholder(line: &LitStr, text: &str, names: &[String]) -> Result<Option<Precise>> {
    let inner = &text[1..text.len() - 1];
    let (name, precision) = match inner.split_once(':') {
        Some((name, precision)) => (name, Some(precision)),
        None => (inner, None),
    };
    let Some(index) = names.iter().position(|known| known == name) else {
        let known = names.join(", ");
        let what = format!("`{text}` in the line names no field; use one of: {known}");
        return refuse(line.span(), what);
    };
    let Some(precision) = precision else { return Ok(None) };
    let digits = precision.strip_prefix('.').unwrap_or("");
    // `parse` alone would take "+2".
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || digits.parse().map_or(true, |digits: usize| digits > MAX_PRECISION) {
        let what = format!(
            "`{text}` in the line has no valid precision; write `{{{name}:.2}}`, with .0 to .{MAX_PRECISION}"
        );
        return refuse(line.span(), what);
    }
    Ok(Some(Precise { index, text: text.to_owned() }))
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
    fn what_a_line_check_takes_a_template_takes() {
        let fields = ["one".to_owned(), "five".to_owned()];
        let schema = |line: &str| {
            let spec = |name| FieldSpec::new(name, Scalar::F32);
            Schema::builder("LOAD").field(spec("one")).field(spec("five")).line(line).build()
        };
        for text in [
            "{one}",
            "a{one}b{five:.2}",
            "{{{one}}}",
            "}}{{",
            "x",
            "{one}{one}",
            "\t",
            "{one:.32}",
            "{one:.002}",
        ] {
            assert!(check(&literal(text), &fields).is_ok(), "{text}");
            assert!(schema(text).is_ok(), "{text}");
        }
        let long = "x".repeat(1025);
        for text in [
            "",
            "{two}",
            "{on}",
            "{ones}",
            "{one",
            "}",
            "{",
            "a}b",
            "{}",
            "{one:.2",
            &long,
            "\x1b[2J",
            "a\nb",
            "\u{202e}",
            "{one:}",
            "{one:2}",
            "{one:.}",
            "{one:.+2}",
            "{one:.33}",
            "{one:.2:}",
            "{one:.a}",
            "{one:.99999999999999999999999}",
        ] {
            assert!(check(&literal(text), &fields).is_err(), "{text}");
            assert!(schema(text).is_err(), "{text}");
        }
    }
}
