//! The reader of instances of a Rust struct.

use super::DynInstanceReader;
use crate::address::ToPlace;
use crate::error::RegionError;
use crate::follow::Follow;
use crate::instances::{Instance, InstanceEvent};
use crate::publication::Step;
use crate::reader::{Begin, DynReader, Refreshed, Sample};
use crate::typed;
use layout::{InstanceName, Record};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::time::Duration;

/// Reads the instances of a region of records of the type `R`: one of them, or all.
///
/// It derefs to [`DynInstanceReader`] for everything that does not depend on the record's type. See
/// [`InstanceWriter`](crate::InstanceWriter) for both sides together.
pub struct InstanceReader<R> {
    inner: DynInstanceReader,
    record: PhantomData<fn() -> R>,
}

impl<R: Record> InstanceReader<R> {
    /// Attaches to the region at `at`: see [`DynInstanceReader::open`].
    ///
    /// # Errors
    /// As [`DynInstanceReader::open`]; `OtherSchema` if the region holds another record than `R`.
    pub fn open(at: impl ToPlace) -> Result<Self, RegionError> {
        let inner = DynInstanceReader::open(at)?;
        typed::expect::<R>(inner.schema(), inner.path())?;
        Ok(Self { inner, record: PhantomData })
    }

    /// The newest record of an instance: see [`DynInstanceReader::latest`].
    ///
    /// # Errors
    /// As [`DynInstanceReader::latest`].
    #[inline(always)]
    #[allow(clippy::inline_always)] // else the record is copied twice, and the second copy stalls
    pub fn latest(&mut self, instance: Instance) -> Result<Option<Sample<R>>, RegionError> {
        let mut record = R::zeroed();
        let found = self.inner.latest_sized(instance, bytemuck::bytes_of_mut(&mut record))?;
        Ok(found.map(|publication| Sample { record, publication }))
    }

    /// Calls `each` with the newest record of every instance that has one: see
    /// [`DynInstanceReader::latest_all`].
    ///
    /// # Errors
    /// As [`DynInstanceReader::latest_all`].
    pub fn latest_all(
        &mut self,
        mut each: impl FnMut(&InstanceName, &Sample<R>),
    ) -> Result<(), RegionError> {
        let mut record = R::zeroed();
        let bytes = bytemuck::bytes_of_mut(&mut record);
        self.inner.latest_all(bytes, |name, &publication, record| {
            each(name, &Sample { record: *bytemuck::from_bytes(record), publication });
        })
    }

    /// Makes [`next`](Self::next) and [`follow`](Self::follow) begin with another record of each instance
    /// than the newest: see [`DynInstanceReader::begin`].
    pub fn begin(&mut self, with: Begin) {
        self.inner.begin(with);
    }

    /// Makes the next [`wait`](DynReader::wait) sleep: see [`DynInstanceReader::catch_up`].
    pub fn catch_up(&mut self) {
        self.inner.catch_up();
    }

    /// The next thing that has happened to any instance: see [`DynInstanceReader::next`].
    ///
    /// # Errors
    /// As [`DynInstanceReader::next`].
    #[allow(clippy::should_implement_trait)] // an iterator could not say `Pending`, nor fail
    pub fn next(&mut self) -> Result<Step<InstanceEvent<Sample<R>>>, RegionError> {
        let mut record = R::zeroed();
        let step = self.inner.next(bytemuck::bytes_of_mut(&mut record))?;
        Ok(step.map(|event| event.map(|publication| Sample { record, publication })))
    }

    /// Everything that happens to the region and its instances from now on: see [`Follow`].
    pub fn follow(&mut self) -> Follow<'_, &mut Self> {
        Follow::new(self)
    }

    /// Maps the file at the path, if it is a different one: see [`DynInstanceReader::refresh`].
    ///
    /// # Errors
    /// As [`DynInstanceReader::refresh`]; `OtherSchema` as [`Reader::refresh`](crate::Reader::refresh).
    pub fn refresh(&mut self) -> Result<Refreshed, RegionError> {
        self.inner.refresh_by(DynReader::refresh_as::<R>)
    }

    /// How often at most the region's name is checked: see [`DynReader::refresh_every`].
    pub fn refresh_every(&mut self, every: Duration) -> Duration {
        self.inner.refresh_every(every)
    }
}

impl<R> fmt::Debug for InstanceReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<R> Deref for InstanceReader<R> {
    type Target = DynInstanceReader;

    fn deref(&self) -> &DynInstanceReader {
        &self.inner
    }
}
