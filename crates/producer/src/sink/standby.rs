//! Waiting for another producer to end, one attempt at a time.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use layout::{InstanceName, Schema};
use region::{Address, DynInstanceReader, RegionError, RegionErrorKind};
use settings::{Format, Settings};

use super::{Sink, options};

/// Time between two attempts to open a bare file, whose release wakes up no standby.
const CHECK_EVERY: Duration = Duration::from_millis(100);

/// A wait for the region or file of another producer.
#[derive(Debug)]
pub(crate) enum Standby {
    /// For a region.
    Mapcast(Box<region::Standby>),
    /// For a region of instances.
    Instances(Box<region::InstanceStandby>),
    /// For a bare file.
    Bare {
        /// Whether another producer had it at the last attempt.
        is_held: bool,
    },
}

impl Standby {
    /// For the region or file at `address`. Nothing is attempted.
    pub(crate) fn new(address: &Address, settings: &Settings) -> Result<Self, RegionError> {
        let schema = &settings.record.schema;
        Ok(match (settings.region.format, &settings.record.instances) {
            (Format::Mapcast, None) => {
                let standby = region::Standby::new(address, schema, &options(settings))?;
                Self::Mapcast(Box::new(standby))
            }
            (Format::Mapcast, Some(instances)) => {
                let (options, max) = (options(settings), instances.max());
                let standby = region::InstanceStandby::new(address, schema, &options, max)?;
                Self::Instances(Box::new(standby))
            }
            (Format::Bare, _) => Self::Bare { is_held: false },
        })
    }

    /// Opens it if no other producer has it. Never waits.
    pub(crate) fn try_open(
        &mut self,
        address: &Address,
        settings: &Settings,
    ) -> Result<Option<Box<dyn Sink>>, RegionError> {
        match self {
            Self::Mapcast(standby) => {
                Ok(standby.try_open()?.map(|writer| Box::new(writer) as Box<dyn Sink>))
            }
            Self::Instances(standby) => {
                Ok(standby.try_open()?.map(|writer| Box::new(writer) as Box<dyn Sink>))
            }
            Self::Bare { is_held } => match super::open(address, settings) {
                Err(error) if is_locked(&error) => {
                    *is_held = true;
                    Ok(None)
                }
                opened => opened.map(Some),
            },
        }
    }

    /// The process that has it, as far as it is known: 0 for a bare file.
    pub(crate) fn holder(&self) -> Option<u64> {
        match self {
            Self::Mapcast(standby) => standby.holder().map(|holder| holder.pid),
            Self::Instances(standby) => standby.holder().map(|holder| holder.pid),
            Self::Bare { is_held } => is_held.then_some(0),
        }
    }

    /// The longest time to the next attempt.
    pub(crate) fn pause(&self) -> Duration {
        match self {
            Self::Mapcast(standby) => standby.pause(),
            Self::Instances(standby) => standby.pause(),
            Self::Bare { .. } => CHECK_EVERY,
        }
    }

    /// What becomes readable when the other producer ends, if anything does.
    pub(crate) fn event(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Mapcast(standby) => standby.event(),
            Self::Instances(standby) => standby.event(),
            Self::Bare { .. } => None,
        }
    }
}

/// The instances of the region of another producer, if it is one of the same record: those that a take-over
/// keeps. None if it cannot be read.
pub(crate) fn names_in(address: &Address, schema: &Schema) -> Vec<InstanceName> {
    let reader = DynInstanceReader::open(address).ok();
    let same = reader.filter(|reader| reader.schema().fingerprint() == schema.fingerprint());
    same.map(|reader| reader.all().map(|(_, name)| name).collect()).unwrap_or_default()
}

/// Whether the lock may become free.
fn is_locked(error: &RegionError) -> bool {
    matches!(error.kind(), RegionErrorKind::Busy { .. } | RegionErrorKind::Locked)
}
