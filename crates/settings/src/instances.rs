//! `[record] instances`: how many records of one kind the region has, and where their names come from.
//!
//! Invariant: the names of a list are valid and no two alike; a pattern is one that can be searched; there
//! can be 1 to 65,536 instances.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use layout::header::MAX_INSTANCES;
use layout::text::quote;
use layout::{BadInstanceName, InstanceName};
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::de::DeValue;

use crate::fault::{Fault, Problem};
use crate::node::Node;
use crate::source::{InputKey, input_key, pattern_fault};
use crate::values::{MAX_DURATION, duration_in, filled, path};

/// Most instances without the key.
pub const DEFAULT_MAX: u32 = 256;
/// Time between two searches without the key.
const DEFAULT_RESCAN: Duration = Duration::from_secs(1);
/// Shortest time between two searches: each reads whole folders.
const MIN_RESCAN: Duration = Duration::from_millis(1);

/// Each form that the key can have.
const FORMS: &str = "instances = 30 for numbers, [\"eth0\"] for names, { glob = \"/sys/class/net/*\" } for paths, \
                     or { input = \"symbol\" } for names in lines of input";

/// The instances of a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instances {
    /// These. Never empty.
    Named(Vec<InstanceName>),
    /// One for each path that a pattern matches.
    Glob(GlobInstances),
    /// One for each name in a line of input.
    Input(InputInstances),
}

/// Instances that are looked for in the file system: their names are the last components of the paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobInstances {
    /// The patterns. Never empty.
    pub patterns: Vec<PathBuf>,
    /// Time from one search to the next.
    pub rescan: Duration,
    /// Most instances at one time.
    pub max: u32,
}

/// Instances that lines of input name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputInstances {
    /// Where in a line the name is.
    pub key: InputKey,
    /// No others than these; empty: any.
    pub only: Arc<BTreeSet<InstanceName>>,
    /// Most instances at one time.
    pub max: u32,
    /// What happens to a name for which there is no room.
    pub full: WhenFull,
}

/// What happens to one name more than there can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenFull {
    /// Its line is a bad one.
    #[default]
    Refuse,
    /// It takes the place of the instance that no line has named for the longest time.
    RetireOldest,
}

impl Instances {
    /// Most instances at one time.
    pub fn max(&self) -> u32 {
        match self {
            Self::Named(names) => u32::try_from(names.len()).unwrap_or(u32::MAX),
            Self::Glob(glob) => glob.max,
            Self::Input(input) => input.max,
        }
    }

    /// The same for lines of a consumer's JSON, which name the instance in this member.
    pub(crate) fn replaying(&self) -> Self {
        let (only, full) = match self {
            Self::Input(input) => (BTreeSet::new(), input.full),
            Self::Named(names) => (names.iter().copied().collect(), WhenFull::Refuse),
            Self::Glob(_) => (BTreeSet::new(), WhenFull::Refuse),
        };
        let key = InputKey::Member("instance".to_owned());
        Self::Input(InputInstances { key, only: Arc::new(only), max: self.max(), full })
    }
}

/// `instances` as a table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InstancesTable {
    glob: Option<Vec<GlobPattern>>,
    /// Read by [`duration_in`].
    #[serde(rename = "rescan")]
    _rescan: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "filled_key")]
    input: Option<String>,
    max: Option<i64>,
    full: Option<WhenFull>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct GlobPattern(#[serde(deserialize_with = "path")] PathBuf);

fn filled_key<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    filled(value).map(Some)
}

/// Reads the value of `instances`.
pub(crate) fn read(node: &Node<'_>) -> Result<Instances, Problem> {
    if node.value.is_table() {
        return table(node);
    }
    if node.value.is_array() {
        return list(node).map(Instances::Named);
    }
    if node.value.is_integer() {
        return numbered(node).map(Instances::Named);
    }
    // It may be meant for any of them.
    let why = format!("{} is not a whole number, a list or a table; write {FORMS}", node.shown());
    Err(node.problem(Fault::Other(why)))
}

