//! How long a line of input can be, by the fields that it fills.
//!
//! Invariant: a JSON object that gives each field its longest value, each character escaped, is not longer.

use layout::{CType, Field, MAX_INSTANCE_NAME, Scalar};

use crate::instances::Instances;
use crate::record::RecordSettings;
use crate::source::{InputKey, Source};
use crate::values::MAX_LINE_RANGE;

/// The limit without the key: many fields more than those of the record, if these are to be skipped.
pub(crate) const LEAST: u64 = 64 << 10;
/// Longest escape in JSON, `\u00e4`, for one byte of a text.
const ESCAPE: u64 = 6;
/// Quotes, a colon or comma, a space, or the braces of an object.
const FRAME: u64 = 6;

/// The longest line of input for `record`, in bytes.
pub(crate) fn line_limit(record: &RecordSettings) -> u64 {
    let fields = record.schema.fields().iter().zip(&record.sources);
    let members = fields.filter_map(|(field, source)| match source {
        Source::Input(input) => Some(key_len(&input.key) + value_len(field)),
        _ => None,
    });
    let instance = match &record.instances {
        Some(Instances::Input(input)) => key_len(&input.key) + text_len(MAX_INSTANCE_NAME),
        _ => 0,
    };
    (members.sum::<u64>() + instance).clamp(LEAST, MAX_LINE_RANGE.1)
}

fn key_len(key: &InputKey) -> u64 {
    match key {
        InputKey::Member(name) => text_len(name.len()),
        InputKey::Pointer(steps) => steps.split('/').map(|step| text_len(step.len())).sum(),
    }
}

fn text_len(bytes: usize) -> u64 {
    bytes as u64 * ESCAPE + FRAME
}

fn value_len(field: &Field) -> u64 {
    let labels = field.labels().iter().map(|label| text_len(label.text.len()));
    let element = labels.fold(number_len(field.ctype()), u64::max);
    let count = field.ctype().count().map_or(1, u64::from);
    if field.ctype().is_text() { count * ESCAPE + element } else { count * element + FRAME }
}

/// Characters of a number, or of the word for a bool, with a comma and a space.
fn number_len(ctype: CType) -> u64 {
    2 + match ctype.element() {
        Scalar::I8 | Scalar::U8 => 4,
        Scalar::Bool | Scalar::I16 | Scalar::U16 => 6,
        Scalar::I32 | Scalar::U32 => 11,
        Scalar::I64 | Scalar::U64 => 20,
        Scalar::F32 | Scalar::F64 => 24,
        Scalar::Char => ESCAPE + FRAME,
    }
}
