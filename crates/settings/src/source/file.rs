//! `file`: a number or a text out of a file such as those in `/proc` and `/sys`.
//!
//! A file is text in lines, a line is words. Words are what white space, `:` and `=` leave apart, so
//! one rule reads all of these:
//!
//! ```text
//!   /proc/loadavg             0.12 0.08 0.05 1/234 5678      columns 1 to 5
//!   /proc/meminfo             MemAvailable:  24469780 kB     key = "MemAvailable"
//!   /proc/stat                cpu  4892 0 2952 218076        key = "cpu", column = 1 ...
//!   /proc/pressure/cpu        some avg10=0.17 avg60=0.05     key = "some avg10"
//!   /proc/diskstats           8  0 sda 1523 12 30211         key = "sda"
//!   /proc/interrupts          1:  77   0  IO-APIC  i8042     key = "1"
//!   /sys/.../BAT0/uevent      POWER_SUPPLY_CAPACITY=92       key = "POWER_SUPPLY_CAPACITY"
//! ```
//!
//! Invariant: a source for text has no scale, no rate and takes the rest, one column or a match; one for
//! numbers takes at least one column, a match, or a line for the labels of its field.

use std::path::{Path, PathBuf};

use layout::text::quote;
use layout::{CType, Field, InstanceName, Scalar};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

use super::Constant;
use super::pattern::Pattern;
use super::placeholder::{self, LeavesFolder};
use super::range::real;
use super::read::{RecordKind, mismatch};
use super::target::Target;
use crate::fault::{Fault, Problem};
use crate::node::Node;
use crate::values::{not, path};

/// Most columns that may be added up, and the last that may be asked for.
const MAX_COLUMN: i128 = 4096;

/// A number or a text out of a file.
///
/// What a producer does with it, each time: read the first of `paths` that holds the value; for a
/// number, take the difference to the last time by the seconds between if `rate`, multiply by `scale`,
/// round for an integer field; a label as it is. While there is no value (no file, no such line, no
/// number there, one that the field cannot hold, no earlier reading for a rate, a number that went
/// backward for a rate), the field holds `default` if there is one, else the last value it had.
#[derive(Clone, Debug, PartialEq)]
pub struct FileSource {
    /// The file, and others to try in this order where it cannot be read or does not hold the value. Never
    /// empty. One that [`is_pattern`] is replaced by the files that it matches, sorted.
    pub paths: Vec<PathBuf>,
    /// The words right before the value: in the first line that begins with them, else
    /// in the first that has them one after another. `None` begins at the start of the file.
    pub key: Option<Vec<String>>,
    /// Which of the words that follow.
    pub take: Take,
    /// Whether numbers without `0x` are hexadecimal, too.
    pub hex: bool,
    /// What text that is no number means.
    pub words: Words,
    /// What a number is multiplied by; 1 for text and `bool`. Finite, not zero.
    pub scale: f64,
    /// Whether the value is how fast the number grows, per second.
    pub rate: bool,
    /// Bits of a number that continues from 0 beyond its largest, for a rate.
    pub wraps: Option<u32>,
    /// What the field holds while there is no value.
    pub default: Option<Constant>,
}

/// Which words behind the key, or from the start of the file, make the value.
#[derive(Clone, Debug, PartialEq)]
pub enum Take {
    /// Text: all of the line behind the key; without a key, the first line that is not empty.
    Rest,
    /// Text: the word in this column, counted from 1.
    Word(usize),
    /// A number: the sum of these columns, counted from 1. Never empty.
    Sum(Vec<usize>),
    /// A number or a label: the first word if it is a number, else all of the line.
    Line,
    /// A number or a label: the group of a regular expression.
    Match(Pattern),
    /// Text: the group of a regular expression.
    Part(Pattern),
    /// A number: how many files there are. None of them is read.
    Count,
}

/// What text that is no number means where a number is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// There is no value.
    None,
    /// It is a label of the field.
    Labels,
    /// It is the value of a `bool`: `yes`, `off`.
    YesOrNo,
}

/// Whether `path` is a pattern for paths, with `*`, `?` or `[...]`.
pub fn is_pattern(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().iter().any(|byte| b"*?[".contains(byte))
}

