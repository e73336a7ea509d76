//! The struct alone, or an array of it, as C programs share it.
//!
//! Price: a copy and an `fstat` for each struct that is read.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use layout::{InstanceName, RecordBuf};
use region::{Address, BareReader, DynReader, Followed, Publication, Refreshed, RegionError, Step};
use settings::RecordSettings;

use super::{Found, Source};
use crate::selection::Selection;

/// A bare file. A struct in it has no next record, only the current one.
#[derive(Debug)]
pub(crate) struct BareSource {
    reader: BareReader,
    record: RecordBuf,
    /// How many structs there are.
    count: NonZeroU32,
    /// The names of the structs of an array, in their order; none if it is one struct.
    names: Vec<InstanceName>,
    /// The places of those that are asked for.
    selected: Vec<usize>,
    /// Its writer may extend the same file again, which then needs a new mapping.
    was_cut: bool,
}

impl BareSource {
    pub(crate) fn open(
        address: &Address,
        record: &RecordSettings,
        selection: &Selection,
    ) -> Result<Self, RegionError> {
        let (schema, names, count) = (&record.schema, record.listed(), record.structs());
        let is_selected = |place: &usize| {
            names.get(*place).is_none_or(|name: &InstanceName| selection.selects(name))
        };
        Ok(Self {
            reader: BareReader::open_array(address, schema, count)?,
            record: RecordBuf::new(Arc::clone(schema)),
            count,
            names: names.to_vec(),
            selected: (0..count.get() as usize).filter(is_selected).collect(),
            was_cut: false,
        })
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
        self.reader = BareReader::open_array(self.reader.path(), schema, self.count)?;
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
        self.selected.iter().map(|place| self.names.get(*place).copied()).collect()
    }

    fn latest(&mut self, index: usize) -> Result<Step<Option<Publication>>, RegionError> {
        let Some(place) = self.selected.get(index) else { return Ok(Step::Pending) };
        self.reader.latest_at(*place, self.record.bytes_mut())?;
        // Checked after the copy: a part cut off meanwhile reads as zeros.
        self.reader.check()?;
        Ok(Step::Record(None))
    }

    fn buffer(&self) -> &RecordBuf {
        &self.record
    }

    fn path(&self) -> &Path {
        self.reader.path()
    }

    fn names(&self) -> Option<Vec<InstanceName>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }
}
