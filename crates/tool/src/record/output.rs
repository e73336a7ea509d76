//! The file that all regions are recorded into.
//!
//! Invariant: each message is in a chunk, each chunk is committed when it has [`CHUNK`] bytes or is [`LONGEST`] old,
//! and a file that is full or old enough is finished before the next one begins. After an error nothing more is
//! written.
//!
//! Price: the chunk in memory, twice while it is written.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use mcap::records::MessageHeader;
use mcap::write::NoSeek;
use mcap::{WriteOptions, Writer};

use super::RecordError;
use super::chunk_file::ChunkFile;
use super::error::WRITE;
use super::rotation::Rotation;

/// Bytes of records that make a chunk.
const CHUNK: u64 = 1 << 20;
/// Longest time until a message is in the file.
const LONGEST: Duration = Duration::from_secs(1);

/// Bytes of a message beside its data, and of its entry in an index.
const AROUND: u64 = 31 + 16;

/// What stands behind the last chunk of a file that is not finished, so that it is whole: the data
/// ends, without a checksum; there is no summary; the end magic.
const ENDING: &[u8] = &[
    0x0f, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // data end
    0x02, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, // footer
    0x89, b'M', b'C', b'A', b'P', 0x30, b'\r', b'\n', // magic
];

/// What fails before there is a file.
const CREATE: &str = "create";

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Mcap,
    Csv,
}

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

/// Where a channel is in which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChannelId {
    file: u64,
    id: u16,
}

/// What was recorded so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Records in the files, or in the chunk that is committed next.
    pub(crate) records: u64,
    pub(crate) missed: u64,
    /// Records that a failed write, or what failed after it, has kept out of the files.
    pub(crate) lost: u64,
    pub(crate) files: u64,
    /// Bytes of the files.
    pub(crate) bytes: u64,
}

/// The present file, and the ones to come.
pub(crate) struct Output {
    kind: Kind,
    rotation: Rotation,
    current: Option<Current>,
    pending: u64,
    pending_since: Instant,
    /// Records that are not committed.
    uncommitted: u64,
    /// Records that are committed to the present file.
    committed: u64,
    pub(crate) totals: Totals,
    /// Whether the recorders are to end.
    pub(crate) is_stopped: bool,
}

enum Current {
    Mcap { writer: Box<Writer<NoSeek<ChunkFile>>>, len: u64 },
    Csv(ChunkFile),
}

impl Output {
    /// Creates the first file.
    pub(crate) fn create(kind: Kind, rotation: Rotation) -> Result<Self, RecordError> {
        let mut output = Self {
            kind,
            rotation,
            current: None,
            pending: 0,
            pending_since: Instant::now(),
            uncommitted: 0,
            committed: 0,
            totals: Totals::default(),
            is_stopped: false,
        };
        output.begin()?;
        Ok(output)
    }

    /// The number of the present file.
    pub(crate) fn file(&self) -> u64 {
        self.totals.files
    }

    fn begin(&mut self) -> Result<(), RecordError> {
        let path = self.rotation.next();
        let current = match self.kind {
            Kind::Csv => Current::Csv(ChunkFile::create(&path, b"")?),
            Kind::Mcap => Current::mcap(&path)?,
        };
        tracing::info!("recording into {}", path.display());
        self.current = Some(current);
        self.totals.files += 1;
        self.committed = 0;
        Ok(())
    }

    /// Begins another file for the next record if that is due.
    pub(crate) fn prepare(&mut self) -> Result<(), RecordError> {
        self.rotate_if_due().inspect_err(|_| self.totals.lost += 1)
    }

    /// Writes a record as a message of `channel`: see [`message`](Self::message).
    pub(crate) fn record(
        &mut self,
        channel: &Channel,
        id: &mut Option<ChannelId>,
        name: (u32, u64),
        data: &[u8],
    ) -> Result<(), RecordError> {
        self.prepare()?;
        self.count_record();
        self.write(channel, id, name, data)
    }

    /// Counts a record that is about to be written.
    fn count_record(&mut self) {
        if self.current.is_some() {
            self.totals.records += 1;
            self.uncommitted += 1;
        } else {
            self.totals.lost += 1;
        }
    }

    /// Writes a message of `channel`, which is at `id` if it is in this file already.
    pub(crate) fn message(
        &mut self,
        channel: &Channel,
        id: &mut Option<ChannelId>,
        name: (u32, u64),
        data: &[u8],
    ) -> Result<(), RecordError> {
        self.rotate_if_due()?;
        self.write(channel, id, name, data)
    }

    fn write(
        &mut self,
        channel: &Channel,
        id: &mut Option<ChannelId>,
        (sequence, time): (u32, u64),
        data: &[u8],
    ) -> Result<(), RecordError> {
        let file = self.file();
        let Some(Current::Mcap { writer, len }) = &mut self.current else { return Ok(()) };
        let known = id.filter(|id| id.file == file).map(|known| known.id);
        let written = known.map_or_else(|| add(writer, channel), Ok).and_then(|channel_id| {
            *id = Some(ChannelId { file, id: channel_id });
            let header = MessageHeader { channel_id, sequence, log_time: time, publish_time: time };
            writer.write_to_known_channel(&header, data)
        });
        let added = data.len() as u64 + AROUND;
        *len += added;
        self.wrote(written, added)
    }

