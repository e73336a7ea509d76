//! The struct alone, as C programs share it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use layout::{InstanceName, RecordBuf, RecordView, Schema};
use region::{Address, BareReader, DynReader, Followed, Publication, Refreshed, RegionError, Step};

use super::{Found, Source};

/// A bare file. It has no next record, only the current one.
#[derive(Debug)]
pub(crate) struct BareSource {
    reader: BareReader,
    record: RecordBuf,
    /// Its writer may extend the same file again, which then needs a new mapping.
    was_cut: bool,
}

impl BareSource {
    pub(crate) fn open(address: &Address, schema: &Arc<Schema>) -> Result<Self, RegionError> {
        let reader = BareReader::open(address, schema)?;
        Ok(Self { reader, record: RecordBuf::new(Arc::clone(schema)), was_cut: false })
    }
}

impl Followed for BareSource {
    type Item = Found;

    fn step(&mut self) -> Result<Step<Found>, RegionError> {
        Ok(Step::Pending)
    }

    fn refresh(&mut self) -> Result<Refreshed, RegionError> {
        let schema = self.record.schema();
        if !self.was_cut {
            return self.reader.refresh(schema);
        }
        self.reader = BareReader::open(self.reader.path(), schema)?;
        self.was_cut = false;
        Ok(Refreshed::Reattached)
    }

    fn region(&self) -> Option<&DynReader> {
        None
    }

    fn refresh_every(&mut self, _: Duration) -> Duration {
        Duration::MAX
    }

    fn is_cut(&mut self) -> bool {
        self.was_cut |= self.reader.check().is_err();
        self.was_cut
    }
}

impl Source for BareSource {
    fn list(&mut self) -> Vec<Option<InstanceName>> {
        vec![None]
    }

    fn latest(&mut self, _: usize) -> Result<Step<Option<Publication>>, RegionError> {
        self.reader.latest(self.record.bytes_mut())?;
        // Checked after the copy: a part cut off meanwhile reads as zeros.
        self.reader.check()?;
        Ok(Step::Record(None))
    }

    fn record(&self) -> RecordView<'_> {
        self.record.view()
    }

    fn path(&self) -> &Path {
        self.reader.path()
    }
}
