//! Writes a bare struct, or an array of them.

use super::structs::{MappedStruct, Shape, WORD, words_around};
use crate::address::ToPlace;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::fork::OwnFile;
use crate::location::Location;
use crate::lock;
use crate::mapping::Access;
use crate::options::Options;
use crate::rights::{self, Rights};
use crate::surroundings::Surroundings;
use crate::unnamed::Unnamed;
use crate::writer::{self, FileStatus};
use layout::Schema;
use std::num::NonZeroU32;
use std::path::Path;

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
