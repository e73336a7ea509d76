//! A mapped region or bare file, with the buffer its records are copied to.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use layout::{RecordView, Schema};
use region::{Address, BareReader, DynReader, Publication, Refreshed, RegionError};

use super::mark::Mark;
use crate::notice::Writer;
use crate::reading::{Origin, Reading};
use crate::target::{Format, Handed, Target};

/// Invariant: `record` has the size of the schema.
#[derive(Debug)]
pub(super) struct Attached {
    reader: Reader,
    record: Vec<u8>,
    /// Nothing if the region has no name.
    mark: Option<Mark>,
    is_named: bool,
}

#[derive(Debug)]
enum Reader {
    Mapcast(Box<DynReader>),
    Bare(BareReader, Arc<Schema>),
}

impl Attached {
    pub(super) fn open(address: &Address, target: &Target) -> Result<Self, RegionError> {
        let reader = match (&target.format, &target.passed) {
            (Format::Mapcast { .. }, Some(Handed { file, label })) => {
                Reader::Mapcast(Box::new(DynReader::open_file(file, label)?))
            }
            (Format::Mapcast { .. }, None) => {
                let mut reader = DynReader::open(address)?;
                reader.refresh_every(Duration::MAX); // the link refreshes, and logs it
                Reader::Mapcast(Box::new(reader))
            }
            (Format::Bare(schema), _) => {
                Reader::Bare(BareReader::open(address, schema)?, Arc::clone(schema))
            }
        };
        let is_named = target.passed.is_none();
        let mut attached = Self { reader, record: Vec::new(), mark: None, is_named };
        attached.settle();
        Ok(attached)
    }

    /// Fits buffer and mark to the file that is mapped.
    fn settle(&mut self) {
        self.record.resize(self.schema().size() as usize, 0);
        self.mark = if self.is_named { Mark::of(self.path()) } else { None };
    }

    /// Copies the newest record. `None`: there is none yet.
    pub(super) fn latest(&mut self) -> Result<Option<Copied>, RegionError> {
        match &mut self.reader {
            Reader::Mapcast(reader) => {
                Ok(reader.latest(&mut self.record)?.map(|publication| Copied(Some(publication))))
            }
            Reader::Bare(reader, _) => {
                reader.latest(&mut self.record)?;
                Ok(Some(Copied(None)))
            }
        }
    }

    /// Copies the next record. A bare file never has one.
    pub(super) fn next(&mut self) -> Result<region::Step<Copied>, RegionError> {
        use region::Step;
        let Reader::Mapcast(reader) = &mut self.reader else { return Ok(Step::Pending) };
        Ok(match reader.next(&mut self.record)? {
            Step::Record(publication) => Step::Record(Copied(Some(publication))),
            Step::Missed(count) => Step::Missed(count),
            Step::Pending => Step::Pending,
        })
    }

    /// The record that was copied last.
    pub(super) fn reading(&self, Copied(publication): Copied) -> Reading<'_> {
        let view = RecordView::new(self.schema(), &self.record)
            .expect("the buffer has the schema's size at all times");
        let origin = match (&self.reader, publication) {
            (Reader::Mapcast(reader), Some(publication)) => Some(Origin { reader, publication }),
            _ => None,
        };
        Reading { view, origin }
    }

    /// Maps the file that the path names by now.
    pub(super) fn refresh(&mut self) -> Result<Refreshed, RegionError> {
        let refreshed = match &mut self.reader {
            Reader::Mapcast(reader) => reader.refresh(),
            Reader::Bare(reader, schema) => reader.refresh(schema),
        }?;
        if refreshed == Refreshed::Reattached {
            self.settle();
        }
        Ok(refreshed)
    }

    /// Was the file cut short in place?
    pub(super) fn is_cut(&self) -> bool {
        let now = Mark::of(self.path());
        self.mark.zip(now).is_some_and(|(mark, now)| mark.was_cut(now))
    }

    /// The state of the writer; `None` for a bare file.
    pub(super) fn writer(&self) -> Option<Writer> {
        self.mapcast().map(|reader| Writer {
            state: reader.state(),
            epoch: reader.epoch(),
            pid: reader.writer_pid(),
        })
    }

    /// The reader of a region, which alone can wait.
    pub(super) fn mapcast(&self) -> Option<&DynReader> {
        match &self.reader {
            Reader::Mapcast(reader) => Some(reader),
            Reader::Bare(..) => None,
        }
    }

    /// Writes the newest record to `file` as a region of its own. `None` if nothing was published
    /// yet.
    pub(super) fn snapshot(&mut self, file: &Path) -> Result<Option<Publication>, RegionError> {
        match &mut self.reader {
            Reader::Mapcast(reader) => reader.snapshot(file),
            Reader::Bare(..) => Ok(None),
        }
    }

    pub(super) fn schema(&self) -> &Schema {
        match &self.reader {
            Reader::Mapcast(reader) => reader.schema(),
            Reader::Bare(_, schema) => schema,
        }
    }

    fn path(&self) -> &Path {
        match &self.reader {
            Reader::Mapcast(reader) => reader.path(),
            Reader::Bare(reader, _) => reader.path(),
        }
    }
}

/// A record lies in the buffer; which one, if the file says so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copied(Option<Publication>);
