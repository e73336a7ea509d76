//! Messages as an MCAP file, by the writer of the crate `mcap`: a chunk with each commit, and at the end a summary, by
//! which other programs seek.
//!
//! Invariant: the file is readable after each commit, because of the [`ENDING`] behind the last chunk. The crate writes
//! into memory alone, so only a commit can fail, and that leaves the file as it was.
//!
//! ```text
//!   messages --> crate mcap --> memory --commit--> ChunkFile
//!
//!   | header | chunk, indexes | chunk, indexes | ... | data end | summary | footer |
//! ```
//!
//! Price: a chunk in memory, twice while it is committed, and of each chunk some 200 bytes until the file is finished;
//! figures in `docs/record.md`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mcap::records::MessageHeader;
use mcap::write::{NoSeek, Writer};
use mcap::{McapError, WriteOptions};

use super::RecordError;
use super::chunk_file::ChunkFile;

/// What stands behind the last chunk of a file that is not finished, so that it is whole: the data
/// ends, without a checksum; there is no summary; the end magic.
const ENDING: &[u8] = &[
    0x0f, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // data end
    0x02, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, // footer
    0x89, b'M', b'C', b'A', b'P', 0x30, b'\r', b'\n', // magic
];

/// Bytes of a message in a chunk and its index, beside its data.
const AROUND: usize = 31 + 16;
/// Most channels of a file. There are as many schemas at most; the crate would count beyond a `u16` with one more.
const MOST: u16 = u16::MAX - 1;

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
pub(crate) struct McapWriter {
    file: ChunkFile,
    writer: Writer<NoSeek<Memory>>,
    /// What the crate has written and is not committed.
    memory: Memory,
    /// Bytes of the chunk that is not committed, about.
    pending: usize,
    /// The greatest number of a channel.
    channels: u16,
}

impl McapWriter {
    /// Creates the file, which must not be there.
    pub(crate) fn create(path: &Path) -> Result<Self, RecordError> {
        let memory = Memory::default();
        // `commit` alone ends a chunk: it knows when there is room for it in the file.
        let options = WriteOptions::new()
            .compression(None)
            .chunk_size(None)
            .disable_seeking(true)
            .calculate_data_section_crc(false)
            .library(concat!("mapcast/", env!("CARGO_PKG_VERSION")));
        let writer = options.create(NoSeek::new(memory.clone()));
        let failed = |error| RecordError::file("create", path, error);
        let writer = writer.map_err(|error| failed(as_io(error)))?;
        let file = ChunkFile::create(path, ENDING)?;
        let mut begun = Self { file, writer, memory, pending: 0, channels: 0 };
        match begun.commit() {
            Ok(()) => Ok(begun),
            Err(error) => {
                begun.into_file().remove();
                Err(failed(error))
            }
        }
    }

    /// The number of `channel`, which is added if it is not in the file yet; `None`: a file cannot have more.
    pub(crate) fn channel(&mut self, channel: &Channel) -> io::Result<Option<u16>> {
        if self.channels == MOST {
            return Ok(None);
        }
        let Channel { topic, metadata, record, schema_encoding, schema, message_encoding } =
            channel;
        let writer = &mut self.writer;
        let number = writer
            .add_schema(record, schema_encoding, schema)
            .and_then(|schema| writer.add_channel(schema, topic, message_encoding, metadata))
            .map_err(as_io)?;
        if number > self.channels {
            self.channels = number;
            self.pending += AROUND + schema.len();
        }
        Ok(Some(number))
    }

    /// Appends a message of `channel` to the chunk.
    pub(crate) fn message(
        &mut self,
        channel_id: u16,
        sequence: u32,
        time: u64,
        data: &[u8],
    ) -> io::Result<()> {
        let header = MessageHeader { channel_id, sequence, log_time: time, publish_time: time };
        self.pending += AROUND + data.len();
        self.writer.write_to_known_channel(&header, data).map_err(as_io)
    }

    /// Bytes of the chunk that is not committed, about.
    pub(crate) fn pending(&self) -> usize {
        self.pending
    }

    /// Bytes of the file, about, without the summary.
    pub(crate) fn len(&self) -> u64 {
        self.file.end() + self.pending as u64
    }

    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Whether nothing was written.
    pub(crate) fn is_blank(&self) -> bool {
        self.channels == 0
    }

    /// Commits the chunk to the file.
    pub(crate) fn commit(&mut self) -> io::Result<()> {
        self.pending = 0;
        self.writer.flush().map_err(as_io)?;
        self.take();
        self.file.commit()
    }

    /// Writes the summary behind what was committed, which stays if that fails.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.writer.finish().map_err(as_io)?;
        self.take();
        self.file.finish()
    }

    /// Takes what the crate has written as the next chunk of the file.
    fn take(&mut self) {
        std::mem::swap(&mut *self.memory.bytes(), &mut self.file.chunk);
    }

    pub(crate) fn into_file(self) -> ChunkFile {
        self.file
    }
}

/// What the crate writes into: bytes that its owner shares, because the crate gives out its writer only at the end.
#[derive(Clone, Debug, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn as_io(error: McapError) -> io::Error {
    match error {
        McapError::Io(error) => error,
        other => io::Error::other(other),
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
    fn the_library_reads_each_message_and_the_summary_also_between_two_commits() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("x.mcap");
        for (number, messages) in [0_u32, 1, 7, 1000].into_iter().enumerate() {
            let path = path.with_extension(number.to_string());
            let mut writer = McapWriter::create(&path).expect("created");
            for sequence in 0..messages {
                let id = writer.channel(&channel(&format!("t{}", sequence % 3)));
                let time = u64::from(1000 - sequence);
                let data = &[b'x'; 5][..sequence as usize % 6];
                let id = id.expect("memory").expect("room");
                writer.message(id, sequence, time, data).expect("memory");
                if sequence % 10 == 9 {
                    writer.commit().expect("written");
                    is_read(&path, sequence + 1);
                }
            }
            writer.commit().and_then(|()| writer.finish()).expect("written");
            let bytes = is_read(&path, messages);
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
