//! The file that all regions are recorded into.
//!
//! Invariant: each message is in a chunk, each chunk is committed when it has [`CHUNK`] bytes or is [`LONGEST`] old,
//! and a file that is full or old enough is finished before the next one begins. After an error nothing more is
//! written.
//!
//! Price: the chunk in memory.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::RecordError;
use super::chunk_file::{ChunkFile, Gone};
use super::error::WRITE;
use super::mcap_writer::{Channel, McapWriter};
use super::rotation::Rotation;
use super::totals::Totals;

/// Bytes of records that make a chunk.
const CHUNK: usize = 1 << 20;
/// Longest time until a message is in the file.
const LONGEST: Duration = Duration::from_secs(1);

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Mcap,
    Csv,
}

/// Where a channel is in which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChannelId {
    file: u64,
    number: u16,
}

/// The present file, and the ones to come.
pub(crate) struct Output {
    kind: Kind,
    rotation: Rotation,
    current: Option<Current>,
    /// When the chunk that is not committed was begun.
    pending_since: Option<Instant>,
    pub(crate) totals: Totals,
    /// Whether a region was found whose records the options fit: what does not fit after that ends nothing.
    pub(crate) has_region: bool,
    /// Whether the recorders are to end.
    pub(crate) is_stopped: bool,
}

enum Current {
    Mcap(Box<McapWriter>),
    Csv(ChunkFile),
}

impl Output {
    /// Creates the first file.
    pub(crate) fn create(kind: Kind, rotation: Rotation) -> Result<Self, RecordError> {
        let mut output = Self {
            kind,
            rotation,
            current: None,
            pending_since: None,
            totals: Totals::default(),
            has_region: false,
            is_stopped: false,
        };
        output.begin()?;
        Ok(output)
    }

    /// The number of the present file.
    pub(crate) fn file(&self) -> u64 {
        self.totals.files
    }

    /// Begins the next file: in a series, the next one whose name is free.
    fn begin(&mut self) -> Result<(), RecordError> {
        let (path, current) = loop {
            let path = self.rotation.next();
            match Current::create(self.kind, &path) {
                // Another program has made one of this number meanwhile.
                Err(error) if error.is_taken() && self.rotation.is_series() => {}
                created => break (path, created?),
            }
        };
        tracing::info!("recording into {}", path.display());
        self.current = Some(current);
        self.totals.begin();
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
        let number = self.number(channel, id).inspect_err(|_| self.totals.lost += 1)?;
        self.count_record();
        self.write(number, name, data)
    }

