//! Lays out a schema by the rules of C, and makes every check that a [`Schema`] has passed.
//!
//! Invariant: [`SchemaBuilder::build`] is the only way to make a [`Schema`]; the decoder uses it too.
//!
//! ```text
//!   cursor -> round up to the field's alignment -> field -> cursor = its end
//!             (an explicit offset moves the cursor there instead)
//!   size = the furthest end, rounded up to the largest alignment
//! ```

use std::collections::BTreeSet;

use crate::error::{SchemaError, SchemaPart as Part, refuse};
use crate::field::{Field, FieldSpec, Label};
use crate::limits::{MAX_FIELDS, MAX_LABELS, MAX_NAME, MAX_RECORD, MAX_SCHEMA, MAX_TEXT, MAX_UNIT};
use crate::schema::Schema;
use crate::template::Template;
use crate::text::{is_control, quote};

/// Collects the fields of a [`Schema`]. Made by [`Schema::builder`].
#[derive(Clone, Debug)]
pub struct SchemaBuilder {
    name: String,
    fields: Vec<FieldSpec>,
    line: Option<String>,
}

impl Schema {
    /// Starts a schema for a record of this name.
    pub fn builder(name: impl Into<String>) -> SchemaBuilder {
        SchemaBuilder { name: name.into(), fields: Vec::new(), line: None }
    }
}

impl SchemaBuilder {
    /// Adds a field after those added before.
    #[must_use]
    pub fn field(mut self, field: FieldSpec) -> Self {
        self.fields.push(field);
        self
    }

    /// Adds fields after those added before.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = FieldSpec>) -> Self {
        self.fields.extend(fields);
        self
    }

    /// How one record is printed as a line; see [`Template`].
    #[must_use]
    pub fn line(mut self, line: impl Into<String>) -> Self {
        self.line = Some(line.into());
        self
    }

    /// Checks everything and lays the fields out by the rules of C on 64-bit Linux.
    pub fn build(self) -> Result<Schema, SchemaError> {
        check_record_name(&self.name)?;
        check_names(&self.fields)?;
        for (index, spec) in self.fields.iter().enumerate() {
            check_texts(spec)
                .and_then(|()| check_labels(spec))
                .map_err(|err| err.in_field(index))?;
        }
        let offsets = offsets(&self.fields)?;
        check_overlap(&self.fields, &offsets)?;
        let placed = self.fields.into_iter().zip(offsets);
        let fields: Vec<Field> = placed.map(|(spec, offset)| spec.at(offset)).collect();
        let align = fields.iter().map(|field| field.ctype.align()).max().unwrap_or(1);
        let end = fields.iter().map(Field::end).max().unwrap_or(0);
        // At most MAX_RECORD, which is a multiple of every alignment.
        let size = end.next_multiple_of(align);
        let line = self.line.map(|line| Template::parse(&line, &fields)).transpose()?;
        let schema = Schema { name: self.name, fields, size, align, line };
        let len = schema.encode().len();
        if len > MAX_SCHEMA as usize {
            refuse!(
                Part::Fields,
                "the encoded schema has {len} bytes, at most {MAX_SCHEMA} are possible; \
                 shorten help and label texts"
            );
        }
        Ok(schema)
    }
}

/// Whether `name` is a C identifier of at most [`MAX_NAME`] bytes.
fn is_identifier(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(word)
        && !name.starts_with(|first: char| first.is_ascii_digit())
}

fn check_record_name(name: &str) -> Result<(), SchemaError> {
    if name.is_empty() {
        refuse!(Part::Name, "the record has no name; give it one, such as \"STU\"");
    }
    check_identifier("record", name)
}

fn check_identifier(of: &str, name: &str) -> Result<(), SchemaError> {
    if is_identifier(name) {
        return Ok(());
    }
    let shown = quote(name);
    if is_identifier(&format!("_{name}")) {
        refuse!(Part::Name, "{of} name {shown} begins with a digit; begin it with a letter or _");
    }
    refuse!(
        Part::Name,
        "{of} name {shown} is not a C identifier of at most {MAX_NAME} bytes; \
         use letters, digits and _"
    )
}

fn check_names(fields: &[FieldSpec]) -> Result<(), SchemaError> {
    let count = fields.len();
    if count == 0 {
        refuse!(Part::Fields, "the record has no fields; add at least one");
    }
    if count > MAX_FIELDS {
        refuse!(
            Part::Fields,
            "the record has {count} fields, at most {MAX_FIELDS} are possible; use arrays"
        );
    }
    let mut seen = BTreeSet::new();
    for (index, spec) in fields.iter().enumerate() {
        check_name(index, &spec.name, &mut seen).map_err(|err| err.in_field(index))?;
    }
    Ok(())
}

