//! An attached region, of one record or of instances.

use std::time::Duration;

use mapcast::dynamic::{AnyReader, Field, InstanceReader, Reader};
use mapcast::{Error, Instance, Publication, Refreshed, Step, ToPlace};

use crate::published::Published;

/// Most events of instances that are taken note of at once: a writer may be faster.
const AT_ONCE: u32 = 10_000;

/// A reader of either kind.
#[derive(Debug)]
pub(crate) enum Source {
    /// Of one record; with the name of its smallest field, which is read where only the sequence is
    /// asked for.
    Plain(Reader, String),
    /// Of instances.
    Instances(InstanceReader),
}

impl Source {
    /// Attaches to the region at `place`. Only [`refresh`](Self::refresh) looks for its successors.
    pub(crate) fn open(place: &(impl ToPlace + ?Sized)) -> Result<Self, Error> {
        let mut reader = AnyReader::open(place)?;
        reader.refresh_every(Duration::MAX);
        Ok(match reader {
            AnyReader::Plain(reader) => {
                let smallest = smallest_field(&reader);
                Self::Plain(reader, smallest)
            }
            AnyReader::Instances(reader) => Self::Instances(reader),
        })
    }

    /// The reader, for what both kinds have.
    pub(crate) fn reader(&self) -> &Reader {
        match self {
            Self::Plain(reader, _) => reader,
            Self::Instances(reader) => reader,
        }
    }

    /// Attaches to the file that has the name now, whatever its record.
    pub(crate) fn refresh(&mut self) -> Result<Refreshed, Error> {
        match self {
            Self::Plain(reader, smallest) => {
                let refreshed = reader.refresh()?;
                if refreshed == Refreshed::Reattached {
                    *smallest = smallest_field(reader);
                }
                Ok(refreshed)
            }
            Self::Instances(reader) => reader.refresh(),
        }
    }

    /// How many records were published until now.
    pub(crate) fn published(&mut self) -> Result<Published, Error> {
        match self {
            Self::Plain(reader, smallest) => {
                let newest = newest(reader, smallest)?;
                Ok(Published::one(reader, newest))
            }
            Self::Instances(reader) => Published::many(reader),
        }
    }

    /// Takes note of all that was published so far, so that the reader's `wait` waits for what comes
    /// after it. Whether there was anything; `known` is the sequence of the last call.
    pub(crate) fn catch_up(&mut self, known: &mut u64) -> Result<bool, Error> {
        match self {
            Self::Plain(reader, smallest) => {
                let newest = newest(reader, smallest)?;
                Ok(std::mem::replace(known, newest) != newest)
            }
            Self::Instances(reader) => {
                let mut record = vec![0; reader.schema().size() as usize];
                let mut events = 0;
                while events < AT_ONCE && reader.next(&mut record)? != Step::Pending {
                    events += 1;
                }
                Ok(events > 0)
            }
        }
    }
}

/// The newest record of an instance; `None` if it has none, or is retired.
pub(crate) fn latest_if_there(
    reader: &mut InstanceReader,
    instance: Instance,
    record: &mut [u8],
) -> Result<Option<Publication>, Error> {
    match reader.latest(instance, record) {
        Err(error) if error.is_no_such_instance() => Ok(None),
        latest => latest,
    }
}

/// The number of the newest record, of which the field `smallest` is read; 0 if there is none.
fn newest(reader: &mut Reader, smallest: &str) -> Result<u64, Error> {
    Ok(reader.latest_field(smallest)?.map_or(0, |sample| sample.sequence()))
}

fn smallest_field(reader: &Reader) -> String {
    let size = |field: &&Field| field.ctype().size();
    let smallest = reader.schema().fields().iter().min_by_key(size);
    smallest.map_or_else(String::new, |field| field.name().to_owned())
}
