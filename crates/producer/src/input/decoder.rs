//! Bytes in, records out: what a producer makes of its input, whatever it comes from.
//!
//! Invariant: each line that is not blank has exactly one outcome, and only a good one changes the
//! record.

use layout::RecordBuf;

use super::keys::Keys;
use super::line_error::LineError;
use super::lines::{Line, Lines};
use crate::text::without_bom;

/// What one line did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// The record has new values: publish it.
    Publish,
    /// A good line, but some fields have had no value yet: there is no whole record to publish.
    Incomplete {
        /// Number of the line, counted from 1.
        number: u64,
    },
    /// `go_on` returned false: the rest of the input is not read.
    Stopped,
    /// A bad line; nothing has changed.
    Bad {
        /// Number of the line, counted from 1.
        number: u64,
        /// Why.
        error: LineError,
    },
}

/// Lines and what they mean.
#[derive(Debug)]
pub(crate) struct Decoder {
    lines: Lines,
    keys: Keys,
    max_line: usize,
}

impl Decoder {
    /// For lines of at most `max_line` bytes, whose values `keys` knows.
    pub(crate) fn new(max_line: usize, keys: Keys) -> Self {
        Self { lines: Lines::new(max_line), keys, max_line }
    }

    /// Keys and limit change from the next line on, numbering continues.
    pub(super) fn configure(&mut self, max_line: usize, keys: Keys) {
        self.max_line = max_line;
        self.lines.set_max(max_line);
        self.keys = keys;
    }

    /// Adds what was read. Take every line out with [`next`](Self::next) before the next call.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        self.lines.push(chunk);
    }

    /// The stream has ended: what is left is a line, newline or not.
    pub(crate) fn end(&mut self) {
        self.lines.end();
    }

    /// Whether a line has begun and its end has not come yet.
    pub(super) fn is_inside_line(&self) -> bool {
        self.lines.is_inside_line()
    }

    /// Reads the next line into `record`; skips blank lines. Calls `go_on` from time to time within
    /// a long line.
    pub(crate) fn next(
        &mut self,
        record: &mut RecordBuf,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Option<Outcome> {
        loop {
            let (number, line) = self.lines.next_line()?;
            let read = match line {
                Line::TooLong => Err(LineError::TooLong(self.max_line)),
                Line::Text(text) => match without_bom(text) {
                    text if text.trim_ascii().is_empty() => continue,
                    text => self.keys.apply(text, record, go_on),
                },
            };
            return Some(match read {
                Ok(()) if self.keys.is_complete() => Outcome::Publish,
                Ok(()) => Outcome::Incomplete { number },
                Err(LineError::Stopped) => Outcome::Stopped,
                Err(error) => Outcome::Bad { number, error },
            });
        }
    }

    /// The keys, and which of them have been seen.
    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }
}
