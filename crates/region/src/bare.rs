//! The bare format: the file is the struct, nothing else, as the tutorial's C programs share it.
//!
//! ```text
//!   offset 0                  size of the struct
//!   | the struct's bytes ... |
//! ```
//!
//! Both sides work with any program that maps the same struct, byte for byte. The price is all
//! that the other format adds: a reader may see half of one record and half of the next (torn),
//! and cannot tell; there is no sequence, no time, no state, nothing to wait on.

use crate::address::Address;
use crate::boot;
use crate::create::Unnamed;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file::{self, Identity};
use crate::location::{Exposure, Location};
use crate::lock::{self, Holder};
use crate::mapping::{Access, Mapping};
use crate::options::Options;
use crate::overlay;
use crate::reader::Refreshed;
use crate::writer::Standing;
use layout::Schema;
use std::fs::File;
use std::path::Path;

/// Writes a bare struct. One at a time among mapcast's own writers; a C program is not kept out.
#[derive(Debug)]
pub struct BareWriter {
    mapping: Mapping,
    file: File,
    at: Location,
    size: usize,
    options: Options,
}

impl BareWriter {
    /// Creates the file at `address`, or goes on in the one that is there: readers that have it
    /// mapped already see what is written.
    ///
    /// Of `options`, mode and group count.
    ///
    /// # Errors
    /// [`Kind::NotThisRecord`] if the file is there with another size than the record's: it is
    /// left alone; [`Kind::Busy`]; [`Kind::Locked`]; [`Kind::NotOurs`]; [`Kind::NotAFile`];
    /// [`Kind::Io`].
    pub fn open(
        address: impl Into<Address>,
        schema: &Schema,
        options: &Options,
    ) -> Result<Self, RegionError> {
        let at = Location::open(&address.into())?;
        let file = match at.open_to_write() {
            Ok(file) => {
                take_lock(&file, at.path())?;
                file::expect_own(&file, &at)?;
                file
            }
            Err(err) if err.is_not_there() => create(&at, schema, options)?,
            Err(err) => return Err(err),
        };
        let mapping = map(&file, at.path(), schema, Access::Write)?;
        let size = schema.size() as usize;
        Ok(Self { mapping, file, at, size, options: options.clone() })
    }

    /// Writes one record over the last one, by words.
    ///
    /// # Errors
    /// [`Kind::WrongSize`] if `record` is not as long as the struct; [`Kind::Truncated`] if the
    /// file was cut short.
    pub fn publish(&mut self, record: &[u8]) -> Result<(), RegionError> {
        if record.len() != self.size {
            let kind = Kind::WrongSize { want: self.size, have: record.len() };
            return Err(RegionError::new(self.path(), kind));
        }
        channel::words_in(self.mapping.words(), record);
        if self.mapping.faulted() {
            return Err(truncated(self.path(), &self.file, self.size));
        }
        Ok(())
    }

    /// Is the file still the one that its path leads to, and whole?
    ///
    /// # Errors
    /// As [`DynWriter::check`](crate::DynWriter::check).
    pub fn check(&self) -> Result<Standing, RegionError> {
        Standing::of(&self.file, &self.at, self.size as u64, !self.mapping.faulted())
    }

    /// Makes the file anew after it was deleted or cut short.
    ///
    /// # Errors
    /// [`Kind::Replaced`] if another file has the name by now; as [`BareWriter::open`] else.
    pub fn recreate(&mut self, schema: &Schema) -> Result<(), RegionError> {
        let standing = self.check()?;
        if standing != Standing::Named {
            self.at.renew()?;
        }
        let at = &self.at;
        let file = match standing {
            Standing::Named => return Ok(()),
            Standing::Deleted => create(at, schema, &self.options)?,
            Standing::Truncated => fresh(at, schema, &self.options)?.replace(at)?,
            Standing::Replaced => return Err(RegionError::new(at.path(), Kind::Replaced)),
        };
        self.mapping = map(&file, at.path(), schema, Access::Write)?;
        self.file = file;
        Ok(())
    }

    /// Does the kernel write the file back to a disk?
    pub fn is_disk_backed(&self) -> bool {
        boot::is_disk_backed(&self.file)
    }

    /// Who else may put files in the place of this one: see
    /// [`DynWriter::exposure`](crate::DynWriter::exposure).
    pub fn exposure(&self) -> Option<Exposure> {
        self.at.exposure()
    }

