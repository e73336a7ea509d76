//! The bare format: the file is the struct, nothing else, as the tutorial's C programs share it.
//!
//! ```text
//!   offset 0                  size of the struct
//!   | the struct's bytes ... |
//! ```
//!
//! An array of them, `struct STU students[30]`, is so many structs one after the other.
//!
//! Both sides work with any program that maps the same struct, byte for byte. The price is all
//! that the other format adds: a reader may see half of one record and half of the next (torn),
//! and cannot tell; there is no sequence, no time, no state, nothing to wait on.

mod reader;
mod structs;
mod writer;

use crate::error::RegionError;
use layout::Schema;
use std::fs::File;
use std::num::NonZeroU32;
use std::path::Path;
use structs::Shape;

pub use reader::BareReader;
pub use writer::BareWriter;

/// Refuses a `file` that a [`BareWriter`] of these structs does not write to.
pub(crate) fn expect_structs(
    file: &File,
    path: &Path,
    schema: &Schema,
    count: NonZeroU32,
) -> Result<(), RegionError> {
    Shape::of(schema, count).expect_in(file, path)
}
