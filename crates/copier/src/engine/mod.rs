//! Three ways to copy a part of a file, and the measurement that chooses one.
//!
//! Invariant: an engine has copied exactly the bytes of the part, or returns at which byte it could
//! not and why. The three differ in speed only.

mod choose;
mod copy_range;
mod mmap;
mod pread;

use std::fmt;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

pub(crate) use choose::{Chooser, Scores};
use pread::Buffer;

use crate::fault::Fault;
use crate::plan::Part;

/// How bytes are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// Map both files and copy from one to the other.
    Mmap,
    /// Read into a buffer and write from it.
    Pread,
    /// `copy_file_range`.
    CopyRange,
}

impl Engine {
    pub(crate) const ALL: [Self; 3] = [Self::Mmap, Self::Pread, Self::CopyRange];

    /// Its number on the board; 0 is none.
    pub(crate) fn to_number(self) -> u64 {
        match self {
            Self::Mmap => 1,
            Self::Pread => 2,
            Self::CopyRange => 3,
        }
    }

    /// The engine of a number on the board.
    pub(crate) fn from_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.to_number() == number)
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mmap => "mmap",
            Self::Pread => "pread",
            Self::CopyRange => "copy-range",
        })
    }
}

/// The two files of a copy, open, and their names for messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair<'a> {
    pub(crate) source: &'a File,
    pub(crate) source_path: &'a Path,
    pub(crate) dest: &'a File,
    pub(crate) dest_path: &'a Path,
}

/// The engines of one process, with what they keep from part to part.
#[derive(Debug)]
pub(crate) struct Engines<'a> {
    pair: Pair<'a>,
    buffer: Buffer,
}

impl<'a> Engines<'a> {
    pub(crate) fn new(pair: Pair<'a>) -> Self {
        Self { pair, buffer: Buffer::default() }
    }

    /// Copies `part` with `engine`.
    pub(crate) fn copy(&mut self, engine: Engine, part: Part) -> Result<(), Fault> {
        match engine {
            Engine::Mmap => match mmap::copy(self.pair, part) {
                Ok(()) => Ok(()),
                // A page is missing: reads and writes return the reason, or succeed.
                Err(_) => pread::copy(self.pair, part, &mut self.buffer),
            },
            Engine::Pread => pread::copy(self.pair, part, &mut self.buffer),
            Engine::CopyRange => copy_range::copy(self.pair, part),
        }
    }

    /// Copies a source of unreliable length, such as a file in `/proc` or `/sys`, to its end, or
    /// until `advance`, which gets the number of bytes so far, breaks. Returns the number of bytes
    /// copied.
    pub(crate) fn copy_to_the_end(
        &mut self,
        advance: impl FnMut(u64) -> ControlFlow<()>,
    ) -> Result<u64, Fault> {
        pread::copy_to_the_end(self.pair, &mut self.buffer, advance)
    }

    /// Compares the bytes of `part` in the two files.
    pub(crate) fn compare(&mut self, part: Part) -> Result<(), Fault> {
        self.compare_while(part, || ControlFlow::Continue(()))
    }

    /// As [`compare`](Self::compare), until `go_on` breaks: then the rest is not compared.
    pub(crate) fn compare_while(
        &mut self,
        part: Part,
        go_on: impl FnMut() -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        pread::compare(self.pair, part, &mut self.buffer, go_on)
    }
}

#[cfg(test)]
mod tests;
