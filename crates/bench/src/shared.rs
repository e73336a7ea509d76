//! Cache lines that two processes share: the bare limits know nothing else.
//!
//! Invariants of [`Lines`], which the SAFETY comment answers:
//! 0. `base` is aligned to a page and `LINES` lines from it are mapped, readable and writable,
//!    while `self` lives; the benchmark's own file is never cut.
//! 1. No reference to those bytes that is not to atomics exists in this process.
//!
//! # Safety
//! One operation: the view of the mapped bytes as lines of atomics.
#![allow(unsafe_code)]
#![allow(clippy::disallowed_types)] // bare words, without the protocol: that is the point

use memmap2::{MmapOptions, MmapRaw};
use std::fs::File;
use std::io;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;
pub(crate) use std::sync::atomic::Ordering;

/// A word with a cache line of its own (and the next one, which some processors fetch with it).
#[repr(C, align(128))]
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) word: AtomicU32,
}

/// One each way.
const LINES: usize = 2;

/// Lines in a file, mapped.
#[derive(Debug)]
pub(crate) struct Lines {
    base: NonNull<[Line; LINES]>,
    _owner: MmapRaw,
}

impl Lines {
    /// Maps the lines in the file at `path`, which is made if it is not there.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file =
            File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let len = size_of::<[Line; LINES]>();
        file.set_len(len as u64)?;
        let owner = MmapOptions::new().len(len).map_raw(&file)?;
        let base = NonNull::new(owner.as_mut_ptr().cast())
            .ok_or_else(|| io::Error::other("mmap answered with a null address"))?;
        Ok(Self { base, _owner: owner })
    }

    /// One of them.
    #[inline]
    pub(crate) fn line(&self, index: usize) -> &Line {
        // SAFETY:
        // - aligned (a page is), mapped and readable while `self` is borrowed: invariant 0;
        // - a `Line` is an atomic and padding, so the other process may change it, every bit
        //   pattern is a value, and nothing else points there: invariant 1.
        let lines = unsafe { self.base.as_ref() };
        &lines[index]
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
        one.line(1).word.store(7, Ordering::Release);
        assert_eq!(other.line(1).word.load(Ordering::Acquire), 7);
        assert_eq!(other.line(0).word.load(Ordering::Acquire), 0);
    }
}
