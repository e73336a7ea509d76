//! `[record]`: the fields of the record and where their values come from.
//!
//! Invariant: either every field has a source or none has. A record without sources is one that
//! somebody else publishes, described here so that a consumer can read it.

use std::collections::BTreeMap;
use std::sync::Arc;

use layout::{FieldSpec, RecordBuf, Schema, SchemaError};

use crate::document::{Entry, Section};
use crate::error::{SettingsError, SettingsErrorKind as Kind, quote};
use crate::keys::{CONSUMER, FIELD, RECORD};
use crate::source::{Source, read};

/// The record: what its bytes mean and where its values come from.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordSettings {
    /// What the bytes mean, the line template of `[consumer]` included.
    pub schema: Arc<Schema>,
    /// One source for each field, in the same order; empty if the record is only described.
    pub sources: Vec<Source>,
}

impl RecordSettings {
    /// Reads `[record]`; `line` is what `[consumer]` says about printing.
    pub(crate) fn read(top: &Section<'_>, line: Option<&str>) -> Result<Self, SettingsError> {
        let record = top.require("record")?.section(&RECORD)?;
        let name = record.require("name")?.text()?;
        let list = record.require("field")?;
        let fields = fields(&list)?;
        let mut builder = Schema::builder(name);
        for field in &fields {
            builder = builder.field(field.spec()?);
        }
        if let Some(line) = line {
            builder = builder.line(line);
        }
        let schema = builder.build().map_err(|error| place(top, &record, &fields, error))?;
        let schema = Arc::new(schema);
        let sources = sources(&fields, &schema)?;
        Ok(Self { schema, sources })
    }
}

/// A `[[record.field]]`.
struct FieldEntry<'d> {
    name: &'d str,
    section: Section<'d>,
}

/// The fields, each with a name of its own.
fn fields<'d>(list: &Entry<'d>) -> Result<Vec<FieldEntry<'d>>, SettingsError> {
    let mut fields: Vec<FieldEntry<'d>> = Vec::new();
    let mut seen = BTreeMap::new();
    for item in list.items("tables of the form [[record.field]]")? {
        let section = named(item).section(&FIELD)?;
        let entry = section.require("name")?;
        let name = entry.filled_text()?;
        if let Some(first) = seen.insert(name, entry.clone()) {
            return Err(entry.error(Kind::DuplicateField { line: first.place().line }));
        }
        fields.push(FieldEntry { name, section });
    }
    Ok(fields)
}

/// Calls a field by its name in messages, if it has one that can be shown.
fn named(item: Entry<'_>) -> Entry<'_> {
    let name = item.value().as_table().and_then(|table| table.get("name")?.get_ref().as_str());
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let shown =
        |name: &&str| (1..=layout::MAX_NAME).contains(&name.len()) && name.bytes().all(word);
    match name.filter(shown) {
        Some(name) => item.called(format!("record.field[{name}]")),
        None => item,
    }
}

impl<'d> FieldEntry<'d> {
    fn spec(&self) -> Result<FieldSpec, SettingsError> {
        let section = &self.section;
        let ctype = section.require("type")?;
        let ctype = ctype.text()?.parse::<layout::CType>().map_err(|error| ctype.error(error))?;
        let mut spec = FieldSpec::new(self.name, ctype);
        if let Some(offset) = section.get("offset") {
            let found = offset.whole_in(0..i128::from(layout::MAX_RECORD) + 1)?;
            spec = spec.offset(u32::try_from(found).unwrap_or(layout::MAX_RECORD));
        }
        if let Some(unit) = section.get("unit") {
            spec = spec.unit(unit.text()?);
        }
        if let Some(help) = section.get("help") {
            spec = spec.help(help.text()?);
        }
        if let Some(entry) = section.get("labels") {
            for (value, text) in labels(&entry)? {
                spec = spec.label(value, text);
            }
        }
        Ok(spec)
    }

    /// The entry called `name`, or the first of the other ones that is there.
    fn entry(&self, names: [&'static str; 2]) -> Option<Entry<'d>> {
        names.into_iter().find_map(|name| self.section.get(name))
    }
}

/// `labels = { 0 = "off", 1 = "on" }`, by value.
fn labels(entry: &Entry<'_>) -> Result<Vec<(i64, String)>, SettingsError> {
    let label = |(value, text): (&str, Entry<'_>)| {
        if let Ok(value) = value.parse::<i64>() {
            return Ok((value, text.text()?.to_owned()));
        }
        let (found, want, write) = (quote(value), "a whole number".to_owned(), text.example());
        Err(text.error(Kind::BadValue { found, want, write }))
    };
    let mut labels = entry.members()?.into_iter().map(label).collect::<Result<Vec<_>, _>>()?;
    labels.sort();
    Ok(labels)
}

/// A source for every field, or none at all.
fn sources(fields: &[FieldEntry<'_>], schema: &Arc<Schema>) -> Result<Vec<Source>, SettingsError> {
    if fields.iter().all(|field| field.section.get("source").is_none()) {
        return Ok(Vec::new());
    }
    let mut scratch = RecordBuf::new(Arc::clone(schema));
    let read = |(index, field): (usize, &FieldEntry<'_>)| {
        read::source(&field.section.require("source")?, index, &mut scratch)
    };
    fields.iter().enumerate().map(read).collect()
}

/// Says what `layout` found wrong with the record, at the key it is about.
fn place(
    top: &Section<'_>,
    record: &Section<'_>,
    fields: &[FieldEntry<'_>],
    error: SchemaError,
) -> SettingsError {
    use SchemaError as E;

    let of = |field: &str, names| fields.iter().find(|f| f.name == field)?.entry(names);
    let entry = match &error {
        E::NoRecordName | E::BadRecordName { .. } => record.get("name"),
        E::EmptyName { index } => fields.get(*index).and_then(|f| f.entry(["name", "type"])),
        E::BadName { name } | E::DuplicateField { name } => of(name, ["name", "type"]),
        E::Misaligned { field, .. } | E::TooLarge { field, .. } => of(field, ["offset", "type"]),
        E::Overlap { first, second, .. } => {
            let moved = [second, first].into_iter().find_map(|field| of(field, ["offset"; 2]));
            moved.or_else(|| of(second, ["type"; 2]))
        }
        E::UnitTooLong { field, .. } => of(field, ["unit", "type"]),
        E::TextTooLong { field, what, .. } | E::ControlCharacter { field, what, .. } => {
            let key = match *what {
                "unit" => "unit",
                "help" => "help",
                _ => "labels",
            };
            of(field, [key, "type"])
        }
        E::TooManyLabels { field, .. }
        | E::EmptyLabel { field, .. }
        | E::DuplicateLabel { field, .. }
        | E::LabelOutOfRange { field, .. }
        | E::LabelsOnType { field, .. } => of(field, ["labels", "type"]),
        E::Template(_) => line_entry(top),
        _ => record.get("field"),
    };
    match entry {
        Some(entry) => entry.error(error),
        None => record.error(Kind::Schema(error)),
    }
}

/// The entry of the line template, which was read before.
fn line_entry<'d>(top: &Section<'d>) -> Option<Entry<'d>> {
    top.get("consumer")?.section(&CONSUMER).ok()?.get("line")
}
