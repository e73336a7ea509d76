//! What is wrong with a line of input, in one line that ends with the next step.

use layout::text::shorten;
use layout::{CType, InstanceName, ValueError};
use serde_json::error::Category;

use super::keys::Node;

/// How many keys a message lists.
const LISTED: usize = 12;
/// With how many keys an unknown one is compared, so that a bad line costs no more.
const COMPARED: usize = 64;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum LineError {
    /// Not JSON at all, or two values on one line.
    #[error("not JSON ({what} at column {column}); write one object per line")]
    NotJson {
        /// The parser's message.
        what: String,
        /// Where, in bytes, counted from 1.
        column: usize,
    },
    /// NaN or an infinity without quotes, as some programs write them.
    #[error("{word} at column {column} is not JSON; write null, or it in quotes")]
    BareFloat {
        /// The word.
        word: &'static str,
        /// Where, in bytes, counted from 1.
        column: usize,
    },
    /// JSON, but no object.
    #[error("JSON, but {0} and not an object; write {{\"key\": value}}")]
    NotAnObject(&'static str),
    /// Longer than allowed; it was not parsed.
    #[error("longer than {0} bytes; shorten it or raise max_line")]
    TooLong(usize),
    /// The list of instances does not have it.
    #[error("instance {:?} is not in the list; add it to instances, or leave the line out", .0.as_str())]
    NotListed(InstanceName),
    /// No field uses this member.
    #[error("key {key:?} is unknown; {instead}")]
    UnknownKey {
        /// The key, or the beginning of a long one.
        key: String,
        /// The key that was meant, or the known keys.
        instead: String,
    },
    /// The same key twice, which is ambiguous.
    #[error("key {0:?} appears twice; leave one of them out")]
    Twice(String),
    /// `null` for a value that is no float.
    #[error(
        "key {key:?} is null, which only floats can be, and not {ctype}; leave it out to keep its last value"
    )]
    Null {
        /// The key.
        key: String,
        /// The type of the field.
        ctype: CType,
    },
    /// A value that each line has to have.
    #[error("key {0:?} is missing, and it is required; write it in each line")]
    Missing(String),
    /// No name of an instance.
    #[error("key {0:?} is missing, and it names the instance; write it in each line")]
    NoInstance(String),
    /// Something else than a string for the name of an instance.
    #[error("key {key:?} is {what}, and it names the instance; write a string, \"name\"")]
    InstanceKind {
        /// The key.
        key: String,
        /// What it is.
        what: &'static str,
    },
    /// A string that cannot be the name of an instance.
    #[error("{0}; write 1 to 64 bytes of text")]
    BadInstance(String),
    /// A name that leads a path out of its folder.
    #[error("{0}")]
    LeavesFolder(settings::LeavesFolder),
    /// One name more than there can be.
    #[error(
        "instance {:?} has no place among the {max} that are there; raise max, or let it take the place of \
         the oldest (full = \"retire-oldest\")", name.as_str()
    )]
    NoPlace {
        /// The name.
        name: InstanceName,
        /// The most instances.
        max: u32,
    },
    /// Neither an object nor a list, where another key is inside of it.
    #[error("key {key:?} is {what} and has no {inside:?}; write an object there, or leave it out")]
    Flat {
        /// The key.
        key: String,
        /// What it is.
        what: &'static str,
        /// The other key.
        inside: String,
    },
    /// An object for a value.
    #[error("key {0:?} holds an object; name its member in the configuration (key = \"/a/b\")")]
    Nested(String),
    /// Not a value of that field.
    #[error("key {key:?}: {source}")]
    Value {
        /// The key.
        key: String,
        /// Why.
        source: ValueError,
    },
    /// The producer was stopped while reading the line.
    #[error("the producer was stopped before its end")]
    Stopped,
}

impl LineError {
    /// No field uses the member called `name` of the object at `node`.
    pub(super) fn unknown(name: &str, node: &Node) -> Self {
        let key = node.key_of_child(&shorten(name));
        let known: Vec<&str> = node.names().take(COMPARED).collect();
        if let Some(meant) = settings::nearest(name, &known) {
            let instead = format!("did you mean {}?", node.key_of_child(meant));
            return Self::UnknownKey { key, instead };
        }
        let mut listed: Vec<_> =
            known.iter().take(LISTED).map(|name| node.key_of_child(name)).collect();
        if known.len() > LISTED {
            listed.push("...".to_owned());
        }
        Self::UnknownKey { key, instead: format!("use {}", listed.join(", ")) }
    }

    /// The same in a line that has `skipped` bytes more in front.
    pub(super) fn behind(mut self, skipped: usize) -> Self {
        if let Self::NotJson { column, .. } | Self::BareFloat { column, .. } = &mut self {
            *column += skipped;
        }
        self
    }

    /// `raw`, at `node`, has no other values inside of it.
    pub(super) fn flat(node: &Node, raw: &str) -> Self {
        let inside = node.children.first().map(|(_, child)| child.key()).unwrap_or_default();
        Self::Flat { key: node.key(), what: kind(raw), inside }
    }

    /// What the parser found in a part of `line` that begins `offset` bytes behind its start.
    pub(super) fn not_json(error: &serde_json::Error, line: &str, offset: usize) -> Self {
        let column = offset + error.column();
        if let Some((word, column)) = bare_float(line, column) {
            return Self::BareFloat { word, column };
        }
        let what = match error.classify() {
            Category::Eof => "the line ends too early".to_owned(),
            Category::Data | Category::Syntax | Category::Io => {
                let text = error.to_string();
                text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned()
            }
        };
        Self::NotJson { what, column }
    }

    /// `raw` is no string, and belongs where the name of an instance does.
    pub(super) fn instance_kind(key: &str, raw: &str) -> Self {
        Self::InstanceKind { key: key.to_owned(), what: kind(raw) }
    }

    /// An invalid number at byte `offset` of the line.
    pub(super) fn no_number(offset: usize) -> Self {
        Self::NotJson { what: "invalid number".to_owned(), column: offset + 1 }
    }

    /// The error for a line that is not an object.
    pub(super) fn not_object(line: &str, error: &serde_json::Error) -> Self {
        match error.classify() {
            Category::Data => Self::NotAnObject(kind(line)),
            Category::Eof | Category::Syntax | Category::Io => Self::not_json(error, line, 0),
        }
    }
}

/// The float without quotes that begins where the parser stopped, at `column`, and its column.
fn bare_float(line: &str, column: usize) -> Option<(&'static str, usize)> {
    let at = column.checked_sub(1)?;
    ["NaN", "-Infinity", "Infinity"].into_iter().find_map(|word| {
        // The parser stops behind a minus sign.
        let start = if word.starts_with('-') { at.checked_sub(1)? } else { at };
        let found = line.as_bytes().get(start..)?.starts_with(word.as_bytes());
        found.then_some((word, start + 1))
    })
}

/// What a line that is JSON begins as.
fn kind(line: &str) -> &'static str {
    match line.trim_ascii_start().as_bytes().first() {
        Some(b'[') => "a list",
        Some(b'{') => "an object",
        Some(b'"') => "a string",
        Some(b't') => "true",
        Some(b'f') => "false",
        Some(b'n') => "null",
        _ => "a number",
    }
}
