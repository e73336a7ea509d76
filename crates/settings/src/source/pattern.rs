//! `regex`: the text between one pair of parentheses of a regular expression.
//!
//! Invariant: an expression that was checked is one with the name of any instance, which matches itself alone.
//!
//! `{instance}` alone is replaced: no regular expression has it. All other braces are those of the expression,
//! and `\{instance}` is the text.
//!
//! Price: of an expression with the name, each instance has its own.

use layout::{InstanceName, MAX_INSTANCE_NAME};
use regex_lite::{Regex, RegexBuilder, escape};

use super::placeholder::{NO_INSTANCES, PLACEHOLDER};
use super::read::RecordKind;

/// Most that an expression may take in memory, in bytes: 256 MiB for 4,096 fields.
const MOST: usize = 64 << 10;

/// A regular expression with one group. `^` and `$` match at the ends of each line.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// `text` as a pattern for a record of this kind; an error is the fact and what to do about it.
    pub(super) fn new(text: &str, kind: RecordKind) -> Result<Self, String> {
        if kind == RecordKind::Plain && has_placeholder(text) {
            return Err(NO_INSTANCES.to_owned());
        }
        let longest = "x".repeat(MAX_INSTANCE_NAME);
        let regex = compiled(&expand(text, &longest));
        let regex = regex.map_err(|error| format!("{error}; correct the regular expression"))?;
        match regex.captures_len() - 1 {
            1 => Ok(Self { text: text.to_owned(), regex }),
            count => Err(format!(
                "has {count} groups; put ( and ) around the value, and (?: around others"
            )),
        }
    }

    /// That of one instance.
    pub(super) fn of_instance(&self, name: &InstanceName) -> Self {
        let own = has_placeholder(&self.text).then(|| compiled(&expand(&self.text, name)));
        match own {
            Some(Ok(regex)) => Self { text: self.text.clone(), regex },
            Some(Err(_)) | None => self.clone(), // it was checked
        }
    }

    /// The group of the first match in `text`.
    pub fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        Some(self.regex.captures(text)?.get(1)?.as_str())
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.regex.as_str() == other.regex.as_str()
    }
}

fn compiled(text: &str) -> Result<Regex, regex_lite::Error> {
    RegexBuilder::new(text).multi_line(true).size_limit(MOST).build()
}

fn has_placeholder(text: &str) -> bool {
    expand(text, "") != text
}

/// `text` with a group that matches `name` in place of each placeholder.
fn expand(text: &str, name: &str) -> String {
    // A space means nothing in an expression with comments.
    let literal = format!("(?:{})", escape(name).replace(' ', r"\x20"));
    let (mut expanded, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(['\\', '{']) {
        let (before, special) = rest.split_at(at);
        expanded.push_str(before);
        if let Some(behind) = special.strip_prefix(PLACEHOLDER) {
            expanded.push_str(&literal);
            rest = behind;
            continue;
        }
        let count = if special.starts_with('\\') { 2 } else { 1 };
        let end = special.char_indices().nth(count).map_or(special.len(), |(end, _)| end);
        expanded.push_str(&special[..end]);
        rest = &special[end..];
    }
    expanded + rest
}

#[cfg(test)]
mod tests {
    use super::{Pattern, RecordKind};

    fn found<'t>(regex: &str, name: &str, text: &'t str) -> Option<&'t str> {
        let pattern = Pattern::new(regex, RecordKind::OfInstances).expect("a pattern");
        let pattern = pattern.of_instance(&name.parse().expect("a name"));
        assert_eq!(pattern.as_str(), regex);
        pattern.find(text)
    }

    #[test]
    fn the_name_of_an_instance_matches_itself_alone() {
        let text = "eth0: 7\nethX0: 8\neth.0: 9\n";
        for (name, value) in [("eth0", "7"), ("eth.0", "9"), ("ethX0", "8")] {
            assert_eq!(found(r"^{instance}: (\d+)", name, text), Some(value), "{name}");
        }
        assert_eq!(found(r"^{instance}: (\d+)", "eth?0", text), None);
        let hostile = r"a)|(.*|[\d{3}] #-&~^$";
        let line = format!("x{hostile} = 5");
        for regex in [r"{instance} = (\d)", r"(?x) {instance} \s=\s (\d) # a comment"] {
            assert_eq!(found(regex, hostile, &line), Some("5"), "{regex}");
        }
    }

    #[test]
    fn all_other_braces_are_those_of_the_expression() {
        assert_eq!(found(r"(\d{2})", "a", "1 23"), Some("23"));
        assert_eq!(found(r"\{instance\}(.)", "a", "a1 {instance}2"), Some("2"));
        assert_eq!(found(r"\\{instance}(.)", "a", r"a1 \a2"), Some("2"));
        assert_eq!(found(r"({instance}{2})", "ab", "ab abab"), Some("abab"));
        assert!(Pattern::new(r"\{instance\}(.)", RecordKind::Plain).is_ok());
        assert!(Pattern::new(r"{instance}(.)", RecordKind::Plain).is_err());
    }

    #[test]
    fn an_expression_that_fits_is_one_with_any_name() {
        // A range of characters that begins or ends with a name is one for all names or for none.
        assert!(Pattern::new("([a-{instance}])", RecordKind::OfInstances).is_err());
        let longest = "\u{e9}".repeat(32);
        for name in ["]", "^", "-", r"\", "&&", longest.as_str()] {
            assert_eq!(found("({instance})", name, name), Some(name));
            assert!(found("([{instance}]+)", name, name).is_some(), "{name}");
        }
    }
}
