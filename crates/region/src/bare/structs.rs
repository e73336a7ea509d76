//! The structs of a mapped bare file, and where each is.
//!
//! Invariant: `shape.size()` bytes are mapped, and the file had that length then.

use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::mapping::{Access, Mapping};
use crate::medium::Medium;
use layout::Schema;
use std::fs::File;
use std::num::NonZeroU32;
use std::ops::Range;
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
        let size = shape.size();
        let have = file.metadata().map_err(|err| RegionError::io(path, "fstat", err))?.len();
        let want = size as u64;
        if have != want {
            let count = shape.count.get();
            return Err(RegionError::new(path, Kind::NotThisRecord { want, count, have }));
        }
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
        RegionError::new(path, Kind::Truncated { want: self.shape.size() as u64, have })
    }
}
