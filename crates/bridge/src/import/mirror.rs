//! A mirror: the region here that holds the newest records of a region elsewhere.
//!
//! Invariant: a record is published here only if its id is greater than that of the one before; so is what readers
//! of the mirror see. The writer is the usual one: heartbeats stop when there is no news of a live source, and
//! readers see `stalled`.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use daemon::{Monotonic, OnChange};
use layout::InstanceName;
use region::{DynInstanceWriter, DynWriter, Options, RegionError, RegionErrorKind};
use settings::Address;

use super::waiting::Waiting;
use crate::wire::{Attachment, Description, RecordId};

/// Time before a mirror that could not be written is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// A mirror, whether its file is there yet or not.
#[derive(Debug)]
pub(super) struct Mirror {
    address: Address,
    options: Options,
    /// Time between two heartbeats.
    period: Duration,
    description: Option<(u64, Description)>,
    writer: Option<Writer>,
    held: HashMap<Option<InstanceName>, RecordId>,
    /// Instances that the last full digest did not have.
    fading: HashSet<InstanceName>,
    /// Records of a description that is not there yet, or that could not be published.
    waiting: Waiting,
    beat: Monotonic,
    retry: Monotonic,
    trouble: OnChange<String>,
    pub(super) last: Option<Resumed>,
    /// When that came here, in nanoseconds since 1970.
    pub(super) received_at: u64,
    pub(super) traffic: Received,
}

#[derive(Debug)]
enum Writer {
    One(DynWriter),
    Many(DynInstanceWriter),
}

/// What a mirror held when an earlier bridge had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// Its newest record, as the source calls it.
    pub id: RecordId,
    /// When it was published there.
    pub time: u64,
    /// Its sequence here.
    pub sequence: u64,
}

/// What was done for a mirror.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Records that were published here.
    pub records: u64,
    /// Records of the source that were not.
    pub skipped: u64,
    /// Records that did not fit their description.
    pub refused: u64,
    /// Times that the source was asked for a record.
    pub pulls: u64,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Published,
    /// It is the one that is held, or an older one.
    Old,
    /// Its description is to be asked for.
    Undescribed,
    /// It does not fit, or could not be written.
    Failed,
}

