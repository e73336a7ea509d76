//! The channels of a file, and which of its messages are records of which region.
//!
//! Invariant: what is kept of a file takes about [`MOST`] bytes at most, however the file describes it, and each schema is
//! interpreted once, however many channels have it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use daemon::counted;
use mapcast::InstanceName;
use mcap::records::{Channel, MessageHeader, Record, SchemaHeader};

use super::decode::{Layout, SchemaText, Topic, is_of_events};
use super::error::short;
use super::file::Refusal;

/// Most bytes of schemas and channels.
const MOST: usize = 64 << 20;
/// Longest name of a topic, in bytes.
const LONGEST_TOPIC: usize = 4096;
/// Bytes that an entry of a map takes beside its texts, about.
const ENTRY: usize = 128;

/// The channels of a file, as far as it was read.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    schemas: HashMap<u16, SchemaText>,
    /// By schema and encoding of the messages; or why they are no records.
    layouts: HashMap<(u16, String), Result<Arc<Layout>, String>>,
    /// Each with the place of its topic.
    known: HashMap<u16, (Channel, Option<usize>)>,
    /// Those with records.
    pub(crate) topics: Vec<Topic>,
    /// How many messages each of them has had.
    counts: Vec<u64>,
    /// The topic of each region, or of each of its instances.
    owners: BTreeMap<(String, Option<InstanceName>), usize>,
    /// Topics without, and why.
    pub(crate) left_out: BTreeMap<String, String>,
    /// Bytes of all of them.
    kept: usize,
}

/// A message that is a record.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    /// Which topic.
    pub(crate) topic: usize,
    /// Its number on the topic; the first is 1.
    pub(crate) number: u64,
    /// When it was logged, in nanoseconds since 1970.
    pub(crate) time: u64,
    pub(crate) data: &'a [u8],
}

impl Channels {
    /// Takes the next record of the file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn take<'r>(
        &mut self,
        record: &'r Record<'_>,
    ) -> Result<Option<Message<'r>>, Refusal> {
        let taken = match record {
            Record::Schema { header, data } => self.add_schema(header, data).map(|()| None),
            Record::Channel(channel) => self.add_channel(channel).map(|()| None),
            Record::Message { header, data } => self.message(header, data),
            _ => Ok(None),
        };
        taken.map_err(Refusal::Damaged)
    }

    fn add_schema(&mut self, header: &SchemaHeader, data: &[u8]) -> Result<(), String> {
        let SchemaHeader { id, name, encoding } = header;
        if let Some(known) = self.schemas.get(id) {
            let is_same = known.name == *name && known.encoding == *encoding && known.data == data;
            return if is_same {
                Ok(())
            } else {
                Err(format!("schema {id} a second time, and another"))
            };
        }
        self.keep(ENTRY + name.len() + encoding.len() + data.len())?;
        let (name, encoding) = (name.clone(), encoding.clone());
        self.schemas.insert(*id, SchemaText { name, encoding, data: data.to_vec() });
        Ok(())
    }

    fn add_channel(&mut self, channel: &Channel) -> Result<(), String> {
        match self.known.get(&channel.id) {
            Some((known, _)) if known == channel => return Ok(()),
            Some(_) => return Err(format!("channel {} a second time, and another", channel.id)),
            None => {}
        }
        let metadata = channel.metadata.iter();
        let metadata = metadata.map(|(key, value)| ENTRY + key.len() + value.len()).sum::<usize>();
        // Its name and its encoding are in two maps each.
        let texts = 2 * (channel.topic.len() + channel.message_encoding.len());
        self.keep(2 * ENTRY + texts + metadata)?;
        let schema = channel.schema_id;
        if schema != 0 && !self.schemas.contains_key(&schema) {
            let id = channel.id;
            return Err(format!("a channel {id} of schema {schema}, which is not described"));
        }
        let topic = self.topic_of(channel)?;
        self.known.insert(channel.id, (channel.clone(), topic));
        Ok(())
    }

    /// The place of the channel's topic; `None` if it is not for records, or is left out.
    fn topic_of(&mut self, channel: &Channel) -> Result<Option<usize>, String> {
        if is_of_events(channel) {
            return Ok(None);
        }
        let topic = match self.layout_of(channel)? {
            Ok(layout) => Topic::of(channel, layout).and_then(|topic| self.add(topic)),
            Err(why) => Err(why),
        };
        Ok(topic.map_or_else(
            |why| {
                self.left_out.insert(short(channel.topic.clone()), short(why));
                None
            },
            Some,
        ))
    }

    /// How the messages of a channel become records, or why they do not.
    fn layout_of(&mut self, channel: &Channel) -> Result<Result<Arc<Layout>, String>, String> {
        let len = channel.topic.len();
        if len > LONGEST_TOPIC {
            let len = counted(len as u64, "byte");
            return Ok(Err(format!("its name has {len}, at most {LONGEST_TOPIC} are read")));
        }
        let Some(schema) = self.schemas.get(&channel.schema_id) else {
            return Ok(Err("it has no schema, which would describe its messages".into()));
        };
        let key = (channel.schema_id, channel.message_encoding.clone());
        if let Some(known) = self.layouts.get(&key) {
            return Ok(known.clone());
        }
        let layout = Layout::of(&channel.message_encoding, schema).map(Arc::new).map_err(short);
        self.keep(ENTRY + layout.as_ref().map_or_else(String::len, |layout| layout.heap()))?;
        self.layouts.insert(key, layout.clone());
        Ok(layout)
    }

    /// Adds a topic, unless another one has its region.
    fn add(&mut self, topic: Topic) -> Result<usize, String> {
        let place = (topic.region.clone(), topic.instance);
        let owner = *self.owners.entry(place).or_insert(self.topics.len());
        if let Some(owner) = self.topics.get(owner).filter(|owner| owner.name != topic.name) {
            return Err(format!("region {} is that of topic {}", topic.region, owner.name));
        }
        self.topics.push(topic);
        self.counts.push(0);
        Ok(self.topics.len() - 1)
    }

    /// Counts `bytes` that are kept.
    fn keep(&mut self, bytes: usize) -> Result<(), String> {
        self.kept += bytes;
        let most = MOST >> 20;
        if self.kept > MOST {
            Err(format!("more than {most} MiB of schemas and channels"))
        } else {
            Ok(())
        }
    }

    fn message<'r>(
        &mut self,
        header: &MessageHeader,
        data: &'r [u8],
    ) -> Result<Option<Message<'r>>, String> {
        let id = header.channel_id;
        let channel = self.known.get(&id);
        let (_, topic) =
            channel.ok_or_else(|| format!("a message of channel {id}, which is not described"))?;
        let time = if header.log_time == 0 { header.publish_time } else { header.log_time };
        Ok(topic.map(|topic| {
            self.counts[topic] += 1;
            Message { topic, number: self.counts[topic], time, data }
        }))
    }
}
