//! The writer of a region of instances.
//!
//! Invariant: names, numbers and handles stay what they are over a new file under the same name. In one for
//! fewer instances than before, handles lead to nothing and are to be found again.
//!
//! Price: beside what a plain region costs, one comparison and two stores for each publish, and a
//! wake of two words instead of one.

mod standby;
mod typed;

pub use standby::InstanceStandby;
pub use typed::InstanceWriter;

use super::{Changed, DynWriter, Holder};
use crate::address::ToPlace;
use crate::clock::BootTime;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::instances::{Instance, InstanceTable, MappedBlocks};
use crate::options::Options;
use layout::{InstanceName, Schema};
use std::fmt;
use std::fs::File;
use std::ops::Deref;
use std::path::Path;

/// Publishes records of many instances of a schema that is known at run time only.
///
/// It derefs to [`DynWriter`] for the epoch, the origin and the path. For a Rust struct use
/// [`InstanceWriter`].
pub struct DynInstanceWriter {
    inner: DynWriter,
}

impl DynInstanceWriter {
    /// Creates, resumes or replaces the region at `at`, for up to `max` instances: see
    /// [`DynWriter::open_with`]. The instances of the writer before stay, with their numbers and
    /// newest records, unless the schema is another one.
    ///
    /// # Errors
    /// As [`DynWriter::open`]; [`Kind::BadOptions`] if `max` is not 1 to 65,536;
    /// [`Kind::TooManyInstances`] if the region has more than that.
    pub fn open_with(
        at: impl ToPlace,
        schema: &Schema,
        options: &Options,
        max: u32,
    ) -> Result<Self, RegionError> {
        Self::over(DynWriter::open_with(at, schema, &options.for_instances(max))?)
    }

    /// Publishes to the region in a descriptor: see [`DynWriter::open_file`].
    ///
    /// # Errors
    /// As [`DynWriter::open_file`] and [`open_with`](Self::open_with).
    pub fn open_file(
        file: File,
        label: &Path,
        schema: &Schema,
        options: &Options,
        max: u32,
    ) -> Result<Self, RegionError> {
        Self::over(DynWriter::open_file(file, label, schema, &options.for_instances(max))?)
    }

    /// Publishes to a memfd: see [`DynWriter::open_memfd`].
    ///
    /// # Errors
    /// As [`DynWriter::open_memfd`] and [`open_with`](Self::open_with).
    pub fn open_memfd(
        kept: Option<File>,
        label: &Path,
        schema: &Schema,
        options: &Options,
        max: u32,
    ) -> Result<Self, RegionError> {
        Self::over(DynWriter::open_memfd(kept, label, schema, &options.for_instances(max))?)
    }

    /// `inner` was opened with instances.
    pub(crate) fn over(inner: DynWriter) -> Result<Self, RegionError> {
        let mut writer = Self { inner };
        writer.retire_others()?;
        Ok(writer)
    }

    /// Retires the instances that are not to stay: see [`Options::only_instances`].
    fn retire_others(&mut self) -> Result<(), RegionError> {
        for (instance, name) in self.all() {
            if !self.inner.options.keeps(&name) {
                self.retire(instance)?;
                self.inner.gone.push(name);
            }
        }
        self.inner.options.keep_all();
        Ok(())
    }

    /// As [`open_with`](Self::open_with), but waits for another writer to end: see
    /// [`DynWriter::open_standby`].
    ///
    /// # Errors
    /// As [`open_with`](Self::open_with), without `Busy`.
    pub fn open_standby(
        at: impl ToPlace,
        schema: &Schema,
        options: &Options,
        max: u32,
        on_wait: impl FnMut(&Holder),
        stop: impl FnMut() -> bool,
    ) -> Result<Option<Self>, RegionError> {
        let options = options.for_instances(max);
        let inner = DynWriter::open_standby(at, schema, &options, on_wait, stop)?;
        inner.map(Self::over).transpose()
    }

