//! Messages as an MCAP file: a chunk with each commit, and at the end a summary, by which other programs seek.
//!
//! Invariant: the file is readable after each commit, because of the [`ENDING`] behind the last chunk. What
//! [`len`](McapWriter::len) returns is the size of the file if it is finished now, to the byte.
//!
//! ```text
//!   | header | chunk, indexes | chunk, indexes | ... | data end | summary | footer |
//! ```
//!
//! Price: a message is copied once, into the chunk, and has 24 bytes of an index until that is committed. The writer of the crate
//! `mcap` would copy it field by field through four writers, and cannot say how large the file is; figures
//! in `docs/record.md`.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::Path;

use mcap::records::op;

use super::RecordError;
use super::chunk_file::ChunkFile;
use super::mcap_records::{HEAD, MAGIC, counted, head, longs, record};
use super::mcap_summary::Summary;

/// What stands behind the last chunk of a file that is not finished, so that it is whole: the data
/// ends, without a checksum; there is no summary; the end magic.
const ENDING: &[u8] = &[
    0x0f, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // data end
    0x02, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, // footer
    0x89, b'M', b'C', b'A', b'P', 0x30, b'\r', b'\n', // magic
];

/// Bytes of a chunk in front of its records: head, two times, size, checksum, an empty text, size.
const CHUNK_HEAD: usize = HEAD + 40;
/// Bytes of a message in front of its data.
const MESSAGE_HEAD: usize = HEAD + 22;
/// Bytes of the index of a channel in a chunk, beside its entries.
const INDEX: usize = HEAD + 6;
/// Bytes of an entry in it.
const ENTRY: usize = 16;

/// A channel of an MCAP file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Channel {
    pub(crate) topic: String,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) record: String,
    pub(crate) schema_encoding: &'static str,
    pub(crate) schema: Vec<u8>,
    pub(crate) message_encoding: &'static str,
}

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct McapWriter {
    file: ChunkFile,
    /// The numbers of schemas and channels, by what describes them.
    schemas: HashMap<Vec<u8>, u16>,
    channels: HashMap<Vec<u8>, u16>,
    /// The messages of the chunk: channel, time, and offset behind the head.
    entries: Vec<(u16, u64, u64)>,
    /// How many channels have messages in it.
    touched: usize,
    summary: Summary,
}

/// A file cannot have more channels or schemas.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Full;

impl McapWriter {
    /// Creates the file, which must not be there.
    pub(crate) fn create(path: &Path) -> Result<Self, RecordError> {
        let mut file = ChunkFile::create(path, ENDING)?;
        file.chunk.extend(MAGIC);
        record(&mut file.chunk, op::HEADER, |out| {
            counted(out, b"");
            counted(out, concat!("mapcast/", env!("CARGO_PKG_VERSION")).as_bytes());
        });
        if let Err(error) = file.commit() {
            let error = RecordError::file("create", path, error);
            file.remove();
            return Err(error);
        }
        let (schemas, channels) = (HashMap::new(), HashMap::new());
        let (entries, summary) = (Vec::new(), Summary::default());
        Ok(Self { file, schemas, channels, entries, touched: 0, summary })
    }

    /// The number of `channel`, which is added if it is not in the file yet.
    pub(crate) fn channel(&mut self, channel: &Channel) -> Result<u16, Full> {
        let mut schema = Vec::new();
        counted(&mut schema, channel.record.as_bytes());
        counted(&mut schema, channel.schema_encoding.as_bytes());
        counted(&mut schema, &channel.schema);
        let schema = self.number(op::SCHEMA, schema)?;
        let mut body = schema.to_le_bytes().to_vec();
        counted(&mut body, channel.topic.as_bytes());
        counted(&mut body, channel.message_encoding.as_bytes());
        let mut metadata = Vec::new();
        for text in channel.metadata.iter().flat_map(|(key, value)| [key, value]) {
            counted(&mut metadata, text.as_bytes());
        }
        counted(&mut body, &metadata);
        self.number(op::CHANNEL, body)
    }

    /// The number of a schema or a channel with this body, which follows its number.
    fn number(&mut self, op: u8, body: Vec<u8>) -> Result<u16, Full> {
        let numbers = if op == op::SCHEMA { &mut self.schemas } else { &mut self.channels };
        if let Some(known) = numbers.get(&body) {
            return Ok(*known);
        }
        // 0 would be no schema.
        let number = u16::try_from(numbers.len() + 1).map_err(|_| Full)?;
        begin(&mut self.file.chunk);
        self.file.chunk.extend(self.summary.describe(op, number, &body));
        numbers.insert(body, number);
        Ok(number)
    }

    /// Appends a message of `channel` to the chunk.
    pub(crate) fn message(&mut self, channel: u16, sequence: u32, time: u64, data: &[u8]) {
        let chunk = &mut self.file.chunk;
        begin(chunk);
        self.entries.push((channel, time, (chunk.len() - CHUNK_HEAD) as u64));
        let time = time.to_le_bytes();
        let mut start = [0; MESSAGE_HEAD];
        start[..9].copy_from_slice(&head(op::MESSAGE, MESSAGE_HEAD - HEAD + data.len()));
        start[9..11].copy_from_slice(&channel.to_le_bytes());
        start[11..15].copy_from_slice(&sequence.to_le_bytes());
        start[15..23].copy_from_slice(&time);
        start[23..].copy_from_slice(&time);
        chunk.extend(start);
        chunk.extend(data);
        self.touched += usize::from(self.summary.count(channel));
    }

    /// Bytes of the chunk that is not committed.
    pub(crate) fn pending(&self) -> usize {
        self.file.chunk.len()
    }

