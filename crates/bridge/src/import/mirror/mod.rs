//! A mirror: the region here that holds the newest records of a region elsewhere.
//!
//! Invariant: a record is published here only if its id is greater than that of the one before; so is what readers
//! of the mirror see. Heartbeats stop when there is no news of a live source, and readers see `stalled`. A lossless
//! mirror has the numbers of its source: what is not published is missed by its followers, exactly.

mod copied;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use daemon::Monotonic;
use layout::InstanceName;
use settings::{Address, Import};

use super::in_order::InOrder;
use super::mirror_region::MirrorRegion;
use super::room::Memory;
use super::trouble::Trouble;
use super::waiting::Waiting;
use crate::wall_clock;
use crate::wire::{Attachment, Description, Readers, RecordId};

/// Most instances of which it is known up to which record they came: retirements may have names that are made up.
const MOST_HELD: usize = 1 << 17;

/// A mirror, whether its file is there yet or not.
#[derive(Debug)]
pub(in crate::import) struct Mirror {
    region: MirrorRegion,
    description: Option<(u64, Description)>,
    /// Whether the record that is held has come with another description: its source's host has opened the region again.
    is_redescribed: bool,
    held: HashMap<Option<InstanceName>, RecordId>,
    /// Instances that the last full digest did not have.
    fading: HashSet<InstanceName>,
    /// The description of records that have come over this host before: they are not published.
    loops: Option<u64>,
    /// Records of a description that is not there yet, or that could not be published.
    waiting: Waiting,
    /// Records of a lossless mirror that wait for those before them.
    in_order: Option<InOrder>,
    pub(in crate::import) last: Option<Resumed>,
    /// When that came here, in nanoseconds since 1970.
    pub(in crate::import) received_at: u64,
    pub(in crate::import) traffic: Received,
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
pub(in crate::import) enum Outcome {
    Published,
    /// It is the one that is held, or an older one.
    Old,
    /// Its description is to be asked for.
    Undescribed,
    /// It does not fit, or could not be written.
    Failed,
}

impl Mirror {
    /// The mirror of an import at this address. Records that wait have room in `memory`.
    pub(in crate::import) fn new(address: Address, import: &Import, memory: &Memory) -> Self {
        Self {
            region: MirrorRegion::new(address, import),
            in_order: import.lossless.map(|most| InOrder::new(most, memory)),
            description: None,
            is_redescribed: false,
            held: HashMap::new(),
            fading: HashSet::new(),
            loops: None,
            waiting: Waiting::of(memory),
            last: None,
            received_at: 0,
            traffic: Received::default(),
        }
    }

    pub(in crate::import) fn address(&self) -> &Address {
        self.region.address()
    }

    /// The newest record of an instance, or of the region, that was published here.
    pub(in crate::import) fn held(&self, instance: Option<&InstanceName>) -> RecordId {
        self.held.get(&instance.copied()).copied().unwrap_or_default()
    }

    /// Sets who may read its source.
    pub(in crate::import) fn admit(&mut self, readers: Readers) {
        self.region.readers = Some(readers);
    }

    /// Sets who may read a record of its source: no others may read the mirror before a digest says that they may.
    pub(in crate::import) fn narrow(&mut self, readers: Readers) {
        let known = self.region.readers.unwrap_or(Readers::EVERYBODY);
        self.region.readers = Some(known.and(readers));
    }

    /// Continues after this record, which an earlier bridge has published here.
    pub(in crate::import) fn resume(&mut self, resumed: Resumed) {
        self.held.insert(None, resumed.id);
        self.last = Some(resumed);
    }

    /// Keeps nothing of what is in its file, which is of another source.
    pub(in crate::import) fn begin_anew(&mut self) {
        self.region.begin_anew();
    }

    /// The newest record of an instance that came, also if it waits to be published.
    pub(in crate::import) fn newest(&self, instance: Option<&InstanceName>) -> RecordId {
        self.held(instance).max(self.waiting.id(instance))
    }

    /// The greatest lineage of the records that came, also of those that wait to be published.
    pub(in crate::import) fn newest_lineage(&self) -> u64 {
        let held = self.held.values().map(|id| id.lineage);
        let in_order = self.in_order.as_ref().map(InOrder::lineage);
        held.chain(in_order).max().unwrap_or(0).max(self.waiting.lineage())
    }

