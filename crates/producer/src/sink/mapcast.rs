//! A region with header, slots and schema.

use std::os::fd::BorrowedFd;
use std::path::Path;

use layout::InstanceName;
use region::{BootTime, Changed, DynWriter, FileStatus, Origin, RegionError, Surroundings};
use settings::{Format, Settings};

use super::{Sink, options, same_in_all_writers};
use crate::error::{Kind, ProducerError};

impl Sink for DynWriter {
    same_in_all_writers!(DynWriter);

    fn publish(
        &mut self,
        _: Option<&InstanceName>,
        record: &[u8],
        at: BootTime,
    ) -> Result<(), RegionError> {
        self.publish_at(record, at).map(drop)
    }

    fn heartbeat(&mut self) -> Result<(), RegionError> {
        self.heartbeat()
    }

    fn change(&mut self, settings: &Settings) -> Result<Changed, ProducerError> {
        if settings.region.format != Format::Mapcast {
            return Err(Kind::Format(Self::path(self).to_owned()).into());
        }
        if settings.record.instances.is_some() {
            return Err(Kind::Instances(Self::path(self).to_owned()).into());
        }
        Ok(Self::change(self, &settings.record.schema, &options(settings))?)
    }

    fn origin(&self) -> String {
        let (origin, epoch) = (Self::origin(self), Self::epoch(self));
        match Self::sequence(self) {
            0 => format!("{origin}, epoch {epoch}"),
            last => format!("{origin}, epoch {epoch}, after record {last}"),
        }
    }

    fn newest(&self, _: Option<&InstanceName>, record: &mut [u8]) -> Option<BootTime> {
        self.latest(record).ok()?
    }

    fn gone(&self) -> &[InstanceName] {
        Self::gone(self)
    }

    fn is_named(&self) -> bool {
        Self::is_named(self)
    }

    fn memfd(&self) -> Option<BorrowedFd<'_>> {
        Self::memfd(self)
    }

    fn is_resumed(&self) -> bool {
        *Self::origin(self) == Origin::Resumed
    }

    fn sequence(&self) -> Option<u64> {
        Some(Self::sequence(self))
    }

    fn epoch(&self) -> Option<u64> {
        Some(Self::epoch(self))
    }
}
