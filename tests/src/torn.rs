//! Records in which a torn read can be detected.
//!
//! Invariant: every word of record number n is n. Words that differ were published at different
//! times; equal words that are not the record's number belong to another record.
//!
//! ```text
//!   | n | n | n | n | ...         u32, as many as the record has room for
//! ```
//!
//! Price: filling and checking are a `memmove` and a `memcmp` of the record, fast in debug builds,
//! too.

use layout::{CType, FieldSpec, Scalar, Schema, SchemaError};

/// The schema of such a record: `size` bytes, a multiple of 4, of `u32`.
pub fn schema(size: u32) -> Result<Schema, SchemaError> {
    let words = CType::array(Scalar::U32, (size / 4).max(1)).expect("a record of at most 64 KiB");
    Schema::builder("TORN").field(FieldSpec::new("words", words)).build()
}

/// Fills `bytes` as record number `sequence`.
pub fn fill(bytes: &mut [u8], sequence: u64) {
    let word = word(sequence);
    bytes[..word.len()].copy_from_slice(&word);
    let mut done = word.len();
    while done < bytes.len() {
        let step = done.min(bytes.len() - done);
        bytes.copy_within(..step, done);
        done += step;
    }
}

/// The number to [`fill`] in and [`judge`] by where the writer matters: two may write record
/// `sequence`, one after the other, and a mixture of both is torn.
pub fn signed(sequence: u64, writer: u64) -> u64 {
    sequence + (writer << 24)
}

/// What a reader got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The record with that number.
    Whole,
    /// Parts of different records.
    Torn,
    /// A whole record with another number.
    Misnumbered,
}

/// Checks `bytes`, read as record number `sequence`.
pub fn judge(bytes: &[u8], sequence: u64) -> Verdict {
    let word = word(sequence);
    if bytes[word.len()..] != bytes[..bytes.len() - word.len()] {
        Verdict::Torn
    } else if bytes[..word.len()] != word {
        Verdict::Misnumbered
    } else {
        Verdict::Whole
    }
}

/// The low half of the number, enough to distinguish neighbours.
fn word(sequence: u64) -> [u8; 4] {
    let [a, b, c, d, ..] = sequence.to_le_bytes();
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_changed_byte_of_a_filled_record_tears_it() {
        for size in [4, 28, 100, 256] {
            let mut record = vec![0xaa; size];
            fill(&mut record, 0x0102_0304_0506);
            assert_eq!(judge(&record, 0x0102_0304_0506), Verdict::Whole);
            assert_eq!(judge(&record, 7), Verdict::Misnumbered);
            for at in (0..size).filter(|_| size > 4) {
                record[at] ^= 1;
                assert_eq!(judge(&record, 0x0102_0304_0506), Verdict::Torn, "byte {at} of {size}");
                record[at] ^= 1;
            }
        }
    }

    #[test]
    fn the_schema_has_the_size_asked_for() {
        for size in [4, 28, 65536] {
            assert_eq!(schema(size).expect("a schema").size(), size);
        }
    }
}
