//! The writer of a Rust struct.

use super::{Changed, DynWriter, Holder};
use crate::address::ToPlace;
use crate::clock::BootTime;
use crate::error::RegionError;
use crate::options::Options;
use crate::typed::schema_of;
use layout::{Record, header};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::path::Path;

/// Publishes records of the type `R`.
///
/// It derefs to [`DynWriter`] for everything that does not depend on the record's type.
///
/// ```
/// use layout::Stu;
/// use region::{Reader, Writer};
///
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("stu.region");
/// let mut writer = Writer::<Stu>::open(&path)?;
/// writer.publish(&Stu::new(10, "xiaoming", 'm'))?;
///
/// let mut reader = Reader::<Stu>::open(&path)?; // any process that may read the file
/// let sample = reader.latest()?.expect("one record was published");
/// assert_eq!((sample.id, sample.sequence()), (10, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A struct without a schema cannot be published:
/// ```compile_fail,E0277
/// let writer = region::Writer::<[u8; 4]>::open("x");
/// ```
pub struct Writer<R> {
    inner: DynWriter,
    record: PhantomData<fn(R)>,
}

impl Writer<()> {
    /// Settings of a region, to be [opened](Options::open) with: `Writer::options().slots(16)`.
    pub const fn options() -> Options {
        Options::new()
    }
}

impl Options {
    /// Opens the region at `at` with these settings: see [`Writer::open`].
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("stu.region");
    /// use region::Writer;
    /// let mut writer = Writer::options().slots(16).mode(0o640).open::<layout::Stu>(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Writer::open`].
    pub fn open<R: Record>(&self, at: impl ToPlace) -> Result<Writer<R>, RegionError> {
        Writer::open_with(at, self)
    }
}

impl<R: Record> Writer<R> {
    /// Creates, resumes or replaces the region at `at`, a name or a path: see [`DynWriter::open`].
    ///
    /// # Errors
    /// As [`DynWriter::open`]; `BadOptions` if `R` and its schema have different sizes.
    pub fn open(at: impl ToPlace) -> Result<Self, RegionError> {
        Self::open_with(at, &Options::new())
    }

    /// As [`open`](Self::open), with other settings than the usual ones.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(at: impl ToPlace, options: &Options) -> Result<Self, RegionError> {
        let schema = schema_of::<R>(Path::new(std::any::type_name::<R>()))?;
        DynWriter::open_with(at, &schema, options).map(Self::over)
    }

    /// As [`open_with`](Self::open_with), but waits for another writer to end: see
    /// [`DynWriter::open_standby`].
    ///
    /// # Errors
    /// As [`open`](Self::open), without `Busy`.
    pub fn open_standby(
        at: impl ToPlace,
        options: &Options,
        on_wait: impl FnMut(&Holder),
        stop: impl FnMut() -> bool,
    ) -> Result<Option<Self>, RegionError> {
        let schema = schema_of::<R>(Path::new(std::any::type_name::<R>()))?;
        let inner = DynWriter::open_standby(at, &schema, options, on_wait, stop)?;
        Ok(inner.map(Self::over))
    }

    /// The schema of `inner` is that of `R`.
    pub(crate) fn over(inner: DynWriter) -> Self {
        Self { inner, record: PhantomData }
    }

    /// Publishes one record, stamped with the present time, and returns its sequence number. It checks
    /// the region's file: see [`DynWriter::publish`].
    ///
    /// # Errors
    /// As [`DynWriter::publish`].
    #[inline(always)]
    #[allow(clippy::inline_always)] // a record of a known size is then a few stores
    pub fn publish(&mut self, record: &R) -> Result<u64, RegionError> {
        self.publish_at(record, BootTime::now())
    }

    /// As [`Writer::publish`], stamped with a time that the caller has read.
    ///
    /// # Errors
    /// As [`Writer::publish`].
    #[inline(always)]
    #[allow(clippy::inline_always)] // a record of a known size is then a few stores
    pub fn publish_at(&mut self, record: &R, now: BootTime) -> Result<u64, RegionError> {
        if !is_loaded_once::<R>() {
            return self.inner.publish_sized(bytemuck::bytes_of(record), now);
        }
        self.inner.check_if_due(now)?;
        let copy = *record;
        match self.inner.put(bytemuck::bytes_of(&copy), now) {
            Some(sequence) => Ok(sequence),
            None => self.inner.publish_anew(bytemuck::bytes_of(record), now),
        }
    }

    /// A heartbeat without a publish: see [`DynWriter::heartbeat`].
    ///
    /// # Errors
    /// As [`DynWriter::heartbeat`].
    pub fn heartbeat(&mut self) -> Result<(), RegionError> {
        self.inner.heartbeat()
    }

    /// Makes a new file under the same name: see [`DynWriter::recreate`].
    ///
    /// # Errors
    /// As [`DynWriter::recreate`].
    pub fn recreate(&mut self) -> Result<(), RegionError> {
        self.inner.recreate()
    }

    /// Continues with other settings: see [`DynWriter::change`].
    ///
    /// # Errors
    /// As [`DynWriter::change`].
    pub fn change(&mut self, options: &Options) -> Result<Changed, RegionError> {
        let schema = self.inner.schema().clone();
        self.inner.change(&schema, options)
    }

    /// Closes the region: readers see `Closed` at once, and the last record stays.
    pub fn close(self) {
        self.inner.close();
    }
}

/// Whether a record is copied before it is published. No store to shared memory can change the copy, so the
/// compiler loads each word once for slot and front. Not with an end that is loaded with a part of the word
/// before it: that copy would lie on the stack, and the load would wait for two stores.
const fn is_loaded_once<R>() -> bool {
    size_of::<R>() <= header::FRONT_RECORD && size_of::<R>().is_multiple_of(4)
}

impl<R> fmt::Debug for Writer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<R> Deref for Writer<R> {
    type Target = DynWriter;

    fn deref(&self) -> &DynWriter {
        &self.inner
    }
}
