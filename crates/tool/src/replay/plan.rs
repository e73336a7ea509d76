//! The file, read once before anything is published: its channels, its times, and whether each message is a
//! record.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use mapcast::dynamic::RecordBuf;
use mcap::records::{Channel, MessageHeader, Record};

use super::ReplayError;
use super::decode::{SchemaText, Topic};
use super::file::{Flow, McapFile, Refusal};
use crate::progress::Progress;

/// The channels of a file, as far as it was read.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    schemas: HashMap<u16, SchemaText>,
    /// Each with the place of its topic.
    known: HashMap<u16, (Channel, Option<usize>)>,
    /// Those with records.
    pub(crate) topics: Vec<Topic>,
    /// Topics without, and why.
    left_out: BTreeMap<String, String>,
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
            Record::Schema { header, data } => {
                let (name, encoding) = (header.name.clone(), header.encoding.clone());
                let schema = SchemaText { name, encoding, data: data.to_vec() };
                self.add_schema(header.id, &schema).map(|()| None)
            }
            Record::Channel(channel) => self.add_channel(channel).map(|()| None),
            Record::Message { header, data } => self.message(header, data),
            _ => Ok(None),
        };
        taken.map_err(Refusal::Damaged)
    }

    fn add_schema(&mut self, id: u16, schema: &SchemaText) -> Result<(), String> {
        let known = self.schemas.entry(id).or_insert_with(|| schema.clone());
        if *known == *schema {
            Ok(())
        } else {
            Err(format!("schema {id} a second time, and another"))
        }
    }

    fn add_channel(&mut self, channel: &Channel) -> Result<(), String> {
        if let Some((known, _)) = self.known.get(&channel.id) {
            let id = channel.id;
            return if known == channel {
                Ok(())
            } else {
                Err(format!("channel {id} a second time, and another"))
            };
        }
        let topic = match Topic::of(channel, self.schemas.get(&channel.schema_id)) {
            Ok(Some(topic)) => {
                self.topics.push(topic);
                Some(self.topics.len() - 1)
            }
            Ok(None) => None,
            Err(why) => {
                self.left_out.insert(channel.topic.clone(), why);
                None
            }
        };
        self.known.insert(channel.id, (channel.clone(), topic));
        Ok(())
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

/// How much of a file has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Whole,
    UpToDamage,
}

/// What was found in a file: see the [module](self).
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) topics: Vec<Topic>,
    /// Messages that are records.
    pub(crate) messages: u64,
    /// The time of the first and of the last one.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// Where the damage begins.
    pub(crate) limit: Option<u64>,
}

impl Plan {
    /// Reads all of `file`; up to a damage, if a part will do.
    ///
    /// # Errors
    /// The file is damaged, or has no records.
    pub(crate) fn of(file: &mut McapFile, wanted: Wanted) -> Result<Self, ReplayError> {
        let progress = Progress::bar(file.len(), "checking");
        let mut channels = Channels::default();
        let mut records: Vec<RecordBuf> = Vec::new();
        let (mut messages, mut first, mut last) = (0, u64::MAX, 0);
        let read = file.visit(None, |at, record| {
            progress.show(at);
            let Some(message) = channels.take(&record)? else { return Ok(Flow::Continue) };
            while records.len() <= message.topic {
                records.push(RecordBuf::new(channels.topics[records.len()].schema.clone()));
            }
            let topic = &channels.topics[message.topic];
            topic.decode(message.data, &mut records[message.topic]).map_err(Refusal::Damaged)?;
            messages += 1;
            first = first.min(message.time);
            last = last.max(message.time);
            Ok(Flow::Continue)
        });
        let limit = match read {
            Ok(()) => None,
            Err(error @ (ReplayError::CutOff { at, .. } | ReplayError::Damaged { at, .. }))
                if wanted == Wanted::UpToDamage =>
            {
                tracing::warn!("{error}");
                Some(at)
            }
            Err(error) => return Err(error),
        };
        for (topic, why) in &channels.left_out {
            tracing::warn!("topic {}: left out: {}", daemon::plain(topic), daemon::plain(why));
        }
        if messages == 0 {
            return Err(nothing(file.path().to_owned(), &channels));
        }
        Ok(Self { topics: channels.topics, messages, first, last, limit })
    }
}

/// What the messages of a topic have to be.
const WANTED: &str = "use one of JSON with a JSON Schema, or a recording of mapcast";

