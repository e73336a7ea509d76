//! The struct alone, in a file without a header.

use std::path::Path;

use layout::InstanceName;
use region::{BareWriter, Changed, Exposure, FileStatus, RegionError};
use settings::{Format, Settings};

use super::{Sink, options, same_in_all_writers};
use crate::error::{Kind, ProducerError};

impl Sink for BareWriter {
    same_in_all_writers!(BareWriter);

    fn publish(&mut self, _: Option<&InstanceName>, record: &[u8]) -> Result<(), RegionError> {
        Self::publish(self, record)
    }

    /// A bare struct has no heartbeat.
    fn heartbeat(&mut self) -> Result<(), RegionError> {
        Ok(())
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

    fn origin(&self) -> String {
        "bare: readers may see half-written records".to_owned()
    }
}
