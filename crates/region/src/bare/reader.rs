//! Reads a bare struct, or an array of them.

use super::structs::{MappedStruct, Shape, WORD, words_around};
use crate::address::{Address, ToPlace};
use crate::error::RegionError;
use crate::file_id::FileId;
use crate::mapping::Access;
use crate::medium::Medium;
use crate::overlay;
use crate::reader::Refreshed;
use layout::Schema;
use std::fs::File;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::{Duration, Instant};

/// Reads a bare struct that any program writes. Its records may be torn.
#[derive(Debug)]
pub struct BareReader {
    mapped: MappedStruct,
    file: File,
    address: Address,
    id: FileId,
    /// When [`current`](Self::current) looked at the path last; `None`: the file was cut.
    looked: Option<Instant>,
    /// The words around one struct of an array.
    around: Vec<u8>,
}

/// How often [`BareReader::current`] looks at the path.
const LOOK: Duration = Duration::from_secs(1);

impl BareReader {
    /// Maps the file at `at` read-only.
    ///
    /// # Errors
    /// [`NotThere`][Kind], [`NotAFile`][Kind]; [`NotThisRecord`][Kind] if its size is not that of
    /// the schema's record, or it is a region, which is all that can be checked; [`Io`][Kind].
    ///
    /// [Kind]: crate::RegionErrorKind
    pub fn open(at: impl ToPlace, schema: &Schema) -> Result<Self, RegionError> {
        Self::open_array(at, schema, NonZeroU32::MIN)
    }

    /// The same for an array of `count` structs.
    ///
    /// # Errors
    /// As [`BareReader::open`].
    pub fn open_array(
        at: impl ToPlace,
        schema: &Schema,
        count: NonZeroU32,
    ) -> Result<Self, RegionError> {
        let address = at.place().to_read()?.held()?;
        let (file, path) = (address.open_to_read()?, address.path());
        let id = FileId::of(&file).map_err(|err| RegionError::io(path, "fstat", err))?;
        let shape = Shape::of(schema, count);
        let mapped = MappedStruct::map(&file, path, shape, Access::Read)?;
        Ok(Self { mapped, file, address, id, looked: Some(Instant::now()), around: Vec::new() })
    }

    /// As [`latest`](Self::latest), for a program that keeps the reader: an error in place of the zeros that a
    /// file has where it was cut, and each second, or after a cut, the file that has the path then.
    ///
    /// Price: an `fstat`.
    ///
    /// # Errors
    /// As [`latest`](Self::latest) and [`open`](Self::open).
    pub fn current(&mut self, schema: &Schema, record: &mut [u8]) -> Result<(), RegionError> {
        self.look(schema)?;
        let read = self.latest(record);
        self.expect_uncut(read)
    }

    /// The same for one struct of an array.
    ///
    /// # Errors
    /// As [`latest_at`](Self::latest_at) and [`open`](Self::open).
    pub fn current_at(
        &mut self,
        schema: &Schema,
        index: usize,
        record: &mut [u8],
    ) -> Result<(), RegionError> {
        self.look(schema)?;
        let read = self.latest_at(index, record);
        self.expect_uncut(read)
    }

    /// Looks at the path, if it is time for that.
    fn look(&mut self, schema: &Schema) -> Result<(), RegionError> {
        match self.looked {
            // Its writer may have extended the same file again, which then needs a new mapping.
            None => {
                self.expect_extended()?;
                *self = Self::open_array(&self.address, schema, self.mapped.shape.count)?;
            }
            Some(looked) if looked.elapsed() < LOOK => {}
            Some(_) => {
                self.refresh(schema)?;
                self.looked = Some(Instant::now());
            }
        }
        Ok(())
    }

    /// An error while the file that was cut still has the name: as for the cut, not as for another struct's file.
    fn expect_extended(&self) -> Result<(), RegionError> {
        if self.address.file_id()? == Some(self.id) { self.check() } else { Ok(()) }
    }

    /// What was `read`, unless the file was cut meanwhile: then the next call opens the path anew.
    fn expect_uncut(&mut self, read: Result<(), RegionError>) -> Result<(), RegionError> {
        let read = read.and_then(|()| self.check());
        if read.as_ref().is_err_and(RegionError::is_truncated) {
            self.looked = None;
        }
        read
    }

    /// Copies one struct of an array to `record`. It may be torn.
    ///
    /// # Errors
    /// As [`latest`](Self::latest); [`NoSuchStruct`][Kind] if there are not so many.
    ///
    /// [Kind]: crate::RegionErrorKind
    pub fn latest_at(&mut self, index: usize, record: &mut [u8]) -> Result<(), RegionError> {
        let at = self.mapped.expect_struct(self.address.path(), index, record.len())?;
        let words = &self.mapped.mapping.words()[words_around(&at)];
        self.around.resize(words.len() * WORD, 0);
        channel::words_out(words, &mut self.around);
        record.copy_from_slice(&self.around[at.start % WORD..][..at.len()]);
        self.mapped.expect_whole(self.path(), &self.file)
    }

    /// Copies the file's current bytes to `record`. They may be torn.
    ///
    /// # Errors
    /// [`WrongSize`][Kind] if `record` is not as long as the file; [`Truncated`][Kind] if the
    /// file was cut short.
    ///
    /// [Kind]: crate::RegionErrorKind
    pub fn latest(&self, record: &mut [u8]) -> Result<(), RegionError> {
        self.mapped.expect_size(self.path(), record.len())?;
        channel::words_out(self.mapped.mapping.words(), record);
        self.mapped.expect_whole(self.path(), &self.file)
    }

    /// How many structs the file holds.
    pub fn count(&self) -> u32 {
        self.mapped.shape.count.get()
    }

    /// Whether the file still holds the whole struct: bytes that were cut off read as zeros.
    ///
    /// # Errors
    /// [`Truncated`][Kind] if the file was cut short.
    ///
    /// [Kind]: crate::RegionErrorKind
    pub fn check(&self) -> Result<(), RegionError> {
        let len = self.file.metadata().map_or(0, |meta| meta.len());
        let is_whole = len >= self.mapped.shape.size() as u64;
        if is_whole { Ok(()) } else { Err(self.mapped.truncated(self.path(), &self.file)) }
    }

    /// Maps the file at the path, if it is a different one, or the same one was cut short and is whole
    /// again.
    ///
    /// # Errors
    /// As [`BareReader::open`]; the old file stays mapped.
    pub fn refresh(&mut self, schema: &Schema) -> Result<Refreshed, RegionError> {
        match self.address.file_id()? {
            None => return Ok(Refreshed::Missing),
            Some(named) if named == self.id && !self.has_copy() && !self.is_extended() => {
                return Ok(Refreshed::Same);
            }
            Some(_) => {}
        }
        *self = match Self::open_array(&self.address, schema, self.mapped.shape.count) {
            Err(err) if err.is_not_there() => return Ok(Refreshed::Missing),
            other => other?,
        };
        Ok(Refreshed::Reattached)
    }

    /// Whether the file has bytes again that this mapping has lost.
    fn is_extended(&self) -> bool {
        self.mapped.mapping.faulted() && self.check().is_ok()
    }

    /// Whether the path leads to an overlayfs copy of this file: see [`overlay`].
    fn has_copy(&self) -> bool {
        self.mapped.medium == Medium::Overlay
            && !self.mapped.mapping.faulted()
            && overlay::is_other(
                &self.address,
                self.mapped.mapping.words(),
                self.mapped.shape.size(),
            )
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.address.path()
    }
}
