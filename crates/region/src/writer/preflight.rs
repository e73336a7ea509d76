//! What a writer finds in a file before it resumes the region there, or replaces it.
//!
//! Invariant: what can change under another writer is looked at again under the lock.

use super::open::{Wanted, publisher_over};
use super::origin::Why;
use super::succession::LARGEST;
use crate::boot;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file;
use crate::instances::InstanceTable;
use crate::location::Location;
use crate::mapped_region::{MappedRegion, Preamble};
use crate::mapping::{self, Access};
use crate::options::Options;
use crate::state;
use crate::writer_status::WriterStatus;
use channel::{Memory, Publisher};
use layout::header::StateWord;
use layout::text::counted;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// An inspected region: its header is checked, and it is mapped.
///
/// A header never changes once the file has its name, so a standby inspects it before it has the lock;
/// what does change is read under the lock.
#[derive(Debug)]
pub(super) struct Preflight {
    preamble: Preamble,
    mapped: MappedRegion,
}

impl Preflight {
    pub(super) fn of(file: &File, at: &Location) -> Result<Self, RegionError> {
        Self::read(file, at.path(), || at.open_to_map(file))
    }

    /// That of a file whose name, if it has one, is unknown.
    pub(super) fn of_passed(file: &File, label: &Path) -> Result<Self, RegionError> {
        Self::read(file, label, || file::open_to_map(file, None, label))
    }

    fn read(
        file: &File,
        path: &Path,
        open_to_map: impl FnOnce() -> Result<File, RegionError>,
    ) -> Result<Self, RegionError> {
        let preamble = Preamble::read(file, path)?;
        let mapped = MappedRegion::map(&open_to_map()?, path, &preamble.header, Access::Write)?;
        Ok(Self { preamble, mapped })
    }

    /// Is the region in `file` still as long as it was, to its last byte?
    pub(super) fn is_whole(&self, file: &File) -> bool {
        let want = self.mapped.header().file_len;
        file.metadata().is_ok_and(|meta| meta.len() >= want) && self.mapped.is_whole()
    }

    /// Why the region in `file` cannot be resumed, nor its lineage, if so.
    pub(super) fn why_ended(&self, file: &File) -> Option<Why> {
        let mapped = &self.mapped;
        let (header, status) = (mapped.header(), WriterStatus::of(mapped));
        if status.epoch().max(mapping::peek(mapped.head())) > LARGEST {
            return Some(Why::Damaged("its sequence or epoch is impossibly large".into()));
        }
        let damage = mapped.blocks().and_then(|blocks| InstanceTable::damage(blocks, LARGEST));
        if let Some(what) = damage {
            return Some(Why::Damaged(what));
        }
        // The lock is this writer's own.
        let is_of_another_boot = state::is_of_another_boot(mapped, state::LockState::Free);
        // Not even tmpfs keeps a copy of such a file out.
        if is_of_another_boot || boot::is_id_of_another(header.boot_id) {
            return Some(Why::OtherBoot);
        }
        if status.mark() == StateWord::Retired {
            return Some(Why::Retired);
        }
        let is_copy = file.metadata().is_ok_and(|meta| meta.ino() != header.inode);
        is_copy.then_some(Why::Copied)
    }

    /// Why the region cannot be resumed by a writer that wants this, if so.
    pub(super) fn why_other(&self, wanted: Wanted<'_>) -> Option<Why> {
        let Self { preamble, mapped } = self;
        // All of the description: readers print its help, labels and line template too.
        if *preamble.schema != *wanted.schema {
            return Some(Why::OtherSchema);
        }
        let Options { slots, wake, instances, numbering, .. } = *wanted.options;
        let header = &preamble.header;
        if numbering.is_some_and(|numbering| numbering.lineage != header.lineage) {
            return Some(Why::OtherLineage);
        }
        let max = header.instances.map(|instances| instances.max);
        let same_shape = header.slots == slots && mapped.wakes() == wake && max == instances;
        (!same_shape).then_some(Why::OtherShape)
    }

    /// The region's next publisher. To be called under its lock.
    pub(super) fn publisher(self, path: &Path) -> Result<Publisher<MappedRegion>, RegionError> {
        publisher_over(self.mapped, path)
    }
}

/// Refuses a file that a writer neither resumes nor replaces.
pub(super) fn expect_region(file: &File, path: &Path) -> Result<(), RegionError> {
    Preamble::read(file, path).map(drop).or_else(|err| damage(err).map(drop))
}

/// What is wrong with a region that cannot be read; the error again if it is not ours to replace.
pub(super) fn damage(err: RegionError) -> Result<Why, RegionError> {
    match err.kind() {
        Kind::Damaged(what) => Ok(Why::Damaged(what.clone())),
        Kind::Truncated { want, have, .. } => {
            Ok(Why::Damaged(format!("{}, its header promises {want}", counted(*have, "byte"))))
        }
        _ => Err(err),
    }
}
