//! One region of this host, read for export.
//!
//! Invariant: of each instance, or of the region that has one record, the newest record is returned once; never an
//! older one after a newer one. Of a lossless export each record is returned, or counted as missed by the next one.

mod following;

use std::collections::BTreeMap;
use std::sync::Arc;

use layout::{InstanceName, Schema};
use region::{
    AnyReader, Begin, Instance, InstanceChange, Publication, Refreshed, RegionError,
    RegionErrorKind, State, Step, Watch,
};
use settings::Address;

use super::kept::Kept;
use crate::keys;
use crate::wall_clock;
use crate::wire::{Announcement, Attachment, Description, Readers, RecordId};

/// Most events of instances in one turn: the others have theirs between.
const EVENTS: usize = 10_000;

/// A region that is there, or not.
pub(super) enum Opened {
    Region(Box<Region>),
    NotThere,
}

/// A region that is read.
#[derive(Debug)]
pub(super) struct Region {
    reader: AnyReader,
    schema: Arc<Schema>,
    /// The hosts over which its records have come here, of a mirror.
    route: Vec<String>,
    description: Vec<u8>,
    hash: u64,
    record: Vec<u8>,
    known: BTreeMap<Option<InstanceName>, Known>,
    /// Instances that were retired since the last digest, and their last records.
    retired: Vec<(InstanceName, RecordId)>,
    /// The newest records of a lossless export; `None`: of any other, and of instances.
    kept: Option<Kept>,
    /// Whether no file has its name any more, of a lossless one.
    is_missing: bool,
    /// How many records the reader has missed since the last one.
    missed: u64,
    /// The file that was waited for last.
    watch: Option<Arc<Watch>>,
}

/// What is known of an instance, or of the one record.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    instance: Option<Instance>,
    id: RecordId,
    time: u64,
}

/// A record to send.
#[derive(Debug)]
pub(super) struct Newest<'a> {
    pub(super) instance: Option<InstanceName>,
    pub(super) attachment: Attachment,
    pub(super) bytes: &'a [u8],
    /// How many were published since the one that was returned before, this one not counted.
    pub(super) skipped: u64,
}

impl Region {
    /// Opens it; its records have come over the hosts of `route`. Of a lossless export the newest `lossless` are kept.
    pub(super) fn open(
        address: &Address,
        lossless: Option<u32>,
        route: &[String],
    ) -> Result<Opened, RegionError> {
        match AnyReader::open(address) {
            Ok(reader) => Ok(Opened::Region(Box::new(Self::over(reader, lossless, route)))),
            Err(error) if error.is_not_there() => Ok(Opened::NotThere),
            Err(error) => Err(error),
        }
    }

    fn over(mut reader: AnyReader, lossless: Option<u32>, route: &[String]) -> Self {
        let schema = Arc::clone(reader.schema());
        let (known, kept) = match &mut reader {
            AnyReader::Plain(reader) => {
                reader.begin(Begin::Oldest);
                (BTreeMap::from([(None, Known::default())]), lossless.map(Kept::new))
            }
            AnyReader::Instances(_) => (BTreeMap::new(), None),
        };
        let mut region = Self {
            reader,
            schema,
            route: route.to_vec(),
            description: Vec::new(),
            hash: 0,
            record: Vec::new(),
            known,
            retired: Vec::new(),
            kept,
            is_missing: false,
            missed: 0,
            watch: None,
        };
        region.describe();
        region
    }

    /// Encodes what describes the records now.
    fn describe(&mut self) {
        let reader = &self.reader;
        self.schema = Arc::clone(reader.schema());
        let instances = reader.header().instances.map(|instances| instances.max);
        let (route, schema) = (self.route.clone(), (*self.schema).clone());
        let description = Description { route, instances, schema };
        self.description = description.encode();
        self.hash = Description::hash(&self.description);
        self.record = vec![0; usize::try_from(self.schema.size()).unwrap_or(0)];
    }

    /// Who may read its file now.
    fn readers(&self) -> Readers {
        // A mode that is not known is its owner's alone.
        self.reader.mode().map(Readers::of_mode).unwrap_or_default()
    }

