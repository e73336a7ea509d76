//! Words in a file, each with a cache line of its own, that two processes share.
//!
//! Invariants of [`Lines`], which the SAFETY comment answers:
//! 0. `base` is aligned to a page and `COUNT` lines from it are mapped, readable and writable, while
//!    `self` lives; the measurement's own file is never cut.
//! 1. No reference to those bytes that is not to atomics exists in this process.
//!
//! # Safety
//! One operation: the view of the mapped bytes as lines of atomics.
#![allow(unsafe_code)]
#![allow(clippy::disallowed_types)] // bare words, without the protocol: the floor of every protocol

use memmap2::{MmapOptions, MmapRaw};
use std::fs::File;
use std::io;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

/// A word with a cache line of its own, and the next one, which some processors fetch with it.
#[repr(C, align(128))]
#[derive(Debug)]
struct Line {
    word: AtomicU32,
}

const COUNT: usize = 2;

/// Lines in a file, mapped.
#[derive(Debug)]
pub struct Lines {
    base: NonNull<[Line; COUNT]>,
    _owner: MmapRaw,
}

impl Lines {
    /// Maps the lines in the file at `path`, which is created if it does not exist.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file =
            File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let len = size_of::<[Line; COUNT]>();
        file.set_len(len as u64)?;
        let owner = MmapOptions::new().len(len).map_raw(&file)?;
        let base = NonNull::new(owner.as_mut_ptr().cast())
            .ok_or_else(|| io::Error::other("mmap returned a null address"))?;
        Ok(Self { base, _owner: owner })
    }

    /// The word of a line, with what was written before it.
    #[inline]
    pub fn load(&self, index: usize) -> u32 {
        self.word(index).load(Ordering::Acquire)
    }

    /// Writes the word of a line, and before it what was written before.
    #[inline]
    pub fn store(&self, index: usize, value: u32) {
        self.word(index).store(value, Ordering::Release);
    }

    /// The word of a line, to sleep on.
    #[inline]
    pub fn word(&self, index: usize) -> &AtomicU32 {
        // SAFETY:
        // - aligned (a page is), mapped and readable while `self` is borrowed: invariant 0;
        // - a `Line` is an atomic and padding, so the other process may change it, every bit
        //   pattern is a value, and nothing else points there: invariant 1.
        let lines = unsafe { self.base.as_ref() };
        &lines[index].word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_maps_of_one_file_share_their_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lines");
        let (one, other) = (Lines::open(&path).unwrap(), Lines::open(&path).unwrap());
        one.store(1, 7);
        assert_eq!(other.load(1), 7);
        assert_eq!(other.load(0), 0);
    }
}
