//! Functions for the code that `#[derive(Record)]` emits. Not part of the public API.

pub use crate::ctype::CType;
pub use crate::field::FieldSpec;
pub use crate::field_type::{BoolType, FieldType, Labels, TextType, UnknownValue};
pub use crate::limits::{MAX_RECORD, MAX_SCHEMA};
pub use crate::record::Record;
pub use crate::schema::Schema;
pub use bytemuck;

use crate::limits::{MAX_LABELS, MAX_TEXT};
use crate::text::has_control;

/// What padding is made of: `Pod`, as each field of a `Pod` struct has to be.
///
/// ```compile_fail,E0277
/// #[derive(Clone, Copy)]
/// struct Flag(bool);
/// impl layout::derive_support::Padding for Flag {}
/// ```
#[diagnostic::on_unimplemented(
    message = "padding is bytes, and `{Self}` is not",
    label = "write `[u8; N]`"
)]
pub trait Padding: bytemuck::Pod {}

impl Padding for u8 {}
impl<const N: usize> Padding for [u8; N] {}

/// Compiles if `T` can be padding.
pub const fn expect_bytes<T: Padding>() {}

/// The labels of `L`, if they are for a field of type `T`.
pub const fn labels<T, L: Labels<Repr = T>>() -> &'static [(i64, &'static str)] {
    L::LABELS
}

/// Why a field of this type cannot have these labels.
pub const fn wrong_label(ctype: CType, labels: &[(i64, &str)]) -> Option<&'static str> {
    if labels.len() > MAX_LABELS {
        return Some("a field has at most 256 labels; remove some variants");
    }
    let mut at = 0;
    while at < labels.len() {
        let (value, text) = labels[at];
        if !can_label(ctype, value) {
            return Some("a variant's number is not a value of this field");
        }
        if text.is_empty() || text.len() > MAX_TEXT || has_control(text) {
            return Some("a label has 1 to 1024 bytes and no control character");
        }
        if is_among(labels[at], labels, at) {
            return Some("two labels have the same number or the same text; remove one");
        }
        at += 1;
    }
    None
}

/// Does one of the first `count` labels have the same number or the same text?
const fn is_among(label: (i64, &str), labels: &[(i64, &str)], count: usize) -> bool {
    let mut at = 0;
    while at < count {
        if labels[at].0 == label.0 || is_equal(labels[at].1.as_bytes(), label.1.as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

/// `==`, which is not `const`.
const fn is_equal(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// Bytes of these labels in an encoded schema.
pub const fn labels_len(labels: &[(i64, &str)]) -> usize {
    let (mut len, mut at) = (0, 0);
    while at < labels.len() {
        len += 10 + labels[at].1.len();
        at += 1;
    }
    len
}

/// Whether a field of this type can hold `value` and have a label for it.
pub const fn can_label(ctype: CType, value: i64) -> bool {
    match ctype.label_range() {
        Some((min, max)) => min <= value as i128 && value as i128 <= max,
        None => false,
    }
}

/// Where the last of these fields ends, and the size that C gives a struct of them: that end, rounded
/// up to the largest alignment.
pub const fn ends_at(fields: &[(usize, CType)]) -> (usize, usize) {
    let (mut end, mut align, mut at) = (0, 1, 0);
    while at < fields.len() {
        let (offset, ctype) = fields[at];
        let (field_end, field_align) = (offset + ctype.size() as usize, ctype.align() as usize);
        end = if field_end > end { field_end } else { end };
        align = if field_align > align { field_align } else { align };
        at += 1;
    }
    (end, end.next_multiple_of(align))
}

/// An offset in a record, which the emitted checks have found to be small.
///
/// # Panics
/// Beyond 4 GiB.
pub fn offset(offset: usize) -> u32 {
    u32::try_from(offset).expect("a record has at most 16 MiB")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ctype::Scalar;
    use crate::field::FieldSpec;

    #[test]
    fn labels_of_an_enum_are_refused_at_compile_time_if_a_builder_refuses_them() {
        let long = "x".repeat(MAX_TEXT + 1);
        let texts: Vec<String> = (0..257).map(|at| format!("x{at}")).collect();
        let many: Vec<(i64, &str)> = (0..).zip(texts.iter().map(String::as_str)).collect();
        let lists: [&[(i64, &str)]; 12] = [
            &[],
            &[(0, "off"), (1, "on")],
            &[(0, "off"), (0, "on")],
            &[(0, "off"), (1, "off")],
            &[(0, "")],
            &[(0, "a\tb")],
            &[(0, "\u{202e}")],
            &[(256, "x")],
            &[(-1, "x")],
            &[(0, &long)],
            &many[..256],
            &many,
        ];
        for list in lists {
            for scalar in [Scalar::U8, Scalar::Bool, Scalar::I64] {
                let spec = FieldSpec::new("a", scalar).labels(list);
                let builds = Schema::builder("A").field(spec).build().is_ok();
                assert_eq!(wrong_label(scalar.into(), list).is_none(), builds, "{scalar} {list:?}");
            }
        }
        assert_eq!(labels_len(&[(0, "off"), (1, "on")]), 25);
    }
}
