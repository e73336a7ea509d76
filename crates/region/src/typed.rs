//! Compares a Rust type's schema with a region's.

use crate::error::{RegionError, RegionErrorKind as Kind};
use layout::text::counted;
use layout::{Record, Schema};
use std::path::Path;

/// The schema of `R`, which has its size and alignment.
pub(crate) fn schema_of<R: Record>(path: &Path) -> Result<Schema, RegionError> {
    let schema = R::schema();
    let same =
        schema.size() as usize == size_of::<R>() && schema.align() as usize <= align_of::<R>();
    if same {
        return Ok(schema);
    }
    let what = format!(
        "the schema of {} has {} aligned to {}, the type {} aligned to {}",
        schema.name(),
        counted(schema.size(), "byte"),
        schema.align(),
        size_of::<R>(),
        align_of::<R>(),
    );
    Err(RegionError::new(path, Kind::BadOptions(what)))
}

/// Refuses a region whose record is not `R`'s, field for field.
pub(crate) fn expect<R: Record>(have: &Schema, path: &Path) -> Result<(), RegionError> {
    expect_schema(&schema_of::<R>(path)?, have, path)
}

/// Refuses a region whose record is not that of `want`, field for field.
pub(crate) fn expect_schema(want: &Schema, have: &Schema, path: &Path) -> Result<(), RegionError> {
    if is_same(want, have) { Ok(()) } else { Err(other(want, have, path)) }
}

/// Whether `have` and `want` describe the same record, field for field.
pub(crate) fn is_same(want: &Schema, have: &Schema) -> bool {
    want.fingerprint() == have.fingerprint() && want.size() == have.size()
}

/// The error for a region of `have` where `want` was requested.
pub(crate) fn other(want: &Schema, have: &Schema, path: &Path) -> RegionError {
    let name = |schema: &Schema| {
        format!(
            "{} ({}, fingerprint {:016x})",
            schema.name(),
            counted(schema.size(), "byte"),
            schema.fingerprint()
        )
    };
    let difference = have.difference(want).map_or(String::new(), |what| format!(": {what}"));
    let want = name(want) + &difference;
    RegionError::new(path, Kind::OtherSchema { want, have: name(have) })
}