/// Whether `c` separates the words of a line.
pub fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ':' | '=')
}

/// The words of `text`.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_separator).filter(|word| !word.is_empty())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTable {
    path: Vec<FilePath>,
    #[serde(default, deserialize_with = "key_words")]
    key: Option<Vec<String>>,
    column: Option<Vec<i64>>,
    regex: Option<String>,
    #[serde(default)]
    count: bool,
    #[serde(default)]
    hex: bool,
    scale: Option<f64>,
    #[serde(default)]
    rate: bool,
    wraps: Option<i64>,
    /// Read by [`Target::constant`], which takes what the field does.
    #[serde(rename = "default")]
    _default: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct FilePath(#[serde(deserialize_with = "path")] PathBuf);

pub(super) fn read(node: &Node<'_>, target: &mut Target<'_>) -> Result<FileSource, Problem> {
    let table: FileTable = node.read()?;
    let ctype = target.field().ctype();
    if ctype.count().is_some() && !ctype.is_text() {
        return Err(mismatch(node, ctype, "it reads single values: give each one its own field"));
    }
    check_number_keys(node, ctype)?;
    if table.path.is_empty() {
        return Err(node.problem_at("path", Fault::not("a path or a list of paths")));
    }
    let scale = real(&node.at_key("scale"), table.scale.unwrap_or(1.0), Scalar::F64)?;
    if scale == 0.0 {
        return Err(node.problem_at("scale", Fault::not("a scale")));
    }
    check_patterns(node, &table.path)?;
    check_placeholders(node, &table, target.kind())?;
    let wraps = wraps(node, &table)?;
    let take = match &table.regex {
        _ if table.count => count(node, ctype)?,
        Some(regex) if ctype.is_text() => Take::Part(pattern(node, regex, target)?),
        Some(regex) => Take::Match(pattern(node, regex, target)?),
        None => take(node, &table, target.field())?,
    };
    let words = match target.field() {
        field if field.labels().is_empty() && ctype.element() == Scalar::Bool => Words::YesOrNo,
        field if field.labels().is_empty() || ctype.is_text() => Words::None,
        _ => Words::Labels,
    };
    let default = node.get("default").map(|default| target.constant(&default)).transpose()?;
    Ok(FileSource {
        paths: table.path.into_iter().map(|FilePath(path)| path).collect(),
        key: table.key,
        take,
        hex: table.hex,
        words,
        scale,
        rate: table.rate,
        wraps,
        default,
    })
}

/// Refuses what only a number has on a field that is none.
fn check_number_keys(node: &Node<'_>, ctype: CType) -> Result<(), Problem> {
    if ctype.element().is_int() || ctype.element().is_float() {
        return Ok(());
    }
    if ctype.is_text()
        && let Some(hex) = node.get("hex")
    {
        return Err(hex.problem(Fault::Other("has no effect: text is no number; remove it".into())));
    }
    let what = if ctype.is_text() { "text" } else { "a bool" };
    let why = format!("has no effect: {what} has no scale or rate; remove it");
    let key = ["scale", "rate", "wraps"].into_iter().find_map(|key| node.get(key));
    key.map_or(Ok(()), |key| Err(key.problem(Fault::Other(why))))
}

/// Refuses a pattern that cannot be, or that walks through whole trees at each reading.
fn check_patterns(node: &Node<'_>, paths: &[FilePath]) -> Result<(), Problem> {
    let list = node.at_key("path");
    let items = list.items_or_self();
    for (item, FilePath(path)) in items.iter().zip(paths) {
        if let Some(fault) = pattern_fault(path) {
            return Err(item.problem(fault));
        }
    }
    Ok(())
}

/// Why `path` is a pattern that cannot be, or one that walks through whole trees, if so.
pub(crate) fn pattern_fault(path: &Path) -> Option<Fault> {
    let text = path.to_string_lossy();
    if !is_pattern(path) {
        return None;
    }
    if text.contains("**") {
        let why = "** would search whole trees again and again; write one * for each folder";
        return Some(Fault::Other(why.into()));
    }
    let error = glob::Pattern::new(&text).err()?;
    let (shown, why) = (quote(&text), error.msg);
    Some(Fault::Other(format!("{shown} is no pattern: {why}; write [[] for a [ itself")))
}

fn check_placeholders(node: &Node<'_>, table: &FileTable, kind: RecordKind) -> Result<(), Problem> {
    let paths = table.path.iter().map(|FilePath(path)| ("path", path.to_string_lossy()));
    let keys = table.key.iter().flatten().map(|word| ("key", word.into()));
    for (key, text) in paths.chain(keys) {
        if let Some(fault) = placeholder::fault(&text, kind) {
            return Err(node.problem_at(key, fault));
        }
    }
    Ok(())
}

impl FileSource {
    /// That of one instance.
    pub(super) fn of_instance(&self, name: &InstanceName) -> Result<Self, LeavesFolder> {
        let path = |path: &PathBuf| {
            let text = path.to_string_lossy();
            placeholder::in_path(&text, name, glob::Pattern::escape).map(PathBuf::from)
        };
        let word = |word: &String| placeholder::expand(word, name);
        let key = self.key.as_ref().map(|key| key.iter().map(word).collect());
        let paths = self.paths.iter().map(path).collect::<Result<_, _>>()?;
        let take = match &self.take {
            Take::Match(pattern) => Take::Match(pattern.of_instance(name)),
            Take::Part(pattern) => Take::Part(pattern.of_instance(name)),
            other => other.clone(),
        };
        Ok(Self { paths, key, take, ..self.clone() })
    }
}

fn count(node: &Node<'_>, ctype: CType) -> Result<Take, Problem> {
    if ctype.is_text() {
        return Err(mismatch(node, ctype, "a count is a number: change the type, or remove count"));
    }
    let other = ["key", "column", "regex", "hex"].into_iter().find_map(|key| node.get(key));
    match other {
        None => Ok(Take::Count),
        Some(key) => {
            let why = "has no effect: with count, no file is read; remove it";
            Err(key.problem(Fault::Other(why.into())))
        }
    }
}

fn wraps(node: &Node<'_>, table: &FileTable) -> Result<Option<u32>, Problem> {
    let Some(bits) = table.wraps else { return Ok(None) };
    let key = node.at_key("wraps");
    if !table.rate {
        let why = "has no effect: only a rate needs it; add rate = true, or remove it";
        return Err(key.problem(Fault::Other(why.into())));
    }
    key.in_range(bits, (8, 64)).map(Some)
}

fn pattern(node: &Node<'_>, regex: &str, target: &Target<'_>) -> Result<Pattern, Problem> {
    if let Some(column) = node.get("column") {
        let why = "given together with regex; keep one of the two";
        return Err(column.problem(Fault::Other(why.into())));
    }
    Pattern::new(regex, target.kind()).map_err(|why| node.problem_at("regex", Fault::Other(why)))
}

fn key_words<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Vec<String>>, D::Error> {
    let words: Vec<_> = words(&String::deserialize(value)?).map(str::to_owned).collect();
    if words.is_empty() { Err(not("a word of the line")) } else { Ok(Some(words)) }
}

fn take(node: &Node<'_>, table: &FileTable, field: &Field) -> Result<Take, Problem> {
    let ctype = field.ctype();
    let Some(columns) = &table.column else {
        return Ok(match ctype.is_text() {
            true => Take::Rest,
            false if table.rate || field.labels().is_empty() => Take::Sum(vec![1]),
            false => Take::Line,
        });
    };
    let list = node.at_key("column");
    if ctype.is_text() && list.value.is_array() {
        return Err(list.problem(Fault::Type("a whole number".into())));
    }
    let items = list.items_or_self();
    let column = |(item, &column): (Node<'_>, &i64)| item.in_range(column, (1, MAX_COLUMN));
    let columns = items.into_iter().zip(columns).map(column).collect::<Result<Vec<_>, _>>()?;
    match columns.as_slice() {
        [] => Err(list.problem(Fault::not("a column or a list of columns"))),
        [column] if ctype.is_text() => Ok(Take::Word(*column)),
        _ => Ok(Take::Sum(columns)),
    }
}