    /// Writes the lines of a record as CSV.
    pub(crate) fn lines(&mut self, text: &[u8]) -> Result<(), RecordError> {
        self.count_record();
        let Some(Current::Csv(file)) = &mut self.current else { return Ok(()) };
        let written = file.write_all(text).map_err(Into::into);
        self.wrote(written, text.len() as u64)
    }

    fn wrote(
        &mut self,
        written: Result<(), mcap::McapError>,
        added: u64,
    ) -> Result<(), RecordError> {
        if let Err(error) = written {
            return Err(self.failed(error));
        }
        if self.pending == 0 {
            self.pending_since = Instant::now();
        }
        self.pending += added;
        if self.pending >= CHUNK { self.commit() } else { Ok(()) }
    }

    /// Commits a chunk that has waited long enough, and begins another file if that is due.
    pub(crate) fn tick(&mut self) -> Result<(), RecordError> {
        if self.pending > 0 && self.pending_since.elapsed() >= LONGEST {
            self.commit()?;
        }
        self.rotate_if_due()
    }

    fn commit(&mut self) -> Result<(), RecordError> {
        self.pending = 0;
        let committed = match &mut self.current {
            Some(Current::Mcap { writer, .. }) => writer.flush(),
            Some(Current::Csv(file)) => file.flush().map_err(Into::into),
            None => Ok(()),
        };
        committed.map_err(|error| self.failed(error))?;
        self.keep();
        Ok(())
    }

    /// The records of the chunk are in the file.
    fn keep(&mut self) {
        self.committed += std::mem::take(&mut self.uncommitted);
    }

    /// The records of the chunk are not in the file. Returns what has failed.
    fn lose(&mut self) -> &'static str {
        let lost = std::mem::take(&mut self.uncommitted);
        self.totals.records -= lost;
        self.totals.lost += lost;
        if self.committed == 0 { "write any record" } else { WRITE }
    }

    /// Begins another file if the present one is large or old enough.
    pub(crate) fn rotate_if_due(&mut self) -> Result<(), RecordError> {
        let len = self.current.as_ref().map_or(0, Current::len);
        if self.current.is_some() && self.rotation.is_due(len) {
            self.finish()?;
            self.begin()?;
        }
        Ok(())
    }

    /// Finishes the present file. Nothing is written after that.
    pub(crate) fn finish(&mut self) -> Result<(), RecordError> {
        self.pending = 0;
        let Some(current) = self.current.take() else { return Ok(()) };
        let (file, finished) = current.finish();
        self.totals.bytes += file.size();
        finished.map_err(|error| RecordError::mcap(self.lose(), file.path(), error))?;
        self.keep();
        Ok(())
    }

    /// Whether nothing was recorded.
    pub(crate) fn is_blank(&self) -> bool {
        self.totals.files == 1
            && self.pending == 0
            && self.current.as_ref().is_some_and(|current| current.len() == 0)
    }

    /// Removes the present file.
    pub(crate) fn remove(&mut self) {
        if let Some(current) = self.current.take() {
            current.into_file().remove();
        }
    }

    /// Leaves the file as it was committed last.
    fn failed(&mut self, error: mcap::McapError) -> RecordError {
        let what = self.lose();
        let Some(current) = self.current.take() else {
            return RecordError::mcap(what, Path::new(""), error);
        };
        let file = current.into_file();
        self.totals.bytes += file.size();
        RecordError::mcap(what, file.path(), error)
    }
}

fn add(writer: &mut Writer<NoSeek<ChunkFile>>, channel: &Channel) -> mcap::McapResult<u16> {
    let schema = writer.add_schema(&channel.record, channel.schema_encoding, &channel.schema)?;
    writer.add_channel(schema, &channel.topic, channel.message_encoding, &channel.metadata)
}

impl Current {
    fn mcap(path: &Path) -> Result<Self, RecordError> {
        let file = ChunkFile::create(path, ENDING)?;
        // Chunks are made in memory and committed by `flush` alone.
        let options = WriteOptions::new()
            .compression(None)
            .chunk_size(None)
            .disable_seeking(true)
            .calculate_data_section_crc(false)
            .library(concat!("mapcast/", env!("CARGO_PKG_VERSION")));
        let mut writer = options
            .create(NoSeek::new(file))
            .map_err(|error| RecordError::mcap(CREATE, path, error))?;
        if let Err(error) = writer.flush() {
            writer.into_inner().into_inner().remove();
            return Err(RecordError::mcap(CREATE, path, error));
        }
        Ok(Self::Mcap { writer: Box::new(writer), len: 0 })
    }

    /// Bytes of the file, about.
    fn len(&self) -> u64 {
        match self {
            Self::Mcap { len, .. } => *len,
            Self::Csv(file) => file.len(),
        }
    }

    fn finish(self) -> (ChunkFile, mcap::McapResult<()>) {
        let (mut file, ended) = match self {
            Self::Csv(file) => (file, Ok(())),
            Self::Mcap { mut writer, .. } => {
                // In memory; what comes of it is committed below.
                let ended = writer.finish().map(drop);
                (writer.into_inner().into_inner(), ended)
            }
        };
        let finished = ended.and_then(|()| Ok(file.finish()?));
        (file, finished)
    }

    fn into_file(self) -> ChunkFile {
        match self {
            Self::Csv(file) => file,
            Self::Mcap { writer, .. } => writer.into_inner().into_inner(),
        }
    }
}
