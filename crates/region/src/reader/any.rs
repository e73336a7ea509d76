//! The reader of a region of either kind.
//!
//! Invariant: after [`AnyReader::refresh`] it is of the kind that the file has which it has attached.
//!
//! Price: one comparison for each call.

use super::{Begin, DynInstanceReader, DynReader, Refreshed};
use crate::address::ToPlace;
use crate::error::RegionError;
use std::fs::File;
use std::ops::Deref;
use std::path::Path;
use std::time::Duration;

/// Reads a region that has one record, or instances: whichever is there. For programs that show or forward any
/// region.
///
/// It derefs to [`DynReader`] for the state of the writer, the schema and the path.
///
/// ```
/// # use layout::Stu;
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("stu.region");
/// use region::{AnyReader, Writer};
///
/// let mut writer = Writer::<Stu>::open(&path)?;
/// writer.publish(&Stu::new(10, "xiaoming", 'm'))?;
/// match &mut AnyReader::open(&path)? {
///     AnyReader::Plain(reader) => {
///         let mut record = vec![0; reader.schema().size() as usize];
///         assert!(reader.latest(&mut record)?.is_some());
///     }
///     AnyReader::Instances(reader) => println!("{} instances", reader.all().count()),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub enum AnyReader {
    /// It has one record.
    Plain(DynReader),
    /// It has instances.
    Instances(DynInstanceReader),
}

impl AnyReader {
    /// Attaches to the region at `at`.
    ///
    /// # Errors
    /// As [`DynReader::open`], without `HasInstances`.
    pub fn open(at: impl ToPlace) -> Result<Self, RegionError> {
        Self::over(DynReader::attach(at)?)
    }

    /// Attaches to the region in `file`, a descriptor opened by another process: see
    /// [`DynReader::open_file`].
    ///
    /// # Errors
    /// As [`DynReader::open_file`], without `HasInstances`.
    pub fn open_file(file: &File, label: &Path) -> Result<Self, RegionError> {
        Self::over(DynReader::attach_file(file, label)?)
    }

    fn over(inner: DynReader) -> Result<Self, RegionError> {
        match inner.header().instances {
            None => Ok(Self::Plain(inner)),
            Some(_) => DynInstanceReader::over(inner).map(Self::Instances),
        }
    }

    /// Makes following begin with another record than the newest: see [`DynReader::begin`] and
    /// [`DynInstanceReader::begin`].
    pub fn begin(&mut self, with: Begin) {
        match self {
            Self::Plain(reader) => reader.begin(with),
            Self::Instances(reader) => reader.begin(with),
        }
    }

    /// Attaches to the file that has the name now: see [`DynReader::refresh`]. One of the other kind is read
    /// by another reader from then on, [from its first record on](Begin::First).
    ///
    /// # Errors
    /// As [`DynReader::refresh`], without `HasInstances` and `NoInstances`.
    pub fn refresh(&mut self) -> Result<Refreshed, RegionError> {
        let refreshed = match self {
            Self::Plain(reader) => reader.refresh(),
            Self::Instances(reader) => reader.refresh(),
        };
        match refreshed {
            Err(error) if error.is_of_other_kind() => self.go_over(),
            refreshed => refreshed,
        }
    }

    fn go_over(&mut self) -> Result<Refreshed, RegionError> {
        let mut new = match Self::open(&self.address) {
            Err(error) if error.is_not_there() => return Ok(Refreshed::Missing),
            new => new?,
        };
        new.begin(Begin::First);
        new.refresh_every(self.refresh_every(Duration::MAX));
        *self = new;
        Ok(Refreshed::Reattached)
    }

    /// How often at most the region's name is checked: see [`DynReader::refresh_every`].
    pub fn refresh_every(&mut self, every: Duration) -> Duration {
        match self {
            Self::Plain(reader) => reader.refresh_every(every),
            Self::Instances(reader) => reader.refresh_every(every),
        }
    }
}

impl Deref for AnyReader {
    type Target = DynReader;

    fn deref(&self) -> &DynReader {
        match self {
            Self::Plain(reader) => reader,
            Self::Instances(reader) => reader,
        }
    }
}