    /// Is the file on overlayfs? See [`DynWriter::is_on_overlay`](crate::DynWriter::is_on_overlay).
    pub fn is_on_overlay(&self) -> bool {
        boot::is_on_overlay(&self.file)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.at.path()
    }
}

impl Drop for BareWriter {
    fn drop(&mut self) {
        lock::release(&self.file);
    }
}

/// Reads a bare struct that any program writes. Its records may be torn.
#[derive(Debug)]
pub struct BareReader {
    mapping: Mapping,
    file: File,
    address: Address,
    size: usize,
    identity: Identity,
}

impl BareReader {
    /// Maps the file at `address` read-only.
    ///
    /// # Errors
    /// [`Kind::NotThere`], [`Kind::NotAFile`]; [`Kind::NotThisRecord`] if its size is not that of
    /// the schema's record, which is all that can be checked; [`Kind::Io`].
    pub fn attach(address: impl Into<Address>, schema: &Schema) -> Result<Self, RegionError> {
        let address = address.into();
        let (file, path) = (address.open_to_read()?, address.path());
        let identity = Identity::of(&file).map_err(|err| RegionError::io(path, "fstat", err))?;
        let mapping = map(&file, path, schema, Access::Read)?;
        Ok(Self { mapping, file, size: schema.size() as usize, identity, address })
    }

    /// Copies what stands in the file now to `record`. It may be torn.
    ///
    /// # Errors
    /// [`Kind::WrongSize`] if `record` is not as long as the struct; [`Kind::Truncated`] if the
    /// file was cut short.
    pub fn latest(&self, record: &mut [u8]) -> Result<(), RegionError> {
        if record.len() != self.size {
            let kind = Kind::WrongSize { want: self.size, have: record.len() };
            return Err(RegionError::new(self.path(), kind));
        }
        channel::words_out(self.mapping.words(), record);
        if self.mapping.faulted() {
            return Err(truncated(self.path(), &self.file, self.size));
        }
        Ok(())
    }

    /// Maps the file that the path names by now, if it is another one.
    ///
    /// # Errors
    /// As [`BareReader::attach`]; the old file stays mapped.
    pub fn refresh(&mut self, schema: &Schema) -> Result<Refreshed, RegionError> {
        match self.address.identity()? {
            None => Ok(Refreshed::Missing),
            Some(named) if named == self.identity && !self.has_copy() => Ok(Refreshed::Same),
            Some(_) => {
                *self = Self::attach(&self.address, schema)?;
                Ok(Refreshed::Reattached)
            }
        }
    }

    /// Does the path name a copy of this file that looks like it? See [`overlay`].
    fn has_copy(&self) -> bool {
        boot::is_on_overlay(&self.file)
            && !self.mapping.faulted()
            && overlay::is_other(&self.address, self.mapping.words(), self.size)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.address.path()
    }
}

fn take_lock(file: &File, path: &Path) -> Result<(), RegionError> {
    let io = |err| RegionError::io(path, "lock", err);
    if lock::try_take(file).map_err(io)? {
        return Ok(());
    }
    // Readers have it mapped for good, so it is not replaced because of a reader's lock.
    let kind = match lock::holder(file).map_err(io)? {
        Some(Holder::Reader) => Kind::Locked,
        _ => Kind::Busy { pid: 0 },
    };
    Err(RegionError::new(path, kind))
}

fn fresh(at: &Location, schema: &Schema, options: &Options) -> Result<Unnamed, RegionError> {
    Unnamed::new(at, options, u64::from(schema.size()))
}

fn create(at: &Location, schema: &Schema, options: &Options) -> Result<File, RegionError> {
    let file = fresh(at, schema, options)?.claim(at)?;
    file.ok_or_else(|| RegionError::new(at.path(), Kind::Replaced))
}

fn map(file: &File, path: &Path, schema: &Schema, access: Access) -> Result<Mapping, RegionError> {
    let have = file.metadata().map_err(|err| RegionError::io(path, "fstat", err))?.len();
    let want = u64::from(schema.size());
    if have != want {
        return Err(RegionError::new(path, Kind::NotThisRecord { want, have }));
    }
    // The words of the last page past the file's end read as zero and are never written back.
    Mapping::new(file, schema.size() as usize, access)
        .map_err(|err| RegionError::io(path, "mmap", err))
}

#[cold]
fn truncated(path: &Path, file: &File, size: usize) -> RegionError {
    let have = file.metadata().map_or(0, |meta| meta.len());
    RegionError::new(path, Kind::Truncated { want: size as u64, have })
}