    /// Forgets which records came of later lineages than this one, to which the source has gone back.
    pub(in crate::import) fn forget_after(&mut self, lineage: u64) {
        self.held.retain(|_, id| id.lineage <= lineage);
        self.waiting.take();
        if let Some(order) = &mut self.in_order {
            order.forget();
        }
    }

    /// Whether it has no description, or records wait for another one.
    pub(in crate::import) fn needs_description(&self) -> bool {
        if self.loops.is_some() {
            return false;
        }
        let Some((known, _)) = self.description else { return true };
        self.is_redescribed
            || self.waiting.any(|attachment| attachment.description != known)
            || self.in_order.as_ref().is_some_and(|order| order.wants_other(known, self.held(None)))
    }

    /// Publishes a record if it is newer than the one that is held.
    pub(in crate::import) fn take(
        &mut self,
        instance: Option<InstanceName>,
        attachment: Attachment,
        bytes: Vec<u8>,
        now: Monotonic,
    ) -> Outcome {
        if attachment.id <= self.newest(instance.as_ref()) {
            self.note_description(instance.as_ref(), &attachment);
            return Outcome::Old;
        }
        if self.loops == Some(attachment.description) {
            return Outcome::Failed;
        }
        self.loops = None;
        if let Some(order) = self.in_order.as_mut().filter(|_| instance.is_none()) {
            order.insert(attachment, bytes);
            return self.publish_in_order(now);
        }
        self.waiting.remove(instance);
        let Some((hash, description)) = &self.description else {
            self.waiting.insert(instance, attachment, bytes);
            return Outcome::Undescribed;
        };
        if attachment.description != *hash {
            self.waiting.insert(instance, attachment, bytes);
            return Outcome::Undescribed;
        }
        if attachment.len != description.schema.size()
            || instance.is_some() != description.instances.is_some()
        {
            self.traffic.refused += 1;
            return Outcome::Failed;
        }
        self.open(now);
        if let Some(sequence) = self.region.publish(instance, &bytes, now) {
            self.note(instance, &attachment, sequence);
            return Outcome::Published;
        }
        self.waiting.insert(instance, attachment, bytes);
        Outcome::Failed
    }

    /// Records how a record that has come before is described now: with it the way can be another one.
    fn note_description(&mut self, instance: Option<&InstanceName>, attachment: &Attachment) {
        let Some((known, _)) = self.description else { return };
        let Attachment { id, description, .. } = *attachment;
        if id == self.held(instance) && self.loops.unwrap_or(known) != description {
            self.is_redescribed = true;
            self.loops = None;
        }
    }

    fn note(&mut self, instance: Option<InstanceName>, attachment: &Attachment, sequence: u64) {
        let id = attachment.id;
        let before = self.held.insert(instance, id).unwrap_or_default();
        if before.lineage == id.lineage {
            let skipped = id.sequence.saturating_sub(before.sequence).saturating_sub(1);
            self.traffic.skipped = self.traffic.skipped.saturating_add(skipped);
        }
        self.traffic.records += 1;
        self.received_at = wall_clock::now();
        self.last = Some(Resumed { id, time: attachment.time, sequence });
    }

    /// Gives the region the mode that its source has now. Opens it, if it is not open and has a description. That of a
    /// lossless mirror of one record is opened with its first record, of whose lineage it is to be.
    fn open(&mut self, now: Monotonic) {
        let Some((_, description)) = &self.description else { return };
        self.region.keep_mode(description, now);
        if self.is_copied() {
            return self.open_copy(now);
        }
        // What an earlier bridge has published is there only if nothing else has happened to the region.
        if self.region.open(description, now)
            && self.last.is_some_and(|last| last.sequence != self.region.sequence())
        {
            self.held.clear();
            self.last = None;
        }
    }

    /// Notes that records of the description `hash` have come over this host before; returns whether that is news.
    /// Ignores a description that no waiting record has, because only a new record ends a loop.
    pub(in crate::import) fn note_loop(&mut self, hash: u64) -> bool {
        self.forget_undescribed(hash);
        if !self.wants(hash) {
            return false;
        }
        self.waiting.take();
        self.is_redescribed = false;
        self.loops.replace(hash) != Some(hash)
    }

