//! Makes place, key and message out of what is wrong with a value.
//!
//! Invariant: a message is one line, whatever the file holds. Text from the file is quoted, escaped and
//! shortened, so it can neither drive a terminal nor fill a log.

use layout::text::{quote, shorten};
use toml::de::DeValue;

use crate::examples;
use crate::fault::{Fault, Problem};
use crate::node::{Node, Step};

impl Node<'_> {
    /// The problem if `fault` is about the value of `key` in this table, or about the table if it has
    /// no such key.
    pub(crate) fn problem_at(&self, key: &str, fault: Fault) -> Problem {
        self.at_key(key).problem(fault)
    }

    /// The problem if `fault` is about this value.
    pub(crate) fn problem(&self, fault: Fault) -> Problem {
        let example = || examples::example(&self.keys());
        let message = match fault {
            Fault::Inside(problem) => return problem,
            Fault::Missing(key) => return self.missing(key),
            Fault::UnknownKey(key) => return self.unknown(&key),
            Fault::Type(want) => {
                format!("expected {want}, found {}; write {}", kind(self.value), example())
            }
            Fault::Value { want, write } => {
                let write = write.unwrap_or_else(|| example().to_owned());
                format!("{} is not {want}; write {write}", self.shown())
            }
            Fault::Range(min, max) => {
                format!("{} is out of range; write a number from {min} to {max}", self.shown())
            }
            Fault::UnknownWord(words) => {
                let word = self.value.as_str().unwrap_or_default();
                let advice = examples::instead_of_word(word, words);
                format!("{} is unknown; {advice}", quote(word))
            }
            Fault::Other(message) => message,
        };
        Problem { at: self.at, key: self.path(), message }
    }

    fn missing(&self, key: &'static str) -> Problem {
        let mut keys = self.keys();
        keys.push(key);
        let message = format!("missing; add {}", examples::example(&keys));
        Problem { at: self.at, key: join(self.path(), key), message }
    }

    fn unknown(&self, key: &str) -> Problem {
        let found = self.value.as_table().and_then(|table| table.get_key_value(key));
        let at = found.map_or(self.at, |(key, _)| key.span().start);
        let is_of_bridge = self.parent.is_none() && self.get("bridge").is_some();
        let table = examples::table(&self.keys());
        let table = if is_of_bridge { examples::BRIDGE } else { &table };
        let advice = examples::instead_of_key(key, table);
        let message = format!("unknown key; {advice}");
        Problem { at, key: join(self.path(), key), message }
    }

    /// The value as a message repeats it.
    pub(crate) fn shown(&self) -> String {
        match self.value {
            DeValue::String(text) => quote(text),
            DeValue::Integer(number) => shorten(&number.to_string()),
            DeValue::Float(number) => shorten(number.as_str()),
            other => kind(other).to_owned(),
        }
    }

    /// The keys from the top of the file to this value.
    pub(crate) fn keys(&self) -> Vec<&str> {
        let Some((parent, step)) = self.parent else { return Vec::new() };
        let mut keys = parent.keys();
        if let Step::Key(key) = step {
            keys.push(key);
        }
        keys
    }

    /// The path from the top of the file: `record.field[sex].type`, `record.field[#3]`.
    fn path(&self) -> String {
        match self.parent {
            None => String::new(),
            Some((parent, Step::Key(key))) => join(parent.path(), key),
            Some((parent, Step::Item(index))) => {
                let path = parent.path();
                match self.field_name().filter(|_| path == "record.field") {
                    Some(name) => format!("{path}[{name}]"),
                    None => format!("{path}[#{}]", index + 1),
                }
            }
        }
    }

    /// The name of a field, if it has one that can be shown.
    fn field_name(&self) -> Option<&str> {
        let name = self.value.as_table()?.get("name")?.get_ref().as_str()?;
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let is_shown = (1..=layout::MAX_NAME).contains(&name.len()) && name.bytes().all(word);
        is_shown.then_some(name)
    }
}

/// `path.key`, quoted where TOML would.
fn join(path: String, key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let is_bare = (1..=64).contains(&key.len()) && key.chars().all(bare);
    let key = if is_bare { key.to_owned() } else { quote(key) };
    if path.is_empty() { key } else { path + "." + &key }
}

/// What a TOML value is, for people.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(true) => "true",
        DeValue::Boolean(false) => "false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(list) if list.is_empty() => "an empty list",
        DeValue::Array(_) => "a list",
        DeValue::Table(table) if table.is_empty() => "an empty table",
        DeValue::Table(_) => "a table",
    }
}
