//! A region of many instances.

use std::os::fd::BorrowedFd;
use std::path::Path;

use layout::InstanceName;
use region::{
    BootTime, Changed, DynInstanceWriter, DynWriter, FileStatus, Origin, RegionError, Surroundings,
};
use settings::{Format, Settings};

use super::{Sink, options, same_in_all_writers};
use crate::error::{Kind, ProducerError};

impl Sink for DynInstanceWriter {
    same_in_all_writers!(DynWriter);

    /// The instance joins if it is not there.
    fn publish(
        &mut self,
        of: Option<&InstanceName>,
        record: &[u8],
        at: BootTime,
    ) -> Result<(), RegionError> {
        let Some(name) = of else { return Ok(()) };
        let instance = self.instance(name)?;
        self.publish_at(instance, record, at).map(drop)
    }

    fn heartbeat(&mut self) -> Result<(), RegionError> {
        self.heartbeat()
    }

    fn change(&mut self, settings: &Settings) -> Result<Changed, ProducerError> {
        if settings.region.format != Format::Mapcast {
            return Err(Kind::Format(DynWriter::path(self).to_owned()).into());
        }
        let Some(instances) = &settings.record.instances else {
            return Err(Kind::Instances(DynWriter::path(self).to_owned()).into());
        };
        let (schema, options) = (&settings.record.schema, options(settings));
        Ok(Self::change(self, schema, &options, instances.max())?)
    }

    fn origin(&self) -> String {
        let (origin, epoch) = (DynWriter::origin(self), DynWriter::epoch(self));
        match Self::len(self) {
            0 => format!("{origin}, epoch {epoch}"),
            len => format!("{origin}, epoch {epoch}, {}", daemon::counted(len as u64, "instance")),
        }
    }

    fn instances(&self) -> Vec<InstanceName> {
        self.all().into_iter().map(|(_, name)| name).collect()
    }

    fn gone(&self) -> &[InstanceName] {
        DynWriter::gone(self)
    }

    fn newest(&self, of: Option<&InstanceName>, record: &mut [u8]) -> Option<BootTime> {
        self.latest(self.find(of?)?, record).ok()?
    }

    fn join(&mut self, name: &InstanceName) -> Result<(), RegionError> {
        self.instance(name).map(drop)
    }

    fn retire(&mut self, name: &InstanceName) -> Result<(), RegionError> {
        self.find(name).map_or(Ok(()), |instance| Self::retire(self, instance))
    }

    fn is_named(&self) -> bool {
        DynWriter::is_named(self)
    }

    fn memfd(&self) -> Option<BorrowedFd<'_>> {
        DynWriter::memfd(self)
    }

    fn is_resumed(&self) -> bool {
        *DynWriter::origin(self) == Origin::Resumed
    }

    fn epoch(&self) -> Option<u64> {
        Some(DynWriter::epoch(self))
    }
}
