//! `[[export]]` and `[[import]]`: which region is which on another host.
//!
//! Invariant: a name that is sent is a chunk of a key: letters, digits and `. _ - @`, 1 to 64 bytes, no dot or @ in
//! front. A pattern leads to one region for each name that it matches.

use std::fmt;
use std::time::Duration;

use layout::text::quote;
use region::is_region_name;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::address::Address;
use crate::fault::{Fault, Problem};
use crate::node::Node;
use crate::region::mode_in;
use crate::values::{DurationRange, duration_in, filled};

/// Longest name of a host or a region that is sent, in bytes.
pub(super) const MAX_NAME: usize = 64;
/// Records of a region a second without the key.
const DEFAULT_MAX_HZ: u32 = 100;
/// Least and most of them.
const MAX_HZ: (i128, i128) = (1, 1000);
/// Most hosts that the records of a mirror may have come over.
pub const MAX_HOPS: u8 = 8;
/// Least and most records of `lossless`.
const LOSSLESS: (i128, i128) = (1, 65_535);
/// Time without news of the source after which a mirror is stalled, without the key.
const DEFAULT_STALE_AFTER: Duration = Duration::from_secs(3);
/// The shortest: readers call no shorter silence stalled.
const STALE_AFTER: DurationRange = (Duration::from_millis(500), Duration::from_hours(1));
/// The mirror's name without the key.
const DEFAULT_TARGET: &str = "{host}.{name}";

/// A region of this host that others can import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Where it is; for a pattern, `Address::Name` with the pattern.
    pub region: Address,
    /// What it is called on other hosts.
    pub name: NamePattern,
    /// Most records of it that are sent in a second.
    pub max_hz: u32,
    /// How many of its newest records are kept for importers that have missed some; `None`: only the newest is sent.
    pub lossless: Option<u32>,
    /// Over how many hosts the records of a mirror may have come for it to be exported; 0: no mirror is.
    pub hops: u32,
}

/// Regions of another host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Which hosts.
    pub from: NamePattern,
    /// Which of their exports.
    pub name: NamePattern,
    /// Where its mirror is, with `{host}` and `{name}`.
    region: String,
    /// Time without news of the source after which the mirror is stalled.
    pub stale_after: Duration,
    /// The most that a mirror's file permits; it permits nothing that its source does not.
    pub mode: u32,
    /// By how many records the mirror may be behind without missing one; `None`: it gets the newest alone.
    pub lossless: Option<u32>,
}

/// A name, or a pattern of names in which `*` stands for any characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern(String);

impl NamePattern {
    /// A pattern that matches this name alone.
    pub fn exact(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The name, if it is no pattern.
    pub fn name(&self) -> Option<&str> {
        (!self.is_pattern()).then_some(&self.0)
    }

    /// Whether it can match more than one name.
    pub fn is_pattern(&self) -> bool {
        self.0.contains('*')
    }

    /// Whether it matches `name`.
    pub fn matches(&self, name: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = name.strip_prefix(first) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            let Some((_, behind)) = rest.split_once(part) else { return false };
            rest = behind;
        }
        rest.ends_with(last)
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Whether `name` can name a host or a region on the way to another host.
pub fn is_wire_name(name: &str) -> bool {
    is_region_name(name) && !name.starts_with('@') && name.len() <= MAX_NAME
}

pub(super) fn bad_name(what: &str, name: &str) -> String {
    format!(
        "{} is no name for {what}; use letters, digits and . _ - @, no dot or @ in front, at most {MAX_NAME} bytes",
        quote(name)
    )
}

impl Import {
    /// Where the mirror of the region that `host` calls `name` is; `None` if that would be no address.
    pub fn target(&self, host: &str, name: &str) -> Option<Address> {
        self.region.replace("{host}", host).replace("{name}", name).parse().ok()
    }

    /// Where its mirrors are, with `{host}` and `{name}`.
    pub fn template(&self) -> &str {
        &self.region
    }

    /// Whether it is about the region that `host` calls `name`.
    pub fn matches(&self, host: &str, name: &str) -> bool {
        self.from.matches(host) && self.name.matches(name)
    }

    /// Whether all that `other` imports is imported by this one, as far as their patterns can tell.
    pub(super) fn covers(&self, other: &Self) -> bool {
        // No name has a star, which a pattern can match all the same.
        self.matches(&other.from.0, &other.name.0)
    }

    /// The host and the name of an import of one region.
    pub fn source(&self) -> Option<(String, String)> {
        Some((self.from.name()?.to_owned(), self.name.name()?.to_owned()))
    }

    /// The mirror of an import of one region.
    pub(super) fn fixed_target(&self) -> Option<Address> {
        let (host, name) = self.source()?;
        self.target(&host, &name)
    }
}

/// `[[export]]` as serde fills it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportTable {
    #[serde(deserialize_with = "filled")]
    region: String,
    name: Option<String>,
    max_hz: Option<i64>,
    lossless: Option<i64>,
    #[serde(default)]
    hops: i64,
}

/// `[[import]]` as serde fills it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportTable {
    #[serde(deserialize_with = "filled")]
    from: String,
    #[serde(deserialize_with = "filled")]
    name: String,
    region: Option<String>,
    #[serde(rename = "stale_after")]
    _stale_after: Option<IgnoredAny>,
    #[serde(rename = "mode")]
    _mode: Option<IgnoredAny>,
    lossless: Option<i64>,
}

