//! A line template in its pieces, before any name in it is looked up.

use crate::error::{SchemaError, SchemaPart as Part, refuse};

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplatePart<'t> {
    /// Printed as it is; of `{{` and `}}` only one brace.
    Text(&'t str),
    /// What is between `{` and `}`.
    Placeholder(&'t str),
}

impl<'t> TemplatePart<'t> {
    /// The pieces of `text`, each with the byte at which it begins.
    ///
    /// # Errors
    /// A brace is not closed, or not opened.
    pub fn split(text: &'t str) -> Result<Vec<(usize, Self)>, SchemaError> {
        let (mut parts, mut at) = (Vec::new(), 0);
        while let Some(before) = text[at..].find(['{', '}']) {
            parts.push((at, Self::Text(&text[at..at + before])));
            at += before;
            let rest = &text[at..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                parts.push((at, Self::Text(&rest[..1])));
                at += 2;
                continue;
            }
            let end = placeholder_end(rest, at)?;
            parts.push((at, Self::Placeholder(&rest[1..end])));
            at += end + 1;
        }
        parts.push((at, Self::Text(&text[at..])));
        Ok(parts)
    }
}

/// Length of the placeholder at the start of `rest`, which is at byte `at` of the template.
fn placeholder_end(rest: &str, at: usize) -> Result<usize, SchemaError> {
    match rest.find('}') {
        Some(0) => refuse!(
            Part::Line,
            "the line template has a single }} at byte {at}; write }}}} for a brace"
        ),
        Some(end) => Ok(end),
        None => refuse!(
            Part::Line,
            "the line template opens {{ at byte {at} and does not close it; \
             add }} or write {{{{ for a brace"
        ),
    }
}
