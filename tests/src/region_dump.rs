//! A parsed region file, for tests that must know where a writer died.
//!
//! It is read by `layout`'s offsets, not by the code under test.

use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;

use layout::header::{Header, SLOT_HEAD, StateWord, offset};

use crate::wait_until;

/// The content of a region's file. Consistent only if no process was writing.
#[derive(Clone, Debug)]
pub struct RegionDump {
    bytes: Vec<u8>,
    header: Header,
}

/// How far the record after head was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unannounced {
    /// Not begun.
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

    /// Waits until the region at `path` has a record: a producer logs its start before the first
    /// one.
    ///
    /// # Panics
    /// After [`DEADLINE`](crate::DEADLINE).
    #[track_caller]
    pub fn wait_for_record(path: &Path) {
        wait_until("a record", || Self::of(path).is_some_and(|dump| dump.head() > dump.base()));
    }

    /// Writes `region`, the bytes of a whole one, to a new file, as its writer would have left it there.
    ///
    /// # Panics
    /// If it cannot.
    #[track_caller]
    pub fn put(path: &Path, region: &[u8]) {
        let file = File::create_new(path).expect("a new file");
        let mut header = Header::decode(region).expect("a region");
        header.inode = file.metadata().expect("our own file").ino(); // else it is a copy to writers
        file.write_all_at(&header.encode(), 0).expect("write the header");
        let rest = &region[offset::HEADER_LEN..];
        file.write_all_at(rest, offset::HEADER_LEN as u64).expect("write the rest");
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The base sequence of the file.
    pub fn base(&self) -> u64 {
        self.header.base_sequence
    }

    /// The number of the newest announced record.
    pub fn head(&self) -> u64 {
        self.word(offset::HEAD)
    }

    /// How many writers there have been.
    pub fn epoch(&self) -> u64 {
        self.word(offset::EPOCH)
    }

    /// The state that the writer has stored.
    pub fn mark(&self) -> StateWord {
        StateWord::from_code(self.word(offset::STATE))
    }

    /// How far the record after head was written.
    pub fn unannounced(&self) -> Unannounced {
        let next = self.head() + 1;
        match self.word(self.slot(next)) {
            stamp if stamp == 2 * next + 1 => Unannounced::Writing,
            stamp if stamp == 2 * next => Unannounced::Complete,
            _ => Unannounced::None,
        }
    }

    /// The bytes in the slot of record `sequence`.
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
