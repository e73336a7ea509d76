//! The bytes of one record, borrowed and read through a schema.
//!
//! Invariant: the slice has exactly `schema.size()` bytes, and the schema keeps every field inside
//! its size; so no read is out of bounds for any bytes. Padding is never part of a value.
//!
//! Price: two references. Printing allocates nothing; only a text or list [`Value`] does.

use crate::error::WrongLength;
use crate::field::Field;
use crate::schema::Schema;
use crate::text::until_nul;
use crate::value::Value;

/// One record seen through its schema.
#[derive(Clone, Copy, Debug)]
pub struct RecordView<'a> {
    schema: &'a Schema,
    bytes: &'a [u8],
}

impl<'a> RecordView<'a> {
    /// `bytes` as a record of `schema`; they must be exactly as many as the schema's size.
    pub fn new(schema: &'a Schema, bytes: &'a [u8]) -> Result<Self, WrongLength> {
        if bytes.len() == schema.size() as usize {
            Ok(Self { schema, bytes })
        } else {
            Err(WrongLength { want: schema.size(), have: bytes.len() })
        }
    }

    /// For [`RecordBuf`](crate::RecordBuf), whose length is right by construction.
    pub(crate) fn trusted(schema: &'a Schema, bytes: &'a [u8]) -> Self {
        debug_assert_eq!(bytes.len(), schema.size() as usize);
        Self { schema, bytes }
    }

    /// The schema of the bytes.
    pub const fn schema(&self) -> &'a Schema {
        self.schema
    }

    /// The bytes.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The value of field number `index`.
    ///
    /// # Panics
    /// If the schema has no such field, as a slice does.
    pub fn value(&self, index: usize) -> Value {
        self.value_of(&self.schema.fields()[index])
    }

    /// The value of the field called `name`.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.schema.field(name).map(|field| self.value_of(field))
    }

    /// Every field with its value, in the schema's order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'a Field, Value)> + use<'a> {
        let view = *self;
        view.schema.fields().iter().map(move |field| (field, view.value_of(field)))
    }

    /// The bytes of a `char` or `char[N]`, up to the first NUL; `None` for a field of any other type.
    ///
    /// [`Escaped`](crate::text::Escaped) and [`Lossy`](crate::text::Lossy) write such a text
    /// without a copy, even if it is as long as a record.
    pub fn text(&self, field: &Field) -> Option<&'a [u8]> {
        field.ctype().is_text().then(|| until_nul(self.bytes_of(field)))
    }

    /// The elements of an array, one after the other; any other value, text too, is one element.
    ///
    /// A [`Value::List`] of all of them can take 32 times the memory that they have in the record.
    pub fn elements(&self, field: &Field) -> impl Iterator<Item = Value> + use<'a> {
        Value::elements(field.ctype(), self.bytes_of(field))
    }

    /// Element number `index` of an array; `None` if it has no such element, or is a text or no array.
    pub fn element(&self, field: &Field, index: u32) -> Option<Value> {
        let scalar = field.ctype().element();
        let size = scalar.size() as usize;
        let at = (index as usize).checked_mul(size).filter(|_| field.ctype().is_list())?;
        let bytes = self.bytes_of(field).get(at..)?.get(..size)?;
        Some(Value::load(scalar, bytes))
    }

    /// The bytes of `field`.
    ///
    /// # Panics
    /// If `field` is of another schema, and does not lie in this record.
    pub fn bytes_of(&self, field: &Field) -> &'a [u8] {
        &self.bytes[field.range()]
    }

    fn value_of(&self, field: &Field) -> Value {
        Value::of(field.ctype(), self.bytes_of(field))
    }
}
