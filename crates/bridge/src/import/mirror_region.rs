//! The region of a mirror: opened, published to, changed, and tried again where that failed.
//!
//! Invariant: a failure is logged when it is another one and known until an attempt succeeds, and nothing is tried again
//! for a second. The region is
//! written by the usual writer; without heartbeats its readers see `stalled`.

use std::time::Duration;

use daemon::{Monotonic, OnChange};
use layout::InstanceName;
use layout::header::MAX_LINEAGE;
use region::{DynInstanceWriter, DynWriter, Numbering, Options, RegionError, RegionErrorKind};
use settings::{Address, Import};

use super::trouble::Trouble;
use crate::wall_clock;
use crate::wire::{Description, Readers, RecordId};

/// Time before a region that could not be written is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Slots of a mirror whose records are not counted, and the most of any.
const SLOTS: u32 = 8;
const MOST_SLOTS: u32 = 1 << 16;
/// Most bytes of the slots of a lossless mirror.
const MOST_BYTES: u32 = 256 << 20;

/// A mirror's region, whether its file is there yet or not.
#[derive(Debug)]
pub(super) struct MirrorRegion {
    address: Address,
    options: Options,
    /// Whether its file may hold records of another source: it begins a new lineage when it is opened.
    begins_anew: bool,
    /// How many records a lossless mirror keeps for its followers; 0: of any other.
    lossless: u32,
    /// The most that its file permits.
    most_mode: u32,
    /// Who may read its source; `None`: not known yet. An earlier bridge may have left the file to fewer than all, so
    /// that it is not opened until then.
    pub(super) readers: Option<Readers>,
    /// The mode of the file that is open.
    mode: u32,
    /// Time between two heartbeats.
    period: Duration,
    writer: Option<Writer>,
    beat: Monotonic,
    retry: Monotonic,
    logged: OnChange<String>,
    /// Why the last attempt failed.
    pub(super) trouble: Option<Trouble>,
}

#[derive(Debug)]
enum Writer {
    One(DynWriter),
    Many(DynInstanceWriter),
}

