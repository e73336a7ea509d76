//! Waiting for the region of another writer of instances.

use super::DynInstanceWriter;
use crate::address::ToPlace;
use crate::error::RegionError;
use crate::options::Options;
use crate::writer::Standby;
use layout::Schema;
use std::ops::Deref;

/// As [`Standby`], for a region of instances. It derefs to that for the holder, the pause and the event.
#[derive(Debug)]
pub struct InstanceStandby {
    inner: Standby,
}

impl InstanceStandby {
    /// A standby for the region at `at`, of up to `max` instances. Nothing is attempted.
    ///
    /// # Errors
    /// As [`Standby::new`].
    pub fn new(
        at: impl ToPlace,
        schema: &Schema,
        options: &Options,
        max: u32,
    ) -> Result<Self, RegionError> {
        Standby::new(at, schema, &options.for_instances(max)).map(|inner| Self { inner })
    }

    /// Opens the region if no other writer has it; `None` if one has. Never waits.
    ///
    /// # Errors
    /// As [`DynInstanceWriter::open_with`], without `Busy`.
    pub fn try_open(&mut self) -> Result<Option<DynInstanceWriter>, RegionError> {
        self.inner.try_open()?.map(DynInstanceWriter::over).transpose()
    }
}

impl Deref for InstanceStandby {
    type Target = Standby;

    fn deref(&self) -> &Standby {
        &self.inner
    }
}
