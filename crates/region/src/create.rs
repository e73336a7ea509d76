//! Lays out a region: its header, its schema and its first numbers, in a file that has no name yet (see
//! `unnamed`) or never gets one.

use crate::boot::{self, BootId};
use crate::clock;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::lineage::Lineage;
use crate::location::Location;
use crate::options::Options;
use crate::unnamed::{Unnamed, allocate};
use layout::Schema;
use layout::header::{self, Header, Instances, offset};
use rustix::fs::{MemfdFlags, SealFlags};
use rustix::io::Errno;
use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// What a new region continues.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beginning {
    pub(crate) lineage: Lineage,
    /// The record before its first one.
    pub(crate) base_sequence: u64,
    /// The boot of which its times are.
    pub(crate) boot_id: BootId,
    /// The inode that its writers require; `None`: its own.
    pub(crate) inode: Option<u64>,
}

impl Beginning {
    /// A region of the running boot.
    pub(crate) fn after(base_sequence: u64, lineage: Lineage) -> Self {
        Self { lineage, base_sequence, boot_id: boot::id(), inode: None }
    }
}

/// A complete region without a writer's mark, and without a name.
pub(crate) fn region(
    at: &Location,
    schema: &Schema,
    options: &Options,
    beginning: Beginning,
) -> Result<(Unnamed, Header), RegionError> {
    let unnamed = Unnamed::empty(at, options)?;
    let header = fill_region(&unnamed.file, at.path(), schema, options, beginning)?;
    Ok((unnamed, header))
}

/// The header of the region that `options` ask for.
pub(crate) fn plan(path: &Path, schema: &Schema, options: &Options) -> Result<Header, RegionError> {
    let bad = |what: String| RegionError::new(path, Kind::BadOptions(what));
    let plain = Header::plan(schema, options.slots).map_err(|err| bad(err.to_string()))?;
    let mut header = match options.instances {
        None => plain,
        Some(max) => plain.with_instances(max).map_err(|err| bad(err.to_string()))?,
    };
    header.compatible = if options.wake { header::WAKE } else { 0 };
    Ok(header)
}

/// A complete region in a file that only has descriptors, sealed against cuts.
pub(crate) fn memfd(
    label: &Path,
    schema: &Schema,
    options: &Options,
    beginning: Beginning,
) -> Result<(File, Header), RegionError> {
    let io = |call| move |err: Errno| RegionError::io(label, call, err);
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let name = format!("mapcast-{}", schema.name());
    let file = File::from(rustix::fs::memfd_create(name, flags).map_err(io("memfd_create"))?);
    let header = fill_region(&file, label, schema, options, beginning)?;
    rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)
        .map_err(io("fcntl_add_seals"))?;
    Ok((file, header))
}

/// Makes an empty file a region without a writer's mark.
///
/// The magic number is written last: others may have the file open already.
pub(crate) fn fill_region(
    file: &File,
    path: &Path,
    schema: &Schema,
    options: &Options,
    beginning: Beginning,
) -> Result<Header, RegionError> {
    let mut header = plan(path, schema, options)?;
    header.created_at = clock::wall_nanos();
    header.boot_id = beginning.boot_id;
    header.base_sequence = beginning.base_sequence;
    header.lineage = beginning.lineage.own;
    header.first_lineage = beginning.lineage.first;
    let own = || file.metadata().map(|meta| meta.ino());
    header.inode =
        beginning.inode.map_or_else(own, Ok).map_err(|err| RegionError::io(path, "fstat", err))?;
    allocate(file, path, header.file_len)?;
    let encoded = header.encode();
    let (magic, rest) = encoded.split_at(size_of::<u64>());
    let content = [
        (beginning_of(&header), &beginning.base_sequence.to_le_bytes()[..]),
        (header.schema_offset, &schema.encode()[..]),
        (header.end_mark_offset(), &header::END_MARK.to_le_bytes()[..]),
        (magic.len() as u64, rest),
        (0, magic),
    ];
    for (at, bytes) in content {
        file.write_all_at(bytes, at).map_err(|err| RegionError::io(path, "pwrite", err))?;
    }
    Ok(header)
}

/// Where the number is that the first record comes after: head, or the floor of all instances.
fn beginning_of(header: &Header) -> u64 {
    let floor = |instances: Instances| instances.changes_offset + offset::FLOOR as u64;
    header.instances.map_or(offset::HEAD as u64, floor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use layout::{Record, Stu};

    fn at(path: &Path) -> Location {
        Location::open(&Address::from(path)).unwrap()
    }

    fn first() -> Beginning {
        Beginning::after(0, Lineage::begin(0))
    }

    #[test]
    fn a_region_is_whole_and_allocated_before_it_has_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stu.region");
        let at = at(&path);
        let (unnamed, header) = region(&at, &Stu::schema(), &Options::new(), first()).unwrap();
        let meta = unnamed.file.metadata().unwrap();
        assert_eq!(meta.len(), header.file_len);
        assert!(meta.blocks() * 512 >= header.file_len, "a sparse file");
        assert!(!path.exists());
        assert!(unnamed.claim(&at).unwrap().is_some());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_name_that_is_taken_is_not_claimed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stu.region");
        std::fs::write(&path, "somebody's letter").unwrap();
        let at = at(&path);
        let (unnamed, _) = region(&at, &Stu::schema(), &Options::new(), first()).unwrap();
        assert!(unnamed.claim(&at).unwrap().is_none());
        assert_eq!(std::fs::read(&path).unwrap(), b"somebody's letter");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
