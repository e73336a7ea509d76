//! The struct alone, in a file without a header.

use std::path::Path;

use region::{BareWriter, Changed, Exposure, RegionError, Standing};
use settings::{Format, Settings};

use super::{Sink, options};
use crate::error::{Kind, ProducerError};

impl Sink for BareWriter {
    fn publish(&mut self, record: &[u8]) -> Result<(), RegionError> {
        Self::publish(self, record)
    }

    /// A bare struct has no place for one.
    fn heartbeat(&mut self) -> Result<(), RegionError> {
        Ok(())
    }

    fn check(&self) -> Result<Standing, RegionError> {
        Self::check(self)
    }

    fn recreate(&mut self) -> Result<(), RegionError> {
        Self::recreate(self)
    }

    fn change(&mut self, settings: &Settings) -> Result<Changed, ProducerError> {
        let path = Self::path(self).to_owned();
        if settings.region.format != Format::Bare {
            return Err(Kind::Format(path).into());
        }
        let (have, want) = (self.size(), settings.record.schema.size() as usize);
        if have != want {
            return Err(Kind::BareSize { path, have, want }.into());
        }
        Self::change(self, &options(settings))?;
        Ok(Changed::Kept)
    }

    fn path(&self) -> &Path {
        Self::path(self)
    }

    fn exposure(&self) -> Option<Exposure> {
        Self::exposure(self)
    }

    fn is_disk_backed(&self) -> bool {
        Self::is_disk_backed(self)
    }

    fn is_on_overlay(&self) -> bool {
        Self::is_on_overlay(self)
    }

    fn origin(&self) -> String {
        "bare: readers may see half-written records".to_owned()
    }
}
