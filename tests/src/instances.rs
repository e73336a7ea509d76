//! A region of instances, each record of which holds the name of its instance and its own number.

use layout::{FieldSpec, Schema};
use region::{DynInstanceWriter, Options, RegionError};
use std::path::Path;

/// Most instances, unless a test wants more.
const MAX: u32 = 3;
/// Bytes of a record: three words.
pub const LEN: usize = 24;

/// Creates or resumes the region at `path`.
///
/// # Errors
/// As [`DynInstanceWriter::open_with`].
///
/// # Panics
/// Never: the schema is a constant.
pub fn writer(path: &Path) -> Result<DynInstanceWriter, RegionError> {
    writer_of(path, MAX)
}

/// The same, for so many instances.
///
/// # Errors
/// As [`writer`].
///
/// # Panics
/// As [`writer`].
pub fn writer_of(path: &Path, max: u32) -> Result<DynInstanceWriter, RegionError> {
    let words: layout::CType = "u64[3]".parse().expect("a type");
    let schema = Schema::builder("WORDS").field(FieldSpec::new("words", words)).build();
    let options = Options::new().slots(4);
    DynInstanceWriter::open_with(path, &schema.expect("a schema"), &options, max)
}

/// Record `sequence` of the instance called `name`, which is one letter.
pub fn record(name: &str, sequence: u64) -> [u8; LEN] {
    let letter = u64::from(name.as_bytes().first().copied().unwrap_or(0));
    let word = (letter << 32 | sequence).to_le_bytes();
    core::array::from_fn(|at| word[at % word.len()])
}

/// Publishes the next record of an instance, which joins if it is not there; returns its number.
///
/// # Errors
/// As [`DynInstanceWriter::publish`].
pub fn publish(writer: &mut DynInstanceWriter, name: &str) -> Result<u64, RegionError> {
    let instance = writer.instance(name)?;
    let next = writer.sequence_of(instance).map_or(1, |newest| newest + 1);
    writer.publish(instance, &record(name, next))
}
