//! Why a schema, a value or the bytes of a region were refused.
//!
//! `Display` is a sentence for people. Methods and fields return the part of the schema, the kind
//! of misfit or the byte.

use crate::text::counted;

/// Which part of a schema was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaPart {
    /// The name, of the record or of a field.
    Name,
    /// A field's type, or one that was parsed alone.
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

    /// The same error, in field number `index`.
    pub(crate) fn in_field(self, index: usize) -> Self {
        Self { field: Some(index), ..self }
    }

    /// The part that was refused.
    pub const fn part(&self) -> SchemaPart {
        self.part
    }

    /// The index of the refused field, in the order of the builder.
    pub const fn field(&self) -> Option<usize> {
        self.field
    }
}

/// How a value does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueErrorKind {
    /// The record has no such field.
    NoSuchField,
    /// The value is of the wrong kind for the field: a text for a number, a list for a scalar.
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

/// Why a value does not fit a field, and what to change. The record is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fact}; {advice}")]
pub struct ValueError {
    kind: ValueErrorKind,
    fact: String,
    advice: String,
}

impl ValueError {
    pub(crate) fn new(kind: ValueErrorKind, fact: String, advice: impl Into<String>) -> Self {
        Self { kind, fact, advice: advice.into() }
    }

    /// How the value does not fit.
    pub const fn kind(&self) -> ValueErrorKind {
        self.kind
    }

    /// The message without what to change: for a program in which another change is possible.
    pub fn fact(&self) -> &str {
        &self.fact
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
        /// Offset of the refused part in the encoded schema, in bytes.
        at: usize,
        /// What is wrong with it.
        what: String,
    },
}

/// A record of the wrong length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a record of {} was expected, not of {have}; use the schema the bytes were written with",
    counted(*want, "byte")
)]
pub struct WrongLength {
    /// Size of a record of the schema, in bytes.
    pub want: u32,
    /// Number of bytes given.
    pub have: usize,
}
