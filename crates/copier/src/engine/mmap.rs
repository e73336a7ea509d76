//! Copies by two mappings: every page is brought before it is touched.
//!
//! Price: two system calls to map, two to bring the pages, two to let go of them, for each part.

use rustix::fs::{FallocateFlags, fallocate};
use shared::{Shared, SharedError, SharedView};

use super::Pair;
use crate::plan::Part;

/// Copies `part`; an error means that a page of one of the files is missing.
pub(super) fn copy(pair: Pair<'_>, part: Part) -> Result<(), SharedError> {
    let Ok(len) = usize::try_from(part.len) else { return Ok(()) };
    let from = SharedView::<u8>::of_range(pair.source, pair.source_path, part.at, len)?;
    let to = Shared::<u8>::of_range(pair.dest, pair.dest_path, part.at, len)?;
    // Space for all of it in one piece. Where that does not exist, or there is no room, the pages
    // are asked for one by one, and the answer comes from there.
    let _ = fallocate(pair.dest, FallocateFlags::KEEP_SIZE, part.at, part.len);
    to.advise_huge();
    from.prefault()?;
    to.prefault()?;
    to.copy_from(&from)
}
