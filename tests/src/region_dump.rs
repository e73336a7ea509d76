//! A region's file, byte by byte: for tests that must know where a writer died.
//!
//! Read through the file and `layout`'s offsets, not by the code under test.

use std::path::Path;

use layout::header::{Header, SLOT_HEAD, StateWord, offset};

use crate::wait_until;

/// A region's file as it was at one moment. Exact only if no process was writing.
#[derive(Clone, Debug)]
pub struct RegionDump {
    bytes: Vec<u8>,
    header: Header,
}

/// How far the record after head has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unannounced {
    /// Nothing of it is there.
    None,
    /// `writing(n + 1)`.
    Writing,
    /// `complete(n + 1)`: followers may have it.
    Complete,
}

impl RegionDump {
    /// `None`: there is no whole region.
    pub fn of(path: &Path) -> Option<Self> {
        let bytes = std::fs::read(path).ok()?;
        let header = Header::decode(bytes.get(..offset::HEADER_LEN)?).ok()?;
        let whole = bytes.len() as u64 >= header.file_len;
        whole.then_some(Self { bytes, header })
    }

    /// Waits until the region at `path` has a record: a producer says that it publishes before the first
    /// one is there.
    ///
    /// # Panics
    /// After [`DEADLINE`](crate::DEADLINE).
    #[track_caller]
    pub fn wait_for_record(path: &Path) {
        wait_until("a record", || Self::of(path).is_some_and(|dump| dump.head() > dump.base()));
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number that the file began after.
    pub fn base(&self) -> u64 {
        self.header.base_sequence
    }

    /// The number of the newest record that everybody sees.
    pub fn head(&self) -> u64 {
        self.word(offset::HEAD)
    }

    /// How many writers there have been.
    pub fn epoch(&self) -> u64 {
        self.word(offset::EPOCH)
    }

    /// What the writer has marked the region as.
    pub fn mark(&self) -> StateWord {
        StateWord::from_code(self.word(offset::STATE))
    }

    /// How far the record after head has got.
    pub fn unannounced(&self) -> Unannounced {
        let next = self.head() + 1;
        match self.word(self.slot(next)) {
            stamp if stamp == 2 * next + 1 => Unannounced::Writing,
            stamp if stamp == 2 * next => Unannounced::Complete,
            _ => Unannounced::None,
        }
    }

    /// The bytes in the slot of record `sequence`, whatever they are.
    pub fn record(&self, sequence: u64) -> &[u8] {
        let start = self.slot(sequence) + SLOT_HEAD as usize;
        &self.bytes[start..start + self.header.record_size as usize]
    }

    fn slot(&self, sequence: u64) -> usize {
        let index = sequence % u64::from(self.header.slots);
        let index = u32::try_from(index).expect("fewer than 2^32 slots");
        usize::try_from(self.header.slot_offset(index)).expect("inside the file")
    }

    fn word(&self, at: usize) -> u64 {
        let bytes = self.bytes[at..].first_chunk().expect("inside the file");
        u64::from_le_bytes(*bytes)
    }
}
