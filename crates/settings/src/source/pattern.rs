//! `regex`: the text between one pair of parentheses of a regular expression.

use regex_lite::{Regex, RegexBuilder};

/// Most that an expression may take in memory, in bytes: 256 MiB for 4,096 fields.
const MOST: usize = 64 << 10;

/// A regular expression with one group. `^` and `$` match at the ends of each line.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// `text` as a pattern; an error is the fact and what to do about it.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let regex = RegexBuilder::new(text).multi_line(true).size_limit(MOST).build();
        let regex = regex.map_err(|error| format!("{error}; correct the regular expression"))?;
        match regex.captures_len() - 1 {
            1 => Ok(Self(regex)),
            count => Err(format!(
                "has {count} groups; put ( and ) around the value, and (?: around others"
            )),
        }
    }

    /// The group of the first match in `text`.
    pub fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        Some(self.0.captures(text)?.get(1)?.as_str())
    }

    /// The expression as it was written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}
