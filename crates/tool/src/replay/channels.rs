//! The channels of a file, and which of its messages are records of which region.
//!
//! Invariant: what is kept of a file takes at most [`MOST`] bytes of it, and each schema is interpreted once, however many
//! channels have it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use mapcast::InstanceName;
use mcap::records::{Channel, MessageHeader, Record, SchemaHeader};

use super::decode::{Layout, SchemaText, Topic, is_of_events};
use super::file::Refusal;

/// Most bytes of schemas and channels.
const MOST: usize = 64 << 20;

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
    /// The topic of each region, or of each of its instances.
    owners: BTreeMap<(String, Option<InstanceName>), String>,
    /// Topics without, and why.
    pub(crate) left_out: BTreeMap<String, String>,
    /// Bytes of `schemas` and `known`.
    kept: usize,
}

/// A message that is a record.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    /// Which topic.
    pub(crate) topic: usize,
    /// When it was published, in nanoseconds since 1970.
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
        self.keep(name.len() + encoding.len() + data.len())?;
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
        let metadata = channel.metadata.iter().map(|(key, value)| key.len() + value.len());
        self.keep(channel.topic.len() + channel.message_encoding.len() + metadata.sum::<usize>())?;
        let topic = match self.topic_of(channel) {
            Ok(topic) => topic.map(|topic| {
                self.topics.push(topic);
                self.topics.len() - 1
            }),
            Err(why) => {
                self.left_out.insert(channel.topic.clone(), why);
                None
            }
        };
        self.known.insert(channel.id, (channel.clone(), topic));
        Ok(())
    }

    /// The channel as a topic; `None` if it is not for records.
    fn topic_of(&mut self, channel: &Channel) -> Result<Option<Topic>, String> {
        if is_of_events(channel) {
            return Ok(None);
        }
        let schema = self.schemas.get(&channel.schema_id).ok_or("it has no schema")?;
        let encoding = &channel.message_encoding;
        let layout = self.layouts.entry((channel.schema_id, encoding.clone()));
        let layout = layout.or_insert_with(|| Layout::of(encoding, schema).map(Arc::new));
        let topic = Topic::of(channel, layout.clone()?)?;
        let place = (topic.region.clone(), topic.instance);
        let owner = self.owners.entry(place).or_insert_with(|| topic.name.clone());
        if *owner == topic.name {
            Ok(Some(topic))
        } else {
            Err(format!("region {} is that of topic {owner}", topic.region))
        }
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
        &self,
        header: &MessageHeader,
        data: &'r [u8],
    ) -> Result<Option<Message<'r>>, String> {
        let id = header.channel_id;
        let channel = self.known.get(&id);
        let (_, topic) =
            channel.ok_or_else(|| format!("a message of channel {id}, which is not described"))?;
        let time = if header.publish_time == 0 { header.log_time } else { header.publish_time };
        Ok(topic.map(|topic| Message { topic, time, data }))
    }
}
