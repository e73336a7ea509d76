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

/// `name`, with `_` behind it as long as it is taken, or that is the name of another field.
pub(super) fn unreserved(name: &str, is_taken: fn(&str) -> bool, schema: &Schema) -> String {
    let mut member = name.to_owned();
    while is_taken(&member) || (member != name && schema.field(&member).is_some()) {
        member.push('_');
    }
    member
}

/// Whether `words`, with blanks between them, have `word`.
pub(super) fn has_word(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|one| one == word)
}

/// `name` with a word in front of it that no field begins with, so that no two members have one name.
pub(super) fn own(name: &str, schema: &Schema) -> String {
    let mut word = String::from("own");
    while schema.fields().iter().any(|field| field.name().starts_with(&word)) {
        word.push_str("own");
    }
    word + name
}

/// A name for the bytes in front of member number `index` that are no field.
pub(super) fn reserved(index: usize, schema: &Schema) -> String {
    free_name(&format!("reserved{index}"), schema)
}

/// `name`, with `_` behind it as long as it is that of a field.
pub(super) fn free_name(name: &str, schema: &Schema) -> String {
    let mut name = name.to_owned();
    while schema.field(&name).is_some() {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use mapcast::dynamic::{FieldSpec, Scalar, Schema, SchemaBuilder};

    use super::{own, reserved, unreserved};

    #[test]
    fn no_two_members_have_one_name() {
        let fields = ["type", "type_", "reserved2"].map(|name| FieldSpec::new(name, Scalar::U8));
        let schema = fields.into_iter().fold(Schema::builder("R"), SchemaBuilder::field);
        let schema = schema.build().expect("a schema");
        let is_taken = |name: &str| name == "type";
        assert_eq!(unreserved("type", is_taken, &schema), "type__");
        assert_eq!(unreserved("type_", is_taken, &schema), "type_");
        assert_eq!(
            (reserved(1, &schema), reserved(2, &schema)),
            ("reserved1".into(), "reserved2_".into())
        );
    }

    #[test]
    fn a_word_in_front_of_a_name_makes_it_that_of_no_other() {
        let fields = ["__asm", "__asm_", "own__asm"].map(|name| FieldSpec::new(name, Scalar::U8));
        let schema = fields.into_iter().fold(Schema::builder("R"), SchemaBuilder::field);
        let schema = schema.build().expect("a schema");
        assert_eq!(own("__asm", &schema), "ownown__asm");
        assert_eq!(own("__asm_", &schema), "ownown__asm_");
    }
}
