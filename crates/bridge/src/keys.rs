//! The keys under which bridges send: `mapcast/1/HOST/...`.
//!
//! ```text
//!   mapcast/1/HOST/NAME              a record
//!   mapcast/1/HOST/NAME/INSTANCE     a record of an instance; bytes that a key cannot have are %XX
//!   mapcast/1/HOST/NAME/@schema      what describes the region's records
//!   mapcast/1/HOST/@digest           which records are the newest
//!   mapcast/1/HOST/@alive            there while the host's bridge is
//! ```
//!
//! Invariant: a key that parses is one that this module makes. `*` and `**` match no chunk that begins with `@`.

use std::fmt;
use std::fmt::Write as _;

use layout::{InstanceName, MAX_INSTANCE_NAME};
use settings::{NamePattern, is_wire_name};
use xxhash_rust::xxh64::xxh64;

/// What every key begins with; the number is the version of the keys.
pub const PREFIX: &str = "mapcast/1";

/// A key, taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A record of a region or of an instance.
    Record(Source, Option<InstanceName>),
    /// What describes the records of a region.
    Description(Source),
    /// The digests of a host.
    Digest(String),
    /// A host's bridge.
    Alive(String),
}

/// A region of another host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    /// The host.
    pub host: String,
    /// What the region is called there.
    pub name: String,
}

impl Source {
    /// That of these names.
    pub fn new(host: &str, name: &str) -> Self {
        Self { host: host.to_owned(), name: name.to_owned() }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.name)
    }
}

impl Key {
    /// Takes a key apart; `None` if it is none of a bridge.
    pub fn parse(key: &str) -> Option<Self> {
        let (host, rest) = key.strip_prefix(PREFIX)?.strip_prefix('/')?.split_once('/')?;
        if !is_wire_name(host) {
            return None;
        }
        match rest {
            "@digest" => Some(Self::Digest(host.to_owned())),
            "@alive" => Some(Self::Alive(host.to_owned())),
            path => Self::of_path(host, path),
        }
    }

    /// The key of `path`, `NAME` or `NAME/...`, of a host.
    pub fn of_path(host: &str, path: &str) -> Option<Self> {
        let (name, last) =
            path.split_once('/').map_or((path, None), |(name, last)| (name, Some(last)));
        if !is_wire_name(name) {
            return None;
        }
        let source = Source::new(host, name);
        match last {
            None => Some(Self::Record(source, None)),
            Some("@schema") => Some(Self::Description(source)),
            Some(instance) => Some(Self::Record(source, Some(instance_of(instance)?))),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}/")?;
        match self {
            Self::Record(source, None) => write!(f, "{source}"),
            Self::Record(source, Some(instance)) => write!(f, "{source}/{}", chunk(instance)),
            Self::Description(source) => write!(f, "{source}/@schema"),
            Self::Digest(host) => write!(f, "{host}/@digest"),
            Self::Alive(host) => write!(f, "{host}/@alive"),
        }
    }
}

/// The selector of the records of a key after that of this lineage and sequence.
pub fn selector_after(key: &Key, (lineage, sequence): (u64, u64)) -> String {
    format!("{key}?after={lineage}.{sequence}")
}

/// What `parameters`, those of a selector, say that records are wanted after.
pub fn after(parameters: &str) -> Option<(u64, u64)> {
    let (lineage, sequence) = parameters.strip_prefix("after=")?.split_once('.')?;
    Some((lineage.parse().ok()?, sequence.parse().ok()?))
}

/// What a digest calls a region or an instance of it.
pub fn path(name: &str, instance: Option<&InstanceName>) -> String {
    match instance {
        None => name.to_owned(),
        Some(instance) => format!("{name}/{}", chunk(instance)),
    }
}

/// What the end of a long name has in front of it in the name of its row: a hash and this.
const CUT: char = '~';

/// The name of a row of the bridge's own region: that of what it is about. Of a longer one it is a hash of all of it and
/// its end, so that no two of them have one row.
pub fn row(name: &str) -> Option<InstanceName> {
    if name.len() <= MAX_INSTANCE_NAME {
        return InstanceName::new(name).ok();
    }
    let front = format!("{:016x}{CUT}", xxh64(name.as_bytes(), 0));
    let from = name.ceil_char_boundary(name.len() - (MAX_INSTANCE_NAME - front.len()));
    InstanceName::new(&(front + &name[from..])).ok()
}