/// The value of `lossless`, if it is there.
fn lossless(node: &Node<'_>, value: Option<i64>) -> Result<Option<u32>, Problem> {
    value.map(|count| node.at_key("lossless").in_range(count, LOSSLESS)).transpose()
}

/// The elements of the list `node`, each with its table.
fn each<T, U>(
    node: &Node<'_>,
    tables: Vec<T>,
    checked: impl Fn(T, &Node<'_>) -> Result<U, Problem>,
) -> Result<Vec<U>, Problem> {
    let items = node.items_or_self();
    tables.into_iter().zip(&items).map(|(table, item)| checked(table, item)).collect()
}

pub(super) fn exports(node: &Node<'_>, tables: Vec<ExportTable>) -> Result<Vec<Export>, Problem> {
    let exports = each(node, tables, ExportTable::checked)?;
    let items = node.items();
    for (index, export) in exports.iter().enumerate() {
        let twice = |other: &Export| other.name == export.name;
        if exports[..index].iter().any(twice) {
            let why =
                format!("another export is called {} already; give it another name", export.name);
            return Err(items.get(index).unwrap_or(node).problem_at("name", Fault::Other(why)));
        }
    }
    Ok(exports)
}

pub(super) fn imports(node: &Node<'_>, tables: Vec<ImportTable>) -> Result<Vec<Import>, Problem> {
    each(node, tables, ImportTable::checked)
}

impl ExportTable {
    fn checked(self, node: &Node<'_>) -> Result<Export, Problem> {
        let wrong = |key: &str, why: String| node.problem_at(key, Fault::Other(why));
        let max_hz = self
            .max_hz
            .map_or(Ok(DEFAULT_MAX_HZ), |max_hz| node.at_key("max_hz").in_range(max_hz, MAX_HZ))?;
        let lossless = lossless(node, self.lossless)?;
        let hops = node.at_key("hops").in_range(self.hops, (0, MAX_HOPS.into()))?;
        if lossless.is_some() && self.max_hz.is_some() {
            return Err(wrong(
                "max_hz",
                "limits what lossless sends all of; remove one".to_owned(),
            ));
        }
        if self.region.contains('*') {
            if let Some(name) = &self.name {
                let why = format!("{} is one name for several regions; remove it", quote(name));
                return Err(wrong("name", why));
            }
            let name = pattern(&node.at_key("region"), &self.region)?;
            let region = Address::Name(self.region);
            return Ok(Export { region, name, max_hz, lossless, hops });
        }
        let region: Address = self
            .region
            .parse()
            .map_err(|err: crate::AddressError| wrong("region", err.to_string()))?;
        let name = match (self.name, &region) {
            (Some(name), _) => name,
            (None, Address::Name(name)) => name.clone(),
            (None, Address::Path(_)) => {
                return Err(wrong(
                    "name",
                    "missing for a region given by its path; add name = \"stu\"".to_owned(),
                ));
            }
        };
        if !is_wire_name(&name) {
            return Err(wrong("name", bad_name("a region", &name)));
        }
        Ok(Export { region, name: NamePattern(name), max_hz, lossless, hops })
    }
}

impl ImportTable {
    fn checked(self, node: &Node<'_>) -> Result<Import, Problem> {
        let import = Import {
            from: pattern(&node.at_key("from"), &self.from)?,
            name: pattern(&node.at_key("name"), &self.name)?,
            region: self.region.unwrap_or_else(|| DEFAULT_TARGET.to_owned()),
            stale_after: duration_in(node, "stale_after", STALE_AFTER)?
                .unwrap_or(DEFAULT_STALE_AFTER),
            mode: mode_in(node)?,
            lossless: lossless(node, self.lossless)?,
        };
        let wrong = |why: String| node.problem_at("region", Fault::Other(why));
        for (key, mark, pattern) in
            [("from", "{host}", &import.from), ("name", "{name}", &import.name)]
        {
            if pattern.is_pattern() && !import.region.contains(mark) {
                return Err(wrong(format!(
                    "has no {mark}, but {key} is a pattern; write {DEFAULT_TARGET:?}"
                )));
            }
        }
        let example = import.region.replace("{host}", "x").replace("{name}", "x");
        example.parse::<Address>().map_err(|err| wrong(err.to_string()))?;
        Ok(import)
    }
}

fn pattern(node: &Node<'_>, text: &str) -> Result<NamePattern, Problem> {
    if is_wire_name(&text.replace('*', "x")) {
        return Ok(NamePattern(text.to_owned()));
    }
    Err(node
        .problem(Fault::Other(bad_name("a host or a region, nor a pattern of such names", text))))
}

#[cfg(test)]
mod tests {
    use super::NamePattern;

    #[test]
    fn a_star_stands_for_any_characters() {
        let matches = |pattern: &str, name| NamePattern(pattern.to_owned()).matches(name);
        for (pattern, name) in [
            ("stu", "stu"),
            ("*", "stu"),
            ("s*", "s"),
            ("*.cpu", "a.cpu"),
            ("a*b*c", "aXbYc"),
            ("a*", "a*"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("stu", "stud"), ("s*", "tu"), ("*.cpu", "cpu"), ("a*b*c", "acb"), ("ab*ba", "aba")]
        {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
