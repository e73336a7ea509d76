//! A region that is recorded, of one record or of instances, with the buffer that its records are copied to.
//!
//! Invariant: if another kind of region takes the name, it is followed, as one of another schema is.

use std::sync::Arc;
use std::time::Duration;

use mapcast::dynamic::{AnyReader, Reader, RecordBuf};
use mapcast::{
    Begin, Error, Followed, InstanceChange, InstanceName, Publication, Refreshed, Step, ToPlace,
};

use settings::Address;

/// What is followed: see the [module](self).
pub(crate) struct Source {
    reader: AnyReader,
    /// The record that was copied last.
    pub(crate) record: RecordBuf,
}

/// What has happened to which instance; to `None` in a region of one record.
#[derive(Clone, Debug)]
pub(crate) struct Happened {
    pub(crate) instance: Option<InstanceName>,
    pub(crate) what: InstanceChange<Publication>,
}

impl Source {
    pub(crate) fn open(at: impl ToPlace) -> Result<Self, Error> {
        let reader = AnyReader::open(at)?;
        let record = RecordBuf::new(Arc::clone(reader.schema()));
        Ok(Self { reader, record })
    }

    /// The same for a region that may have to be waited for: `has_waited` says whether there was none before. What was
    /// published in it until it is found is new, so it is read from its first record on.
    pub(crate) fn open_awaited(at: &Address, has_waited: &mut bool) -> Result<Self, Error> {
        let mut opened = Self::open(at);
        *has_waited |= opened.as_ref().is_err_and(Error::is_not_there);
        if let (Ok(source), true) = (&mut opened, *has_waited) {
            source.reader.begin(Begin::First);
        }
        opened
    }

    /// The reader, for the schema, the state and the time of a record.
    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    /// How many instances the region can have; `None`: it has one record.
    pub(crate) fn max_instances(&self) -> Option<usize> {
        match &self.reader {
            AnyReader::Plain(_) => None,
            AnyReader::Instances(reader) => Some(reader.max()),
        }
    }
}

impl Followed for Source {
    type Item = Happened;

    fn step(&mut self) -> Result<Step<Happened>, Error> {
        let of_region =
            |publication| Happened { instance: None, what: InstanceChange::Record(publication) };
        Ok(match &mut self.reader {
            AnyReader::Plain(reader) => match reader.next(self.record.bytes_mut())? {
                Step::Record(publication) => Step::Record(of_region(publication)),
                Step::Missed(count) => Step::Missed(count),
                Step::Pending => Step::Pending,
            },
            AnyReader::Instances(reader) => match reader.next(self.record.bytes_mut())? {
                Step::Record(event) => {
                    Step::Record(Happened { instance: Some(event.name), what: event.what })
                }
                Step::Missed(count) => Step::Missed(count),
                Step::Pending => Step::Pending,
            },
        })
    }

    fn refresh(&mut self) -> Result<Refreshed, Error> {
        let refreshed = self.reader.refresh()?;
        if refreshed == Refreshed::Reattached {
            self.record = RecordBuf::new(Arc::clone(self.reader().schema()));
        }
        Ok(refreshed)
    }

    fn region(&self) -> Option<&Reader> {
        Some(self.reader())
    }

    fn refresh_every(&mut self, every: Duration) -> Duration {
        self.reader.refresh_every(every)
    }
}
