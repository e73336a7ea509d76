//! A lossless export: each record is read in order.
//!
//! Invariant: a record is kept and sent, or the one after it says that it was missed.

use std::sync::Arc;

use region::{AnyReader, Begin, Publication, RegionError, RegionErrorKind, Step};

use super::{EVENTS, Known, Newest, Region};
use crate::wire::{Attachment, RecordId};

impl Region {
    /// Counts what a lossless export has missed from the region's first record on, not from the oldest that is there.
    pub(in crate::export) fn begin_with_its_first_record(&mut self) {
        if let AnyReader::Plain(reader) = &mut self.reader {
            reader.begin(Begin::First);
        }
    }

    /// Whether it is a lossless export of one record.
    pub(in crate::export) fn keeps_each(&self) -> bool {
        self.kept.is_some()
    }

    /// Keeps each record since the last call, and calls `each` with it.
    pub(super) fn follow(&mut self, mut each: impl FnMut(Newest<'_>)) -> Result<(), RegionError> {
        for _ in 0..EVENTS {
            let AnyReader::Plain(reader) = &mut self.reader else { return Ok(()) };
            match reader.next(&mut self.record) {
                Ok(Step::Record(publication)) => self.keep(&publication, &mut each),
                Ok(Step::Missed(count)) => self.missed = self.missed.saturating_add(count),
                Ok(Step::Pending) => break,
                Err(error) if matches!(error.kind(), RegionErrorKind::OtherSchema { .. }) => {
                    reader.refresh()?;
                    self.describe();
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn keep(&mut self, publication: &Publication, each: &mut impl FnMut(Newest<'_>)) {
        if !Arc::ptr_eq(&self.schema, self.reader.schema()) {
            self.describe_around_record();
        }
        let (lineage, sequence) = (publication.lineage(), publication.sequence);
        let id = RecordId { lineage, order: 0, sequence };
        let time = self.time_of(publication);
        let skipped = std::mem::take(&mut self.missed);
        let attachment = Attachment { missed: skipped, ..self.attachment(id, time) };
        let header = self.reader.header();
        if let Some(kept) = &mut self.kept {
            kept.push(attachment, &self.record, header.first_lineage, header.base_sequence);
        }
        self.known.insert(None, Known { instance: None, id, time });
        each(Newest { instance: None, attachment, bytes: &self.record, skipped });
    }

    /// Calls `each` with the kept records after that of this lineage and sequence, as many as a reply takes.
    pub(in crate::export) fn after(&self, after: (u64, u64), mut each: impl FnMut(Newest<'_>)) {
        let readers = self.readers();
        for (attachment, bytes) in self.kept.iter().flat_map(|kept| kept.after(after)) {
            let attachment = Attachment { readers, ..*attachment };
            each(Newest { instance: None, attachment, bytes, skipped: 0 });
        }
    }
}
