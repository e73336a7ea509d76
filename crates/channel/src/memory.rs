//! The shared words: what the protocol needs from the owner of the memory.
//!
//! Invariant: byte k of a record lies in word k / 8, at byte k % 8 of it in memory; the bytes of
//! the last word past the record are zero. A C struct copied in by words reads back as that struct.
//!
//! ```text
//!   cells of one slot      [0] stamp    [1] published_at    [2..] the record, 8 bytes each
//! ```
//!
//! Price: one load or store for each 8 bytes, which is as fast as memcpy up to a few hundred bytes
//! and half as fast at 4 KiB. An owner with a faster copy for large records overrides the two
//! copies.

// In memory.rs, ring.rs and tail.rs: a read is inlined as a whole, or its record goes through memory
// twice. The second copy then loads 16 bytes where the first has just stored 8, which stalls for
// longer than the read takes (16 ns against 4 ns for 28 bytes, on the project's 2-core machine).
#![allow(clippy::inline_always)]

use crate::sync::{self, AtomicU64};

// The file format is little-endian throughout, stamps included.
const _: () = assert!(cfg!(target_endian = "little"), "mapcast runs on little-endian machines");

/// Bytes in a word.
const WORD: usize = size_of::<u64>();

/// The shared words of one ring.
///
/// An implementation returns the same cells for as long as it lives, for each index below the
/// number of slots. It cannot fail: check the size of a mapping before the first copy.
pub trait Memory {
    /// The head word: the sequence number of the newest complete record.
    fn head(&self) -> &AtomicU64;

    /// The cells of one slot, `[stamp, published_at, record words...]`, for a record of this length: at
    /// least 2 + record length / 8, rounded up. `index` is below the number of slots.
    ///
    /// If the compiler knows the length, an implementation can know the number of cells, and no
    /// word is compared with it.
    fn slot(&self, index: usize, record_len: usize) -> &[AtomicU64];

    /// The cells of the front, in the order of a slot's: a second copy of the newest record, in the
    /// cache line of head. `None` if there is none, or if a record of this length does not fit.
    #[inline]
    fn front(&self, _record_len: usize) -> Option<&[AtomicU64]> {
        None
    }

    /// Copies a record into the words of a slot (its cells without the first two).
    ///
    /// Atomic for one word at a time; the protocol needs no more. An override
    /// must be opaque to the compiler or use atomic stores, and must not reach past the record's
    /// last word.
    #[inline]
    fn copy_in(&self, words: &[AtomicU64], record: &[u8]) {
        words_in(words, record);
    }

    /// Copies a record out of the words of a slot (its cells without the first two).
    ///
    /// The words may change meanwhile; the protocol then discards the copy. An override must be
    /// opaque to the compiler or use atomic loads.
    #[inline]
    fn copy_out(&self, words: &[AtomicU64], record: &mut [u8]) {
        words_out(words, record);
    }
}

/// Copies a record into words, one relaxed store each; the last word is padded with zeros.
///
/// With a record length known to the compiler this is straight-line code.
///
/// # Panics
/// If there are fewer words than the record needs.
#[inline(always)]
pub fn words_in(words: &[AtomicU64], record: &[u8]) {
    let (whole, rest) = record.as_chunks::<WORD>();
    let words = &words[..record.len().div_ceil(WORD)];
    for (word, bytes) in words.iter().zip(whole) {
        sync::store(word, u64::from_le_bytes(*bytes));
    }
    if !rest.is_empty() {
        sync::store(&words[whole.len()], last_word(record, rest));
    }
}

/// Copies a record out of words, one relaxed load each.
///
/// With a record length known to the compiler this is straight-line code.
///
/// # Panics
/// If there are fewer words than the record needs.
#[inline(always)]
pub fn words_out(words: &[AtomicU64], record: &mut [u8]) {
    let words = &words[..record.len().div_ceil(WORD)];
    let (whole, rest) = record.as_chunks_mut::<WORD>();
    for (word, bytes) in words.iter().zip(whole.iter_mut()) {
        *bytes = sync::load(word).to_le_bytes();
    }
    if !rest.is_empty() {
        scatter(sync::load(&words[whole.len()]), rest);
    }
}

/// The bytes of a record past its last whole word, zeros above them.
///
/// Without a call to memcpy for a few bytes, and without a load wider than the store before it:
/// each costs more than the rest of a small record.
#[inline]
fn last_word(record: &[u8], rest: &[u8]) -> u64 {
    if let Ok(four) = rest.try_into() {
        return u32::from_le_bytes(four).into();
    }
    if let Some(end) = record.last_chunk::<WORD>() {
        return u64::from_le_bytes(*end) >> (8 * (WORD - rest.len()));
    }
    let mut bytes = [0; WORD];
    bytes[..rest.len()].copy_from_slice(rest);
    u64::from_le_bytes(bytes)
}

/// The low bytes of a word into fewer than eight: four, two, one.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the low bytes are wanted")]
fn scatter(mut word: u64, mut rest: &mut [u8]) {
    if rest.len() >= 4 {
        let (four, more) = rest.split_at_mut(4);
        four.copy_from_slice(&(word as u32).to_le_bytes());
        (rest, word) = (more, word >> 32);
    }
    if rest.len() >= 2 {
        let (two, more) = rest.split_at_mut(2);
        two.copy_from_slice(&(word as u16).to_le_bytes());
        (rest, word) = (more, word >> 16);
    }
    if let [one] = rest {
        *one = word as u8;
    }
}
