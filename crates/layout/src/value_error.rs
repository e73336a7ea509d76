//! Why a value does not go into a field: each variant names the field and says what to change.

use crate::ctype::CType;

/// Why a value does not go into a field. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The record has no field of this name.
    #[error("the record has no field {name:?}; use one of: {known}")]
    NoSuchField {
        /// The name.
        name: String,
        /// The names it has, separated by commas; shortened if there are many.
        known: String,
    },
    /// The record has fewer fields.
    #[error("the record has no field number {index}; it has {count}, counted from 0")]
    NoSuchIndex {
        /// The number.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// The value is of another kind than the field.
    #[error("field {field:?} is {ctype} and takes {want}, not {kind}; change the value")]
    WrongKind {
        /// The field.
        field: String,
        /// Its type.
        ctype: CType,
        /// What it takes.
        want: &'static str,
        /// What it got, as [`Value::kind`](crate::Value::kind) says it.
        kind: &'static str,
    },
    /// A number that the field's type cannot hold.
    #[error("{value} does not fit field {field:?} ({ctype}); use a value it can hold")]
    OutOfRange {
        /// The field.
        field: String,
        /// Its type.
        ctype: CType,
        /// The number.
        value: String,
    },
    /// A number with a fraction for an integer field.
    #[error("{value} is not a whole number, and field {field:?} is {ctype}; round it first")]
    NotWhole {
        /// The field.
        field: String,
        /// Its type.
        ctype: CType,
        /// The number.
        value: String,
    },
    /// A text that no label of the field has.
    #[error("{text:?} is no label of field {field:?}; use a number or one of its labels")]
    UnknownLabel {
        /// The field.
        field: String,
        /// The text.
        text: String,
    },
    /// A text longer than the field.
    #[error(
        "text of {len} bytes does not fit field {field:?} ({ctype}), which holds {max}; shorten it"
    )]
    TextTooLong {
        /// The field.
        field: String,
        /// Its type.
        ctype: CType,
        /// Bytes of the text.
        len: usize,
        /// Bytes of text the field holds.
        max: usize,
    },
    /// A character that one byte cannot hold.
    #[error(
        "{text:?} is not one ASCII character, and field {field:?} is char; use char[N] for text"
    )]
    NotAscii {
        /// The field.
        field: String,
        /// The text.
        text: String,
    },
    /// A text with a NUL inside: readers would see only the part before it.
    #[error("the text for field {field:?} holds a NUL at byte {at}; remove it")]
    Nul {
        /// The field.
        field: String,
        /// Where, in bytes.
        at: usize,
    },
    /// A list that is longer than the array.
    #[error("field {field:?} is {ctype}, the list has more elements; give exactly as many")]
    TooMany {
        /// The field.
        field: String,
        /// Its type.
        ctype: CType,
    },
    /// A list of another length than the array.
    #[error("field {field:?} is {ctype}, the list has {len} elements; give exactly as many")]
    WrongCount {
        /// The field.
        field: String,
        /// Its type.
        ctype: CType,
        /// Elements of the list.
        len: usize,
    },
}