/// So many, called 0, 1, 2 ...
fn numbered(node: &Node<'_>) -> Result<Vec<InstanceName>, Problem> {
    let count = node.whole().map_err(|fault| node.problem(fault))?;
    let count: u32 = node.in_range(count, (1, MAX_INSTANCES.into()))?;
    let refuse = |error: BadInstanceName| node.problem(Fault::Other(error.to_string()));
    (0..count).map(|index| index.to_string().parse().map_err(refuse)).collect()
}

fn list(node: &Node<'_>) -> Result<Vec<InstanceName>, Problem> {
    let items = node.items();
    let mut names: Vec<InstanceName> = Vec::with_capacity(items.len());
    let mut seen = std::collections::HashMap::new();
    for (index, item) in items.iter().enumerate() {
        let text = item.value.as_str().ok_or_else(|| item.problem(not_a_name(item)))?;
        let refuse = |what: String| item.problem(Fault::Other(what));
        let name = InstanceName::new(text)
            .map_err(|error| refuse(format!("{error}; write a name such as \"eth0\"")))?;
        if let Some(first) = seen.insert(name, index) {
            let (name, first) = (quote(&name), first + 1);
            return Err(refuse(format!("{name} is #{first} already; leave one of them out")));
        }
        names.push(name);
    }
    match names.len() {
        0 => Err(node.problem(Fault::not_but("a list of names", FORMS))),
        len if len > MAX_INSTANCES as usize => {
            let why = format!("{len} instances are not possible; give at most {MAX_INSTANCES}");
            Err(node.problem(Fault::Other(why)))
        }
        _ => Ok(names),
    }
}

/// What is wrong with an element that is not text.
fn not_a_name(item: &Node<'_>) -> Fault {
    let write = match item.value {
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => quote(&item.shown()),
        _ => "a name such as \"eth0\"".to_owned(),
    };
    Fault::not_but("a name in quotes", write)
}

fn table(node: &Node<'_>) -> Result<Instances, Problem> {
    let InstancesTable { glob, input, max, full, .. } = node.read()?;
    let rescan = duration_in(node, "rescan", (MIN_RESCAN, MAX_DURATION))?;
    let max = max.map_or(Ok(DEFAULT_MAX), |max| {
        node.at_key("max").in_range(max, (1, MAX_INSTANCES.into()))
    })?;
    let refuse = |key: &str, why: &str| Err(node.problem_at(key, Fault::Other(why.to_owned())));
    match (glob, input) {
        (None, None) => {
            let why = format!("neither glob nor input is there; write {FORMS}");
            Err(node.problem(Fault::Other(why)))
        }
        (Some(_), Some(_)) => refuse("input", "given together with glob; keep one of the two"),
        (Some(_), None) if full.is_some() => {
            refuse("full", "has no effect: matches beyond max are left out; remove it")
        }
        (None, Some(_)) if rescan.is_some() => {
            refuse("rescan", "has no effect: nothing is searched; remove it")
        }
        (Some(patterns), None) => {
            let patterns = glob_patterns(node, patterns)?;
            let rescan = rescan.unwrap_or(DEFAULT_RESCAN);
            Ok(Instances::Glob(GlobInstances { patterns, rescan, max }))
        }
        (None, Some(key)) => {
            let key = input_key(node, "input", key)?;
            let full = full.unwrap_or_default();
            Ok(Instances::Input(InputInstances { key, only: Arc::default(), max, full }))
        }
    }
}

fn glob_patterns(node: &Node<'_>, patterns: Vec<GlobPattern>) -> Result<Vec<PathBuf>, Problem> {
    let list = node.at_key("glob");
    let items = list.items_or_self();
    if patterns.is_empty() {
        return Err(list.problem(Fault::not("a pattern or a list of patterns")));
    }
    let checked = items.iter().zip(patterns).map(|(item, GlobPattern(pattern))| {
        let fault = pattern_fault(&pattern).or_else(|| {
            let is_named = Path::new(&pattern).file_name().is_some();
            (!is_named).then(|| Fault::not("a pattern with a name at its end"))
        });
        fault.map_or(Ok(pattern), |fault| Err(item.problem(fault)))
    });
    checked.collect()
}
