//! The destination of records: a region, or a bare struct or array.
//!
//! Invariant: an open [`Sink`] holds the writer's lock; no other module calls `region`'s writers.
//! Dropping it closes the region and wakes its readers.
//!
//! ```text
//!   open --> publish, heartbeat, check --> change (reload) --> drop: closed
//!                       \-- recreate, when the file was deleted or cut short
//! ```
//!
//! Price: one dynamic call a record.

mod bare;
mod instances;
mod mapcast;
mod standby;

use std::fmt;
use std::fs::File;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::time::Duration;

use layout::InstanceName;
use region::{
    BareWriter, BootTime, Changed, DynInstanceWriter, DynWriter, FileStatus, Options, RegionError,
    Surroundings,
};
use settings::{Format, Instances, Settings, WhenFull};

use crate::error::ProducerError;
use bare::BareSink;
pub(crate) use standby::{Standby, names_in};

/// An open writer of either format.
pub(crate) trait Sink: fmt::Debug {
    /// Publishes one record of this time, of this instance if the region has instances.
    fn publish(
        &mut self,
        of: Option<&InstanceName>,
        record: &[u8],
        at: BootTime,
    ) -> Result<(), RegionError>;

    /// Shows readers that the producer is alive.
    fn heartbeat(&mut self) -> Result<(), RegionError>;

    /// Whether the file is still the one at its path, and whole.
    fn check(&self) -> Result<FileStatus, RegionError>;

    /// Creates the file again after it was deleted or cut short.
    fn recreate(&mut self) -> Result<(), RegionError>;

    /// Changes the record or the options at the same path. After an error nothing has changed.
    fn change(&mut self, settings: &Settings) -> Result<Changed, ProducerError>;

    /// The file.
    fn path(&self) -> &Path;

    /// What is worth a warning about where the file is.
    fn surroundings(&self) -> Surroundings;

    /// How the sink was opened, for the log: "resumed, epoch 2, after record 5".
    fn origin(&self) -> String;

    /// The instances that the region has.
    fn instances(&self) -> Vec<InstanceName> {
        Vec::new()
    }

    /// Those that it had before it was opened or changed, and not any more.
    fn gone(&self) -> &[InstanceName] {
        &[]
    }

    /// Copies the newest record, of this instance if the region has instances, into `record`; returns when it
    /// was published.
    fn newest(&self, _of: Option<&InstanceName>, _record: &mut [u8]) -> Option<BootTime> {
        None
    }

    /// Lets an instance join, if the region does not have it.
    fn join(&mut self, _: &InstanceName) -> Result<(), RegionError> {
        Ok(())
    }

    /// Retires an instance, if the region has it.
    fn retire(&mut self, _: &InstanceName) -> Result<(), RegionError> {
        Ok(())
    }

    /// Whether the region has a path, which a reload can change.
    fn is_named(&self) -> bool {
        true
    }

    /// The descriptor of a memfd region, for a service manager to keep; `None` for all others.
    fn memfd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Whether an existing region was resumed.
    fn is_resumed(&self) -> bool {
        false
    }

    /// The number of the newest record; `None` for a bare file and for instances, which have one each.
    fn sequence(&self) -> Option<u64> {
        None
    }

    /// How many writers the region has had; `None` for a bare file.
    fn epoch(&self) -> Option<u64> {
        None
    }
}

/// The methods of [`Sink`] that a writer of `region`, or the one that it derefs to, has by the same name.
macro_rules! same_in_all_writers {
    ($writer:ty) => {
        fn check(&self) -> Result<FileStatus, RegionError> {
            <$writer>::check(self)
        }

        fn recreate(&mut self) -> Result<(), RegionError> {
            Self::recreate(self)
        }

        fn path(&self) -> &Path {
            <$writer>::path(self)
        }

        fn surroundings(&self) -> Surroundings {
            <$writer>::surroundings(self)
        }
    };
}
use same_in_all_writers;

/// Opens the region or file at `address`; an error if another producer has it.
pub(crate) fn open(
    address: &region::Address,
    settings: &Settings,
) -> Result<Box<dyn Sink>, RegionError> {
    let (schema, options) = (&settings.record.schema, options(settings));
    Ok(match (settings.region.format, &settings.record.instances) {
        (Format::Mapcast, None) => Box::new(DynWriter::open_with(address, schema, &options)?),
        (Format::Mapcast, Some(instances)) => {
            let max = instances.max();
            Box::new(DynInstanceWriter::open_with(address, schema, &options, max)?)
        }
        (Format::Bare, _) => Box::new(BareSink::open(address, settings)?),
    })
}

/// What [`open`] would fail for, as far as that can be found out without a change.
pub(crate) fn would_open(
    address: &region::Address,
    settings: &Settings,
) -> Result<(), RegionError> {
    let (record, options) = (&settings.record, options(settings));
    match (settings.region.format, &record.instances) {
        (Format::Mapcast, None) => DynWriter::would_open(address, &options),
        (Format::Mapcast, Some(instances)) => {
            DynInstanceWriter::would_open(address, &record.schema, &options, instances.max())
        }
        (Format::Bare, _) => {
            BareWriter::would_open(address, &record.schema, record.structs(), &options)
        }
    }
}

/// Opens the region in a descriptor that was passed.
pub(crate) fn open_file(
    file: File,
    label: &Path,
    settings: &Settings,
) -> Result<Box<dyn Sink>, RegionError> {
    let (schema, options) = (&settings.record.schema, options(settings));
    Ok(match &settings.record.instances {
        None => Box::new(DynWriter::open_file(file, label, schema, &options)?),
        Some(instances) => {
            let max = instances.max();
            Box::new(DynInstanceWriter::open_file(file, label, schema, &options, max)?)
        }
    })
}

/// Opens the region in the memfd that was kept, or in a new one.
pub(crate) fn open_memfd(
    kept: Option<File>,
    label: &Path,
    settings: &Settings,
) -> Result<Box<dyn Sink>, RegionError> {
    let (schema, options) = (&settings.record.schema, options(settings));
    Ok(match &settings.record.instances {
        None => Box::new(DynWriter::open_memfd(kept, label, schema, &options)?),
        Some(instances) => {
            let max = instances.max();
            Box::new(DynInstanceWriter::open_memfd(kept, label, schema, &options, max)?)
        }
    })
}

fn options(settings: &Settings) -> Options {
    region_options(settings).period(settings.producer.period()).check_every(Duration::MAX) // the producer checks the region, and logs the result
}

/// The options of `[region]`, for a writer that promises no period.
pub fn region_options(settings: &Settings) -> Options {
    let region = &settings.region;
    let options = Options::new().slots(region.slots).mode(region.mode).wake(region.wake);
    let options = match &region.group {
        Some(group) => options.group(group),
        None => options,
    };
    match &settings.record.instances {
        Some(Instances::Named(names)) => options.only_instances(names.iter().copied()),
        // More than there can be now are left out, as at a search.
        Some(Instances::Glob(glob)) => {
            options.only_instances(crate::instances::search(glob).names).retire_oldest()
        }
        Some(Instances::Input(input)) if !input.only.is_empty() => {
            options.only_instances(input.only.iter().copied())
        }
        Some(Instances::Input(input)) if input.full == WhenFull::RetireOldest => {
            options.retire_oldest()
        }
        Some(Instances::Input(_)) | None => options,
    }
}
