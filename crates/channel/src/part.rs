//! The part of a record that a reader asks for: all of it, or some of its bytes.
//!
//! Invariant: the bytes lie within the record.
//!
//! ```text
//!   record      | word 0 | word 1 | word 2 | ...
//!   part                ^^^^^^^^^^^^^           the rest of a word, then words as of a whole record
//! ```
//!
//! Price: a part that begins within a word takes one load more than its length.

#![allow(clippy::inline_always)] // see memory.rs

use crate::memory::Memory;
use crate::sync::{self, AtomicU64};

const WORD: usize = size_of::<u64>();

/// Where a read puts its bytes, and which bytes of the record these are.
#[derive(Debug)]
pub struct Part<'a> {
    /// Decides whether the record has a copy in the front.
    record_len: usize,
    first: usize,
    bytes: &'a mut [u8],
}

impl<'a> Part<'a> {
    /// A whole record.
    #[inline(always)]
    pub fn whole(record: &'a mut [u8]) -> Self {
        Self { record_len: record.len(), first: 0, bytes: record }
    }

    /// As many bytes as `bytes` has, from byte `first` on, of a record of `record_len` bytes; `None` if
    /// they reach past its end.
    #[inline]
    pub fn of(record_len: usize, first: usize, bytes: &'a mut [u8]) -> Option<Self> {
        let end = first.checked_add(bytes.len())?;
        (end <= record_len).then_some(Self { record_len, first, bytes })
    }

    /// Bytes of the whole record.
    #[inline(always)]
    pub fn record_len(&self) -> usize {
        self.record_len
    }

    /// Copies the part out of a record's words.
    #[inline(always)]
    pub(crate) fn copy_from<M: Memory>(&mut self, memory: &M, words: &[AtomicU64]) {
        let (word, skipped) = (self.first / WORD, self.first % WORD);
        if skipped == 0 {
            return memory.copy_out(&words[word..], self.bytes);
        }
        let (start, rest) = self.bytes.split_at_mut(self.bytes.len().min(WORD - skipped));
        let bytes = sync::load(&words[word]).to_le_bytes();
        start.copy_from_slice(&bytes[skipped..][..start.len()]);
        memory.copy_out(&words[word + 1..], rest);
    }
}
