//! A hash of the meaning of a record's bytes, and the first difference between two schemas.
//!
//! Invariant: two schemas with the same fingerprint read the same bytes as the same values, and have
//! no difference. Names, types, offsets, units, size and alignment count; help texts, labels and the
//! line template do not, because changing them does not change what the bytes mean.

use xxhash_rust::xxh64::xxh64;

use crate::encode::{put_text, put_type};
use crate::field::Field;
use crate::schema::Schema;

impl Schema {
    /// The fingerprint: XXH64 with seed 0 over the bytes that `docs/format.md` lists.
    pub fn fingerprint(&self) -> u64 {
        let mut bytes = Vec::new();
        put_text(&mut bytes, &self.name);
        bytes.extend(self.size.to_le_bytes());
        bytes.extend(self.align.to_le_bytes());
        for field in &self.fields {
            put_text(&mut bytes, &field.name);
            put_type(&mut bytes, field.ctype);
            bytes.extend(field.offset.to_le_bytes());
            put_text(&mut bytes, &field.unit);
        }
        xxh64(&bytes, 0)
    }

    /// The first difference in what this schema and `other` read from the same bytes, such as "field
    /// temp is f64 at byte 0, not f32 at byte 0"; `None` if the fingerprints are equal.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let differs = |what: &str, mine: &str, theirs: &str| {
            (mine != theirs).then(|| format!("{what} is {mine}, not {theirs}"))
        };
        differs("its name", &self.name, &other.name)
            .or_else(|| self.different_field(other))
            .or_else(|| differs("its size", &self.size.to_string(), &other.size.to_string()))
            .or_else(|| differs("its alignment", &self.align.to_string(), &other.align.to_string()))
    }

    fn different_field(&self, other: &Self) -> Option<String> {
        let longest = self.fields.len().max(other.fields.len());
        let pairs = (0..longest).map(|index| (self.fields.get(index), other.fields.get(index)));
        pairs.enumerate().find_map(|(index, pair)| match pair {
            (Some(mine), Some(theirs)) => field_difference(index + 1, mine, theirs),
            (Some(extra), None) => Some(format!("field {} is there and should not be", extra.name)),
            (None, Some(missing)) => Some(format!("field {} is missing", missing.name)),
            (None, None) => None,
        })
    }
}

fn field_difference(number: usize, mine: &Field, theirs: &Field) -> Option<String> {
    let name = &mine.name;
    if *name != theirs.name {
        return Some(format!("field {number} is {name}, not {}", theirs.name));
    }
    if (mine.ctype, mine.offset) != (theirs.ctype, theirs.offset) {
        let place = |field: &Field| format!("{} at byte {}", field.ctype, field.offset);
        return Some(format!("field {name} is {}, not {}", place(mine), place(theirs)));
    }
    let unit = |field: &Field| format!("{:?}", field.unit);
    (mine.unit != theirs.unit)
        .then(|| format!("field {name} has the unit {}, not {}", unit(mine), unit(theirs)))
}

#[cfg(test)]
mod tests {
    use crate::{FieldSpec, Scalar, Schema};

    fn schema(name: &str, fields: &[FieldSpec]) -> Schema {
        let builder = fields.iter().fold(Schema::builder(name), |b, field| b.field(field.clone()));
        builder.build().expect("a schema")
    }

    #[test]
    fn the_first_difference_is_named() {
        let spec = |name: &str, scalar| FieldSpec::new(name, scalar);
        let a = [spec("temp", Scalar::F64), spec("id", Scalar::I32)];
        let cases: [(&str, Vec<FieldSpec>, &str); 6] = [
            ("Y", a.to_vec(), "its name is X, not Y"),
            ("X", vec![spec("t", Scalar::F64), a[1].clone()], "field 1 is temp, not t"),
            (
                "X",
                vec![spec("temp", Scalar::U64), a[1].clone()],
                "field temp is f64 at byte 0, not u64 at byte 0",
            ),
            (
                "X",
                vec![a[0].clone().unit("C"), a[1].clone()],
                "field temp has the unit \"\", not \"C\"",
            ),
            ("X", vec![a[0].clone()], "field id is there and should not be"),
            (
                "X",
                vec![a[0].clone(), a[1].clone(), spec("more", Scalar::I32)],
                "field more is missing",
            ),
        ];
        let mine = schema("X", &a);
        for (name, fields, expected) in cases {
            let other = schema(name, &fields);
            assert_eq!(mine.difference(&other).as_deref(), Some(expected));
            assert_ne!(mine.fingerprint(), other.fingerprint());
            assert!(other.difference(&mine).is_some());
        }
    }

    #[test]
    fn schemas_of_equal_fingerprints_have_no_difference() {
        let plain = FieldSpec::new("id", Scalar::I32);
        let helped = plain.clone().help("the number").label(1, "one");
        let (mine, other) = (schema("X", &[plain]), schema("X", &[helped]));
        assert_eq!(mine.fingerprint(), other.fingerprint());
        assert_eq!(mine.difference(&other), None);
    }
}
