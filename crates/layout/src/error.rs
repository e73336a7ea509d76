//! Why a schema was refused. Each variant names the field and says what to change.

use crate::ctype::CType;
use crate::limits::{MAX_FIELDS, MAX_LABELS, MAX_NAME, MAX_RECORD, MAX_SCHEMA, MAX_TEXT, MAX_UNIT};
use crate::template::TemplateError;

/// Why [`SchemaBuilder::build`](crate::SchemaBuilder::build) refused a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// The record has no name.
    #[error("the record has no name; give it one, such as \"STU\"")]
    NoRecordName,
    /// The record's name is no C identifier.
    #[error(
        "record name {name:?} is not a C identifier of at most {MAX_NAME} bytes; use letters, digits and _"
    )]
    BadRecordName {
        /// The name.
        name: String,
    },
    /// The record has no fields.
    #[error("the record has no fields; add at least one")]
    NoFields,
    /// The record has more than [`MAX_FIELDS`] fields.
    #[error("the record has {count} fields, at most {MAX_FIELDS} are possible; use arrays")]
    TooManyFields {
        /// How many there are.
        count: usize,
    },
    /// A field has no name.
    #[error("field {index} (counted from 0) has no name; give it one")]
    EmptyName {
        /// Its position among the fields.
        index: usize,
    },
    /// A field's name is no C identifier.
    #[error(
        "field name {name:?} is not a C identifier of at most {MAX_NAME} bytes; use letters, digits and _"
    )]
    BadName {
        /// The name.
        name: String,
    },
    /// Two fields have the same name.
    #[error("field {name:?} is there twice; rename one of them")]
    DuplicateField {
        /// The name.
        name: String,
    },
    /// A field was placed where its type cannot lie.
    #[error(
        "field {field:?} at offset {offset} is not aligned for {ctype}; use a multiple of {}",
        ctype.align()
    )]
    Misaligned {
        /// The field.
        field: String,
        /// The offset asked for, in bytes.
        offset: u32,
        /// Its type.
        ctype: CType,
    },
    /// Two fields share bytes.
    #[error("fields {first:?} and {second:?} overlap at byte {offset}; correct the offset of one")]
    Overlap {
        /// The field that begins first.
        first: String,
        /// The field that begins before the first one ends.
        second: String,
        /// Where the second begins, in bytes.
        offset: u32,
    },
    /// The record is larger than [`MAX_RECORD`].
    #[error(
        "field {field:?} makes the record {size} bytes, at most {MAX_RECORD} are possible; shorten an array"
    )]
    TooLarge {
        /// The field that crosses the limit.
        field: String,
        /// Bytes up to the end of that field, padding included.
        size: u64,
    },
    /// A unit is longer than [`MAX_UNIT`].
    #[error(
        "the unit of field {field:?} has {len} bytes, at most {MAX_UNIT} are possible; shorten it"
    )]
    UnitTooLong {
        /// The field.
        field: String,
        /// Bytes of the unit.
        len: usize,
    },
    /// A help text or label text is longer than [`MAX_TEXT`].
    #[error(
        "the {what} of field {field:?} has {len} bytes, at most {MAX_TEXT} are possible; shorten it"
    )]
    TextTooLong {
        /// The field.
        field: String,
        /// "help" or "label".
        what: &'static str,
        /// Bytes of the text.
        len: usize,
    },
    /// A unit, help or label text holds a character that could drive a terminal.
    #[error("the {what} of field {field:?} holds the control character {found:?}; remove it")]
    ControlCharacter {
        /// The field.
        field: String,
        /// "unit", "help" or "label".
        what: &'static str,
        /// The character.
        found: char,
    },
    /// A field has more than [`MAX_LABELS`] labels.
    #[error("field {field:?} has {count} labels, at most {MAX_LABELS} are possible; remove some")]
    TooManyLabels {
        /// The field.
        field: String,
        /// How many there are.
        count: usize,
    },
    /// A label without a text.
    #[error("the label for {value} of field {field:?} is empty; give it a text")]
    EmptyLabel {
        /// The field.
        field: String,
        /// The value.
        value: i64,
    },
    /// Two labels of one field have the same value or the same text.
    #[error("field {field:?} has two labels for {what}; remove one")]
    DuplicateLabel {
        /// The field.
        field: String,
        /// The value or the text that is there twice.
        what: String,
    },
    /// A label names a value that the field can never hold.
    #[error(
        "field {field:?} is {ctype} and never holds {value}, which a label names; remove the label"
    )]
    LabelOutOfRange {
        /// The field.
        field: String,
        /// Its type.
        ctype: CType,
        /// The value.
        value: i64,
    },
    /// A label on a type that has none: floats and `char[N]`.
    #[error(
        "field {field:?} is {ctype}, which takes no labels; use them on integers, bool and char"
    )]
    LabelsOnType {
        /// The field.
        field: String,
        /// Its type.
        ctype: CType,
    },
    /// The line template does not fit the record.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The encoded schema is larger than [`MAX_SCHEMA`].
    #[error(
        "the encoded schema has {len} bytes, at most {MAX_SCHEMA} are possible; shorten help and label texts"
    )]
    SchemaTooLong {
        /// Bytes of the encoding.
        len: usize,
    },
}
