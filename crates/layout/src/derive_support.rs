//! Functions for the code that `#[derive(Record)]` emits. Not part of the public API.

pub use crate::ctype::CType;
pub use crate::field::FieldSpec;
pub use crate::field_type::{BoolType, FieldType, Labels, TextType, UnknownValue};
pub use crate::limits::MAX_RECORD;
pub use crate::record::Record;
pub use crate::schema::Schema;
pub use bytemuck;

/// Compiles if `T` is a byte or an array of bytes, as padding must be.
pub const fn expect_bytes<T: BoolType>() {}

/// Compiles if the labels `L` are for a field of type `T`.
pub const fn expect_labels<T, L: Labels<Repr = T>>() {}

/// Whether a field of this type can hold `value` and have a label for it.
pub const fn can_label(ctype: CType, value: i64) -> bool {
    match ctype.label_range() {
        Some((min, max)) => min <= value as i128 && value as i128 <= max,
        None => false,
    }
}

/// The size of a C struct of these fields: the furthest end, rounded up to the largest alignment.
pub const fn ends_at(fields: &[(usize, CType)]) -> usize {
    let (mut end, mut align, mut at) = (0, 1, 0);
    while at < fields.len() {
        let (offset, ctype) = fields[at];
        let (field_end, field_align) = (offset + ctype.size() as usize, ctype.align() as usize);
        end = if field_end > end { field_end } else { end };
        align = if field_align > align { field_align } else { align };
        at += 1;
    }
    end.next_multiple_of(align)
}

/// An offset in a record, which the emitted checks have found to be small.
///
/// # Panics
/// Beyond 4 GiB.
pub fn offset(offset: usize) -> u32 {
    u32::try_from(offset).expect("a record has at most 16 MiB")
}
