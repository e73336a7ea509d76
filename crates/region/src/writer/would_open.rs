//! What opening a writer would fail for, found out without a change: for a check of a configuration.
//!
//! Invariant: nothing is created, locked or written. What another process does meanwhile is not foreseen, nor what
//! this one may not look at.

use super::preflight::expect_region;
use super::{DynInstanceWriter, DynWriter};
use crate::address::Address;
use crate::bare::{self, BareWriter};
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::location::Location;
use crate::options::Options;
use crate::reader::DynInstanceReader;
use crate::rights::Rights;
use layout::Schema;
use std::fs::File;
use std::io;
use std::num::NonZeroU32;

impl DynWriter {
    /// Whether [`open_with`](Self::open_with) could have these options at `at`, and the file there.
    ///
    /// # Errors
    /// [`Kind::BadOptions`]; [`Kind::NoSuchGroup`]. Those of the directory, and of a file that is there and that a
    /// writer neither resumes nor replaces: as [`open`](Self::open).
    pub fn would_open(at: &Address, options: &Options) -> Result<(), RegionError> {
        expect_file(at)?;
        has_rights(at, options)
    }
}

impl DynInstanceWriter {
    /// Whether [`open_with`](Self::open_with) could have these options at `at`, and the instances there.
    ///
    /// # Errors
    /// As [`DynWriter::would_open`]; [`Kind::TooManyInstances`].
    pub fn would_open(
        at: &Address,
        schema: &Schema,
        options: &Options,
        max: u32,
    ) -> Result<(), RegionError> {
        expect_file(at)?;
        expect_room(at, schema, options, max)?;
        has_rights(at, options)
    }
}

/// Refuses a file of more instances than there can be.
fn expect_room(
    at: &Address,
    schema: &Schema,
    options: &Options,
    max: u32,
) -> Result<(), RegionError> {
    let reader = DynInstanceReader::open(at).ok();
    let Some(reader) = reader.filter(|reader| **reader.schema() == *schema) else {
        return Ok(()); // no name of another record stays
    };
    let have = reader.all().filter(|(_, name)| options.keeps(name)).count();
    let max = max as usize;
    if have > max && !options.retires_oldest {
        return Err(RegionError::new(at.path(), Kind::TooManyInstances { have, max }));
    }
    Ok(())
}

/// Refuses a file that a writer of a region neither resumes nor replaces.
fn expect_file(at: &Address) -> Result<(), RegionError> {
    file_there(at)?.map_or(Ok(()), |file| expect_region(&file, at.path()))
}

impl BareWriter {
    /// Whether [`open_array`](Self::open_array) could have these options at `at`, and the file there.
    ///
    /// # Errors
    /// As [`DynWriter::would_open`], but of a file: [`Kind::NotThisRecord`].
    pub fn would_open(
        at: &Address,
        schema: &Schema,
        count: NonZeroU32,
        options: &Options,
    ) -> Result<(), RegionError> {
        let there = file_there(at)?;
        there.map_or(Ok(()), |file| bare::expect_structs(&file, at.path(), schema, count))?;
        has_rights(at, options)
    }
}

/// Last: only another machine may have the group, and what else is wrong is not hidden by that.
fn has_rights(at: &Address, options: &Options) -> Result<(), RegionError> {
    Rights::of(options, at.path()).map(drop)
}

/// The file that a writer would find at `at`; `None` also if this process may not look at it.
fn file_there(at: &Address) -> Result<Option<File>, RegionError> {
    let looked = Location::existing(at).and_then(|location| {
        let Some(location) = location else { return Ok(None) };
        let Some(file) = location.open_to_look()? else { return Ok(None) };
        location.expect_own(&file)?;
        Ok(Some(file))
    });
    match looked {
        Err(error) if may_not_look(error.kind()) => Ok(None),
        looked => looked,
    }
}

fn may_not_look(kind: &Kind) -> bool {
    let denied = io::ErrorKind::PermissionDenied;
    matches!(kind, Kind::Io { source, .. } if source.kind() == denied)
}
