//! The records of one instance, or of a region of one record: which of them are recorded, and on which channel.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use mapcast::dynamic::{RecordView, Schema};
use mapcast::{BootTime, InstanceName, Publication};
use query::{FieldRef, QueryError};
use render::{Filter, Noted, Pace};

use super::described::Described;
use super::mcap_writer::Channel;
use super::output::ChannelId;
use super::selection::Selection;
use super::source::Source;

/// Metadata of a channel, for `mapcast replay` and for people.
pub(crate) mod key {
    pub(crate) const REGION: &str = "mapcast.region";
    pub(crate) const INSTANCE: &str = "mapcast.instance";
    pub(crate) const MAX_INSTANCES: &str = "mapcast.max_instances";
    pub(crate) const SLOTS: &str = "mapcast.slots";
    pub(crate) const LINEAGE: &str = "mapcast.lineage";
    /// What is added to the 32-bit sequence of a message.
    pub(crate) const SEQUENCE_BASE: &str = "mapcast.sequence_base";
    /// What a channel has that is not a region's records: see [`EVENTS`].
    pub(crate) const KIND: &str = "mapcast.kind";
    pub(crate) const EVENTS: &str = "events";
}

/// What a channel has of its region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChannelRegion<'a> {
    pub(crate) region: &'a str,
    pub(crate) instance: Option<&'a InstanceName>,
    pub(crate) max_instances: Option<usize>,
    pub(crate) slots: u32,
}

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Stream {
    filter: Filter,
    /// What was written last, if changes are asked for.
    written: Option<Vec<u8>>,
    channel: Channel,
    /// The lineage and the high half of the sequence that the channel is for.
    run: Option<(u64, u64)>,
    pub(crate) id: Option<ChannelId>,
}

impl Stream {
    /// Records of `schema`, described by `described`.
    ///
    /// # Errors
    /// The condition does not fit the schema.
    pub(crate) fn new(
        selection: &Selection,
        (schema, chosen): (&Schema, Vec<FieldRef>),
        described: &Described,
        origin: ChannelRegion<'_>,
    ) -> Result<Self, QueryError> {
        let mut filter = selection.filter();
        filter.adapt(schema, chosen)?;
        let channel = Channel {
            topic: origin.topic(),
            metadata: origin.metadata(),
            ..described.channel(schema.name())
        };
        Ok(Self { filter, written: None, channel, run: None, id: None })
    }

    /// Whether the record of `instance` that `source` has copied last is recorded now. One that `pace` holds back
    /// is kept there.
    pub(crate) fn admits(
        &mut self,
        source: &Source,
        (instance, publication): (Option<InstanceName>, Publication),
        pace: Option<&mut Pace>,
    ) -> bool {
        let record = &source.record;
        if !self.filter.holds(record.view()) {
            return false;
        }
        let is_change = self.filter.is_change(record.view(), self.written.as_deref());
        let Some(pace) = pace else { return is_change };
        if !is_change {
            // What is held back is older than this record, which is like the one written last.
            pace.discard(instance);
            return false;
        }
        let is_due = pace.admits(instance, BootTime::now());
        if !is_due {
            let noted = Noted::of(source.reader(), &publication);
            pace.hold(instance, record, Some(publication), Some(noted));
        }
        is_due
    }

    /// `record` is written.
    pub(crate) fn write(&mut self, record: RecordView<'_>) {
        if self.filter.is_on_change() {
            let written = self.written.get_or_insert_default();
            written.clear();
            written.extend_from_slice(record.bytes());
        }
    }

    /// The channel for a record of this name, where it is if it is in a file, and the sequence of its
    /// message.
    pub(crate) fn channel_for(
        &mut self,
        publication: &Publication,
    ) -> (&Channel, &mut Option<ChannelId>, u32) {
        let [low, high] = halves(publication.sequence);
        let run = (publication.lineage(), u64::from(high));
        if self.run.replace(run) != Some(run) {
            let base = (u64::from(high) << 32).to_string();
            self.channel.metadata.insert(key::SEQUENCE_BASE.into(), base);
            self.channel.metadata.insert(key::LINEAGE.into(), publication.lineage().to_string());
            self.id = None;
        }
        (&self.channel, &mut self.id, low)
    }
}

#[allow(clippy::cast_possible_truncation)] // it is cut in two
fn halves(number: u64) -> [u32; 2] {
    [number as u32, (number >> 32) as u32]
}

impl ChannelRegion<'_> {
    fn topic(&self) -> String {
        match self.instance {
            Some(instance) => format!("{}/{}", self.region, &**instance),
            None => self.region.to_owned(),
        }
    }

    fn metadata(&self) -> BTreeMap<String, String> {
        let mut metadata = BTreeMap::from([
            (key::REGION.to_owned(), self.region.to_owned()),
            (key::SLOTS.to_owned(), self.slots.to_string()),
        ]);
        if let (Some(instance), Some(max)) = (self.instance, self.max_instances) {
            metadata.insert(key::INSTANCE.into(), instance.to_string());
            metadata.insert(key::MAX_INSTANCES.into(), max.to_string());
        }
        metadata
    }
}

/// Nanoseconds since 1970, as MCAP has its times.
pub(crate) fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
