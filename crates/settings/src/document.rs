//! A parsed TOML file that knows where each value stands.
//!
//! Invariant: every error made here carries the file, and every error about a value its line,
//! column and key. A [`Section`] checks its keys when it is opened, before any value is read, so a
//! misspelt key is reported as one and never as its absence.
//!
//! ```text
//!   Document -- top --> Section "the file" -- require("region") --> Entry -- section --> Section ...
//!      |                                                              |
//!    text, origin                                             text, whole, number, items, ...
//! ```
//!
//! Price: an error counts its line from the start of the file; a good file pays nothing for it.

use std::ops::Range;

use layout::text::plain;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::error::{Advice, Place, SettingsError, SettingsErrorKind as Kind, quote, shorten};
use crate::keys::{HEADED, Key, Keys, ROOT};
use crate::nearest::nearest;

/// The text of a configuration and what messages call it.
#[derive(Debug)]
pub(crate) struct Document<'t> {
    origin: &'t str,
    text: &'t str,
}

impl<'t> Document<'t> {
    pub(crate) fn new(origin: &'t str, text: &'t str) -> Self {
        Self { origin, text }
    }

    /// Parses the text; an error if it is not TOML.
    pub(crate) fn parse(&self) -> Result<Spanned<DeTable<'t>>, SettingsError> {
        DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let message = plain(error.message());
            self.error(at, Kind::Syntax { message, line: quote(self.line(at).trim()) })
        })
    }

    /// The topmost table.
    pub(crate) fn top<'d>(
        &'d self,
        table: &'d Spanned<DeTable<'t>>,
    ) -> Result<Section<'d>, SettingsError> {
        let section =
            Section { doc: self, table: table.get_ref(), keys: &ROOT, path: String::new(), at: 0 };
        section.check_keys()?;
        Ok(section)
    }

    /// Line and column of a byte offset.
    pub(crate) fn place(&self, at: usize) -> Place {
        let before = &self.text[..self.boundary(at)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// The line a byte offset lies in.
    fn line(&self, at: usize) -> &str {
        let at = self.boundary(at);
        let start = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline);
        &self.text[start..end]
    }

    /// The nearest offset at or before `at` where a character begins.
    fn boundary(&self, at: usize) -> usize {
        (0..=at.min(self.text.len())).rev().find(|&at| self.text.is_char_boundary(at)).unwrap_or(0)
    }

    fn error(&self, at: usize, kind: Kind) -> SettingsError {
        SettingsError::at(self.origin, self.place(at), kind)
    }
}

/// One table of the file, whose keys are all known.
#[derive(Clone, Debug)]
pub(crate) struct Section<'d> {
    doc: &'d Document<'d>,
    table: &'d DeTable<'d>,
    keys: &'static Keys,
    path: String,
    at: usize,
}

impl<'d> Section<'d> {
    /// Refuses the first key, in the order of the file, that this table does not have.
    fn check_keys(&self) -> Result<(), SettingsError> {
        let known = |name: &str| self.keys.names().any(|known| known == name);
        let unknown = self.table.keys().filter(|key| !known(key.get_ref()));
        let Some(key) = unknown.min_by_key(|key| key.span().start) else { return Ok(()) };
        let advice = self.advice(key.get_ref());
        let error = self.doc.error(key.span().start, Kind::UnknownKey(advice));
        Err(error.key_named(self.path_to(key.get_ref())))
    }

    fn advice(&self, unknown: &str) -> Advice {
        if let Some(known) = nearest(unknown, self.keys.names()) {
            return Advice::Nearest(known);
        }
        match HEADED.iter().find(|keys| keys.names().any(|known| known == unknown)) {
            Some(keys) => Advice::Elsewhere { table: keys.table },
            None => Advice::OneOf { table: self.keys.table, words: self.keys.names().collect() },
        }
    }

