//! The writer of a Rust struct.

use super::{Changed, DynWriter, Holder, Origin, Standing};
use crate::address::Address;
use crate::clock::BootTime;
use crate::error::RegionError;
use crate::options::Options;
use crate::typed::schema_of;
use layout::Record;
use std::marker::PhantomData;
use std::path::Path;

/// Publishes records of the type `R`.
///
/// ```
/// use layout::Stu;
/// use region::{Options, Reader, Writer};
///
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("stu.region");
/// let mut writer = Writer::<Stu>::open(&path, &Options::new())?;
/// writer.publish(&Stu::new(10, "xiaoming", 'm'))?;
///
/// let mut reader = Reader::<Stu>::attach(&path)?; // any process that may read the file
/// let sample = reader.latest()?.expect("one record was published");
/// assert_eq!((sample.record.id, sample.sequence()), (10, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A struct without a schema cannot be published:
/// ```compile_fail,E0277
/// let writer = region::Writer::<[u8; 4]>::open(std::path::Path::new("x"), &region::Options::new());
/// ```
#[derive(Debug)]
pub struct Writer<R> {
    inner: DynWriter,
    record: PhantomData<fn(R)>,
}

impl<R: Record> Writer<R> {
    /// Creates, resumes or replaces the region at `address`: see [`DynWriter::open`].
    ///
    /// # Errors
    /// As [`DynWriter::open`]; `BadOptions` if `R` and its schema have different sizes.
    pub fn open(address: impl Into<Address>, options: &Options) -> Result<Self, RegionError> {
        let address = address.into();
        let schema = schema_of::<R>(address.path())?;
        DynWriter::open(address, &schema, options).map(Self::over)
    }

    /// As [`Writer::open`], but waits for another writer to end: see [`DynWriter::open_standby`].
    ///
    /// # Errors
    /// As [`Writer::open`], without `Busy`.
    pub fn open_standby(
        address: impl Into<Address>,
        options: &Options,
        on_wait: impl FnMut(&Holder),
        stop: impl FnMut() -> bool,
    ) -> Result<Option<Self>, RegionError> {
        let address = address.into();
        let schema = schema_of::<R>(address.path())?;
        let inner = DynWriter::open_standby(address, &schema, options, on_wait, stop)?;
        Ok(inner.map(Self::over))
    }

    /// The schema of `inner` is that of `R`.
    pub(crate) fn over(inner: DynWriter) -> Self {
        Self { inner, record: PhantomData }
    }

    /// Publishes one record, stamped with the present time; answers with its sequence number. It looks
    /// after the region's file: see [`DynWriter::publish`].
    ///
    /// # Errors
    /// As [`DynWriter::publish`].
    #[inline(always)]
    #[allow(clippy::inline_always)] // a record of a known size is then a few stores
    pub fn publish(&mut self, record: &R) -> Result<u64, RegionError> {
        self.inner.publish(bytemuck::bytes_of(record))
    }

    /// As [`Writer::publish`], stamped with a time that the caller has read.
    ///
    /// # Errors
    /// As [`Writer::publish`].
    #[inline(always)]
    #[allow(clippy::inline_always)] // a record of a known size is then a few stores
    pub fn publish_at(&mut self, record: &R, now: BootTime) -> Result<u64, RegionError> {
        self.inner.publish_at(bytemuck::bytes_of(record), now)
    }

    /// A sign of life without a publish.
    ///
    /// # Errors
    /// As [`DynWriter::beat`].
    pub fn beat(&mut self) -> Result<(), RegionError> {
        self.inner.beat()
    }

    /// Is the region still the one at its path, and whole?
    ///
    /// # Errors
    /// As [`DynWriter::check`].
    pub fn check(&self) -> Result<Standing, RegionError> {
        self.inner.check()
    }

    /// Makes a new file under the same name: see [`DynWriter::recreate`].
    ///
    /// # Errors
    /// As [`DynWriter::recreate`].
    pub fn recreate(&mut self) -> Result<(), RegionError> {
        self.inner.recreate()
    }

    /// Goes on with other options: see [`DynWriter::change`].
    ///
    /// # Errors
    /// As [`DynWriter::change`].
    pub fn change(&mut self, options: &Options) -> Result<Changed, RegionError> {
        let schema = self.inner.schema().clone();
        self.inner.change(&schema, options)
    }

    /// Ends in good order.
    pub fn close(self) {
        self.inner.close();
    }

    /// The region's file.
    pub fn path(&self) -> &Path {
        self.inner.path()
    }

    /// How many writers the region has had, this one included.
    pub fn epoch(&self) -> u64 {
        self.inner.epoch()
    }

    /// The number of the newest record.
    pub fn sequence(&self) -> u64 {
        self.inner.sequence()
    }

    /// How this writer came to its region.
    pub fn origin(&self) -> &Origin {
        self.inner.origin()
    }
}
