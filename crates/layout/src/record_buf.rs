//! The bytes of one record, owned, written and read through its schema.
//!
//! Invariant: the buffer has exactly `schema.size()` bytes; padding is zero unless
//! [`bytes_mut`](RecordBuf::bytes_mut) wrote it.
//!
//! Price: one allocation at `new`; setting a value allocates only for an error.

use std::sync::Arc;

use crate::error::{ValueError, ValueErrorKind as Kind};
use crate::field::{Field, known_names};
use crate::schema::Schema;
use crate::store::{put, scalar_bits, store, store_literal};
use crate::text::counted;
use crate::value::{Literal, Value};
use crate::view::RecordView;

/// One record of a run-time schema.
///
/// ```
/// use layout::{Record, RecordBuf, Stu, Value};
/// use std::sync::Arc;
///
/// let mut record = RecordBuf::new(Arc::new(Stu::schema()));
/// record.set_by_name("id", &Value::Int(10))?;
/// record.set_by_name("name", &Value::from("xiaoming"))?;
/// record.set_by_name("sex", &Value::from("m"))?;
/// assert_eq!(record.bytes(), bytemuck::bytes_of(&Stu::new(10, "xiaoming", 'm')));
/// # Ok::<(), layout::ValueError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordBuf {
    schema: Arc<Schema>,
    bytes: Box<[u8]>,
}

impl RecordBuf {
    /// A record of zero bytes.
    pub fn new(schema: Arc<Schema>) -> Self {
        let bytes = vec![0; schema.size() as usize].into_boxed_slice();
        Self { schema, bytes }
    }

    /// The schema of the bytes.
    pub const fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The bytes, as they are published.
    pub const fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, to be overwritten, for example by a read from a region.
    pub const fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// The record seen through its schema.
    pub fn view(&self) -> RecordView<'_> {
        RecordView::trusted(&self.schema, &self.bytes)
    }

    /// The value of field number `index`.
    ///
    /// # Panics
    /// If the schema has no such field, as a slice does.
    pub fn value(&self, index: usize) -> Value {
        self.view().value(index)
    }

    /// Sets field number `index`. A value that does not fit is refused and changes nothing.
    ///
    /// Integers and floats without a fraction go into integer fields, all numbers into float fields
    /// (rounded to the nearest) and into `bool` (true for any but 0), a label's text into the field
    /// that has the label. Text for `char[N]` has at most N - 1 bytes: the last byte stays NUL for
    /// C programs.
    pub fn set(&mut self, index: usize, value: &Value) -> Result<(), ValueError> {
        let (field, place) = self.place(index)?;
        store(field, value, place)
    }

    /// Sets field number `index`, a scalar or text, as [`set`](Self::set) does, from its text:
    /// whole numbers are exact, floats the nearest of the field's type.
    pub fn set_literal(&mut self, index: usize, literal: Literal<'_>) -> Result<(), ValueError> {
        let (field, place) = self.place(index)?;
        store_literal(field, literal, place)
    }

    /// Starts to fill field number `index`, an array of any type but `char`.
    pub fn elements(&mut self, index: usize) -> Result<Elements<'_>, ValueError> {
        let (field, place) = self.place(index)?;
        if field.ctype.is_list() {
            Ok(Elements { field, place, filled: 0 })
        } else {
            Err(field.wrong_kind("list"))
        }
    }

    fn place(&mut self, index: usize) -> Result<(&Field, &mut [u8]), ValueError> {
        let fields = self.schema.fields();
        let count = fields.len();
        let field = fields.get(index).ok_or_else(|| {
            no_such_field(&format!("number {index}"), format!("it has {count}, counted from 0"))
        })?;
        Ok((field, &mut self.bytes[field.range()]))
    }

    /// Sets the field called `name`, as [`set`](Self::set) does.
    pub fn set_by_name(&mut self, name: &str, value: &Value) -> Result<(), ValueError> {
        let index = self.schema.index_of(name).ok_or_else(|| {
            let known = known_names(self.schema.fields());
            no_such_field(&format!("{name:?}"), format!("use one of: {known}"))
        })?;
        self.set(index, value)
    }
}

fn no_such_field(which: &str, advice: String) -> ValueError {
    ValueError::new(Kind::NoSuchField, format!("the record has no field {which}"), advice)
}

/// An array field that is filled one element after the other. Made by [`RecordBuf::elements`].
///
/// A [`Value::List`] of the same numbers takes up to 32 times the memory that they have in the
/// record.
#[derive(Debug)]
pub struct Elements<'r> {
    field: &'r Field,
    place: &'r mut [u8],
    /// Bytes filled so far.
    filled: usize,
}

impl Elements<'_> {
    /// Sets the next element; an error if the array has no more. After an error the elements before
    /// it have their new values.
    pub fn push(&mut self, element: Literal<'_>) -> Result<(), ValueError> {
        let end = self.filled + self.field.ctype.element().size() as usize;
        let Some(place) = self.place.get_mut(self.filled..end) else {
            return Err(self.field.wrong_count("more elements"));
        };
        put(place, scalar_bits(self.field, element)?);
        self.filled = end;
        Ok(())
    }

    /// Returns an error unless every element was set.
    pub fn finish(self) -> Result<(), ValueError> {
        if self.filled == self.place.len() {
            return Ok(());
        }
        let count = self.filled / self.field.ctype.element().size() as usize;
        Err(self.field.wrong_count(&counted(count, "element")))
    }
}
