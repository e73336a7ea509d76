//! What a follower reads: a region of one record or of instances, each record into the same buffer.
//!
//! Price: a record is copied once, into memory that is aligned to 8 bytes.

use mapcast::dynamic::{AnyReader, Reader, Schema};
use mapcast::{
    Begin, Error, Followed, Instance, InstanceChange, Notifier, Publication, Refreshed, Step,
};
use std::ffi::CString;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use crate::border::At;
use crate::failure::c_string;

/// Where a region is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Named(At),
    /// In a file that another process has opened, and what messages call it.
    Passed(Arc<File>, PathBuf),
}

impl Place {
    fn reader(&self) -> Result<AnyReader, Error> {
        match self {
            Self::Named(at) => AnyReader::open(at),
            Self::Passed(file, name) => AnyReader::open_file(file, name),
        }
    }

    /// A notifier for the region, which need not exist yet.
    pub(crate) fn notifier(&self) -> Result<Notifier, Error> {
        match self {
            Self::Named(at) => Notifier::awaiting(at.clone()),
            Self::Passed(file, name) => Notifier::awaiting_file(file, name),
        }
    }
}

/// The region that a follower has attached, and its last record.
#[derive(Debug)]
pub(crate) struct Source {
    reader: AnyReader,
    /// The only schema that the program reads; `None`: any.
    expected: Option<Arc<Schema>>,
    /// Words, so that a struct of numbers can lie here.
    record: Vec<u64>,
}

/// What a follower delivers.
#[derive(Debug)]
pub(crate) enum Item {
    /// The record is in the source's buffer.
    Record(Publication, Option<Named>),
    Missed(u64, Named),
    Joined(Named),
    Retired(Named),
}

/// An instance and its name.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) instance: Instance,
    pub(crate) name: CString,
}

impl Source {
    pub(crate) fn open(
        at: &Place,
        expected: Option<Arc<Schema>>,
        begin: Begin,
    ) -> Result<Self, Error> {
        let mut reader = at.reader()?;
        reader.begin(begin);
        let mut source = Self { reader, expected, record: Vec::new() };
        if let Some(expected) = &source.expected {
            source.reader().expect_schema(expected)?;
        }
        source.fit();
        Ok(source)
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The last record.
    pub(crate) fn record(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.record)[..self.size()]
    }

    fn size(&self) -> usize {
        self.reader().schema().size() as usize
    }

    /// Makes the buffer as long as a record.
    fn fit(&mut self) {
        self.record = vec![0; self.size().div_ceil(size_of::<u64>())];
    }
}

impl Followed for Source {
    type Item = Item;

    fn step(&mut self) -> Result<Step<Item>, Error> {
        let size = self.size();
        let record = &mut bytemuck::cast_slice_mut(&mut self.record)[..size];
        Ok(match &mut self.reader {
            AnyReader::Plain(reader) => match reader.next(record)? {
                Step::Record(publication) => Step::Record(Item::Record(publication, None)),
                Step::Pending => Step::Pending,
                Step::Missed(count) => Step::Missed(count),
            },
            AnyReader::Instances(reader) => match reader.next(record)? {
                Step::Record(event) => {
                    let name = c_string(event.name.as_bytes());
                    let named = Named { instance: event.instance, name };
                    Step::Record(item_of(&event.what, named))
                }
                Step::Pending => Step::Pending,
                Step::Missed(count) => Step::Missed(count),
            },
        })
    }

    fn refresh(&mut self) -> Result<Refreshed, Error> {
        // By the reader of its kind: a follower stays with the one that it found.
        let refreshed = match (&mut self.reader, &self.expected) {
            (AnyReader::Plain(reader), None) => reader.refresh(),
            (AnyReader::Plain(reader), Some(expected)) => reader.refresh_expecting(expected),
            (AnyReader::Instances(reader), None) => reader.refresh(),
            (AnyReader::Instances(reader), Some(expected)) => reader.refresh_expecting(expected),
        }?;
        if refreshed == Refreshed::Reattached {
            self.fit();
        }
        Ok(refreshed)
    }

    fn region(&self) -> Option<&Reader> {
        Some(self.reader())
    }

    fn refresh_every(&mut self, every: std::time::Duration) -> std::time::Duration {
        self.reader.refresh_every(every)
    }
}

fn item_of(what: &InstanceChange<Publication>, named: Named) -> Item {
    match what {
        InstanceChange::Record(publication) => Item::Record(*publication, Some(named)),
        InstanceChange::Missed(count) => Item::Missed(*count, named),
        InstanceChange::Retired => Item::Retired(named),
        _ => Item::Joined(named),
    }
}
