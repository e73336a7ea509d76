//! One number for the meaning of a record's bytes.
//!
//! Invariant: two schemas with the same fingerprint read the same bytes as the same values. Names,
//! types, offsets, units, size and alignment go in; help texts, labels and the line template stay
//! out, because changing them does not change what the bytes mean.

use xxhash_rust::xxh64::xxh64;

use crate::encode::{put_text, put_type};
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
}
