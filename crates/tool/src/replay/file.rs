//! The records of an MCAP file, from its start to its end, those in chunks too.
//!
//! Invariant: any bytes give records or an error with the place, without a panic. Nothing is allocated for a size that
//! the file only claims: a record is inside the file, and a chunk grows while it is unpacked, up to what it
//! says and to [`MAX`].
//!
//! ```text
//!   | magic | op, length, body | op, length, body | ... | footer | magic |
//!             6 = chunk: times, sizes, checksum, | op, length, body | op, length, body |
//! ```
//!
//! The crate `mcap` parses the bodies. Its readers would need the libraries of C for zstd and lz4, and have
//! no offset for an error; so the framing is here, and the decompression by crates in Rust.
//!
//! Price: a chunk in memory, packed and unpacked.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use daemon::counted;
use lz4_flex::frame::FrameDecoder;
use mcap::MAGIC;
use mcap::records::{ChunkHeader, Record, op};
use rustix::fs::OFlags;
use ruzstd::decoding::StreamingDecoder;

use super::error::short;
use super::{ReplayError, lengths};

/// Longest record, and chunk before and after it is unpacked. A record of a region has 16 MiB at most, its JSON
/// less than ten times as much.
const MAX: u64 = 1 << 28;
/// Longest description of a channel, whose metadata take ten times as much in memory.
const MAX_CHANNEL: u64 = 1 << 20;
/// An operation code and a length.
const HEAD: u64 = 9;

/// What is wrong with some bytes.
type Wrong = String;

/// Whether to read on.
pub(crate) enum Flow {
    Continue,
    Stop,
}

/// What a visitor says of a record.
pub(crate) enum Refusal {
    /// The record is damaged.
    Damaged(Wrong),
    /// Something else ends the reading.
    Other(ReplayError),
}

impl From<ReplayError> for Refusal {
    fn from(error: ReplayError) -> Self {
        Self::Other(error)
    }
}

/// An MCAP file.
#[derive(Debug)]
pub(crate) struct McapFile {
    input: BufReader<File>,
    path: PathBuf,
    len: u64,
}

impl McapFile {
    /// # Errors
    /// It is not there, or does not begin as an MCAP file.
    pub(crate) fn open(path: &Path) -> Result<Self, ReplayError> {
        let failed = |what| move |source| ReplayError::file(what, path, source);
        // A named pipe is opened at once, and refused below.
        let mut options = File::options();
        let options = options.read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        let file = options.open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound if path == Path::new("-") => ReplayError::NotAFile("-".into()),
            _ => failed("open")(error),
        })?;
        let metadata = file.metadata().map_err(failed("look at"))?;
        if metadata.is_dir() {
            return Err(ReplayError::file("read", path, ErrorKind::IsADirectory.into()));
        }
        if !metadata.is_file() {
            return Err(ReplayError::NotAFile(path.to_owned()));
        }
        let mut file =
            Self { input: BufReader::new(file), path: path.to_owned(), len: metadata.len() };
        file.begin()?;
        Ok(file)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the file.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    fn begin(&mut self) -> Result<(), ReplayError> {
        let mut magic = [0; MAGIC.len()];
        let read = self.input.rewind().and_then(|()| self.input.read_exact(&mut magic));
        match read {
            Ok(()) if magic == *MAGIC => Ok(()),
            Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
                Err(ReplayError::file("read", &self.path, error))
            }
            _ => Err(ReplayError::NotMcap(self.path.clone())),
        }
    }

    /// Passes every schema, channel and message to `visit`, with the place of it or of its chunk.
    pub(crate) fn visit(
        &mut self,
        mut visit: impl FnMut(u64, Record<'_>) -> Result<Flow, Refusal>,
    ) -> Result<(), ReplayError> {
        self.begin()?;
        let mut at = MAGIC.len() as u64;
        let mut body = Vec::new();
        loop {
            let (op, len) = self.head(at)?;
            let is_read = matches!(op, op::SCHEMA | op::CHANNEL | op::MESSAGE | op::CHUNK);
            if !is_read {
                self.skip(len)?;
                if op == op::FOOTER {
                    return self.end(at + HEAD + len);
                }
                at += HEAD + len;
                continue;
            }
            self.body(at, len, &mut body)?;
            let mut visit_at = |record: Record<'_>| visit(at, record);
            let visited = if op == op::CHUNK {
                chunk(&body, &mut visit_at)
            } else {
                parse(op, &body).and_then(visit_at)
            };
            match visited {
                Ok(Flow::Continue) => at += HEAD + len,
                Ok(Flow::Stop) => return Ok(()),
                Err(Refusal::Damaged(what)) => return Err(self.damaged(at, what)),
                Err(Refusal::Other(error)) => return Err(error),
            }
        }
    }

    /// The operation code and the length of the record at `at`, which is inside the file.
    fn head(&mut self, at: u64) -> Result<(u8, u64), ReplayError> {
        if self.len.saturating_sub(at) < HEAD {
            return Err(self.cut_off(at));
        }
        let mut head = [0; 9];
        self.read(at, &mut head)?;
        let [op, len @ ..] = head;
        let len = u64::from_le_bytes(len);
        if len > self.len - at - HEAD { Err(self.cut_off(at)) } else { Ok((op, len)) }
    }

    fn body(&mut self, at: u64, len: u64, body: &mut Vec<u8>) -> Result<(), ReplayError> {
        if len > MAX {
            return Err(self.damaged(at, too_long("a record", len, MAX)));
        }
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        body.clear();
        // No more than that: it may be large.
        body.reserve_exact(len);
        body.resize(len, 0);
        self.read(at, body)
    }

    /// Passes `len` bytes, which are inside the file.
    fn skip(&mut self, len: u64) -> Result<(), ReplayError> {
        // The length of a file is a positive i64. Most records that are skipped are in the buffer.
        let skipped = self.input.seek_relative(len.cast_signed());
        skipped.map_err(|error| ReplayError::file("read", &self.path, error))
    }

    /// After the footer the magic bytes have to come once more.
    fn end(&mut self, at: u64) -> Result<(), ReplayError> {
        let mut magic = [0; MAGIC.len()];
        if self.len - at < MAGIC.len() as u64 {
            return Err(self.cut_off(at));
        }
        self.read(at, &mut magic)?;
        if magic == *MAGIC { Ok(()) } else { Err(self.damaged(at, "no end mark".into())) }
    }

    /// Reads `bytes` of the record at `at`, which are inside the file unless that was cut meanwhile.
    fn read(&mut self, at: u64, bytes: &mut [u8]) -> Result<(), ReplayError> {
        self.input.read_exact(bytes).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => self.cut_off(at),
            _ => ReplayError::file("read", &self.path, error),
        })
    }

    fn cut_off(&self, at: u64) -> ReplayError {
        self.damaged(at, "cut off".into())
    }

    fn damaged(&self, at: u64, what: Wrong) -> ReplayError {
        ReplayError::Damaged { path: self.path.clone(), at, what: short(what) }
    }
}