    /// Forgets records that wait for a description that their source has no more: it has `hash` now. One that is forgotten
    /// wrongly is asked for again.
    fn forget_undescribed(&mut self, hash: u64) {
        let ways = [Some(hash), self.description.as_ref().map(|(known, _)| *known)];
        self.waiting.keep_described(ways);
        if let Some(order) = &mut self.in_order {
            order.keep_described(ways);
        }
    }

    /// Whether the description `hash` is one that it has none instead of, or that a record has.
    fn wants(&self, hash: u64) -> bool {
        self.description.is_none()
            || self.is_redescribed
            || self.waiting.any(|record| record.description == hash)
            || self.next_in_order().is_some_and(|next| next.attachment.description == hash)
    }

    /// Why it cannot be written, if so.
    pub(in crate::import) fn trouble(&self) -> Option<Trouble> {
        self.region.trouble
    }

    /// Whether its records have come over this host before.
    pub(in crate::import) fn is_loop(&self) -> bool {
        self.loops.is_some()
    }

    /// The hosts over which its records have come to its source's host, if it is described.
    pub(in crate::import) fn route(&self) -> Option<&[String]> {
        self.description.as_ref().map(|(_, description)| &*description.route)
    }

    /// Takes the description `hash`, and publishes what has waited for it.
    pub(in crate::import) fn describe(
        &mut self,
        hash: u64,
        description: Description,
        now: Monotonic,
    ) {
        self.forget_undescribed(hash);
        let is_wanted = self.wants(hash);
        let is_same = self.description.as_ref().is_some_and(|(known, _)| *known == hash);
        if is_same || !is_wanted {
            self.is_redescribed = false;
            return;
        }
        if !self.region.change(&description, now) {
            return;
        }
        self.is_redescribed = false;
        self.description = Some((hash, description));
        self.open(now);
        self.publish_waiting(now);
    }

    fn publish_waiting(&mut self, now: Monotonic) {
        for (instance, (attachment, bytes)) in self.waiting.take() {
            self.take(instance, attachment, bytes, now);
        }
        self.publish_in_order(now);
    }

    /// An instance is gone that was there up to record `id`.
    pub(in crate::import) fn retire(&mut self, name: InstanceName, id: RecordId) {
        // Else it has joined again since.
        if self.held(Some(&name)) > id {
            return;
        }
        self.waiting.remove(Some(name));
        self.region.retire(&name);
        // It stays for a while, so that a record that is late does not bring the instance back.
        if self.held.contains_key(&Some(name)) || self.held.len() < MOST_HELD {
            self.held.insert(Some(name), id);
        }
    }

    /// Retires all instances but those for which `is_there`. Called at each full digest: at the second one it also
    /// forgets those that are gone.
    pub(in crate::import) fn retain(&mut self, is_there: impl Fn(&InstanceName) -> bool) {
        let absent: HashSet<InstanceName> =
            self.held.keys().flatten().filter(|name| !is_there(name)).copied().collect();
        let fading = std::mem::replace(&mut self.fading, absent);
        let there: HashSet<InstanceName> = self.region.instances().collect();
        // One that is there and not in the mirror was retired by mistake: its record is asked for again.
        let is_held = |name: &InstanceName| {
            if is_there(name) {
                there.contains(name) || !self.region.is_open()
            } else {
                !fading.contains(name)
            }
        };
        self.held.retain(|name, _| name.as_ref().is_none_or(is_held));
        for name in there.into_iter().filter(|name| !is_there(name)) {
            let id = self.held(Some(&name));
            self.retire(name, id);
        }
    }

    /// Publishes records of instances that have waited until others were retired.
    pub(in crate::import) fn use_room(&mut self, now: Monotonic) {
        if !self.waiting.is_empty() {
            self.try_again(now);
        }
    }

    fn try_again(&mut self, now: Monotonic) {
        if self.region.is_due(now) && !self.needs_description() {
            self.publish_waiting(now);
        }
    }

    /// Stores a heartbeat if one is due, and tries again what could not be published.
    pub(in crate::import) fn turn(&mut self, now: Monotonic, is_live: bool) {
        self.open(now);
        if !self.waiting.is_empty() || self.in_order.is_some() {
            self.try_again(now);
        }
        // A mirror that does not get what it could have is not live.
        let is_unchanged = self.is_redescribed && self.trouble().is_some();
        let is_current = self.waiting.is_empty() && self.next_in_order().is_none() && !is_unchanged;
        if is_live && is_current && self.loops.is_none() {
            self.region.heartbeat(now);
        }
    }
}
