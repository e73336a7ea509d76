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

mod structs;

use crate::address::{Address, ToPlace};
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file_id::FileId;
use crate::fork::OwnFile;
use crate::location::Location;
use crate::lock;
use crate::mapping::Access;
use crate::medium::Medium;
use crate::options::Options;
use crate::overlay;
use crate::reader::Refreshed;
use crate::rights::{self, Rights};
use crate::surroundings::Surroundings;
use crate::unnamed::Unnamed;
use crate::writer::{self, FileStatus};
use layout::Schema;
use std::fs::File;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::{Duration, Instant};
use structs::{MappedStruct, Shape, WORD, words_around};

/// Writes a bare struct. One at a time among mapcast's own writers; a C program is not kept out.
#[derive(Debug)]
pub struct BareWriter {
    mapped: MappedStruct,
    file: OwnFile,
    at: Location,
    options: Options,
    /// The words around one struct of an array.
    around: Vec<u8>,
}

impl BareWriter {
    /// Creates the file at `at`, or continues in an existing one: readers that have it
    /// mapped already see what is written.
    ///
    /// Of `options`, mode and group count, for files that this writer makes.
    ///
    /// # Errors
    /// [`Kind::NotThisRecord`] if the file is there with another size than the record's, or is a region: it is
    /// left alone; [`Kind::Busy`]; [`Kind::Locked`]; [`Kind::NotOurs`]; [`Kind::NotAFile`];
    /// [`Kind::BadOptions`]; [`Kind::Io`].
    pub fn open(at: impl ToPlace, schema: &Schema, options: &Options) -> Result<Self, RegionError> {
        Self::open_array(at, schema, NonZeroU32::MIN, options)
    }

    /// The same for an array of `count` structs.
    ///
    /// # Errors
    /// As [`BareWriter::open`].
    pub fn open_array(
        at: impl ToPlace,
        schema: &Schema,
        count: NonZeroU32,
        options: &Options,
    ) -> Result<Self, RegionError> {
        let at = Location::open(&at.place().to_write()?)?;
        Rights::of(options, at.path())?;
        let shape = Shape::of(schema, count);
        let create = || {
            let (fresh, mapped) = fresh(&at, shape, options)?;
            Ok(fresh.claim(&at)?.map(|file| (file, mapped)))
        };
        let (file, mapped) = writer::at_name(&at, |file| resume(file, &at, shape), create)?;
        Ok(Self { mapped, file, at, options: options.clone(), around: Vec::new() })
    }

    /// Gives the file another mode or group, if `options` say so, and makes the next one with these.
    ///
    /// It stays the same file: programs that read no header would never look for another one. So a
    /// process that has mapped it keeps access, whatever the new mode.
    ///
    /// # Errors
    /// [`Kind::NoSuchGroup`], [`Kind::NotInGroup`], [`Kind::BadOptions`], [`Kind::Forked`],
    /// [`Kind::Io`]: nothing has changed.
    pub fn change(&mut self, options: &Options) -> Result<(), RegionError> {
        self.expect_here()?;
        Rights::of(options, self.path())?;
        let Options { mode, group, .. } = &self.options;
        if (options.mode, &options.group) != (*mode, group) {
            rights::admit(&self.file, self.path(), options)?;
        }
        self.options = options.clone();
        Ok(())
    }

    /// Writes one record, or a whole array, over the last one, by words.
    ///
    /// # Errors
    /// [`Kind::WrongSize`] if `record` is not as long as the file; [`Kind::Truncated`] if the
    /// file was cut short.
    pub fn publish(&mut self, record: &[u8]) -> Result<(), RegionError> {
        self.expect_here()?;
        self.mapped.expect_size(self.path(), record.len())?;
        channel::words_in(self.mapped.mapping.words(), record);
        self.mapped.expect_whole(self.path(), &self.file)
    }

    /// Writes one record of an array over the last one, by words. A word that holds the end of one struct
    /// and the beginning of the next is written with both: another program that writes the array at the same
    /// time may lose some bytes.
    ///
    /// # Errors
    /// As [`publish`](Self::publish); [`Kind::NoSuchStruct`] if there are not so many.
    pub fn publish_at(&mut self, index: usize, record: &[u8]) -> Result<(), RegionError> {
        self.expect_here()?;
        let at = self.mapped.expect_struct(self.at.path(), index, record.len())?;
        let words = &self.mapped.mapping.words()[words_around(&at)];
        self.around.resize(words.len() * WORD, 0);
        channel::words_out(words, &mut self.around);
        self.around[at.start % WORD..][..record.len()].copy_from_slice(record);
        channel::words_in(words, &self.around);
        self.mapped.expect_whole(self.path(), &self.file)
    }

