//! A reader of a region of either kind.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use mapcast::dynamic::{InstanceReader, Reader};
use mapcast::{Begin, Error, ErrorKind, Refreshed, ToPlace};

/// Where a region is.
pub(crate) type At = Arc<dyn ToPlace + Send + Sync>;

/// An attached region. What both kinds have is that of a [`Reader`].
#[derive(Debug)]
pub(crate) enum AnyReader {
    /// It has one record.
    Plain(Reader),
    /// It has instances.
    Instances(InstanceReader),
}

impl AnyReader {
    /// Attaches to the region at `place`.
    pub(crate) fn open(place: &(impl ToPlace + ?Sized)) -> Result<Self, Error> {
        match Reader::open(place) {
            Err(error) if matches!(error.kind(), ErrorKind::HasInstances { .. }) => {
                InstanceReader::open(place).map(Self::Instances)
            }
            opened => opened.map(Self::Plain),
        }
    }

    /// Begins with the first record of the file, and counts those that are gone as missed.
    pub(crate) fn begin_with_first(&mut self) {
        match self {
            Self::Plain(reader) => {
                let first = reader.header().base_sequence.saturating_add(1);
                reader.begin(Begin::Sequence(first));
            }
            // Each of them has a first number of its own.
            Self::Instances(reader) => reader.begin(Begin::Sequence(1)),
        }
    }

    /// Attaches to the file that has the name now. An error that [`is_other_kind`] needs another reader.
    pub(crate) fn refresh(&mut self) -> Result<Refreshed, Error> {
        match self {
            Self::Plain(reader) => reader.refresh(),
            Self::Instances(reader) => reader.refresh(),
        }
    }

    /// How often it looks at the name by itself; how often it did before.
    pub(crate) fn refresh_every(&mut self, every: Duration) -> Duration {
        match self {
            Self::Plain(reader) => reader.refresh_every(every),
            Self::Instances(reader) => reader.refresh_every(every),
        }
    }
}

impl Deref for AnyReader {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        match self {
            Self::Plain(reader) => reader,
            Self::Instances(reader) => reader,
        }
    }
}

/// Whether a region of the other kind has the name now.
pub(crate) fn is_other_kind(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::HasInstances { .. } | ErrorKind::NoInstances)
}
