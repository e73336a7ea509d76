//! Lays out a schema: C offsets, and every check that a [`Schema`] promises to have passed.
//!
//! Invariant: [`SchemaBuilder::build`] is the only door to a [`Schema`]; the decoder uses it too.
//!
//! ```text
//!   cursor -> round up to the field's alignment -> field -> cursor = its end
//!             (an explicit offset moves the cursor there instead)
//!   size = the furthest end, rounded up to the largest alignment
//! ```

use std::collections::BTreeSet;

use crate::ctype::Scalar;
use crate::error::SchemaError;
use crate::field::{Field, FieldSpec};
use crate::limits::{MAX_FIELDS, MAX_LABELS, MAX_NAME, MAX_RECORD, MAX_SCHEMA, MAX_TEXT, MAX_UNIT};
use crate::schema::Schema;
use crate::template::Template;
use crate::text;

/// Collects the fields of a [`Schema`]. Made by [`Schema::builder`].
#[derive(Clone, Debug)]
pub struct SchemaBuilder {
    name: String,
    fields: Vec<FieldSpec>,
    line: Option<String>,
}

impl SchemaBuilder {
    pub(crate) fn new(name: String) -> Self {
        Self { name, fields: Vec::new(), line: None }
    }

    /// Adds a field behind the ones before it.
    #[must_use]
    pub fn field(mut self, field: FieldSpec) -> Self {
        self.fields.push(field);
        self
    }

    /// Adds fields behind the ones before them.
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
        for spec in &self.fields {
            check_texts(spec)?;
            check_labels(spec)?;
        }
        let fields = place(self.fields)?;
        check_overlap(&fields)?;
        let align = fields.iter().map(|field| field.ctype.align()).max().unwrap_or(1);
        let end = fields.iter().map(Field::end).max().unwrap_or(0);
        // At most MAX_RECORD, which is a multiple of every alignment.
        let size = end.next_multiple_of(align);
        let line = self.line.map(|line| Template::parse(&line, &fields)).transpose()?;
        let schema = Schema { name: self.name, fields, size, align, line };
        let len = schema.encode().len();
        if len > MAX_SCHEMA as usize {
            return Err(SchemaError::SchemaTooLong { len });
        }
        Ok(schema)
    }
}

/// Is `name` a C identifier of at most [`MAX_NAME`] bytes?
pub const fn is_identifier(name: &str) -> bool {
    let name = name.as_bytes();
    if name.is_empty() || name.len() > MAX_NAME || name[0].is_ascii_digit() {
        return false;
    }
    let mut at = 0;
    while at < name.len() && (name[at].is_ascii_alphanumeric() || name[at] == b'_') {
        at += 1;
    }
    at == name.len()
}

fn check_record_name(name: &str) -> Result<(), SchemaError> {
    if name.is_empty() {
        return Err(SchemaError::NoRecordName);
    }
    if !is_identifier(name) {
        return Err(SchemaError::BadRecordName { name: name.to_owned() });
    }
    Ok(())
}

fn check_names(fields: &[FieldSpec]) -> Result<(), SchemaError> {
    let count = fields.len();
    if count == 0 {
        return Err(SchemaError::NoFields);
    }
    if count > MAX_FIELDS {
        return Err(SchemaError::TooManyFields { count });
    }
    let mut seen = BTreeSet::new();
    for (index, FieldSpec { name, .. }) in fields.iter().enumerate() {
        if name.is_empty() {
            return Err(SchemaError::EmptyName { index });
        }
        if !is_identifier(name) {
            return Err(SchemaError::BadName { name: name.clone() });
        }
        if !seen.insert(name) {
            return Err(SchemaError::DuplicateField { name: name.clone() });
        }
    }
    Ok(())
}

fn check_texts(spec: &FieldSpec) -> Result<(), SchemaError> {
    let len = spec.unit.len();
    if len > MAX_UNIT {
        return Err(SchemaError::UnitTooLong { field: spec.name.clone(), len });
    }
    check_text(spec, "unit", &spec.unit)?;
    check_text(spec, "help", &spec.help)?;
    spec.labels.iter().try_for_each(|label| check_text(spec, "label", &label.text))
}

fn check_text(spec: &FieldSpec, what: &'static str, text: &str) -> Result<(), SchemaError> {
    let field = || spec.name.clone();
    if text.len() > MAX_TEXT {
        return Err(SchemaError::TextTooLong { field: field(), what, len: text.len() });
    }
    match text.chars().find(|&found| text::is_control(found)) {
        Some(found) => Err(SchemaError::ControlCharacter { field: field(), what, found }),
        None => Ok(()),
    }
}

fn check_labels(spec: &FieldSpec) -> Result<(), SchemaError> {
    let field = || spec.name.clone();
    let ctype = spec.ctype;
    if spec.labels.is_empty() {
        return Ok(());
    }
    let text_array = ctype.element() == Scalar::Char && ctype.count().is_some();
    let Some((min, max)) = ctype.element().int_range().filter(|_| !text_array) else {
        return Err(SchemaError::LabelsOnType { field: field(), ctype });
    };
    let count = spec.labels.len();
    if count > MAX_LABELS {
        return Err(SchemaError::TooManyLabels { field: field(), count });
    }
    let (mut values, mut texts) = (BTreeSet::new(), BTreeSet::new());
    for label in &spec.labels {
        let value = label.value;
        if label.text.is_empty() {
            return Err(SchemaError::EmptyLabel { field: field(), value });
        }
        if !(min..=max).contains(&value.into()) {
            return Err(SchemaError::LabelOutOfRange { field: field(), ctype, value });
        }
        if !values.insert(value) {
            return Err(SchemaError::DuplicateLabel { field: field(), what: value.to_string() });
        }
        if !texts.insert(&label.text) {
            let what = format!("{:?}", label.text);
            return Err(SchemaError::DuplicateLabel { field: field(), what });
        }
    }
    Ok(())
}

/// Gives every field its offset.
fn place(specs: Vec<FieldSpec>) -> Result<Vec<Field>, SchemaError> {
    let mut cursor = 0_u32;
    specs
        .into_iter()
        .map(|spec| {
            let field = place_one(spec, cursor)?;
            cursor = field.end();
            Ok(field)
        })
        .collect()
}

fn place_one(spec: FieldSpec, cursor: u32) -> Result<Field, SchemaError> {
    let FieldSpec { name, ctype, offset, unit, help, labels } = spec;
    let align = ctype.align();
    if let Some(offset) = offset.filter(|offset| offset % align != 0) {
        return Err(SchemaError::Misaligned { field: name, offset, ctype });
    }
    // The cursor is at most MAX_RECORD, so rounding it up does not overflow.
    let offset = offset.unwrap_or_else(|| cursor.next_multiple_of(align));
    let end = u64::from(offset) + u64::from(ctype.size());
    if end > u64::from(MAX_RECORD) {
        return Err(SchemaError::TooLarge { field: name, size: end });
    }
    Ok(Field { name, ctype, offset, unit, help, labels })
}

fn check_overlap(fields: &[Field]) -> Result<(), SchemaError> {
    let mut by_offset: Vec<&Field> = fields.iter().collect();
    by_offset.sort_by_key(|field| field.offset);
    for pair in by_offset.windows(2) {
        if let [first, second] = pair
            && second.offset < first.end()
        {
            return Err(SchemaError::Overlap {
                first: first.name.clone(),
                second: second.name.clone(),
                offset: second.offset,
            });
        }
    }
    Ok(())
}