fn check_name<'s>(
    index: usize,
    name: &'s str,
    seen: &mut BTreeSet<&'s str>,
) -> Result<(), SchemaError> {
    if name.is_empty() {
        refuse!(Part::Name, "field {index} (counted from 0) has no name; give it one");
    }
    check_identifier("field", name)?;
    if !seen.insert(name) {
        refuse!(Part::Name, "field {name:?} appears twice; rename one of them");
    }
    Ok(())
}

fn check_texts(spec: &FieldSpec) -> Result<(), SchemaError> {
    let name = &spec.name;
    check_text(name, Part::Unit, "unit", &spec.unit, MAX_UNIT)?;
    check_text(name, Part::Help, "help", &spec.help, MAX_TEXT)?;
    let mut labels = spec.labels.iter();
    labels.try_for_each(|label| check_text(name, Part::Labels, "label", &label.text, MAX_TEXT))
}

fn check_text(
    field: &str,
    part: Part,
    what: &str,
    text: &str,
    most: usize,
) -> Result<(), SchemaError> {
    let len = text.len();
    if len > most {
        refuse!(
            part,
            "the {what} of field {field:?} has {len} bytes, at most {most} are possible; \
             shorten it"
        );
    }
    if let Some(found) = text.chars().find(|&found| is_control(found)) {
        refuse!(
            part,
            "the {what} of field {field:?} holds the control character {found:?}; remove it"
        );
    }
    Ok(())
}

fn check_labels(FieldSpec { name, ctype, labels, .. }: &FieldSpec) -> Result<(), SchemaError> {
    if labels.is_empty() {
        return Ok(());
    }
    let Some((min, max)) = ctype.label_range() else {
        refuse!(
            Part::Labels,
            "field {name:?} is {ctype}, which takes no labels; use them on integers, bool and char"
        );
    };
    let count = labels.len();
    if count > MAX_LABELS {
        refuse!(
            Part::Labels,
            "field {name:?} has {count} labels, at most {MAX_LABELS} are possible; remove some"
        );
    }
    let (mut values, mut texts) = (BTreeSet::new(), BTreeSet::new());
    for Label { value, text } in labels {
        if text.is_empty() {
            refuse!(
                Part::Labels,
                "the label for {value} of field {name:?} is empty; give it a text"
            );
        }
        if !(min..=max).contains(&(*value).into()) {
            refuse!(
                Part::Labels,
                "field {name:?} is {ctype} and never holds {value}, which a label names; \
                 remove the label"
            );
        }
        if !values.insert(value) {
            refuse!(Part::Labels, "field {name:?} has two labels for {value}; remove one");
        }
        if !texts.insert(text) {
            refuse!(Part::Labels, "field {name:?} has two labels for {text:?}; remove one");
        }
    }
    Ok(())
}

/// The offset of every field.
fn offsets(specs: &[FieldSpec]) -> Result<Vec<u32>, SchemaError> {
    let mut cursor = 0;
    let place = |(index, spec): (usize, &FieldSpec)| {
        let offset = offset(spec, cursor).map_err(|err| err.in_field(index))?;
        cursor = offset + spec.ctype.size();
        Ok(offset)
    };
    specs.iter().enumerate().map(place).collect()
}

fn offset(
    FieldSpec { name, ctype, offset, .. }: &FieldSpec,
    cursor: u32,
) -> Result<u32, SchemaError> {
    let align = ctype.align();
    // The cursor is at most MAX_RECORD, so rounding it up does not overflow.
    let offset = offset.unwrap_or_else(|| cursor.next_multiple_of(align));
    if offset % align != 0 {
        refuse!(
            Part::Offset,
            "field {name:?} at offset {offset} is not aligned for {ctype}; \
             use a multiple of {align}"
        );
    }
    let size = u64::from(offset) + u64::from(ctype.size());
    if size > u64::from(MAX_RECORD) {
        refuse!(
            Part::Offset,
            "field {name:?} makes the record {size} bytes, at most {MAX_RECORD} are possible; \
             shorten an array"
        );
    }
    Ok(offset)
}

fn check_overlap(specs: &[FieldSpec], offsets: &[u32]) -> Result<(), SchemaError> {
    let mut by_offset: Vec<usize> = (0..specs.len()).collect();
    by_offset.sort_by_key(|&index| offsets[index]);
    for pair in by_offset.windows(2) {
        let (first, second) = (pair[0], pair[1]);
        let offset = offsets[second];
        if offset < offsets[first] + specs[first].ctype.size() {
            // The one with an explicit offset; of two, the second.
            let has_offset = |index: &usize| specs[*index].offset.is_some();
            let moved = [second, first].into_iter().find(has_offset).unwrap_or(second);
            let message = format!(
                "fields {:?} and {:?} overlap at byte {offset}; correct the offset of one",
                specs[first].name, specs[second].name
            );
            return Err(SchemaError::new(Part::Offset, message).in_field(moved));
        }
    }
    Ok(())
}
