//! The input: JSON lines from standard input or a named pipe, each good one a record.
//!
//! ```text
//!   Stream (bytes) --> Decoder: Lines (numbered, bounded) --> Keys (values into the record)
//! ```
//!
//! Invariant: a bad line is reported with its number and skipped; the record stays what the last
//! good line made of it. The input is opened only where some field needs it: a producer whose
//! fields have other sources never reads its standard input.

mod decoder;
mod json;
#[cfg(test)]
mod json_tests;
mod keys;
mod line_error;
mod lines;
mod stream;
#[cfg(test)]
mod tests;

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use daemon::{Monotonic, Ready};
use layout::RecordBuf;

pub(crate) use decoder::{Decoder, Outcome};
pub(crate) use keys::Keys;
pub(crate) use line_error::LineError;
pub(crate) use stream::OpenError;
use stream::{Chunk, Stream};

/// Bytes read at once: the usual capacity of a pipe.
const CHUNK: usize = 64 << 10;
/// How often a pipe is read before its lines are looked at: together the most that a pipe holds
/// (`/proc/sys/fs/pipe-max-size`), so that an unfinished line of a writer that has left is seen.
const READS: usize = 16;

/// The open input of a producer.
#[derive(Debug)]
pub(crate) struct Input {
    stream: Stream,
    decoder: Decoder,
    chunk: Box<[u8]>,
    /// Whether there may be lines that were read and not taken out yet.
    has_lines: bool,
    ended: bool,
}

impl Input {
    /// Opens the named pipe `path`, or standard input.
    pub(crate) fn open(
        path: Option<&Path>,
        max_line: usize,
        keys: Keys,
    ) -> Result<Self, OpenError> {
        Ok(Self {
            stream: Stream::open(path)?,
            decoder: Decoder::new(max_line, keys),
            chunk: vec![0; CHUNK].into_boxed_slice(),
            has_lines: false,
            ended: false,
        })
    }

    /// Another configuration for the same stream: keys and limit change, numbering continues.
    pub(crate) fn configure(&mut self, max_line: usize, keys: Keys) {
        self.decoder.configure(max_line, keys);
    }

    /// Reads what is there. Take every line out with [`next`](Self::next) before the next call.
    pub(crate) fn fill(&mut self) -> io::Result<()> {
        self.has_lines = true;
        for _ in 0..READS {
            match self.stream.read(&mut self.chunk)? {
                Chunk::Bytes(length) => self.decoder.push(&self.chunk[..length]),
                Chunk::Nothing => break,
                Chunk::WritersLeft => {
                    self.decoder.end();
                    self.stream.reopen()?;
                    break;
                }
                Chunk::End => {
                    self.decoder.end();
                    self.ended = true;
                    break;
                }
            }
            if !self.stream.is_nonblocking() || !self.decoder.is_inside_line() {
                break;
            }
        }
        Ok(())
    }

    /// The next line, read into `record`; blank lines are passed over. `None`: call
    /// [`fill`](Self::fill) when the descriptor is readable, unless [`has_ended`](Self::has_ended).
    pub(crate) fn next(
        &mut self,
        record: &mut RecordBuf,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Option<Outcome> {
        let outcome = self.decoder.next(record, go_on);
        self.has_lines = outcome.is_some();
        outcome
    }

    /// Whether there may be lines that were read and not taken out yet.
    pub(crate) fn has_lines(&self) -> bool {
        self.has_lines
    }

    /// Whether the stream has ended and every line was taken out; a named pipe never ends.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended && !self.has_lines
    }

    /// Whether a read finds something: bytes, or the end.
    pub(crate) fn is_readable(&self) -> io::Result<bool> {
        let now = Monotonic::from_nanos(0);
        // Polls the stream instead of the signals: one descriptor is enough.
        Ok(daemon::wait(&self.stream, None, Some(now))? != Ready::default())
    }

    /// Marks the stream as being read, for standbys, while it is open.
    pub(crate) fn hold(&self) {
        self.stream.hold();
    }

    /// Whether a standby may read the stream: its writer can block, and no other producer reads it.
    pub(crate) fn claim(&self) -> bool {
        self.stream.claim()
    }

    /// The keys, and which of them have been seen.
    pub(crate) fn keys(&self) -> &Keys {
        self.decoder.keys()
    }

    /// Goes over to the pipe that has our pipe's name now, if that is another one. True if it did.
    pub(crate) fn follow_name(&mut self) -> Result<bool, OpenError> {
        let followed = self.stream.follow_name()?;
        if followed {
            self.has_lines = true;
            self.decoder.end();
        }
        Ok(followed)
    }
}

impl AsFd for Input {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
