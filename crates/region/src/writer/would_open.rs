//! What opening a writer would fail for, found out without a change: for a check of a configuration.
//!
//! Invariant: nothing is created, locked or written. What another process does meanwhile is not foreseen, nor what
//! this one may not look at.

use super::{DynInstanceWriter, DynWriter};
use crate::address::Address;
use crate::bare::{BareReader, BareWriter};
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::options::Options;
use crate::reader::DynInstanceReader;
use crate::rights::Rights;
use layout::Schema;
use std::num::NonZeroU32;

impl DynWriter {
    /// Whether [`open_with`](Self::open_with) could have these options at `at`.
    ///
    /// # Errors
    /// [`Kind::BadOptions`]; [`Kind::NoSuchGroup`].
    pub fn would_open(at: &Address, options: &Options) -> Result<(), RegionError> {
        Rights::of(options, at.path()).map(drop)
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
        DynWriter::would_open(at, options)?;
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
}

impl BareWriter {
    /// Whether [`open_array`](Self::open_array) could have these options at `at`, and the file there.
    ///
    /// # Errors
    /// As [`DynWriter::would_open`]; [`Kind::NotThisRecord`].
    pub fn would_open(
        at: &Address,
        schema: &Schema,
        count: NonZeroU32,
        options: &Options,
    ) -> Result<(), RegionError> {
        DynWriter::would_open(at, options)?;
        match BareReader::open_array(at, schema, count) {
            Err(error) if matches!(error.kind(), Kind::NotThisRecord { .. }) => Err(error),
            _ => Ok(()),
        }
    }
}