    /// Bytes that the file has when it is finished.
    pub(crate) fn len(&self) -> u64 {
        let indexes = self.touched * INDEX + self.entries.len() * ENTRY;
        let chunk = self.file.chunk.len() + indexes;
        let pending = (!self.file.chunk.is_empty()).then_some(self.touched);
        self.file.end() + (chunk + self.summary.len(pending)) as u64
    }

    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Whether nothing was written.
    pub(crate) fn is_blank(&self) -> bool {
        self.channels.is_empty()
    }

    /// Commits the chunk to the file.
    pub(crate) fn commit(&mut self) -> io::Result<()> {
        if !self.file.chunk.is_empty() {
            self.seal();
        }
        self.file.commit()
    }

    /// Completes the chunk: its head, and the indexes behind it.
    fn seal(&mut self) {
        let (start, chunk) = (self.file.end(), &mut self.file.chunk);
        let times = self.entries.iter().map(|(_, time, _)| *time);
        let [first, last] = [times.clone().min(), times.max()].map(Option::unwrap_or_default);
        let size = (chunk.len() - CHUNK_HEAD) as u64;
        let mut front = head(op::CHUNK, chunk.len() - HEAD).to_vec();
        longs(&mut front, &[first, last, size]);
        front.extend(crc32fast::hash(&chunk[CHUNK_HEAD..]).to_le_bytes());
        counted(&mut front, b"");
        longs(&mut front, &[size]);
        chunk[..CHUNK_HEAD].copy_from_slice(&front);
        let len = chunk.len() as u64;
        // Messages of a channel keep their order.
        self.entries.sort_by_key(|(channel, _, _)| *channel);
        let mut indexes = Vec::new();
        for entries in self.entries.chunk_by(|a, b| a.0 == b.0) {
            let channel = entries[0].0.to_le_bytes();
            indexes.extend(channel);
            longs(&mut indexes, &[start + chunk.len() as u64]);
            record(chunk, op::MESSAGE_INDEX, |out| {
                out.extend(channel);
                let bytes = u32::try_from(entries.len() * ENTRY).expect("part of a chunk");
                out.extend(bytes.to_le_bytes());
                for (_, time, offset) in entries {
                    longs(out, &[*time, *offset]);
                }
            });
        }
        let indexes_len = chunk.len() as u64 - len;
        self.summary.chunk([first, last, start, len], &indexes, [indexes_len, size]);
        self.entries.clear();
        self.touched = 0;
    }

    /// Writes the summary behind what was committed, which stays if that fails.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.summary.write(self.file.end(), &mut self.file.chunk);
        self.file.finish()
    }

    pub(crate) fn into_file(self) -> ChunkFile {
        self.file
    }
}

/// Begins a chunk, if none is begun.
fn begin(chunk: &mut Vec<u8>) {
    if chunk.is_empty() {
        chunk.extend([0; CHUNK_HEAD]);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Channel, McapWriter};

    fn channel(topic: &str) -> Channel {
        let (topic, record) = (topic.to_owned(), "R".to_owned());
        let schema = b"{}".to_vec();
        let (schema_encoding, message_encoding) = ("jsonschema", "json");
        Channel { topic, record, schema_encoding, schema, message_encoding, ..Channel::default() }
    }

    #[test]
    fn the_library_reads_each_message_and_the_summary_and_the_size_is_known_before() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x.mcap");
        for (number, messages) in [0_u32, 1, 7, 1000].into_iter().enumerate() {
            let path = path.with_extension(number.to_string());
            let mut writer = McapWriter::create(&path).expect("created");
            for sequence in 0..messages {
                let id = writer.channel(&channel(&format!("t{}", sequence % 3))).expect("room");
                let time = u64::from(1000 - sequence);
                writer.message(id, sequence, time, &[b'x'; 5][..sequence as usize % 6]);
                if sequence % 10 == 9 {
                    writer.commit().expect("written");
                    is_read(&path, sequence + 1);
                }
            }
            let len = writer.len();
            writer.commit().and_then(|()| writer.finish()).expect("written");
            let bytes = is_read(&path, messages);
            assert_eq!(bytes.len() as u64, len, "{messages} messages");
            let summary = mcap::Summary::read(&bytes).expect("readable").expect("a summary");
            let stats = summary.stats.as_ref().expect("statistics");
            assert_eq!(stats.message_count, u64::from(messages));
            assert_eq!(stats.channel_message_counts.values().sum::<u64>(), u64::from(messages));
            assert_eq!(summary.channels.len(), messages.min(3) as usize);
            for chunk in &summary.chunk_indexes {
                let indexes = summary.read_message_indexes(&bytes, chunk).expect("indexes");
                for (channel, entries) in indexes {
                    for entry in entries {
                        let message = summary.seek_message(&bytes, chunk, &entry).expect("there");
                        assert_eq!(
                            (message.channel, message.log_time),
                            (channel.clone(), entry.log_time)
                        );
                    }
                }
            }
        }
    }

    /// Asserts that the file has so many messages in order, and returns its bytes.
    fn is_read(path: &std::path::Path, messages: u32) -> Vec<u8> {
        let bytes = fs::read(path).expect("the file");
        let stream = mcap::MessageStream::new(&bytes).expect("a file of MCAP");
        let read: Vec<_> = stream.map(|message| message.expect("a message")).collect();
        let sequences: Vec<_> = read.iter().map(|message| message.sequence).collect();
        assert_eq!(sequences, (0..messages).collect::<Vec<_>>());
        assert!(read.iter().all(|it| it.data.len() == it.sequence as usize % 6));
        drop(read);
        bytes
    }
}