    /// What to wait for, and what is newest now; `None`: it cannot be waited for.
    pub(super) fn watch(&mut self) -> Option<(Arc<Watch>, u64)> {
        let reader = &self.reader;
        if !self.watch.as_ref().is_some_and(|watch| watch.is_of(reader)) {
            self.watch = reader.watch().ok().map(Arc::new);
        }
        let watch = self.watch.as_ref()?;
        Some((Arc::clone(watch), watch.newest()))
    }

    /// Whether what [`watch`](Self::watch) returned last is the file that its reader has attached.
    pub(super) fn is_watched(&self) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch.is_of(&self.reader))
    }

    pub(super) fn route(&self) -> &[String] {
        &self.route
    }

    /// Its state; `None`: it is not there, and what is kept of it is.
    pub(super) fn state(&self) -> Option<State> {
        (!self.is_missing).then(|| self.reader.state())
    }

    /// Whether another file has its name, or none any more: open it again. What is kept of a lossless one stays until
    /// another file has the name.
    pub(super) fn was_replaced(&mut self) -> bool {
        if self.reader.state() == State::Live {
            return false;
        }
        // By the reader of its kind: a region of the other one is opened again.
        let refreshed = match &mut self.reader {
            AnyReader::Plain(reader) => reader.refresh(),
            AnyReader::Instances(reader) => reader.refresh(),
        };
        self.is_missing = matches!(refreshed, Ok(Refreshed::Missing));
        match refreshed {
            Ok(Refreshed::Same) => false,
            Ok(Refreshed::Missing) => self.kept.is_none(),
            // Its reader follows to the file that has the name now.
            Ok(Refreshed::Reattached) if self.kept.is_some() => {
                self.describe();
                false
            }
            _ => true,
        }
    }

    pub(super) fn description(&self) -> &[u8] {
        &self.description
    }

    /// The newest record that was returned, and its time.
    pub(super) fn newest(&self) -> (RecordId, u64) {
        let newest = self.known.values().max_by_key(|known| known.time);
        newest.map_or_else(Default::default, |known| (known.id, known.time))
    }

    /// Calls `each` with the newest record of every instance that has another one than before.
    ///
    /// # Errors
    /// That of the reader: open the region again.
    pub(super) fn changed(&mut self, mut each: impl FnMut(Newest<'_>)) -> Result<(), RegionError> {
        if self.kept.is_some() {
            return self.follow(each);
        }
        if matches!(self.reader, AnyReader::Plain(_)) {
            return self.read(None, &mut each);
        }
        for name in self.changed_instances()? {
            self.read(Some(name), &mut each)?;
        }
        Ok(())
    }

    /// Reads what has happened to instances; returns those that have a new record.
    fn changed_instances(&mut self) -> Result<Vec<InstanceName>, RegionError> {
        let AnyReader::Instances(reader) = &mut self.reader else { return Ok(Vec::new()) };
        let mut changed = std::collections::BTreeSet::new();
        for _ in 0..EVENTS {
            let event = match reader.next(&mut self.record)? {
                Step::Record(event) => event,
                Step::Missed(_) => continue,
                Step::Pending => break,
            };
            match event.what {
                InstanceChange::Joined => {
                    let known = Known { instance: Some(event.instance), ..Known::default() };
                    self.known.insert(Some(event.name), known);
                    // Its record may be from the file before, which no event tells.
                    changed.insert(event.name);
                }
                InstanceChange::Retired => {
                    // It may have joined again in another block before this event.
                    let known = self.known.get(&Some(event.name));
                    if known.is_some_and(|known| known.instance == Some(event.instance)) {
                        changed.remove(&event.name);
                        let known = self.known.remove(&Some(event.name)).unwrap_or_default();
                        self.retired.push((event.name, known.id));
                    }
                }
                _ => {
                    changed.insert(event.name);
                }
            }
        }
        Ok(changed.into_iter().collect())
    }

    /// Calls `each` with the newest record of one instance, if it is another one than before.
    fn read(
        &mut self,
        name: Option<InstanceName>,
        each: &mut impl FnMut(Newest<'_>),
    ) -> Result<(), RegionError> {
        let Some(known) = self.known.get(&name).copied() else { return Ok(()) };
        let found = match &mut self.reader {
            AnyReader::Plain(reader) => reader.latest(&mut self.record),
            AnyReader::Instances(reader) => {
                let Some(instance) = known.instance else { return Ok(()) };
                match reader.latest(instance, &mut self.record) {
                    // It is retired, which the next events show.
                    Err(error) if matches!(error.kind(), RegionErrorKind::NoSuchInstance) => {
                        Ok(None)
                    }
                    found => found,
                }
            }
        };
        let Some(publication) = found? else { return Ok(()) };
        let id = RecordId {
            lineage: publication.lineage(),
            order: name.map_or(0, |_| publication.published_at.as_nanos()),
            sequence: publication.sequence,
        };
        if id == known.id {
            return Ok(());
        }
        let is_next_of = id.lineage == known.id.lineage && known.id.sequence > 0;
        let skipped = if is_next_of {
            id.sequence.saturating_sub(known.id.sequence).saturating_sub(1)
        } else {
            0
        };
        if !Arc::ptr_eq(&self.schema, self.reader.schema()) {
            // A file with other help or labels has taken the name.
            self.describe_around_record();
        }
        let time = self.time_of(&publication);
        self.known.insert(name, Known { id, time, ..known });
        each(Newest {
            instance: name,
            attachment: self.attachment(id, time),
            bytes: &self.record,
            skipped,
        });
        Ok(())
    }

    fn describe_around_record(&mut self) {
        let record = std::mem::take(&mut self.record);
        self.describe();
        self.record = record;
    }

    fn time_of(&self, publication: &Publication) -> u64 {
        wall_clock::nanos(self.reader.wall_time(publication))
    }

    fn attachment(&self, id: RecordId, time: u64) -> Attachment {
        let (len, description, readers) = (self.schema.size(), self.hash, self.readers());
        Attachment { len, description, id, time, missed: 0, readers }
    }

    /// Calls `each` with the newest record of every instance that `is_wanted`, whether it was returned before or not.
    pub(super) fn each(
        &mut self,
        is_wanted: impl Fn(Option<InstanceName>) -> bool,
        mut each: impl FnMut(Newest<'_>),
    ) {
        if let Some(kept) = &self.kept {
            if let Some((attachment, bytes)) = kept.newest().filter(|_| is_wanted(None)) {
                let attachment = Attachment { readers: self.readers(), ..*attachment };
                each(Newest { instance: None, attachment, bytes, skipped: 0 });
            }
            return;
        }
        let names: Vec<_> = self.known.keys().copied().filter(|name| is_wanted(*name)).collect();
        for name in names {
            // Forgotten for the moment, so that it is read as if it were new. What fails is opened again at the
            // next poll.
            let Some(known) = self.known.get_mut(&name) else { continue };
            let before = *known;
            known.id.sequence = 0;
            let _ = self.read(name, &mut each);
            self.known.insert(name, before);
        }
    }

    /// What a digest has of the instances that were retired since the last one.
    pub(super) fn retirements(&mut self, name: &str) -> impl Iterator<Item = Announcement> {
        let retired = std::mem::take(&mut self.retired).into_iter();
        let retired = retired.filter(|(instance, _)| !self.known.contains_key(&Some(*instance)));
        retired.map(move |(instance, id)| Announcement {
            path: keys::path(name, Some(&instance)),
            state: None,
            id,
            history: None,
            readers: Readers::default(),
        })
    }

    /// What a digest has of the region, itself first.
    pub(super) fn announcements(&self, name: &str) -> impl Iterator<Item = Announcement> {
        let (state, readers) = (self.state(), self.readers());
        let is_one = matches!(self.reader, AnyReader::Plain(_));
        let lineage = self.reader.lineage();
        let itself = (!is_one).then(|| Announcement {
            path: name.to_owned(),
            state,
            id: RecordId { lineage, ..RecordId::default() },
            history: None,
            readers,
        });
        let history = self.kept.as_ref().and_then(Kept::history);
        let of_records = self.known.iter().map(move |(instance, known)| Announcement {
            path: keys::path(name, instance.as_ref()),
            state,
            id: known.id,
            history,
            readers,
        });
        // Of a region that is gone, only what can still be asked for is announced.
        let is_announced = move |entry: &Announcement| state.is_some() || entry.history.is_some();
        itself.into_iter().chain(of_records).filter(is_announced)
    }
}
