//! Which instances are read: `--instance`.

use std::fmt;
use std::path::PathBuf;

use daemon::cli::option_value;
use glob::Pattern;
use layout::InstanceName;
use layout::text::plain;

use crate::error::Kind;

/// Patterns that a message lists.
const LISTED: usize = 8;

/// What makes a text a pattern.
const WILDCARDS: [char; 3] = ['*', '?', '['];

/// The name of an instance, or a pattern of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    text: String,
    pattern: Pattern,
}

impl NamePattern {
    /// Parses a pattern with `*`, `?` and `[a-z]`; a text without them is a name, which matches itself.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("an instance has a name; write that, or a pattern".to_owned());
        }
        if !text.contains(WILDCARDS) {
            let bad = |error| format!("{error}; give a name of 1 to 64 bytes, or a pattern");
            InstanceName::new(text).map_err(bad)?;
        }
        let bad = |error: glob::PatternError| format!("{}; write [[] for a [ itself", error.msg);
        let pattern = Pattern::new(text).map_err(bad)?;
        Ok(Self { text: text.to_owned(), pattern })
    }

    fn matches(&self, name: &str) -> bool {
        self.text == name || self.pattern.matches(name)
    }
}

/// The instances that are asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    patterns: Vec<NamePattern>,
}

impl Selection {
    /// Those that match one of `patterns`; all if there are none.
    pub(crate) fn new(patterns: Vec<NamePattern>) -> Self {
        Self { patterns }
    }

    pub(crate) fn is_all(&self) -> bool {
        self.patterns.is_empty()
    }

    pub(crate) fn selects(&self, name: &str) -> bool {
        self.is_all() || self.patterns.iter().any(|pattern| pattern.matches(name))
    }

    /// Whether this instance is asked for by its own name, and not only by a pattern.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.text == name)
    }

    /// Whether `name` was the last one of a pattern, where `names` are left.
    pub(crate) fn loses(&self, name: &str, names: &[InstanceName]) -> bool {
        let is_left = |pattern: &NamePattern| names.iter().any(|name| pattern.matches(name));
        self.patterns.iter().any(|pattern| pattern.matches(name) && !is_left(pattern))
    }

    /// The patterns that none of `names` matches.
    pub(crate) fn unmatched(&self, names: &[InstanceName]) -> Option<Missing> {
        let is_matched = |pattern: &&NamePattern| names.iter().any(|name| pattern.matches(name));
        let missing = self.patterns.iter().filter(|pattern| !is_matched(pattern));
        let patterns: Vec<_> = missing.map(|pattern| pattern.text.clone()).collect();
        (!patterns.is_empty()).then_some(Missing(patterns))
    }

    /// Why instances that are asked for are not there, if some are not: the region at `path` has `names`.
    pub(crate) fn absence(&self, path: PathBuf, names: &[InstanceName]) -> Option<Kind> {
        let missing = self.unmatched(names)?;
        // Those that are asked for already are no help.
        let known: Vec<&str> = names.iter().map(InstanceName::as_str).collect();
        let known: Vec<&str> = known.into_iter().filter(|name| !self.selects(name)).collect();
        let advice = match (&known[..], &missing.0[..]) {
            ([], _) if names.is_empty() => "the region has no instances now".to_owned(),
            ([], _) => "the region has no others now".to_owned(),
            (known, [pattern]) => query::instead_of_shown(pattern, known, typed),
            (known, _) => query::instead_of_shown("", known, typed),
        };
        Some(Kind::NoInstance { path, missing, advice })
    }
}

/// A name as it is typed behind the option.
fn typed(name: &&str) -> String {
    option_value("--instance", name)
}

/// Patterns for which there is no instance; at least one. Displays as "instance a" or "instances a, b".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Missing(Vec<String>);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(patterns) = self;
        let listed: Vec<_> = patterns.iter().take(LISTED).map(|text| plain(text)).collect();
        let ending = if patterns.len() == 1 { "" } else { "s" };
        write!(f, "instance{ending} {}", listed.join(", "))?;
        match patterns.len() - listed.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NamePattern, Selection};

    #[test]
    fn a_pattern_matches_names_and_each_one_has_to() {
        let selection = |patterns: &[&str]| {
            let parse = |text: &&str| NamePattern::parse(text).expect("a pattern");
            Selection::new(patterns.iter().map(parse).collect())
        };
        assert!(selection(&[]).selects("lo"));
        let ethernet = selection(&["eth*", "wlan?"]);
        let selected = ["eth0", "wlan1", "wlan10", "lo"].map(|name| ethernet.selects(name));
        assert_eq!(selected, [true, true, false, false]);
        let names = ["eth0", "lo"].map(|name| name.parse().expect("a name"));
        let missing = |selection: &Selection| selection.unmatched(&names).map(|it| it.to_string());
        assert_eq!(missing(&ethernet).as_deref(), Some("instance wlan?"));
        let three = selection(&["b", "lo", "a", "eth1"]);
        assert_eq!(missing(&three).as_deref(), Some("instances b, a, eth1"));
        let many: Vec<_> = (0..10).map(|number| format!("n{number}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        let text = "instances n0, n1, n2, n3, n4, n5, n6, n7 and 2 more";
        assert_eq!(missing(&selection(&many)).as_deref(), Some(text));
        assert_eq!(missing(&selection(&["lo"])), None);
        assert!(selection(&["a[[]0]"]).selects("a[0]"));
        assert!(NamePattern::parse("a[").is_err() && NamePattern::parse("").is_err());
    }

    #[test]
    fn a_name_that_no_instance_can_have_is_refused_and_a_pattern_is_not() {
        let longest = "n".repeat(64);
        let is_refused = |text: &str| NamePattern::parse(text).is_err();
        assert!(!is_refused(&longest) && is_refused(&format!("{longest}n")));
        assert!(!is_refused(&format!("{longest}*")) && !is_refused("eth[0-9]"));
        let why = NamePattern::parse("two\nlines").expect_err("a control character");
        let want = "instance name \"two\\nlines\" has a control character; \
                    give a name of 1 to 64 bytes, or a pattern";
        assert_eq!(why, want);
    }
}
