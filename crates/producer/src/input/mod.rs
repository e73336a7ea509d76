//! The input: JSON lines from standard input or a named pipe; each good line makes a record.
//!
//! ```text
//!   Stream (bytes) --> Decoder: Lines (numbered, bounded) --> Keys (values into the record)
//! ```
//!
//! Invariant: a bad line is reported with its number and skipped; the record keeps the values of
//! the last good line. The input is opened only where some field needs it: a producer whose fields
//! have other sources never reads its standard input.

mod feed;
mod found_pipe;
mod instance_key;
mod json;
#[cfg(test)]
mod json_tests;
mod keys;
mod left_out;
mod line_error;
mod lines;
#[cfg(test)]
mod pointer_tests;
mod restore;
mod scalar;
mod stream;
#[cfg(test)]
mod tests;

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use daemon::{Monotonic, Ready};
use layout::RecordBuf;

pub use feed::{Feed, Refused};
pub(crate) use instance_key::InstanceKey;
pub(crate) use json::apply_line;
pub(crate) use keys::Keys;
pub(crate) use line_error::LineError;
use lines::{Line, Lines};
pub(crate) use restore::{copy_field, restore};
use stream::{Chunk, Stream};
pub(crate) use stream::{OpenError, check_input};

use crate::text::without_bom;

/// Bytes per read: the usual capacity of a pipe.
const CHUNK: usize = 64 << 10;
/// Reads of a pipe before its lines are parsed: together the largest capacity of a pipe
/// (`/proc/sys/fs/pipe-max-size`), so that the unfinished line of a writer that has left is seen.
const READS: usize = 16;

/// What the values of lines are read into.
pub(crate) trait ReadLine {
    /// Reads the values for `keys`: all, or none if the line is a bad one. `true`: each field of the record
    /// that the line is for has a value now.
    fn read_line(
        &mut self,
        line: &[u8],
        keys: &mut Keys,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<bool, LineError>;
}

impl ReadLine for RecordBuf {
    fn read_line(
        &mut self,
        line: &[u8],
        keys: &mut Keys,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Result<bool, LineError> {
        apply_line(line, keys, self, keep_going)?;
        Ok(keys.is_complete())
    }
}

/// The outcome of one line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// The record has new values: publish it.
    Publish,
    /// A good line, but some fields have no value yet, so there is no record to publish.
    Incomplete {
        /// Number of the line, counted from 1.
        number: u64,
    },
    /// `keep_going` returned false: the rest of the input is not read.
    Stopped,
    /// A bad line; nothing has changed.
    Bad {
        /// Number of the line, counted from 1.
        number: u64,
        /// Why.
        error: LineError,
    },
}

/// The input of a producer.
#[derive(Debug)]
pub(crate) struct Input {
    stream: Stream,
    decoder: Decoder,
    chunk: Box<[u8]>,
    /// Whether the buffer may hold whole lines.
    has_lines: bool,
    ended: bool,
    polling: Polling,
}

/// Whether the loop polls the descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Polling {
    /// Not yet.
    New,
    Polled,
    /// It cannot be polled, as that of a regular file: a read never blocks.
    AlwaysReadable,
}

impl Input {
    /// The named pipe `path`, which [`begin`](Self::begin) opens, or standard input.
    pub(crate) fn find(
        path: Option<&Path>,
        max_line: usize,
        keys: Keys,
    ) -> Result<Self, OpenError> {
        Ok(Self {
            stream: Stream::find(path)?,
            decoder: Decoder::new(max_line, keys),
            chunk: vec![0; CHUNK].into_boxed_slice(),
            has_lines: false,
            ended: false,
            polling: Polling::New,
        })
    }

    /// Opens the stream, if it is not open yet. Until then a program that writes to a pipe waits; afterwards what it
    /// writes is lost unless this producer reads it.
    pub(crate) fn begin(&mut self) -> Result<(), OpenError> {
        self.stream.begin()
    }

    /// Whether both are the same named pipe, perhaps by two names.
    pub(crate) fn is_same_pipe(&self, other: &Self) -> bool {
        self.stream.is_same_pipe(&other.stream)
    }

    /// Another configuration for the same stream: the name of a pipe, keys and limit change, numbering continues.
    pub(crate) fn configure(&mut self, name: Option<&Path>, max_line: usize, keys: Keys) {
        if let Some(name) = name {
            self.stream.rename(name);
        }
        self.decoder.lines.set_max(max_line);
        self.decoder.keys = keys;
    }

    /// Reads the available bytes. Take every line out with [`next`](Self::next) before the next
    /// call.
    pub(crate) fn fill(&mut self) -> io::Result<()> {
        self.has_lines = true;
        for _ in 0..READS {
            match self.stream.read(&mut self.chunk)? {
                Chunk::Bytes(length) => self.decoder.lines.push(&self.chunk[..length]),
                Chunk::Nothing => break,
                Chunk::WritersLeft => {
                    self.decoder.lines.end();
                    self.stream.reopen()?;
                    self.polling = Polling::New;
                    break;
                }
                Chunk::End => {
                    self.decoder.lines.end();
                    self.ended = true;
                    break;
                }
            }
            if !self.stream.is_nonblocking() || !self.decoder.lines.is_inside_line() {
                break;
            }
        }
        Ok(())
    }