impl MirrorRegion {
    pub(super) fn new(address: Address, import: &Import) -> Self {
        let period = import.stale_after / 3;
        Self {
            address,
            options: Options::new().period(period).slots(SLOTS),
            begins_anew: false,
            lossless: import.lossless.unwrap_or(0),
            most_mode: import.mode,
            readers: None,
            mode: 0,
            period,
            writer: None,
            beat: Monotonic::from_nanos(0),
            retry: Monotonic::from_nanos(0),
            logged: OnChange::new(),
            trouble: None,
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// When it is opened, it keeps nothing of what is in its file.
    pub(super) fn begin_anew(&mut self) {
        self.begins_anew = true;
    }

    /// Gives a file that is open the mode that it should have now. If that fails, nothing is published to it.
    pub(super) fn keep_mode(&mut self, description: &Description, now: Monotonic) {
        let is_other = self.wanted_mode() != self.mode;
        if is_other && self.writer.is_some() && self.is_due(now) {
            self.change(description, now);
        }
    }

    fn wanted_mode(&self) -> u32 {
        self.readers.unwrap_or_default().within(self.most_mode)
    }

    /// Whether an attempt is due: the last one has not failed a moment ago.
    pub(super) fn is_due(&self, now: Monotonic) -> bool {
        now >= self.retry
    }

    /// Opens the region, if it is not open, was not tried a moment ago, and is known who may read it; returns whether it
    /// has been opened now.
    pub(super) fn open(&mut self, description: &Description, now: Monotonic) -> bool {
        if self.writer.is_some() || self.readers.is_none() || !self.is_due(now) {
            return false;
        }
        let mut options = self.options_for(description);
        if self.begins_anew {
            let lineage = (wall_clock::now() / 1000).clamp(1, MAX_LINEAGE);
            options = options.numbering(Numbering { lineage, first_lineage: lineage, after: 0 });
        }
        match Writer::open(&self.address, description, &options) {
            Ok(writer) => {
                self.begins_anew = false;
                self.mode = self.wanted_mode();
                tracing::info!("mirror {} is there", self.address);
                self.logged.clear();
                self.trouble = None;
                self.writer = Some(writer);
                true
            }
            Err(error) => {
                self.failed(error, now);
                false
            }
        }
    }

    /// Publishes a record; returns its sequence here. `None`: that failed, or the region is not open.
    pub(super) fn publish(
        &mut self,
        instance: Option<InstanceName>,
        bytes: &[u8],
        now: Monotonic,
    ) -> Option<u64> {
        if !self.is_due(now) {
            return None;
        }
        let published = self.writer.as_mut()?.publish(instance, bytes);
        self.published(published, now)
    }

    /// Publishes a record of a lossless mirror under its number; `false` if it can have none such.
    pub(super) fn publish_copy(
        &mut self,
        sequence: u64,
        bytes: &[u8],
        now: Monotonic,
    ) -> Option<bool> {
        let Some(Writer::One(writer)) = self.writer.as_mut().filter(|_| now >= self.retry) else {
            return None;
        };
        let published = writer.publish_copy(sequence, bytes);
        self.published(published, now)
    }

    fn published<T>(&mut self, published: Result<T, RegionError>, now: Monotonic) -> Option<T> {
        match published {
            Ok(published) => {
                self.succeeded();
                self.beat = now;
                Some(published)
            }
            // The name of its source that one of these has made room for is not known yet: the next digest has it.
            Err(error) if matches!(error.kind(), RegionErrorKind::TooManyInstances { .. }) => None,
            Err(error) => {
                self.failed(error, now);
                None
            }
        }
    }

    /// Gives the region the lineage of its source, with a new file if it has another one.
    pub(super) fn number(
        &mut self,
        numbering: Numbering,
        description: &Description,
        now: Monotonic,
    ) -> bool {
        self.options = self.options.clone().numbering(numbering);
        self.begins_anew = false;
        match self.writer {
            Some(_) => self.change(description, now),
            None => self.open(description, now),
        }
    }

    /// The newest record of a lossless mirror that is open.
    pub(super) fn newest_copy(&self) -> Option<RecordId> {
        let Some(Writer::One(writer)) = &self.writer else { return None };
        Some(RecordId { lineage: writer.lineage(), order: 0, sequence: writer.sequence() })
    }

    /// With the mode that its source allows, and slots for as many records as a lossless mirror may be behind.
    fn options_for(&self, description: &Description) -> Options {
        let options = self.options.clone().mode(self.wanted_mode());
        if description.instances.is_some() {
            // Its source may have room for fewer than the mirror has: which of them stay, the next digests say.
            return options.retire_oldest();
        }
        let fit = (MOST_BYTES / description.schema.size().max(1)).clamp(SLOTS, MOST_SLOTS);
        // One slot is the writer's.
        let wanted = (self.lossless + 1).next_power_of_two().max(SLOTS);
        options.slots(wanted.min(1 << fit.ilog2()))
    }

    /// Gives a region that is open another description, to whose file its readers follow; `false`: that failed.
    pub(super) fn change(&mut self, description: &Description, now: Monotonic) -> bool {
        let (schema, options) = (&description.schema, &self.options_for(description));
        let changed = match (&mut self.writer, description.instances) {
            (Some(Writer::One(writer)), None) => writer.change(schema, options).map(drop),
            (Some(Writer::Many(writer)), Some(max)) => {
                writer.change(schema, options, max).map(drop)
            }
            // Not open, or of the other kind: opened with the next record, which shows whether it can be.
            (writer, _) => {
                *writer = None;
                return true;
            }
        };
        match changed {
            Ok(()) => {
                self.mode = self.wanted_mode();
                self.succeeded();
                true
            }
            Err(error) => {
                self.failed(error, now);
                false
            }
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.writer.is_some()
    }

    /// The sequence of the region.
    pub(super) fn sequence(&self) -> u64 {
        match &self.writer {
            None => 0,
            Some(Writer::One(writer)) => writer.sequence(),
            Some(Writer::Many(writer)) => writer.sequence(),
        }
    }

    /// The names of its instances.
    pub(super) fn instances(&self) -> impl Iterator<Item = InstanceName> + use<> {
        let all = match &self.writer {
            Some(Writer::Many(writer)) => writer.all(),
            _ => Vec::new(),
        };
        all.into_iter().map(|(_, name)| name)
    }

    /// Retires an instance, if it is there.
    pub(super) fn retire(&mut self, name: &InstanceName) {
        if let Some(Writer::Many(writer)) = &mut self.writer
            && let Some(instance) = writer.find(name)
            && let Err(error) = writer.retire(instance)
        {
            tracing::debug!("mirror {}: {error}", self.address);
        }
    }

    /// Stores a heartbeat if one is due. Not while it cannot have the mode that it should have: nothing is published to it,
    /// and readers see `stalled`.
    pub(super) fn heartbeat(&mut self, now: Monotonic) {
        let has_other_mode = self.trouble.is_some() && self.mode != self.wanted_mode();
        if has_other_mode || now.since(self.beat) < self.period / 2 {
            return;
        }
        self.beat = now;
        let beaten = match &mut self.writer {
            None => return,
            Some(Writer::One(writer)) => writer.heartbeat(),
            Some(Writer::Many(writer)) => writer.heartbeat(),
        };
        match beaten {
            Ok(()) => self.succeeded(),
            Err(error) => self.failed(error, now),
        }
    }

    fn succeeded(&mut self) {
        self.trouble = None;
        if self.logged.clear().is_some() {
            tracing::info!("mirror {} is written again", self.address);
        }
    }

    fn failed(&mut self, error: RegionError, now: Monotonic) {
        if let Some(text) = self.logged.update(with_next_step(&error)) {
            tracing::warn!("mirror {}: {text}", self.address);
        }
        self.retry = now.after(RETRY);
        if matches!(error.kind(), RegionErrorKind::Replaced) {
            self.writer = None;
        }
        self.trouble = Some(Trouble::of(error));
    }
}

/// The usual advice, but where another writer has the name: a bridge has no `--standby`, and tries again by itself.
fn with_next_step(error: &RegionError) -> String {
    match error.kind() {
        RegionErrorKind::Busy { .. } => {
            format!("{error}; stop it, or give the mirror another name (region in [[import]])")
        }
        _ => daemon::with_next_step(error),
    }
}

impl Writer {
    fn open(
        address: &Address,
        description: &Description,
        options: &Options,
    ) -> Result<Self, RegionError> {
        let schema = &description.schema;
        Ok(match description.instances {
            None => Self::One(DynWriter::open_with(address, schema, options)?),
            Some(max) => Self::Many(DynInstanceWriter::open_with(address, schema, options, max)?),
        })
    }

    fn publish(
        &mut self,
        instance: Option<InstanceName>,
        bytes: &[u8],
    ) -> Result<u64, RegionError> {
        match (self, instance) {
            (Self::One(writer), None) => writer.publish(bytes),
            (Self::Many(writer), Some(name)) => {
                let instance = writer.instance(&name)?;
                writer.publish(instance, bytes)
            }
            // The mirror has compared them with the description, of which the writer is.
            _ => Ok(0),
        }
    }
}

#[cfg(test)]
mod tests;