    /// The value of `name`, if it is there.
    pub(crate) fn get(&self, name: &'static str) -> Option<Entry<'d>> {
        let value = self.table.get(name)?;
        Some(Entry {
            doc: self.doc,
            value: value.get_ref(),
            span: value.span(),
            key: self.keys.key(name),
            path: self.path_to(name),
        })
    }

    /// The value of `name`; an error if it is not there.
    pub(crate) fn require(&self, name: &'static str) -> Result<Entry<'d>, SettingsError> {
        self.get(name).ok_or_else(|| self.missing(name))
    }

    /// The error that `name` is not there.
    pub(crate) fn missing(&self, name: &'static str) -> SettingsError {
        let add = self.keys.key(name).line();
        self.doc.error(self.at, Kind::Missing { add }).key_named(self.path_to(name))
    }

    /// An error about the table itself.
    pub(crate) fn error(&self, kind: Kind) -> SettingsError {
        self.doc.error(self.at, kind).key_named(self.path.clone())
    }

    /// The keys that are there, in the order of the file.
    pub(crate) fn present(&self) -> Vec<Entry<'d>> {
        let mut entries: Vec<_> = self.keys.names().filter_map(|name| self.get(name)).collect();
        entries.sort_by_key(|entry| entry.span.start);
        entries
    }

    fn path_to(&self, name: &str) -> String {
        join(&self.path, name)
    }
}

/// `path.name`, quoted where TOML would.
fn join(path: &str, name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name = if !name.is_empty() && name.len() <= 64 && name.chars().all(bare) {
        name.to_owned()
    } else {
        quote(name)
    };
    if path.is_empty() { name } else { format!("{path}.{name}") }
}

/// One value of the file.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'d> {
    doc: &'d Document<'d>,
    value: &'d DeValue<'d>,
    span: Range<usize>,
    key: &'static Key,
    path: String,
}

