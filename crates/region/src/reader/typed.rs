//! The reader of a Rust struct.

use super::{Begin, DynReader, Refreshed};
use crate::address::ToPlace;
use crate::error::RegionError;
use crate::follow::Follow;
use crate::publication::{Publication, Step};
use crate::typed;
use channel::Part;
use layout::Record;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::time::Duration;

/// Reads records of the type `R` from a region that holds exactly that record.
///
/// It derefs to [`DynReader`] for everything that does not depend on the record's type. See
/// [`Writer`](crate::Writer) for both sides together, and the [crate](crate#sigbus)'s page if the
/// program handles or blocks SIGBUS.
pub struct Reader<R> {
    pub(super) inner: DynReader,
    record: PhantomData<fn() -> R>,
}

/// One whole record, and which one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample<R> {
    /// The record as it was published.
    pub record: R,
    /// Its name and time.
    pub publication: Publication,
}

impl<R> Sample<R> {
    /// The record's number.
    pub const fn sequence(&self) -> u64 {
        self.publication.sequence
    }

    /// The record's lineage: see [`Publication::lineage`].
    pub const fn lineage(&self) -> u64 {
        self.publication.lineage()
    }

    /// How long ago it was published; `None` if unknown: see [`Publication::age`].
    pub fn age(&self) -> Option<Duration> {
        self.publication.age()
    }
}

impl<R: Record> Reader<R> {
    /// Attaches to the region at `at`, a name or a path: see [`DynReader::open`].
    ///
    /// # Errors
    /// As [`DynReader::open`]; `OtherSchema` if the region holds another record than `R`.
    pub fn open(at: impl ToPlace) -> Result<Self, RegionError> {
        Self::over(DynReader::open(at)?)
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
        let mut record = R::zeroed();
        let part = &mut Part::whole(bytemuck::bytes_of_mut(&mut record));
        let found = self.inner.latest_sized(part)?;
        Ok(found.map(|publication| Sample { record, publication }))
    }

    /// Copies the newest record to `record`; `None` if nothing has been published yet.
    ///
    /// For records of more than about 100 bytes: [`latest`](Self::latest) returns them by value, which copies
    /// them more than once. Without a record returned, `record` holds anything.
    ///
    /// # Errors
    /// As [`DynReader::latest`].
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `latest`
    pub fn latest_into(&mut self, record: &mut R) -> Result<Option<Publication>, RegionError> {
        self.inner.latest_sized(&mut Part::whole(bytemuck::bytes_of_mut(record)))
    }

    /// Copies the next record to `record`, or returns why not: [`next`](Self::next) as
    /// [`latest_into`](Self::latest_into) is to `latest`.
    ///
    /// # Errors
    /// As [`DynReader::next`].
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `latest`
    pub fn next_into(&mut self, record: &mut R) -> Result<Step, RegionError> {
        self.inner.next_sized(&mut Part::whole(bytemuck::bytes_of_mut(record)))
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
        let step = self.next_into(&mut record)?;
        Ok(step.map(|publication| Sample { record, publication }))
    }

    /// Everything that happens to the region from now on, as an iterator that sleeps in between: see
    /// [`Follow`].
    ///
    /// ```
    /// # use layout::Stu;
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("stu.region");
    /// use region::{Event, Reader, State, Writer};
    ///
    /// let mut writer = Writer::<Stu>::open(&path)?;
    /// writer.publish(&Stu::new(10, "xiaoming", 'm'))?;
    /// let mut reader = Reader::<Stu>::open(&path)?;
    /// writer.close();
    /// for event in reader.follow() {
    ///     match event? {
    ///         Event::Record(sample) => println!("{}: {}", sample.sequence(), sample.id),
    ///         Event::Missed(count) => println!("missed {count} records"),
    ///         Event::Writer(State::Closed) => break,
    ///         Event::Writer(state) => println!("the writer is {state}"),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn follow(&mut self) -> Follow<'_, &mut Self> {
        Follow::new(self)
    }

    /// Makes [`next`](Self::next) and [`follow`](Self::follow) begin with another record than the
    /// newest: see [`DynReader::begin`].
    pub fn begin(&mut self, with: Begin) {
        self.inner.begin(with);
    }

    /// Writes the newest record to a region of its own: see [`DynReader::snapshot`].
    ///
    /// # Errors
    /// As [`DynReader::snapshot`].
    pub fn snapshot(&mut self, at: impl ToPlace) -> Result<Option<Publication>, RegionError> {
        self.inner.snapshot(at)
    }

    /// How often at most the region's name is checked: see [`DynReader::refresh_every`].
    pub fn refresh_every(&mut self, every: Duration) -> Duration {
        self.inner.refresh_every(every)
    }

    /// Maps the file at the path, if it is a different one: see [`DynReader::refresh`].
    ///
    /// # Errors
    /// As [`DynReader::refresh`]; `OtherSchema` if the new region holds another record than `R`:
    /// nothing is read from it, the old file stays mapped, and the next call looks again.
    pub fn refresh(&mut self) -> Result<Refreshed, RegionError> {
        self.inner.refresh_as::<R>()
    }
}

impl DynReader {
    /// As [`refresh`](Self::refresh), to a region that holds the record `R`.
    pub(super) fn refresh_as<R: Record>(&mut self) -> Result<Refreshed, RegionError> {
        self.refresh_to(|new| typed::expect::<R>(new.schema(), new.path()).map(|()| true))
    }
}

impl<R> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<R> Deref for Reader<R> {
    type Target = DynReader;

    fn deref(&self) -> &DynReader {
        &self.inner
    }
}

impl<R> Deref for Sample<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.record
    }
}
