//! The structs of a mapped bare file, and where each is.
//!
//! Invariant: `shape.size()` bytes are mapped, and the file had that length then.

use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::mapping::{Access, Mapping};
use crate::medium::Medium;
use layout::Schema;
use layout::header::MAGIC_BYTES;
use std::fs::File;
use std::io;
use std::num::NonZeroU32;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

pub(super) const WORD: usize = size_of::<u64>();

/// How long a struct is, and how many there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    record: u32,
    pub(super) count: NonZeroU32,
}

impl Shape {
    pub(super) fn of(schema: &Schema, count: NonZeroU32) -> Self {
        Self { record: schema.size(), count }
    }

    /// Bytes of the file.
    pub(super) fn size(self) -> usize {
        self.record as usize * self.count.get() as usize
    }

    /// Refuses a file that cannot hold these structs: one of another length, or a region, whose readers and
    /// writers count on its header.
    pub(super) fn expect_in(self, file: &File, path: &Path) -> Result<(), RegionError> {
        let have = file.metadata().map_err(|err| RegionError::io(path, "fstat", err))?.len();
        let (want, count) = (self.size() as u64, self.count.get());
        let is_region = || region_begins(file).map_err(|err| RegionError::io(path, "pread", err));
        if have != want || is_region()? {
            return Err(RegionError::new(path, Kind::NotThisRecord { want, count, have }));
        }
        Ok(())
    }
}

/// Whether `file` begins with the magic number of a region.
fn region_begins(file: &File) -> io::Result<bool> {
    let mut magic = [0; MAGIC_BYTES.len()];
    match file.read_exact_at(&mut magic, 0) {
        Ok(()) => Ok(magic == MAGIC_BYTES),
        Err(err) if err.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(err) => Err(err),
    }
}

/// The words that hold these bytes.
pub(super) fn words_around(bytes: &Range<usize>) -> Range<usize> {
    bytes.start / WORD..bytes.end.div_ceil(WORD)
}

/// The structs' bytes.
#[derive(Debug)]
pub(super) struct MappedStruct {
    pub(super) mapping: Mapping,
    pub(super) medium: Medium,
    pub(super) shape: Shape,
}

impl MappedStruct {
    pub(super) fn map(
        file: &File,
        path: &Path,
        shape: Shape,
        access: Access,
    ) -> Result<Self, RegionError> {
        shape.expect_in(file, path)?;
        let size = shape.size();
        // The words of the last page past the file's end read as zero and are never written back.
        let mapping =
            Mapping::new(file, size, access).map_err(|err| RegionError::io(path, "mmap", err))?;
        Ok(Self { mapping, medium: Medium::of(file), shape })
    }

    pub(super) fn expect_size(&self, path: &Path, have: usize) -> Result<(), RegionError> {
        let want = self.shape.size();
        if have == want {
            return Ok(());
        }
        Err(RegionError::new(path, Kind::WrongSize { want, have }))
    }

    /// Where struct `index` is, for a record of `have` bytes.
    pub(super) fn expect_struct(
        &self,
        path: &Path,
        index: usize,
        have: usize,
    ) -> Result<Range<usize>, RegionError> {
        let want = self.shape.record as usize;
        if have != want {
            return Err(RegionError::new(path, Kind::WrongSize { want, have }));
        }
        let count = self.shape.count.get();
        if index >= count as usize {
            return Err(RegionError::new(path, Kind::NoSuchStruct { index, count }));
        }
        Ok(index * want..(index + 1) * want)
    }

    /// To be called after each copy.
    pub(super) fn expect_whole(&self, path: &Path, file: &File) -> Result<(), RegionError> {
        if self.mapping.faulted() { Err(self.truncated(path, file)) } else { Ok(()) }
    }

    #[cold]
    pub(super) fn truncated(&self, path: &Path, file: &File) -> RegionError {
        let have = file.metadata().map_or(0, |meta| meta.len());
        let (want, structs) = (self.shape.size() as u64, Some(self.shape.count));
        RegionError::new(path, Kind::Truncated { want, have, structs })
    }
}
