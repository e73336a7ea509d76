//! The members of a struct in the order of their offsets, with the gaps between them.

use mapcast::dynamic::{Field, Schema};

/// A part of a struct.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Member<'s> {
    Field(&'s Field),
    /// Bytes of no field.
    Gap {
        len: u32,
        /// Whether a compiler leaves them out by itself, by C's rules.
        by_itself: bool,
    },
}

/// All members of `schema`, the gap at the end included.
pub(super) fn members(schema: &Schema) -> Vec<Member<'_>> {
    let mut fields: Vec<&Field> = schema.fields().iter().collect();
    fields.sort_by_key(|field| field.offset());
    let (mut members, mut end) = (Vec::new(), 0);
    for field in fields {
        let natural = u32::next_multiple_of(end, field.ctype().align());
        members.extend(gap(end, field.offset(), natural));
        members.push(Member::Field(field));
        end = field.end();
    }
    members.extend(gap(end, schema.size(), end.next_multiple_of(schema.align())));
    members
}

fn gap(from: u32, to: u32, natural: u32) -> Option<Member<'static>> {
    (to > from).then_some(Member::Gap { len: to - from, by_itself: to == natural })
}

/// `name`, with `_` behind it if it is one of `keywords`.
pub(super) fn unreserved(name: &str, keywords: &[&str]) -> String {
    let suffix = if keywords.contains(&name) { "_" } else { "" };
    format!("{name}{suffix}")
}