    /// Counts a record that is about to be written.
    fn count_record(&mut self) {
        if self.current.is_some() {
            self.totals.record();
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
        let number = self.number(channel, id)?;
        self.write(number, name, data)
    }

    /// The number of `channel` in the file that the next message goes to; `None`: there is none any more.
    fn number(
        &mut self,
        channel: &Channel,
        id: &mut Option<ChannelId>,
    ) -> Result<Option<u16>, RecordError> {
        self.rotate_if_due()?;
        let file = self.file();
        let Some(Current::Mcap(writer)) = &mut self.current else { return Ok(None) };
        if let Some(known) = id.filter(|id| id.file == file) {
            return Ok(Some(known.number));
        }
        let path = writer.path().to_owned();
        let added = writer.channel(channel);
        let Some(number) = added.map_err(|error| self.failed(error))? else {
            self.finish()?;
            return Err(RecordError::Full(path));
        };
        *id = Some(ChannelId { file, number });
        Ok(Some(number))
    }

    fn write(
        &mut self,
        number: Option<u16>,
        (sequence, time): (u32, u64),
        data: &[u8],
    ) -> Result<(), RecordError> {
        let (Some(Current::Mcap(writer)), Some(number)) = (&mut self.current, number) else {
            return Ok(());
        };
        let written = writer.message(number, sequence, time, data);
        let pending = writer.pending();
        written.map_err(|error| self.failed(error))?;
        self.wrote(pending)
    }

    /// Writes the lines of a record as CSV.
    pub(crate) fn lines(&mut self, text: &[u8]) -> Result<(), RecordError> {
        self.count_record();
        let Some(Current::Csv(file)) = &mut self.current else { return Ok(()) };
        file.chunk.extend_from_slice(text);
        let pending = file.chunk.len();
        self.wrote(pending)
    }

    /// Commits the chunk if its `pending` bytes are enough.
    fn wrote(&mut self, pending: usize) -> Result<(), RecordError> {
        if pending >= CHUNK {
            return self.commit();
        }
        self.pending_since.get_or_insert_with(Instant::now);
        Ok(())
    }

    /// Commits a chunk that has waited long enough, and begins another file if that is due.
    pub(crate) fn tick(&mut self) -> Result<(), RecordError> {
        if self.pending_since.is_some_and(|since| since.elapsed() >= LONGEST) {
            self.commit()?;
        }
        self.rotate_if_due()
    }

    fn commit(&mut self) -> Result<(), RecordError> {
        self.pending_since = None;
        let committed = self.current.as_mut().map_or(Ok(()), Current::commit);
        committed.map_err(|error| self.failed(error))?;
        self.totals.commit();
        Ok(())
    }

    /// Begins another file if the present one is large or old enough. A blank one is neither: its time begins with
    /// what is written first.
    fn rotate_if_due(&mut self) -> Result<(), RecordError> {
        let Some(current) = &self.current else { return Ok(()) };
        if current.is_blank() {
            self.rotation.restart();
        } else if self.rotation.is_due(|| current.len()) {
            self.finish()?;
            self.begin()?;
        }
        Ok(())
    }

    /// Finishes the present file; a blank one behind others is removed. Nothing is written after that.
    pub(crate) fn finish(&mut self) -> Result<(), RecordError> {
        if self.totals.files > 1 && self.current.as_ref().is_some_and(Current::is_blank) {
            self.remove();
            return Ok(());
        }
        self.commit()?;
        let finished = self.current.as_mut().map_or(Ok(()), Current::finish);
        finished.map_err(|error| self.failed(error))?;
        self.close();
        Ok(())
    }

    /// Whether nothing was recorded.
    pub(crate) fn is_blank(&self) -> bool {
        self.totals.files == 1 && self.current.as_ref().is_some_and(Current::is_blank)
    }

    /// Removes the present file, and returns its path.
    pub(crate) fn remove(&mut self) -> PathBuf {
        let Some(current) = self.current.take() else { return PathBuf::new() };
        self.totals.files -= 1;
        current.into_file().remove()
    }

    /// Leaves the file as it was committed last, or removes it if it has no record.
    fn failed(&mut self, error: io::Error) -> RecordError {
        if Gone::is(&error) {
            self.totals.lose_file();
        }
        let is_empty = !self.totals.lose_chunk() && !Gone::is(&error);
        let (what, path) =
            if is_empty { ("write any record", self.remove()) } else { (WRITE, self.close()) };
        RecordError::file(what, &path, error)
    }

    /// Closes the present file, and returns its path.
    fn close(&mut self) -> PathBuf {
        let Some(current) = self.current.take() else { return PathBuf::new() };
        let file = current.into_file();
        self.totals.bytes += file.size();
        file.path().to_owned()
    }
}

impl Current {
    fn create(kind: Kind, path: &Path) -> Result<Self, RecordError> {
        Ok(match kind {
            Kind::Csv => Self::Csv(ChunkFile::create(path, b"")?),
            Kind::Mcap => Self::Mcap(Box::new(McapWriter::create(path)?)),
        })
    }

    /// Bytes of the file, about, without the summary.
    fn len(&self) -> u64 {
        match self {
            Self::Mcap(writer) => writer.len(),
            Self::Csv(file) => file.end() + file.chunk.len() as u64,
        }
    }

    fn is_blank(&self) -> bool {
        match self {
            Self::Mcap(writer) => writer.is_blank(),
            Self::Csv(_) => self.len() == 0,
        }
    }

    fn commit(&mut self) -> io::Result<()> {
        match self {
            Self::Mcap(writer) => writer.commit(),
            Self::Csv(file) => file.commit(),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Mcap(writer) => writer.finish(),
            Self::Csv(file) => file.finish(),
        }
    }

    fn into_file(self) -> ChunkFile {
        match self {
            Self::Csv(file) => file,
            Self::Mcap(writer) => writer.into_file(),
        }
    }
}
