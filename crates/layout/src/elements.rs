//! The elements of an array on their way into a record, one after the other.
//!
//! Invariant: exactly as many elements go in as the array has; one too many is refused when it
//! comes, one too few at [`finish`](Elements::finish).
//!
//! Price: none beside the conversions. A [`Value::List`](crate::Value::List) of the same numbers
//! takes up to 32 times the memory that they have in the record.

use crate::field::Field;
use crate::store::{Given, put, scalar_bits};
use crate::value::Literal;
use crate::value_error::ValueError;

/// An array field that is being filled. Made by [`RecordBuf::elements`](crate::RecordBuf::elements).
#[derive(Debug)]
pub struct Elements<'r> {
    field: &'r Field,
    place: &'r mut [u8],
    /// Bytes that are filled.
    filled: usize,
}

impl<'r> Elements<'r> {
    pub(crate) fn new(field: &'r Field, place: &'r mut [u8]) -> Self {
        Self { field, place, filled: 0 }
    }

    /// Sets the next element. After an error the elements before it have their new values.
    pub fn push(&mut self, element: Literal<'_>) -> Result<(), ValueError> {
        let end = self.filled + self.field.ctype.element().size() as usize;
        let Some(place) = self.place.get_mut(self.filled..end) else {
            let (field, ctype) = (self.field.name.clone(), self.field.ctype);
            return Err(ValueError::TooMany { field, ctype });
        };
        put(place, scalar_bits(self.field, &Given::from(element))?);
        self.filled = end;
        Ok(())
    }

    /// An error unless every element was set.
    pub fn finish(self) -> Result<(), ValueError> {
        if self.filled == self.place.len() {
            return Ok(());
        }
        let len = self.filled / self.field.ctype.element().size() as usize;
        let (field, ctype) = (self.field.name.clone(), self.field.ctype);
        Err(ValueError::WrongCount { field, ctype, len })
    }
}