/// Whether a row has only the end of the name that it is about.
pub fn is_cut(row: &InstanceName) -> bool {
    let (hash, rest) = row.split_at_checked(16).unwrap_or_default();
    rest.starts_with(CUT) && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A pattern of names as a chunk of a key pattern: `*` for a chunk alone, else `$*`, which must not be there twice in a row.
pub fn chunk_of(pattern: &NamePattern) -> String {
    let mut chunk = String::new();
    for c in pattern.to_string().chars() {
        match c {
            '*' if chunk.ends_with('*') => {}
            '*' => chunk += "$*",
            c => chunk.push(c),
        }
    }
    if chunk == "$*" { "*".to_owned() } else { chunk }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// The name of an instance as a chunk of a key.
fn chunk(instance: &InstanceName) -> String {
    let mut text = String::with_capacity(instance.len());
    for byte in instance.bytes() {
        if is_plain(byte) {
            text.push(byte.into());
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The name that a chunk stands for; `None` if [`chunk`] would not write it so.
fn instance_of(text: &str) -> Option<InstanceName> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| {
            char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
        };
        bytes.push(match byte {
            b'%' => digit(rest.next())? << 4 | digit(rest.next())?,
            byte => byte,
        });
    }
    let name = InstanceName::new(str::from_utf8(&bytes).ok()?).ok()?;
    (chunk(&name) == text).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_parsed_as_it_was_made() {
        let source = Source::new("hostA", "stu");
        let instance = |name: &str| Some(InstanceName::new(name).expect(name));
        for key in [
            Key::Record(source.clone(), None),
            Key::Record(source.clone(), instance("eth0")),
            Key::Record(source.clone(), instance("/a b*$#?@%\u{e4}")),
            Key::Record(source.clone(), instance("@schema")),
            Key::Description(source),
            Key::Digest("hostA".into()),
            Key::Alive("hostA".into()),
        ] {
            assert_eq!(Key::parse(&key.to_string()), Some(key.clone()), "{key}");
        }
    }

    #[test]
    fn no_two_names_have_one_row_and_one_of_a_usual_length_has_its_own() {
        for name in ["stu", "/run/mapcast/stu.region", &"x".repeat(64)] {
            let row = row(name).expect("a name");
            assert!(*row == *name && !is_cut(&row), "{name}");
        }
        let long = |front: &str| row(&format!("{front}{}", "\u{e4}".repeat(64))).expect("a name");
        assert!(long("/a/") != long("/b/") && is_cut(&long("/a/")));
        assert!(long("/a/").ends_with("\u{e4}\u{e4}"));
    }

    #[test]
    fn a_selector_says_after_which_record() {
        let key = Key::Record(Source::new("hostA", "stu"), None);
        let selector = selector_after(&key, (7, 8));
        let (front, parameters) = selector.split_once('?').expect("parameters");
        assert_eq!((Key::parse(front), after(parameters)), (Some(key), Some((7, 8))));
        for other in ["", "after=", "after=1", "after=1.x", "after=-1.2", "before=1.2"] {
            assert_eq!(after(other), None, "{other}");
        }
    }

    #[test]
    fn what_no_bridge_sends_is_no_key() {
        for key in [
            "",
            "mapcast/1",
            "mapcast/1/",
            "mapcast/1/a",
            "mapcast/2/a/b",
            "mapcast/1/a/",
            "mapcast/1//b",
            "mapcast/1/a/.b",
            "mapcast/1/@a/b",
            "mapcast/1/a/@other",
            "mapcast/1/a/b/",
            "mapcast/1/a/b/c/d",
            "mapcast/1/a/b/%",
            "mapcast/1/a/b/%4",
            "mapcast/1/a/b/%zz",
            "mapcast/1/a/b/%41",
            "mapcast/1/a/b/%2f",
            "mapcast/1/a/b/%00",
            "mapcast/1/a/b/%FF",
            "mapcast/1/a/b/@x",
        ] {
            assert_eq!(Key::parse(key), None, "{key}");
        }
    }
}