    /// The handle of the instance of this name, which joins the region if it is not there.
    ///
    /// # Errors
    /// [`Kind::BadInstanceName`]; [`Kind::TooManyInstances`] if it is not there and the region is full;
    /// [`Kind::Forked`]; as [`DynWriter::recreate`] if the file has to be made anew.
    pub fn instance(&mut self, name: &str) -> Result<Instance, RegionError> {
        if let Some(instance) = self.find(name) {
            return Ok(instance);
        }
        let bad = |err| RegionError::new(&self.inner.path, Kind::BadInstanceName(err));
        let name = InstanceName::new(name).map_err(bad)?;
        let joined = self.announce(|blocks, table| table.join(blocks, name))?;
        joined.ok_or_else(|| {
            let (have, max) = (self.len(), self.max());
            RegionError::new(&self.inner.path, Kind::TooManyInstances { have, max })
        })
    }

    /// Makes a change to an instance that is no publish, and wakes readers; `None`: there is none.
    fn announce(
        &mut self,
        change: impl FnOnce(MappedBlocks<'_>, &mut InstanceTable) -> Option<Instance>,
    ) -> Result<Option<Instance>, RegionError> {
        // Such a change has no time that shows that the writer lives.
        self.inner.heartbeat()?;
        let wakes = self.inner.options.wake;
        let (blocks, table) = self.parts();
        let changed = change(blocks, table);
        if let Some(instance) = changed.filter(|_| wakes) {
            blocks.wake(instance.block, table.newest_change());
        }
        Ok(changed)
    }

    /// The handle of the instance of this name, if it is there.
    pub fn find(&self, name: &str) -> Option<Instance> {
        self.table().find(name)
    }

    /// Retires an instance: readers do not get its records any more, and its block is free for
    /// another one.
    ///
    /// # Errors
    /// [`Kind::NoSuchInstance`] if it is retired already; as [`instance`](Self::instance).
    pub fn retire(&mut self, instance: Instance) -> Result<(), RegionError> {
        self.expect(instance)?;
        self.announce(|blocks, table| {
            table.retire(blocks, instance);
            Some(instance)
        })?;
        Ok(())
    }

    /// Publishes one record of an instance, stamped with the current time; returns its sequence
    /// number. It checks the region's file: see [`DynWriter::publish`].
    ///
    /// # Errors
    /// [`Kind::NoSuchInstance`] if it is retired; as [`DynWriter::publish`] else.
    #[inline]
    pub fn publish(&mut self, instance: Instance, record: &[u8]) -> Result<u64, RegionError> {
        self.publish_at(instance, record, BootTime::now())
    }

    /// As [`publish`](Self::publish), stamped with a time that the caller has read.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    #[inline]
    pub fn publish_at(
        &mut self,
        instance: Instance,
        record: &[u8],
        now: BootTime,
    ) -> Result<u64, RegionError> {
        let inner = &self.inner;
        if record.len() != inner.mapped().record_size() {
            return Err(inner.mapped().wrong_size(&inner.path, record.len()));
        }
        self.expect(instance)?;
        self.inner.check_if_due(now)?;
        match self.put(instance, record, now) {
            Some(sequence) => Ok(sequence),
            None => self.publish_anew(instance, record, now),
        }
    }

    /// Publishes to the file as it is, and wakes readers; `None`: it was cut.
    #[inline]
    fn put(&mut self, instance: Instance, record: &[u8], now: BootTime) -> Option<u64> {
        let wakes = self.inner.options.wake;
        let (blocks, table) = self.parts();
        let sequence = table.publish(blocks, instance.block, now.as_nanos(), record);
        if wakes {
            blocks.wake(instance.block, table.newest_change());
        }
        self.inner.mapped().is_whole().then_some(sequence)
    }

    /// As [`DynWriter::publish`] after a truncation.
    #[cold]
    #[inline(never)]
    fn publish_anew(
        &mut self,
        instance: Instance,
        record: &[u8],
        now: BootTime,
    ) -> Result<u64, RegionError> {
        self.inner.recreate_cut()?;
        let sequence = self.put(instance, record, now);
        // `None`: cut once more in the moment since.
        sequence.ok_or_else(|| self.inner.mapped().truncated(&self.inner.path, &self.inner.file))
    }

    /// All instances and their names, in the order of their blocks.
    pub fn all(&self) -> Vec<(Instance, InstanceName)> {
        self.table().all()
    }

    /// How many instances there are.
    pub fn len(&self) -> usize {
        self.table().len()
    }

    /// Whether there is no instance.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many instances there can be.
    pub fn max(&self) -> usize {
        self.table().max()
    }

    /// The number of the newest record of an instance; `None` if the handle leads to none.
    pub fn sequence_of(&self, instance: Instance) -> Option<u64> {
        let table = self.table();
        table.has(instance).then(|| table.sequence(instance))
    }

    /// Copies the newest record of an instance into `record`, which has the record's size, and returns
    /// when it was published; `None`: it has none.
    ///
    /// # Errors
    /// [`Kind::NoSuchInstance`]; [`Kind::WrongSize`]; [`Kind::Truncated`].
    pub fn latest(
        &self,
        instance: Instance,
        record: &mut [u8],
    ) -> Result<Option<BootTime>, RegionError> {
        self.expect(instance)?;
        self.inner.copy_last(record, |mapped| {
            mapped.blocks().and_then(|blocks| self.table().last(blocks, instance))
        })
    }

    /// Makes a new file after the old one was deleted or cut short: see [`DynWriter::recreate`].
    ///
    /// # Errors
    /// As [`DynWriter::recreate`].
    pub fn recreate(&mut self) -> Result<(), RegionError> {
        self.inner.recreate()
    }

    /// Changes the schema, the options, or how many instances there can be: see
    /// [`DynWriter::change`]. Names and numbers stay; records, too, unless the schema is another one; and
    /// handles, unless `max` becomes smaller: then [`find`](Self::find) them again.
    ///
    /// # Errors
    /// As [`DynWriter::change`]; [`Kind::TooManyInstances`]: nothing has changed.
    pub fn change(
        &mut self,
        schema: &Schema,
        options: &Options,
        max: u32,
    ) -> Result<Changed, RegionError> {
        let changed = self.inner.change(schema, &options.for_instances(max))?;
        self.retire_others()?;
        Ok(changed)
    }

    /// A heartbeat without a publish: see [`DynWriter::heartbeat`].
    ///
    /// # Errors
    /// As [`DynWriter::heartbeat`].
    pub fn heartbeat(&mut self) -> Result<(), RegionError> {
        self.inner.heartbeat()
    }

    /// Closes the region: readers see `Closed` at once, and all records stay.
    pub fn close(self) {
        self.inner.close();
    }

    #[inline]
    fn expect(&self, instance: Instance) -> Result<(), RegionError> {
        if self.table().has(instance) {
            return Ok(());
        }
        Err(RegionError::new(&self.inner.path, Kind::NoSuchInstance))
    }

    #[inline]
    fn table(&self) -> &InstanceTable {
        self.inner.instances.as_deref().expect("a region that was opened with instances has them")
    }

    /// The shared words, and what the writer knows of them.
    #[inline]
    fn parts(&mut self) -> (MappedBlocks<'_>, &mut InstanceTable) {
        let DynWriter { publisher, instances, .. } = &mut self.inner;
        let blocks = publisher.ring().memory().blocks();
        blocks.zip(instances.as_deref_mut()).expect("a region that was opened with instances")
    }
}

impl Deref for DynInstanceWriter {
    type Target = DynWriter;

    fn deref(&self) -> &DynWriter {
        &self.inner
    }
}

impl fmt::Debug for DynInstanceWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceWriter")
            .field("path", &self.inner.path)
            .field("instances", &self.len())
            .field("max", &self.max())
            .field("epoch", &self.inner.epoch)
            .finish_non_exhaustive()
    }
}
