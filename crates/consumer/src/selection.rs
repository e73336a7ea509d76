//! Which instances are read: `--instance`.

use std::path::PathBuf;

use glob::Pattern;
use layout::InstanceName;

use crate::error::Kind;

/// The name of an instance, or a pattern of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    text: String,
    pattern: Pattern,
}

impl NamePattern {
    /// Parses a pattern with `*`, `?` and `[a-z]`; a name without them matches itself.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("an instance has a name of 1 to 64 bytes".to_owned());
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

    /// The first pattern that none of `names` matches.
    pub(crate) fn unmatched(&self, names: &[InstanceName]) -> Option<&str> {
        let is_matched = |pattern: &&NamePattern| names.iter().any(|name| pattern.matches(name));
        let pattern = self.patterns.iter().find(|pattern| !is_matched(pattern))?;
        Some(&pattern.text)
    }

    /// Why an instance that is asked for is not there, if one is not: the region at `path` has `names`.
    pub(crate) fn absence(&self, path: PathBuf, names: &[InstanceName]) -> Option<Kind> {
        let pattern = self.unmatched(names)?.to_owned();
        let known: Vec<&str> = names.iter().map(InstanceName::as_str).collect();
        let advice = match &known[..] {
            [] => "the region has no instances yet".to_owned(),
            known => query::instead_of(&pattern, known),
        };
        Some(Kind::NoInstance { path, pattern, advice })
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
        assert_eq!(ethernet.unmatched(&names), Some("wlan?"));
        assert_eq!(selection(&["lo"]).unmatched(&names), None);
        assert!(selection(&["a[[]0]"]).selects("a[0]"));
        assert!(NamePattern::parse("a[").is_err() && NamePattern::parse("").is_err());
    }
}
