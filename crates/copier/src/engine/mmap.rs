//! Copies by two mappings: every page is populated before it is accessed.
//!
//! Price: six system calls for each part: two to map, two to populate, two to unmap.

use rustix::fs::{FallocateFlags, fallocate};
use shared::{Shared, SharedError, SharedView};

use super::Pair;
use crate::plan::Part;

/// Copies `part`; an error means that a page of one of the files is missing, or that it cannot be mapped.
pub(super) fn copy(pair: Pair<'_>, part: Part) -> Result<(), SharedError> {
    // No mapping is as long as `usize::MAX`: a length that does not fit is refused.
    let len = usize::try_from(part.len).unwrap_or(usize::MAX);
    let from = SharedView::<u8>::of_range(pair.source, pair.source_path, part.at, len)?;
    let to = Shared::<u8>::of_range(pair.dest, pair.dest_path, part.at, len)?;
    // Allocates the space in one call. Where that is not supported, or there is no room, populating the
    // pages returns the error.
    let _ = fallocate(pair.dest, FallocateFlags::KEEP_SIZE, part.at, part.len);
    to.advise_huge();
    from.prefault()?;
    to.prefault()?;
    to.copy_from(&from)
}
