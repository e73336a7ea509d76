//! The reader of a Rust struct.

use super::{DynReader, Refreshed};
use crate::address::Address;
use crate::error::RegionError;
use crate::publication::{Publication, Step};
use crate::state::State;
use crate::typed;
use layout::Record;
use std::marker::PhantomData;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Reads records of the type `R` from a region that holds exactly that record.
///
/// See [`Writer`](crate::Writer) for both sides together, and the [crate](crate#sigbus)'s page if the
/// program handles or blocks SIGBUS.
#[derive(Debug)]
pub struct Reader<R> {
    inner: DynReader,
    record: PhantomData<fn() -> R>,
}

/// One whole record, and which one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample<R> {
    /// The record as it was published.
    pub record: R,
    /// Its number, epoch and time.
    pub publication: Publication,
}

impl<R> Sample<R> {
    /// The record's number.
    pub const fn sequence(&self) -> u64 {
        self.publication.sequence
    }

    /// How long ago it was published; `None` if that cannot be told: see [`Publication::age`].
    pub fn age(&self) -> Option<Duration> {
        self.publication.age()
    }
}

impl<R: Record> Reader<R> {
    /// Attaches to the region at `address`: see [`DynReader::attach`].
    ///
    /// # Errors
    /// As [`DynReader::attach`]; `OtherSchema` if the region holds another record than `R`.
    pub fn attach(address: impl Into<Address>) -> Result<Self, RegionError> {
        Self::over(DynReader::attach(address)?)
    }

    /// A typed view of `inner`.
    ///
    /// # Errors
    /// `OtherSchema` if the region holds another record than `R`.
    pub fn over(inner: DynReader) -> Result<Self, RegionError> {
        typed::expect::<R>(inner.schema(), inner.path())?;
        Ok(Self { inner, record: PhantomData })
    }

    /// The newest record; `None` if nothing has been published yet. It finds the region's next file by
    /// itself: see [`DynReader::latest`].
    ///
    /// # Errors
    /// As [`DynReader::latest`].
    #[inline(always)]
    #[allow(clippy::inline_always)] // else the record is copied twice, and the second copy stalls
    pub fn latest(&mut self) -> Result<Option<Sample<R>>, RegionError> {
        if self.inner.lookout.is_due() {
            self.inner.look()?;
        }
        let mut retries = 0;
        loop {
            let mut record = R::zeroed();
            let bytes = bytemuck::bytes_of_mut(&mut record);
            if let Some(publication) = self.inner.try_latest(retries, bytes) {
                return Ok(Some(Sample { record, publication }));
            }
            match self.inner.after_failure(retries, size_of::<R>())? {
                Some(next) => retries = next,
                None => return Ok(None),
            }
        }
    }

    /// The next record, or why not. Does not wait.
    ///
    /// # Errors
    /// As [`DynReader::next`].
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `latest`
    #[allow(clippy::should_implement_trait)] // an iterator could not say `Pending`, nor fail
    pub fn next(&mut self) -> Result<Step<Sample<R>>, RegionError> {
        let mut record = R::zeroed();
        Ok(match self.inner.next(bytemuck::bytes_of_mut(&mut record))? {
            Step::Record(publication) => Step::Record(Sample { record, publication }),
            Step::Pending => Step::Pending,
            Step::Missed(missed) => Step::Missed(missed),
        })
    }

    /// Writes the newest record to a region of its own: see [`DynReader::snapshot`].
    ///
    /// # Errors
    /// As [`DynReader::snapshot`].
    pub fn snapshot(
        &mut self,
        address: impl Into<Address>,
    ) -> Result<Option<Publication>, RegionError> {
        self.inner.snapshot(address)
    }

    /// Sleeps until there is something newer: see [`DynReader::wait`].
    ///
    /// # Errors
    /// As [`DynReader::wait`].
    pub fn wait(&self, timeout: Duration) -> Result<(), RegionError> {
        self.inner.wait(timeout)
    }

    /// How often, at the most, the region's name is looked at: see [`DynReader::refresh_every`].
    pub fn refresh_every(&mut self, every: Duration) {
        self.inner.refresh_every(every);
    }

    /// What has become of the writer.
    pub fn state(&self) -> State {
        self.inner.state()
    }

    /// Maps the file that the path names by now: see [`DynReader::refresh`].
    ///
    /// # Errors
    /// As [`DynReader::refresh`]; `OtherSchema` if the new region holds another record than `R`:
    /// nothing is read from it, the old file stays mapped, and the next call looks again.
    pub fn refresh(&mut self) -> Result<Refreshed, RegionError> {
        self.inner.refresh_to(|new| typed::expect::<R>(new.schema(), new.path()))
    }

    /// When `sample` was published, on the wall clock.
    pub fn wall_time(&self, sample: &Sample<R>) -> SystemTime {
        self.inner.wall_time(&sample.publication)
    }

    /// The region's file.
    pub fn path(&self) -> &Path {
        self.inner.path()
    }
}