impl<'d> Entry<'d> {
    /// The name of the key.
    pub(crate) fn name(&self) -> &'static str {
        self.key.name
    }

    /// How the value is written, for a message.
    pub(crate) fn example(&self) -> String {
        self.key.line()
    }

    /// Where the value stands.
    pub(crate) fn place(&self) -> Place {
        self.doc.place(self.span.start)
    }

    pub(crate) fn value(&self) -> &'d DeValue<'d> {
        self.value
    }

    /// An error about this value.
    pub(crate) fn error(&self, kind: impl Into<Kind>) -> SettingsError {
        self.doc.error(self.span.start, kind.into()).key_named(self.path.clone())
    }

    /// The error that `want` belongs here and something else is here.
    pub(crate) fn wrong_type(&self, want: &'static str) -> SettingsError {
        let found = describe(self.value).to_owned();
        self.error(Kind::WrongType { want, found, write: self.key.line() })
    }

    /// The error that the value is not `want`.
    pub(crate) fn bad_value(&self, want: impl Into<String>) -> SettingsError {
        self.bad_value_for(want, self.key.line())
    }

    /// The error that the value is not `want`, with what to write instead.
    pub(crate) fn bad_value_for(
        &self,
        want: impl Into<String>,
        write: impl Into<String>,
    ) -> SettingsError {
        let (want, write) = (want.into(), write.into());
        self.error(Kind::BadValue { found: self.shown(), want, write })
    }

    /// The value as a message repeats it.
    pub(crate) fn shown(&self) -> String {
        match self.value {
            DeValue::String(text) => quote(text),
            DeValue::Integer(number) => shorten(&number.to_string()),
            DeValue::Float(number) => shorten(number.as_str()),
            other => describe(other).to_owned(),
        }
    }

    pub(crate) fn text(&self) -> Result<&'d str, SettingsError> {
        self.value.as_str().ok_or_else(|| self.wrong_type("a string"))
    }

    /// A string that is not empty.
    pub(crate) fn filled_text(&self) -> Result<&'d str, SettingsError> {
        match self.text()? {
            "" => Err(self.bad_value("a name")),
            text => Ok(text),
        }
    }

    pub(crate) fn boolean(&self) -> Result<bool, SettingsError> {
        self.value.as_bool().ok_or_else(|| self.wrong_type("true or false"))
    }

    /// A whole number, in any of TOML's bases.
    pub(crate) fn whole(&self) -> Result<i128, SettingsError> {
        let want = "a whole number";
        let number = self.value.as_integer().ok_or_else(|| self.wrong_type(want))?;
        i128::from_str_radix(number.as_str(), number.radix())
            .map_err(|_| self.bad_value("a whole number of at most 64 bits"))
    }

    /// A whole number from `range`.
    pub(crate) fn whole_in(&self, range: Range<i128>) -> Result<i128, SettingsError> {
        let number = self.whole()?;
        if range.contains(&number) {
            return Ok(number);
        }
        let (min, max) = (range.start, range.end - 1);
        Err(self.error(Kind::OutOfRange { found: self.shown(), min, max }))
    }

    /// A finite number, whole or not.
    pub(crate) fn number(&self) -> Result<f64, SettingsError> {
        let number = match self.value {
            DeValue::Integer(_) => {
                #[expect(clippy::cast_precision_loss, reason = "the nearest float is wanted")]
                let number = self.whole()? as f64;
                number
            }
            DeValue::Float(number) => {
                number.as_str().parse().map_err(|_| self.bad_value("a number"))?
            }
            _ => return Err(self.wrong_type("a number")),
        };
        if number.is_finite() { Ok(number) } else { Err(self.bad_value("a finite number")) }
    }

    /// One of `words`, by its position.
    pub(crate) fn word<T: Copy>(&self, words: &[(&'static str, T)]) -> Result<T, SettingsError> {
        let text = self.text()?;
        if let Some(&(_, meaning)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(meaning);
        }
        let names = words.iter().map(|(word, _)| *word);
        let advice = match nearest(text, names.clone()) {
            Some(word) => Advice::Nearest(word),
            None => Advice::OneOf { table: "", words: names.collect() },
        };
        Err(self.error(Kind::UnknownWord { found: quote(text), advice }))
    }

    /// A table with these keys.
    pub(crate) fn section(&self, keys: &'static Keys) -> Result<Section<'d>, SettingsError> {
        let table = self.value.as_table().ok_or_else(|| self.wrong_type("a table"))?;
        let at = self.span.start;
        let section = Section { doc: self.doc, table, keys, path: self.path.clone(), at };
        section.check_keys()?;
        Ok(section)
    }

    /// The members of a table whose keys are not known beforehand, each with its key.
    pub(crate) fn members(&self) -> Result<Vec<(&'d str, Self)>, SettingsError> {
        let table = self.value.as_table().ok_or_else(|| self.wrong_type("a table"))?;
        let member = |(key, value): (&'d Spanned<DeString<'d>>, &'d Spanned<DeValue<'d>>)| {
            let name: &'d str = key.get_ref();
            let path = join(&self.path, name);
            let (value, span) = (value.get_ref(), value.span());
            (name, Self { doc: self.doc, value, span, key: self.key, path })
        };
        Ok(table.iter().map(member).collect())
    }

    /// The same value under another name: `record.field[#2]` becomes `record.field[sex]`.
    pub(crate) fn called(mut self, path: String) -> Self {
        self.path = path;
        self
    }

    /// The elements of an array, called `key[#1]`, `key[#2]`, ...
    pub(crate) fn items(&self, want: &'static str) -> Result<Vec<Self>, SettingsError> {
        let array = self.value.as_array().ok_or_else(|| self.wrong_type(want))?;
        let item = |(index, value): (usize, &'d Spanned<DeValue<'d>>)| Self {
            doc: self.doc,
            value: value.get_ref(),
            span: value.span(),
            key: self.key,
            path: format!("{}[#{}]", self.path, index + 1),
        };
        Ok(array.iter().enumerate().map(item).collect())
    }
}

/// What a TOML value is, for people.
fn describe(value: &DeValue<'_>) -> &'static str {
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
