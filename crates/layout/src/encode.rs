//! A schema as bytes, for the end of a region file.
//!
//! Invariant: equal schemas encode to equal bytes, and [`Schema::decode`] takes back exactly what
//! [`Schema::encode`] wrote: the encoding of a schema is unique.
//!
//! ```text
//!   | size u32 | align u32 | fields u32 | name text | line text | field, field, ...
//!   field: | offset u32 | count u32 (0 = no array) | scalar u8 | zero u8 | labels u16 |
//!          | name text | unit text | help text | label, label, ...
//!   label: | value i64 | text |
//!   text:  | length u16 | UTF-8 bytes |          an empty line text = no template
//! ```

use crate::ctype::CType;
use crate::field::Field;
use crate::schema::Schema;
use crate::template::Template;

impl Schema {
    /// The schema as bytes, at most [`MAX_SCHEMA`](crate::MAX_SCHEMA) of them.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(self.size.to_le_bytes());
        bytes.extend(self.align.to_le_bytes());
        bytes.extend(length::<u32>(self.fields.len()).to_le_bytes());
        put_text(&mut bytes, &self.name);
        put_text(&mut bytes, self.line.as_ref().map_or("", Template::text));
        for field in &self.fields {
            put_field(&mut bytes, field);
        }
        bytes
    }
}

fn put_field(bytes: &mut Vec<u8>, field: &Field) {
    bytes.extend(field.offset.to_le_bytes());
    put_type(bytes, field.ctype);
    bytes.extend(length::<u16>(field.labels.len()).to_le_bytes());
    put_text(bytes, &field.name);
    put_text(bytes, &field.unit);
    put_text(bytes, &field.help);
    for label in &field.labels {
        bytes.extend(label.value.to_le_bytes());
        put_text(bytes, &label.text);
    }
}

/// `count u32 | scalar u8 | zero u8`
pub(crate) fn put_type(bytes: &mut Vec<u8>, ctype: CType) {
    bytes.extend(ctype.count().unwrap_or(0).to_le_bytes());
    bytes.extend([ctype.element().code(), 0]);
}

/// `length u16 | bytes`
pub(crate) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend(length::<u16>(text.len()).to_le_bytes());
    bytes.extend(text.as_bytes());
}

/// A length in its stored type. The builder's limits on texts, labels and fields keep it in range.
fn length<T: TryFrom<usize>>(len: usize) -> T {
    T::try_from(len).ok().expect("the builder limits texts, labels and fields")
}