fn nothing(path: PathBuf, channels: &Channels) -> ReplayError {
    let left_out = channels.left_out.iter().next();
    let why = match left_out {
        Some((topic, why)) => format!("topic {topic}: {why}; {WANTED}"),
        None if channels.topics.is_empty() => "it has no topics; record some regions".to_owned(),
        None => "its topics have no messages; record for longer".to_owned(),
    };
    ReplayError::Nothing { path, why }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    use lz4_flex::frame::FrameEncoder;
    use mapcast::{Record as _, Stu};
    use mcap::records::MessageHeader;
    use mcap::{MAGIC, WriteOptions};

    use super::{Plan, Wanted};
    use crate::replay::ReplayError;
    use crate::replay::file::McapFile;

    fn plan(path: &Path, bytes: &[u8]) -> Result<Plan, ReplayError> {
        fs::write(path, bytes).expect("a file");
        Plan::of(&mut McapFile::open(path)?, Wanted::Whole)
    }

    /// A recording of three students, in chunks or not.
    fn recording(path: &Path, in_chunks: bool) -> Vec<u8> {
        let options = WriteOptions::new().compression(None).use_chunks(in_chunks);
        let mut writer = options.create(fs::File::create(path).expect("a file")).expect("it");
        let schema = Stu::schema().encode();
        let schema = writer.add_schema("STU", "mapcast", &schema).expect("a schema");
        let channel = writer.add_channel(schema, "s", "mapcast", &BTreeMap::new()).expect("it");
        for time in [10, 30, 20] {
            let header = MessageHeader {
                channel_id: channel,
                sequence: 1,
                log_time: time,
                publish_time: time,
            };
            writer.write_to_known_channel(&header, &[b'x'; 28]).expect("written");
        }
        writer.finish().expect("finished");
        drop(writer);
        fs::read(path).expect("the file")
    }

    /// The chunk of `recording`, packed by LZ4, as a file of its own.
    fn packed(recording: &[u8]) -> Vec<u8> {
        use std::io::Write as _;

        let [at, len] = chunk(recording);
        let header = &recording[at + 9..at + 9 + 32];
        let records = &recording[at + 9 + 40..at + 9 + len];
        let mut encoder = FrameEncoder::new(Vec::new());
        encoder.write_all(records).expect("memory");
        let data = encoder.finish().expect("memory");
        let mut body = header[..28].to_vec();
        body.extend(3_u32.to_le_bytes());
        body.extend(b"lz4");
        body.extend((data.len() as u64).to_le_bytes());
        body.extend(data);
        let mut file = MAGIC.to_vec();
        for (op, body) in [(1, &[0; 8][..]), (6, &body), (15, &[0; 4]), (2, &[0; 20])] {
            file.push(op);
            file.extend((body.len() as u64).to_le_bytes());
            file.extend(body);
        }
        file.extend(MAGIC);
        file
    }

    /// Where the chunk is, and its length.
    fn chunk(recording: &[u8]) -> [usize; 2] {
        let mut at = MAGIC.len();
        loop {
            let len = recording[at + 1..].first_chunk().expect("a record");
            let len = usize::try_from(u64::from_le_bytes(*len)).expect("small");
            if recording[at] == 6 {
                return [at, len];
            }
            at += 9 + len;
        }
    }

    #[test]
    fn a_file_is_read_with_its_times_whether_it_has_chunks_or_not_and_packed_by_lz4() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x.mcap");
        let whole = recording(&path, true);
        for bytes in [whole.clone(), recording(&path, false), packed(&whole)] {
            let plan = plan(&path, &bytes).expect("a recording");
            assert_eq!((plan.messages, plan.first, plan.last), (3, 10, 30));
            assert_eq!(*plan.topics[0].schema, Stu::schema());
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic_and_every_error_ends_with_a_next_step() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x.mcap");
        let whole = recording(&path, true);
        let seeds = [whole.clone(), recording(&path, false), packed(&whole)];
        for seed in 0..3000 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut bytes = random.choice(&seeds).expect("one").clone();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..bytes.len());
                match random.u8(..4) {
                    0 => bytes[at] ^= 1 << random.u8(..8),
                    1 => bytes[at] = random.choice([0, 1, 0x7f, 0xff]).expect("one"),
                    2 => bytes.truncate(at.max(1)),
                    _ => bytes.insert(at, random.u8(..)),
                }
            }
            if let Err(error) = plan(&path, &bytes) {
                let text = error.to_string();
                assert!(text.contains("; ") && !text.contains('\n'), "seed {seed}: {text}");
            }
        }
    }
}
