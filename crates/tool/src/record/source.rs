//! A region that is recorded, of one record or of instances, with the buffer that its records are copied to.
//!
//! Invariant: if another kind of region takes the name, it is followed, as one of another schema is.

use std::sync::Arc;
use std::time::Duration;

use mapcast::dynamic::{InstanceReader, Reader, RecordBuf};
use mapcast::{
    Begin, Error, ErrorKind, Followed, InstanceChange, InstanceName, Publication, Refreshed, Step,
    ToPlace,
};

/// What is followed: see the [module](self).
pub(crate) struct Source {
    at: At,
    reader: Either,
    /// The record that was copied last.
    pub(crate) record: RecordBuf,
}

/// Where a region is.
pub(crate) type At = Arc<dyn ToPlace + Send + Sync>;

#[derive(Debug)]
enum Either {
    Plain(Reader),
    Instances(InstanceReader),
}

/// What has happened to which instance; to `None` in a region of one record.
#[derive(Clone, Debug)]
pub(crate) struct Happened {
    pub(crate) instance: Option<InstanceName>,
    pub(crate) what: InstanceChange<Publication>,
}

impl Source {
    pub(crate) fn open(at: At) -> Result<Self, Error> {
        let reader = Either::open(&at)?;
        let record = RecordBuf::new(Arc::clone(reader.region().schema()));
        Ok(Self { at, reader, record })
    }

    /// The same for a region that may have to be waited for: `has_waited` says whether there was none before. What was
    /// published in it until it is found is new, so it is read from its first record on.
    pub(crate) fn open_awaited(at: At, has_waited: &mut bool) -> Result<Self, Error> {
        let mut opened = Self::open(at);
        *has_waited |= opened.as_ref().is_err_and(Error::is_not_there);
        if let (Ok(source), true) = (&mut opened, *has_waited) {
            source.reader.begin_with_first();
        }
        opened
    }

    /// The reader, for the schema, the state and the time of a record.
    pub(crate) fn reader(&self) -> &Reader {
        self.reader.region()
    }

    /// How many instances the region can have; `None`: it has one record.
    pub(crate) fn max_instances(&self) -> Option<usize> {
        match &self.reader {
            Either::Plain(_) => None,
            Either::Instances(reader) => Some(reader.max()),
        }
    }
}

impl Either {
    fn open(at: &At) -> Result<Self, Error> {
        match Reader::open(&**at) {
            Err(error) if matches!(error.kind(), ErrorKind::HasInstances { .. }) => {
                InstanceReader::open(&**at).map(Self::Instances)
            }
            opened => opened.map(Self::Plain),
        }
    }

    fn region(&self) -> &Reader {
        match self {
            Self::Plain(reader) => reader,
            Self::Instances(reader) => reader,
        }
    }

    /// Begins with the first record of the file, and counts those that are gone as missed.
    fn begin_with_first(&mut self) {
        match self {
            Self::Plain(reader) => {
                let first = reader.header().base_sequence.saturating_add(1);
                reader.begin(Begin::Sequence(first));
            }
            // Each of them has a first number of its own.
            Self::Instances(reader) => reader.begin(Begin::Sequence(1)),
        }
    }

    fn refresh(&mut self) -> Result<Refreshed, Error> {
        match self {
            Self::Plain(reader) => reader.refresh(),
            Self::Instances(reader) => reader.refresh(),
        }
    }
}

impl Followed for Source {
    type Item = Happened;

    fn step(&mut self) -> Result<Step<Happened>, Error> {
        let of_region =
            |publication| Happened { instance: None, what: InstanceChange::Record(publication) };
        Ok(match &mut self.reader {
            Either::Plain(reader) => match reader.next(self.record.bytes_mut())? {
                Step::Record(publication) => Step::Record(of_region(publication)),
                Step::Missed(count) => Step::Missed(count),
                Step::Pending => Step::Pending,
            },
            Either::Instances(reader) => match reader.next(self.record.bytes_mut())? {
                Step::Record(event) => {
                    Step::Record(Happened { instance: Some(event.name), what: event.what })
                }
                Step::Missed(count) => Step::Missed(count),
                Step::Pending => Step::Pending,
            },
        })
    }

    fn refresh(&mut self) -> Result<Refreshed, Error> {
        let refreshed = match self.reader.refresh() {
            Err(error) if is_of_other_kind(&error) => {
                // As the former reader, the new one leaves it to `Follow` to look at the name.
                let every = self.refresh_every(Duration::MAX);
                self.reader = Either::open(&self.at)?;
                // What was published there before this look is new, too.
                self.reader.begin_with_first();
                self.refresh_every(every);
                Refreshed::Reattached
            }
            refreshed => refreshed?,
        };
        if refreshed == Refreshed::Reattached {
            self.record = RecordBuf::new(Arc::clone(self.reader().schema()));
        }
        Ok(refreshed)
    }

    fn region(&self) -> Option<&Reader> {
        Some(self.reader())
    }

    fn refresh_every(&mut self, every: Duration) -> Duration {
        match &mut self.reader {
            Either::Plain(reader) => reader.refresh_every(every),
            Either::Instances(reader) => reader.refresh_every(every),
        }
    }
}

fn is_of_other_kind(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::HasInstances { .. } | ErrorKind::NoInstances)
}
