//! A region of many records, each with a name.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use layout::{InstanceName, RecordBuf};
use region::{
    Begin, DynInstanceReader, DynReader, Followed, Instance, InstanceChange, InstanceEvent,
    Publication, Refreshed, RegionError, Step,
};

use super::{Found, Source};
use crate::selection::Selection;

/// The most events of instances that are not asked for in one step.
const PASSED_OVER: u32 = 1024;

/// What is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// What was there when the first file was attached.
    First,
    /// The same of a later file.
    Successor,
    /// What has changed since.
    Changes,
}

/// A region of instances.
#[derive(Debug)]
pub(crate) struct InstanceSource {
    reader: DynInstanceReader,
    record: RecordBuf,
    selection: Selection,
    listed: Vec<Instance>,
    progress: Progress,
    /// Whether a file for fewer instances has lost the totals of some, which is not reported yet.
    is_uncounted: bool,
    /// Those that are followed, also in the next file.
    known: BTreeSet<InstanceName>,
}

impl InstanceSource {
    /// Follows the instances that are selected, each from its record `begin` on; `None`: from its first one, and
    /// it has just joined.
    pub(crate) fn new(
        mut reader: DynInstanceReader,
        begin: Option<Begin>,
        selection: Selection,
    ) -> Self {
        reader.begin(begin.unwrap_or(Begin::Oldest));
        let record = RecordBuf::new(Arc::clone(reader.schema()));
        let progress = if begin.is_some() { Progress::First } else { Progress::Successor };
        let (listed, known) = (Vec::new(), BTreeSet::new());
        Self { reader, record, selection, listed, progress, is_uncounted: false, known }
    }

    fn found(&mut self, event: &InstanceEvent<Publication>) -> Option<Found> {
        let name = event.name;
        Some(match event.what {
            InstanceChange::Record(publication) => Found::Record(Some(name), Some(publication)),
            InstanceChange::Missed(count) => Found::Missed(name, count),
            InstanceChange::Retired => {
                self.known.remove(&name);
                Found::Retired(name)
            }
            InstanceChange::Joined => {
                let is_new = self.known.insert(name) && self.progress != Progress::First;
                if is_new { Found::Joined(name) } else { Found::There }
            }
            _ => return None,
        })
    }

    /// There is nothing more for now.
    fn pause(&mut self) -> Step<Found> {
        match std::mem::replace(&mut self.progress, Progress::Changes) {
            Progress::Changes => Step::Pending,
            Progress::First | Progress::Successor => Step::Record(Found::AllRead),
        }
    }
}

impl Followed for InstanceSource {
    type Item = Found;

    fn step(&mut self) -> Result<Step<Found>, RegionError> {
        if std::mem::take(&mut self.is_uncounted) {
            return Ok(Step::Record(Found::Uncounted));
        }
        for _ in 0..PASSED_OVER {
            let event = match self.reader.next(self.record.bytes_mut())? {
                Step::Record(event) => event,
                // Of instances without names: they may have been asked for.
                Step::Missed(count) => return Ok(Step::Missed(count)),
                Step::Pending => return Ok(self.pause()),
            };
            if !self.selection.selects(&event.name) {
                continue;
            }
            if let Some(found) = self.found(&event) {
                return Ok(Step::Record(found));
            }
        }
        Ok(Step::Pending)
    }

    fn refresh(&mut self) -> Result<Refreshed, RegionError> {
        let room = self.reader.max();
        let refreshed = self.reader.refresh()?;
        if refreshed == Refreshed::Reattached {
            self.is_uncounted |= self.reader.max() < room;
            self.record = RecordBuf::new(Arc::clone(self.reader.schema()));
            self.listed.clear();
            self.progress = Progress::Successor;
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

impl Source for InstanceSource {
    fn list(&mut self) -> Vec<Option<InstanceName>> {
        self.reader.catch_up();
        let (selection, listed) = (&self.selection, &mut self.listed);
        listed.clear();
        let selected = self.reader.all().filter(|(_, name)| selection.selects(name));
        let note = |(instance, name)| {
            listed.push(instance);
            Some(name)
        };
        selected.map(note).collect()
    }

    fn latest(&mut self, index: usize) -> Result<Step<Option<Publication>>, RegionError> {
        let Some(&instance) = self.listed.get(index) else { return Ok(Step::Pending) };
        match self.reader.latest(instance, self.record.bytes_mut()) {
            Ok(Some(publication)) => Ok(Step::Record(Some(publication))),
            Ok(None) => Ok(Step::Pending),
            Err(error) if error.is_no_such_instance() => Ok(Step::Pending),
            Err(error) => Err(error),
        }
    }

    fn buffer(&self) -> &RecordBuf {
        &self.record
    }

    fn path(&self) -> &Path {
        self.reader.path()
    }

    fn names(&self) -> Option<Vec<InstanceName>> {
        Some(self.reader.all().map(|(_, name)| name).collect())
    }

    fn followed(&self) -> Vec<InstanceName> {
        self.known.iter().copied().collect()
    }
}
