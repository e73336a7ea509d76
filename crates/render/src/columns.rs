//! Which fields and elements are printed, in which order, and what they are called.

use layout::{Field, Schema};
use query::{FieldRef, QueryError};

/// A field, or an element of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) at: FieldRef,
    /// `speed`, `velocity[0]`.
    pub(crate) name: String,
}

impl Column {
    fn new(at: FieldRef, schema: &Schema) -> Self {
        Self { at, name: at.name(schema).to_string() }
    }

    /// The field in the schema of a record; `None` if it is not the schema this was made for.
    pub(crate) fn field<'s>(&self, schema: &'s Schema) -> Option<&'s Field> {
        self.at.of(schema)
    }
}

/// Every field of `schema`.
pub(crate) fn all_of(schema: &Schema) -> impl Iterator<Item = FieldRef> {
    (0..schema.fields().len()).map(FieldRef::whole)
}

/// A column for every field of `schema`.
pub(crate) fn all(schema: &Schema) -> Vec<Column> {
    all_of(schema).map(|at| Column::new(at, schema)).collect()
}

/// The fields that `names` names.
///
/// # Errors
/// One is none, or is printed twice: then two columns would have one name.
pub(crate) fn named(names: &[String], schema: &Schema) -> Result<Vec<Column>, String> {
    let mut columns: Vec<Column> = Vec::with_capacity(names.len());
    for name in names {
        let found = FieldRef::parse(name, schema);
        let at = found.map_err(|error: QueryError| error.to_string())?;
        let overlaps = |other: &&Column| {
            let is_whole = at.element.is_none() || other.at.element.is_none();
            at.field == other.at.field && (is_whole || at.element == other.at.element)
        };
        if let Some(other) = columns.iter().find(overlaps) {
            return Err(if other.at == at {
                format!("{name} is named twice; name it once")
            } else {
                format!("{name} overlaps {}; name one of them", other.name)
            });
        }
        columns.push(Column::new(at, schema));
    }
    Ok(columns)
}