impl Mirror {
    pub(super) fn new(address: Address, stale_after: Duration) -> Self {
        let period = stale_after / 3;
        Self {
            address,
            options: Options::new().period(period),
            period,
            description: None,
            writer: None,
            held: HashMap::new(),
            fading: HashSet::new(),
            waiting: Waiting::default(),
            beat: Monotonic::from_nanos(0),
            retry: Monotonic::from_nanos(0),
            trouble: OnChange::new(),
            last: None,
            received_at: 0,
            traffic: Received::default(),
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// The newest record of an instance, or of the region, that was published here.
    pub(super) fn held(&self, instance: Option<&InstanceName>) -> RecordId {
        self.held.get(&instance.copied()).copied().unwrap_or_default()
    }

    /// Continues after this record, which an earlier bridge has published here.
    pub(super) fn resume(&mut self, resumed: Resumed) {
        self.held.insert(None, resumed.id);
        self.last = Some(resumed);
    }

    /// The newest record of an instance that came, also if it waits to be published.
    pub(super) fn newest(&self, instance: Option<&InstanceName>) -> RecordId {
        self.held(instance).max(self.waiting.id(instance))
    }

    /// Forgets which records came: the source has gone back to an older lineage.
    pub(super) fn forget(&mut self) {
        self.held.clear();
        self.waiting = Waiting::default();
    }

    /// Whether it has no description, or records wait for another one.
    pub(super) fn needs_description(&self) -> bool {
        let Some((known, _)) = self.description else { return true };
        self.waiting.any(|attachment| attachment.description != known)
    }

    /// Publishes a record if it is newer than the one that is held.
    pub(super) fn take(
        &mut self,
        instance: Option<InstanceName>,
        attachment: Attachment,
        bytes: Vec<u8>,
        now: Monotonic,
    ) -> Taken {
        if attachment.id <= self.newest(instance.as_ref()) {
            return Taken::Old;
        }
        self.waiting.remove(instance);
        let Some((hash, description)) = &self.description else {
            self.waiting.insert(instance, attachment, bytes);
            return Taken::Undescribed;
        };
        if attachment.description != *hash {
            self.waiting.insert(instance, attachment, bytes);
            return Taken::Undescribed;
        }
        if attachment.len != description.schema.size()
            || instance.is_some() != description.instances.is_some()
        {
            self.traffic.refused += 1;
            return Taken::Failed;
        }
        if let Some(sequence) = self.publish(instance, &bytes, now) {
            self.note(instance, &attachment, sequence);
            return Taken::Published;
        }
        self.waiting.insert(instance, attachment, bytes);
        Taken::Failed
    }

    fn note(&mut self, instance: Option<InstanceName>, attachment: &Attachment, sequence: u64) {
        let id = attachment.id;
        let before = self.held.insert(instance, id).unwrap_or_default();
        if before.lineage == id.lineage && before.sequence > 0 {
            self.traffic.skipped += id.sequence.saturating_sub(before.sequence + 1);
        }
        self.traffic.records += 1;
        self.received_at = wall_nanos();
        self.last = Some(Resumed { id, time: attachment.time, sequence });
    }

    /// Publishes to the region, which is opened if it is not. `None`: that failed, and is logged.
    fn publish(
        &mut self,
        instance: Option<InstanceName>,
        bytes: &[u8],
        now: Monotonic,
    ) -> Option<u64> {
        if now < self.retry {
            return None;
        }
        let published = self.open().and_then(|()| match (&mut self.writer, instance) {
            (Some(Writer::One(writer)), None) => writer.publish(bytes),
            (Some(Writer::Many(writer)), Some(name)) => {
                let instance = writer.instance(&name)?;
                writer.publish(instance, bytes)
            }
            // `take` has compared them with the description, and `open` the writer.
            _ => Ok(0),
        });
        match published {
            Ok(sequence) => {
                self.trouble.clear();
                self.beat = now;
                Some(sequence)
            }
            Err(error) => {
                self.failed(&error, now);
                None
            }
        }
    }

    fn failed(&mut self, error: &RegionError, now: Monotonic) {
        if let Some(text) = self.trouble.update(daemon::with_next_step(error)) {
            tracing::warn!("mirror {}: {text}", self.address);
        }
        self.retry = now.after(RETRY);
        if matches!(error.kind(), RegionErrorKind::Replaced) {
            self.writer = None;
        }
    }

    fn open(&mut self) -> Result<(), RegionError> {
        let Some((_, description)) = self.description.as_ref().filter(|_| self.writer.is_none())
        else {
            return Ok(());
        };
        let (schema, options) = (&description.schema, &self.options);
        self.writer = Some(match (&self.address, description.instances) {
            (Address::Name(name), None) => {
                Writer::One(DynWriter::open_with(name, schema, options)?)
            }
            (Address::Path(path), None) => {
                Writer::One(DynWriter::open_with(path, schema, options)?)
            }
            (Address::Name(name), Some(max)) => {
                Writer::Many(DynInstanceWriter::open_with(name, schema, options, max)?)
            }
            (Address::Path(path), Some(max)) => {
                Writer::Many(DynInstanceWriter::open_with(path, schema, options, max)?)
            }
        });
        tracing::info!("mirror {} is there", self.address);
        // What an earlier bridge has published is there only if nothing else has happened to the region.
        if self.last.is_some_and(|last| last.sequence != self.sequence()) {
            self.held.clear();
            self.last = None;
        }
        Ok(())
    }

    /// The sequence of the region.
    fn sequence(&self) -> u64 {
        match &self.writer {
            None => 0,
            Some(Writer::One(writer)) => writer.sequence(),
            Some(Writer::Many(writer)) => writer.sequence(),
        }
    }

    /// Opens the region, if it is not open and was not tried a moment ago.
    fn open_or_retry(&mut self, now: Monotonic) {
        if now >= self.retry
            && let Err(error) = self.open()
        {
            self.failed(&error, now);
        }
    }

    /// Takes the description `hash`, and publishes what has waited for it.
    pub(super) fn describe(&mut self, hash: u64, description: Description, now: Monotonic) {
        let is_same = self.description.as_ref().is_some_and(|(known, _)| *known == hash);
        if is_same
            || (self.description.is_some()
                && !self.waiting.any(|record| record.description == hash))
        {
            return;
        }
        if let Err(error) = self.change(&description) {
            return self.failed(&error, now);
        }
        self.description = Some((hash, description));
        self.open_or_retry(now);
        self.publish_waiting(now);
    }

    /// Gives a mirror that is open another description; its readers follow to the new file.
    fn change(&mut self, description: &Description) -> Result<(), RegionError> {
        let (schema, options) = (&description.schema, &self.options);
        match (&mut self.writer, description.instances) {
            (Some(Writer::One(writer)), None) => writer.change(schema, options).map(drop),
            (Some(Writer::Many(writer)), Some(max)) => {
                writer.change(schema, options, max).map(drop)
            }
            // Of the other kind: opened again with the next record.
            (writer, _) => {
                *writer = None;
                Ok(())
            }
        }
    }

    fn publish_waiting(&mut self, now: Monotonic) {
        for (instance, (attachment, bytes)) in self.waiting.take() {
            self.take(instance, attachment, bytes, now);
        }
    }

    /// An instance is gone that was there up to record `id`.
    pub(super) fn retire(&mut self, name: InstanceName, id: RecordId) {
        // Else it has joined again since.
        if self.held(Some(&name)) > id {
            return;
        }
        // What is held stays for a while, so that a record that is late does not bring the instance back.
        self.waiting.remove(Some(name));
        if let Some(Writer::Many(writer)) = &mut self.writer
            && let Some(instance) = writer.find(&name)
            && let Err(error) = writer.retire(instance)
        {
            tracing::debug!("mirror {}: {error}", self.address);
        }
    }

    /// Retires all instances but those for which `is_there`. Called at each full digest: at the second one it also
    /// forgets those that are gone.
    pub(super) fn retain(&mut self, is_there: impl Fn(&InstanceName) -> bool) {
        let absent: HashSet<InstanceName> =
            self.held.keys().flatten().filter(|name| !is_there(name)).copied().collect();
        let fading = std::mem::replace(&mut self.fading, absent);
        self.held
            .retain(|name, _| name.is_none_or(|name| !fading.contains(&name) || is_there(&name)));
        let Some(Writer::Many(writer)) = &self.writer else { return };
        let gone: Vec<_> =
            writer.all().into_iter().map(|(_, name)| name).filter(|name| !is_there(name)).collect();
        for name in gone {
            let id = self.held(Some(&name));
            self.retire(name, id);
        }
    }

    /// Stores a heartbeat if one is due, and tries again what could not be published.
    pub(super) fn turn(&mut self, now: Monotonic, is_live: bool) {
        self.open_or_retry(now);
        if !self.waiting.is_empty() && now >= self.retry && !self.needs_description() {
            self.publish_waiting(now);
        }
        if !is_live || now.since(self.beat) < self.period / 2 {
            return;
        }
        self.beat = now;
        let beaten = match &mut self.writer {
            None => return,
            Some(Writer::One(writer)) => writer.heartbeat(),
            Some(Writer::Many(writer)) => writer.heartbeat(),
        };
        if let Err(error) = beaten {
            self.failed(&error, now);
        }
    }
}

fn wall_nanos() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}