    /// Whether the file is still the one at its path, and not truncated.
    ///
    /// # Errors
    /// As [`DynWriter::check`](crate::DynWriter::check).
    pub fn check(&self) -> Result<FileStatus, RegionError> {
        self.expect_here()?;
        let len = (!self.mapped.mapping.faulted()).then_some(self.mapped.shape.size() as u64);
        FileStatus::of(&self.file, &self.at, len)
    }

    /// Makes the file anew after it was deleted or cut short.
    ///
    /// # Errors
    /// [`Kind::Replaced`] if another file has taken the name; as [`BareWriter::open`] else.
    pub fn recreate(&mut self) -> Result<(), RegionError> {
        let path = self.path().to_owned();
        let replaced = || RegionError::new(&path, Kind::Replaced);
        match self.check()? {
            FileStatus::Named => return Ok(()),
            FileStatus::Replaced => return Err(replaced()),
            FileStatus::Deleted | FileStatus::Truncated => self.at.renew()?,
        }
        let (fresh, mapped) = fresh(&self.at, self.mapped.shape, &self.options)?;
        self.file = fresh.replace(&self.at, &self.file)?.ok_or_else(replaced)?;
        self.mapped = mapped;
        Ok(())
    }

    /// Bytes of the file.
    pub fn size(&self) -> usize {
        self.mapped.shape.size()
    }

    /// How many structs it holds.
    pub fn count(&self) -> u32 {
        self.mapped.shape.count.get()
    }

    /// What is worth a warning about where the file is: see
    /// [`DynWriter::surroundings`](crate::DynWriter::surroundings).
    pub fn surroundings(&self) -> Surroundings {
        Surroundings::new(self.at.exposure(), self.mapped.medium)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.at.path()
    }

    fn expect_here(&self) -> Result<(), RegionError> {
        if self.file.is_here() { Ok(()) } else { Err(RegionError::new(self.path(), Kind::Forked)) }
    }
}

impl Drop for BareWriter {
    fn drop(&mut self) {
        if self.file.is_here() {
            lock::release(&self.file);
        }
    }
}

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
    /// [`Kind::NotThere`], [`Kind::NotAFile`]; [`Kind::NotThisRecord`] if its size is not that of
    /// the schema's record, or it is a region, which is all that can be checked; [`Kind::Io`].
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
    /// As [`latest`](Self::latest); [`Kind::NoSuchStruct`] if there are not so many.
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
    /// [`Kind::WrongSize`] if `record` is not as long as the file; [`Kind::Truncated`] if the
    /// file was cut short.
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
    /// [`Kind::Truncated`] if the file was cut short.
    pub fn check(&self) -> Result<(), RegionError> {
        let len = self.file.metadata().map_or(0, |meta| meta.len());
        let is_whole = len >= self.mapped.shape.size() as u64;
        if is_whole { Ok(()) } else { Err(self.mapped.truncated(self.path(), &self.file)) }
    }

    /// Maps the file at the path, if it is a different one.
    ///
    /// # Errors
    /// As [`BareReader::open`]; the old file stays mapped.
    pub fn refresh(&mut self, schema: &Schema) -> Result<Refreshed, RegionError> {
        match self.address.file_id()? {
            None => Ok(Refreshed::Missing),
            Some(named) if named == self.id && !self.has_copy() => Ok(Refreshed::Same),
            Some(_) => {
                *self = Self::open_array(&self.address, schema, self.mapped.shape.count)?;
                Ok(Refreshed::Reattached)
            }
        }
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

/// Refuses a `file` that a [`BareWriter`] of these structs does not write to.
pub(crate) fn expect_structs(
    file: &File,
    path: &Path,
    schema: &Schema,
    count: NonZeroU32,
) -> Result<(), RegionError> {
    Shape::of(schema, count).expect_in(file, path)
}

/// The file, locked, and mapped; `None` if it lost its name before that.
fn resume(
    file: OwnFile,
    at: &Location,
    shape: Shape,
) -> Result<Option<(OwnFile, MappedStruct)>, RegionError> {
    // Readers have it mapped for good, so it is not replaced because of a reader's lock.
    writer::take_lock(&file, at.path()).map_err(|err| match err.kind() {
        // The bytes at the offset of a header's process id are part of the record here.
        Kind::Busy { .. } => RegionError::new(at.path(), Kind::Busy { pid: 0 }),
        _ => err,
    })?;
    if !writer::is_named(&file, at)? {
        return Ok(None);
    }
    at.expect_own(&file)?;
    let mapped = MappedStruct::map(&at.open_to_map(&file)?, at.path(), shape, Access::Write)?;
    Ok(Some((file, mapped)))
}

/// A new file, mapped: after it is named nothing can fail.
fn fresh(
    at: &Location,
    shape: Shape,
    options: &Options,
) -> Result<(Unnamed, MappedStruct), RegionError> {
    let fresh = Unnamed::new(at, options, shape.size() as u64)?;
    let mapped = MappedStruct::map(&fresh.open_to_map(at)?, at.path(), shape, Access::Write)?;
    Ok((fresh, mapped))
}
