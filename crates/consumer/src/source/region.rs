//! A region of one record.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use layout::{InstanceName, RecordBuf};
use region::{Begin, DynReader, Followed, Publication, Refreshed, RegionError, Step};

use super::{Found, Source};

/// A region of one record.
#[derive(Debug)]
pub(crate) struct RegionSource {
    reader: DynReader,
    record: RecordBuf,
}

impl RegionSource {
    /// Follows `reader` from the record `begin` on.
    pub(crate) fn new(mut reader: DynReader, begin: Begin) -> Self {
        reader.begin(begin);
        let record = RecordBuf::new(Arc::clone(reader.schema()));
        Self { reader, record }
    }
}

impl Followed for RegionSource {
    type Item = Found;

    #[inline]
    fn step(&mut self) -> Result<Step<Found>, RegionError> {
        Ok(match self.reader.next(self.record.bytes_mut())? {
            Step::Record(publication) => Step::Record(Found::Record(None, Some(publication))),
            Step::Missed(count) => Step::Missed(count),
            Step::Pending => Step::Pending,
        })
    }

    fn refresh(&mut self) -> Result<Refreshed, RegionError> {
        let refreshed = self.reader.refresh()?;
        if refreshed == Refreshed::Reattached {
            self.record = RecordBuf::new(Arc::clone(self.reader.schema()));
        }
        Ok(refreshed)
    }

    fn region(&self) -> Option<&DynReader> {
        Some(&self.reader)
    }

    fn refresh_every(&mut self, every: Duration) -> Duration {
        self.reader.refresh_every(every)
    }
}

impl Source for RegionSource {
    fn list(&mut self) -> Vec<Option<InstanceName>> {
        vec![None]
    }

    fn latest(&mut self, _: usize) -> Result<Step<Option<Publication>>, RegionError> {
        let found = self.reader.latest(self.record.bytes_mut())?;
        Ok(found.map_or(Step::Pending, |publication| Step::Record(Some(publication))))
    }

    fn buffer(&self) -> &RecordBuf {
        &self.record
    }

    fn path(&self) -> &Path {
        self.reader.path()
    }

    fn snapshot(&mut self, file: &Path) -> Result<Option<Publication>, RegionError> {
        self.reader.snapshot(file)
    }
}