fn too_long(what: &str, len: u64, most: u64) -> Wrong {
    format!("{what} of {}, at most {most} are read", counted(len, "byte"))
}

fn parse(op: u8, body: &[u8]) -> Result<Record<'_>, Refusal> {
    let len = body.len() as u64;
    if op == op::CHANNEL && len > MAX_CHANNEL {
        return Err(Refusal::Damaged(too_long("a channel", len, MAX_CHANNEL)));
    }
    if !lengths::are_inside(op, body) {
        return Err(Refusal::Damaged("a text that is longer than its record".into()));
    }
    mcap::parse_record(op, body).map_err(|error| Refusal::Damaged(error.to_string()))
}

/// Passes the records of a chunk to `visit`.
fn chunk(
    body: &[u8],
    visit: &mut dyn FnMut(Record<'_>) -> Result<Flow, Refusal>,
) -> Result<Flow, Refusal> {
    let Record::Chunk { header, data } = parse(op::CHUNK, body)? else {
        return Ok(Flow::Continue);
    };
    let records = unpacked(&header, &data).map_err(Refusal::Damaged)?;
    let mut rest = &*records;
    while let [op, head @ ..] = rest {
        let cut_off = || Refusal::Damaged("a chunk with a record that is cut off".into());
        let (len, tail) = head.split_first_chunk::<8>().ok_or_else(cut_off)?;
        let len = usize::try_from(u64::from_le_bytes(*len)).map_err(|_| cut_off())?;
        let (body, next) = tail.split_at_checked(len).ok_or_else(cut_off)?;
        rest = next;
        if !matches!(*op, op::SCHEMA | op::CHANNEL | op::MESSAGE) {
            continue;
        }
        if let Flow::Stop = visit(parse(*op, body)?)? {
            return Ok(Flow::Stop);
        }
    }
    Ok(Flow::Continue)
}

/// The records of a chunk, whose checksum is right.
fn unpacked<'a>(header: &ChunkHeader, data: &'a [u8]) -> Result<Cow<'a, [u8]>, Wrong> {
    let size = header.uncompressed_size;
    if size > MAX {
        return Err(too_long("a chunk", size, MAX));
    }
    let unpack = |name: &str, input: &mut dyn Read| {
        let mut records = Vec::new();
        let read = input.take(size).read_to_end(&mut records);
        let behind = read.and_then(|_| input.read(&mut [0]));
        match behind.map_err(|error| format!("a chunk that is no {name}: {error}"))? {
            0 => Ok(Cow::Owned(records)),
            _ => Err(format!("a chunk of more than {}, as it should have", counted(size, "byte"))),
        }
    };
    let records = match header.compression.as_str() {
        "" => Cow::Borrowed(data),
        "lz4" => unpack("lz4", &mut FrameDecoder::new(data))?,
        "zstd" => {
            let decoder = StreamingDecoder::new(data);
            unpack(
                "zstd",
                &mut decoder.map_err(|error| format!("a chunk that is no zstd: {error}"))?,
            )?
        }
        other => return Err(format!("a chunk packed by {other:?}; repack it as zstd or lz4")),
    };
    if records.len() as u64 != size {
        return Err(format!(
            "a chunk of {} that should have {size}",
            counted(records.len() as u64, "byte")
        ));
    }
    let crc = header.uncompressed_crc;
    if crc != 0 && crc != crc32fast::hash(&records) {
        return Err("a chunk whose checksum is wrong".into());
    }
    Ok(records)
}
