//! A region or a bare file, mapped, with the buffer that its records are copied to.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use layout::{RecordBuf, RecordView, Schema};
use region::{
    Address, BareReader, Begin, DynReader, Followed, Publication, Refreshed, RegionError, Step,
};

/// A source of records. `latest` copies a record to the buffer; its name and time are
/// `None` in a bare file.
pub(crate) trait Source: Followed<Item = Option<Publication>> + Debug {
    /// Copies the newest record.
    fn latest(&mut self) -> Result<Step<Option<Publication>>, RegionError>;

    /// The record that was copied last.
    fn record(&self) -> RecordView<'_>;

    fn path(&self) -> &Path;

    /// Writes the newest record to `file` as a region of its own. `None` if nothing was published
    /// yet.
    fn snapshot(&mut self, file: &Path) -> Result<Option<Publication>, RegionError>;
}

/// A region.
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
    type Item = Option<Publication>;

    #[inline]
    fn step(&mut self) -> Result<Step<Option<Publication>>, RegionError> {
        Ok(match self.reader.next(self.record.bytes_mut())? {
            Step::Record(publication) => Step::Record(Some(publication)),
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
    fn latest(&mut self) -> Result<Step<Option<Publication>>, RegionError> {
        let found = self.reader.latest(self.record.bytes_mut())?;
        Ok(found.map_or(Step::Pending, |publication| Step::Record(Some(publication))))
    }

    fn record(&self) -> RecordView<'_> {
        self.record.view()
    }

    fn path(&self) -> &Path {
        self.reader.path()
    }

    fn snapshot(&mut self, file: &Path) -> Result<Option<Publication>, RegionError> {
        self.reader.snapshot(file)
    }
}

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
    type Item = Option<Publication>;

    fn step(&mut self) -> Result<Step<Option<Publication>>, RegionError> {
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
    fn latest(&mut self) -> Result<Step<Option<Publication>>, RegionError> {
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

    fn snapshot(&mut self, _: &Path) -> Result<Option<Publication>, RegionError> {
        Ok(None) // refused when the program starts
    }
}
