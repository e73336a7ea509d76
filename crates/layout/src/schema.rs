//! What the bytes of a record mean: names, C types, offsets, units.
//!
//! Invariant: a [`Schema`] has passed every check of
//! [`SchemaBuilder::build`](crate::SchemaBuilder::build): at least one field, unique names, no
//! overlap, every field inside `size` and aligned, `size` a multiple of `align` and at most
//! [`MAX_RECORD`](crate::MAX_RECORD). The decoder uses the builder, so this holds for the schema of
//! a hostile file, too.
//!
//! ```text
//!   STU, 28 bytes, aligned to 4
//!   0        4                                        24  25    28
//!   | id i32 | name char[20]                          |sex|pad  |
//! ```
//!
//! Price: one `Vec` of fields; a look-up by name walks it.

use crate::field::Field;
use crate::template::Template;

/// The self-description of a record.
///
/// ```
/// use layout::{CType, FieldSpec, Scalar, Schema};
///
/// let stu = Schema::builder("STU")
///     .field(FieldSpec::new("id", Scalar::I32))
///     .field(FieldSpec::new("name", CType::array(Scalar::Char, 20)?))
///     .field(FieldSpec::new("sex", Scalar::Char))
///     .build()?;
/// assert_eq!((stu.size(), stu.align()), (28, 4));
/// assert_eq!(stu.field("sex").map(|field| field.offset()), Some(24));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    pub(crate) name: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) size: u32,
    pub(crate) align: u32,
    pub(crate) line: Option<Template>,
}

impl Schema {
    /// The name of the record type, such as "STU".
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The fields, in the order they were given.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The position of the field called `name` in [`fields`](Self::fields).
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// The field called `name`.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Bytes of one record, padding included.
    pub const fn size(&self) -> u32 {
        self.size
    }

    /// Alignment of the record in bytes: 1, 2, 4 or 8.
    pub const fn align(&self) -> u32 {
        self.align
    }

    /// How one record is printed as a line; `None` means `name=value` for every field.
    pub const fn line(&self) -> Option<&Template> {
        self.line.as_ref()
    }
}
