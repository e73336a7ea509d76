//! Why a schema, a value or the bytes of a region were refused.
//!
//! Each `Display` is a sentence for people. What a program may want to know is beside it: the part of
//! the schema, the kind of misfit, the byte.

/// Which part of a schema was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaPart {
    /// The name, of the record or of a field.
    Name,
    /// A field's type, also one that is parsed alone.
    Type,
    /// A field's offset: where it was placed.
    Offset,
    /// A field's unit.
    Unit,
    /// A field's help text.
    Help,
    /// A field's labels.
    Labels,
    /// All fields together: none, too many, or too much text.
    Fields,
    /// The line template.
    Line,
}

/// Why a schema, a [`CType`](crate::CType) or a [`Template`](crate::Template) was refused, and what
/// to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SchemaError {
    part: SchemaPart,
    field: Option<usize>,
    message: String,
}

/// Returns a [`SchemaError`] about a part, with a formatted message.
macro_rules! refuse {
    ($part:expr, $($message:tt)+) => {
        return Err($crate::error::SchemaError::new($part, format!($($message)+)))
    };
}
pub(crate) use refuse;

impl SchemaError {
    pub(crate) fn new(part: SchemaPart, message: String) -> Self {
        Self { part, field: None, message }
    }

    /// The same, in field number `index`.
    pub(crate) fn in_field(self, index: usize) -> Self {
        Self { field: Some(index), ..self }
    }

    /// The part that was refused.
    pub const fn part(&self) -> SchemaPart {
        self.part
    }

    /// The position of the field it belongs to, in the order they were given to the builder.
    pub const fn field(&self) -> Option<usize> {
        self.field
    }
}

/// In which way a value does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueErrorKind {
    /// The record has no such field.
    NoSuchField,
    /// The value is of another kind than the field: a text for a number, a list for a scalar.
    WrongKind,
    /// A number that the field's type cannot hold.
    OutOfRange,
    /// A number with a fraction for an integer field.
    NotWhole,
    /// A text that no label of the field has.
    UnknownLabel,
    /// A text that is too long, holds a NUL or is more than one character.
    BadText,
    /// A list with more or fewer elements than the array.
    WrongCount,
}

/// Why a value does not go into a field, and what to change. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ValueError {
    kind: ValueErrorKind,
    message: String,
}

impl ValueError {
    pub(crate) fn new(kind: ValueErrorKind, message: String) -> Self {
        Self { kind, message }
    }

    /// In which way the value does not fit.
    pub const fn kind(&self) -> ValueErrorKind {
        self.kind
    }
}

/// Why bytes are not the header or the schema of a region. The caller adds the path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Too short, or without the magic: another kind of file, or zeros.
    #[error("not a region")]
    NotARegion,
    /// Another version of the format.
    #[error("region format version {0} is not known here")]
    UnsupportedVersion(u32),
    /// Features that a reader must know and this one does not, as bits.
    #[error("unknown features {0:#x}")]
    UnsupportedFeatures(u64),
    /// A header that was changed, or that mapcast never writes.
    #[error("{0}")]
    Header(String),
    /// A schema that was changed, or that mapcast never writes.
    #[error("byte {at} of its schema: {what}")]
    Schema {
        /// Where the part begins that was refused, from the start of the encoded schema.
        at: usize,
        /// What is wrong there.
        what: String,
    },
}

/// A record of the wrong length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a record of {want} bytes was expected, {have} were given; use the schema the bytes were written with"
)]
pub struct WrongLength {
    /// Bytes of a record of the schema.
    pub want: u32,
    /// Bytes given.
    pub have: usize,
}
