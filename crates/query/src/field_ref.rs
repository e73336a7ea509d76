//! A field of a record, or one element of an array: `speed`, `velocity[0]`.

use core::fmt;
use core::ops::Range;

use layout::text::quote;
use layout::{Field, RecordView, Schema, Value};

use crate::error::QueryError;
use crate::nearest::instead_of;
use crate::number::Number;

/// A field or an element of the schema that it was parsed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FieldRef {
    /// The position of the field in the schema.
    pub field: usize,
    /// The element of an array; `None` is all of the field.
    pub element: Option<u32>,
}

impl FieldRef {
    /// Field number `field`, all of it.
    pub const fn whole(field: usize) -> Self {
        Self { field, element: None }
    }

    /// The field or element of `schema` that `text` names: `speed`, `velocity[0]`.
    ///
    /// # Errors
    /// There is no such field, with the one that was probably meant, or no such element.
    pub fn parse(text: &str, schema: &Schema) -> Result<Self, QueryError> {
        let (name, index) = match text.split_once('[') {
            Some((name, index)) => (name, Some(index)),
            None => (text, None),
        };
        let Some(field) = schema.index_of(name) else {
            let names: Vec<&str> = schema.fields().iter().map(Field::name).collect();
            let advice = instead_of(name, &names);
            return Err(QueryError::new(0, format!("{} is no field; {advice}", quote(name))));
        };
        let element = index.map(|index| element(&schema.fields()[field], index));
        match element.transpose() {
            Ok(element) => Ok(Self { field, element }),
            Err(message) => Err(QueryError::new(name.len(), message)),
        }
    }

    /// Checks that `text` is written as a field or an element of some schema is: `speed`, `velocity[0]`.
    ///
    /// # Errors
    /// No field of any schema is called so.
    pub fn check(text: &str) -> Result<(), QueryError> {
        let is_name = |name: &str| {
            let is_first =
                name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
            is_first && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let is_number = |index: &str| {
            let digits = index.strip_suffix(']').unwrap_or("");
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        let is_written = match text.split_once('[') {
            Some((name, index)) => is_name(name) && is_number(index),
            None => is_name(text),
        };
        let why = || format!("{} is no field; write NAME or NAME[0]", quote(text));
        if is_written { Ok(()) } else { Err(QueryError::new(0, why())) }
    }

    /// The field in `schema`; `None` if that is not the schema it was parsed for.
    pub fn of(self, schema: &Schema) -> Option<&Field> {
        schema.fields().get(self.field)
    }

    /// The bytes of a record of `schema` that it is; `None` if that is not the schema it was parsed for.
    pub fn range(self, schema: &Schema) -> Option<Range<usize>> {
        let field = self.of(schema)?;
        let all = field.range();
        let Some(element) = self.element else { return Some(all) };
        let size = field.ctype().element().size() as usize;
        let start = all.start + element as usize * size;
        Some(start..start + size)
    }

    /// The value in `record`; a list if it is all of an array.
    pub(crate) fn value(self, record: RecordView<'_>) -> Option<Value> {
        match self.element {
            Some(element) => record.element(self.of(record.schema())?, element),
            None => self.of(record.schema()).map(|_| record.value(self.field)),
        }
    }

    /// The number in `record`, a `bool` as 0 or 1, rounded to a float; `None` if it is a text or a list.
    pub fn number(self, record: RecordView<'_>) -> Option<f64> {
        let is_array = self.of(record.schema())?.ctype().count().is_some();
        if is_array && self.element.is_none() {
            return None;
        }
        Number::of(&self.value(record)?).map(Number::to_f64)
    }

    /// As it is written.
    pub fn name(self, schema: &Schema) -> impl fmt::Display {
        let name = self.of(schema).map_or("", Field::name);
        fmt::from_fn(move |f| match self.element {
            Some(element) => write!(f, "{name}[{element}]"),
            None => f.write_str(name),
        })
    }
}

/// The element of `field` whose number and bracket `index` is. Errors are the fact and what to do.
fn element(field: &Field, index: &str) -> Result<u32, String> {
    let (name, ctype) = (field.name(), field.ctype());
    let Some(count) = ctype.count().filter(|_| !ctype.is_text()) else {
        return Err(format!("field {name:?} is {ctype}, which has no elements; write {name}"));
    };
    let digits = index.strip_suffix(']').unwrap_or("");
    // `parse` alone would accept "+2".
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(element) if is_number && element < count => Ok(element),
        _ => Err(format!(
            "{} is no element of field {name:?}, which is {ctype}; use [0] to [{}]",
            quote(&format!("[{index}")),
            count - 1
        )),
    }
}