    /// The next line, read into `records`; blank lines are skipped. `None`: call
    /// [`fill`](Self::fill) when the descriptor is readable, unless [`has_ended`](Self::has_ended).
    pub(crate) fn next(
        &mut self,
        records: &mut dyn ReadLine,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Option<Outcome> {
        let outcome = self.decoder.next(records, keep_going);
        self.has_lines = outcome.is_some();
        outcome
    }

    /// Whether there may be lines that were read and not taken out yet.
    pub(crate) fn has_lines(&self) -> bool {
        self.has_lines
    }

    /// How many whole lines were read and not taken out.
    pub(crate) fn unread(&self) -> u64 {
        self.decoder.lines.count()
    }

    /// Whether the stream has ended and every line was taken out; a named pipe never ends.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended && !self.has_lines
    }

    /// Whether a read returns bytes or the end without blocking.
    pub(crate) fn is_readable(&self) -> io::Result<bool> {
        let now = Monotonic::from_nanos(0);
        // Polls the stream instead of the signals: one descriptor is enough.
        Ok(daemon::wait(&self.stream, None, Some(now))? != Ready::default())
    }

    /// The descriptor to poll, if it is not polled yet.
    pub(crate) fn take_new(&mut self) -> Option<BorrowedFd<'_>> {
        if self.polling != Polling::New {
            return None;
        }
        self.polling = Polling::Polled;
        Some(self.stream.as_fd())
    }

    /// The descriptor is not polled any more: [`take_new`](Self::take_new) returns it again.
    pub(crate) fn forget_poll(&mut self) {
        self.polling = Polling::New;
    }

    /// The descriptor cannot be polled.
    pub(crate) fn set_always_readable(&mut self) {
        self.polling = Polling::AlwaysReadable;
    }

    /// Whether a read never blocks.
    pub(crate) fn is_always_readable(&self) -> bool {
        self.polling == Polling::AlwaysReadable
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
        &self.decoder.keys
    }

    /// The same, to be changed.
    pub(crate) fn keys_mut(&mut self) -> &mut Keys {
        &mut self.decoder.keys
    }

    /// Switches to another pipe if that has taken the name of the current one, whose rest is read before. `true`
    /// if it did.
    pub(crate) fn follow_name(&mut self) -> Result<bool, OpenError> {
        let Some(next) = self.stream.successor()? else { return Ok(false) };
        self.read_rest();
        self.switch_to(next);
        Ok(true)
    }

    /// As [`follow_name`](Self::follow_name), for a pipe of which this process has no bytes to read: another one
    /// reads it, or it is empty.
    pub(crate) fn follow_name_without_rest(&mut self) -> Result<bool, OpenError> {
        let Some(next) = self.stream.successor()? else { return Ok(false) };
        self.switch_to(next);
        Ok(true)
    }

    /// Reads what the pipe holds. A writer that goes on writing to it is not waited for.
    fn read_rest(&mut self) {
        let mut left = self.stream.capacity();
        while left > 0
            && let Ok(Chunk::Bytes(length)) = self.stream.read(&mut self.chunk)
        {
            self.decoder.lines.push(&self.chunk[..length]);
            left = left.saturating_sub(length);
        }
    }

    fn switch_to(&mut self, next: Stream) {
        self.stream = next;
        self.polling = Polling::New;
        self.has_lines = true;
        self.decoder.lines.end();
    }

    /// What it is called in messages.
    pub(crate) fn name(&self) -> String {
        self.stream.name()
    }
}

impl AsFd for Input {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// Splits lines and reads their values into a record.
///
/// Invariant: each line that is not blank has exactly one outcome, and only a good one changes the
/// record.
#[derive(Debug)]
pub(crate) struct Decoder {
    pub(crate) lines: Lines,
    keys: Keys,
}

impl Decoder {
    /// For lines of at most `max_line` bytes with values for `keys`.
    pub(crate) fn new(max_line: usize, keys: Keys) -> Self {
        Self { lines: Lines::new(max_line), keys }
    }

    /// Reads the next line into `records`; skips blank lines. Calls `keep_going` from time to time within
    /// a long line.
    pub(crate) fn next(
        &mut self,
        records: &mut dyn ReadLine,
        keep_going: &mut dyn FnMut() -> bool,
    ) -> Option<Outcome> {
        loop {
            let (number, line) = self.lines.next_line()?;
            let read = match line {
                Line::TooLong(max) => Err(LineError::TooLong(max)),
                Line::Text(text) => match without_bom(text) {
                    rest if rest.trim_ascii().is_empty() => continue,
                    rest => records
                        .read_line(rest, &mut self.keys, keep_going)
                        .map_err(|error| error.behind(text.len() - rest.len())),
                },
            };
            return Some(match read {
                Ok(true) => Outcome::Publish,
                Ok(false) => Outcome::Incomplete { number },
                Err(LineError::Stopped) => Outcome::Stopped,
                Err(error) => Outcome::Bad { number, error },
            });
        }
    }
}
