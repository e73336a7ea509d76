//! The writer of instances of a Rust struct.

use super::DynInstanceWriter;
use crate::address::ToPlace;
use crate::clock::BootTime;
use crate::error::RegionError;
use crate::instances::Instance;
use crate::options::Options;
use crate::typed::schema_of;
use layout::Record;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::path::Path;

/// Publishes records of the type `R` of many instances.
///
/// It derefs to [`DynInstanceWriter`] for everything that does not depend on the record's type.
///
/// ```
/// use layout::Stu;
/// use region::{InstanceReader, Writer};
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("class.region");
/// let mut writer = Writer::options().open_instances::<Stu>(&path, 30)?;
/// let ming = writer.instance("xiaoming")?; // joins; on the hot path, the handle is kept
/// writer.publish(ming, &Stu::new(10, "xiaoming", 'm'))?;
///
/// let mut reader = InstanceReader::<Stu>::open(&path)?;
/// let ming = reader.find("xiaoming").expect("it has joined");
/// assert_eq!(reader.latest(ming)?.expect("one record was published").id, 10);
/// reader.latest_all(|name, sample| println!("{name}: {}", sample.id))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct InstanceWriter<R> {
    inner: DynInstanceWriter,
    record: PhantomData<fn(R)>,
}

impl Options {
    /// Opens the region at `at` for up to `max` instances: see [`DynInstanceWriter::open_with`].
    ///
    /// # Errors
    /// As [`DynInstanceWriter::open_with`].
    pub fn open_instances<R: Record>(
        &self,
        at: impl ToPlace,
        max: u32,
    ) -> Result<InstanceWriter<R>, RegionError> {
        let schema = schema_of::<R>(Path::new(std::any::type_name::<R>()))?;
        let inner = DynInstanceWriter::open_with(at, &schema, self, max)?;
        Ok(InstanceWriter { inner, record: PhantomData })
    }
}

impl<R: Record> InstanceWriter<R> {
    /// See [`DynInstanceWriter::instance`].
    ///
    /// # Errors
    /// As [`DynInstanceWriter::instance`].
    pub fn instance(&mut self, name: &str) -> Result<Instance, RegionError> {
        self.inner.instance(name)
    }

    /// See [`DynInstanceWriter::retire`].
    ///
    /// # Errors
    /// As [`DynInstanceWriter::retire`].
    pub fn retire(&mut self, instance: Instance) -> Result<(), RegionError> {
        self.inner.retire(instance)
    }

    /// Publishes one record of an instance: see [`DynInstanceWriter::publish`].
    ///
    /// # Errors
    /// As [`DynInstanceWriter::publish`].
    #[inline]
    pub fn publish(&mut self, instance: Instance, record: &R) -> Result<u64, RegionError> {
        self.inner.publish(instance, bytemuck::bytes_of(record))
    }

    /// As [`publish`](Self::publish), stamped with a time that the caller has read.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    #[inline]
    pub fn publish_at(
        &mut self,
        instance: Instance,
        record: &R,
        now: BootTime,
    ) -> Result<u64, RegionError> {
        self.inner.publish_at(instance, bytemuck::bytes_of(record), now)
    }

    /// A heartbeat without a publish: see [`DynWriter::heartbeat`](crate::DynWriter::heartbeat).
    ///
    /// # Errors
    /// As [`DynWriter::heartbeat`](crate::DynWriter::heartbeat).
    pub fn heartbeat(&mut self) -> Result<(), RegionError> {
        self.inner.heartbeat()
    }

    /// Closes the region: readers see `Closed` at once, and all records stay.
    pub fn close(self) {
        self.inner.close();
    }
}

impl<R> fmt::Debug for InstanceWriter<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<R> Deref for InstanceWriter<R> {
    type Target = DynInstanceWriter;

    fn deref(&self) -> &DynInstanceWriter {
        &self.inner
    }
}
