//! A hostile writer, one deed at a time.
//!
//! Invariant: after each deed the file is a region again, of this schema or another, so that
//! readers keep reading it and are not just refused.
//!
//! ```text
//!   word     any word := any number             forge    a record that was never published, announced
//!   slot     stamps and head out of step        line     state, epoch, pid, period, clock, heartbeat
//!   header   other fields, the checksum right   schema   a byte of it, or an end mark, and back
//!   cut      to any length, and whole again     swap     another file takes the name
//! ```
//!
//! Price: a store to shared memory for a word; a few system calls for a cut or a swap.

mod files;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use layout::header::{Header, offset};
use layout::{Record, Stu};
use region::{DynWriter, Options, RegionError};
use shared::Shared;

use files::Files;

/// A deed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Any word becomes any number.
    Word,
    /// Stamps and head out of step.
    Slot,
    /// A record that was never published, complete and announced.
    Forge,
    /// The writer line.
    Line,
    /// A header of other fields, whose checksum is right; then the old one again.
    Header,
    /// A byte of the schema or the end mark; then the old one again.
    Schema,
    /// The file is cut, grows, and is written anew.
    Cut,
    /// Another file takes the name: another region, or none.
    Swap,
}

impl Deed {
    /// All of them by name.
    const NAMES: [(&str, Self); 8] = [
        ("word", Self::Word),
        ("slot", Self::Slot),
        ("forge", Self::Forge),
        ("line", Self::Line),
        ("header", Self::Header),
        ("schema", Self::Schema),
        ("cut", Self::Cut),
        ("swap", Self::Swap),
    ];

    /// The deeds named in `list`, separated by commas.
    pub fn listed(list: &str) -> Option<Vec<Self>> {
        let named = |name| Self::NAMES.iter().find(|known| known.0 == name).map(|known| known.1);
        list.split(',').map(named).collect()
    }
}

/// Clears a screen, rings, and turns the reading direction; at most 19 bytes, as a name may have.
const ESCAPES: &str = "\x1b[2J\x07\n\u{9b}1m\u{202e}\x7f";

/// A malicious writer with its region.
#[derive(Debug)]
pub struct Vandal {
    path: PathBuf,
    files: Files,
    /// Holds the writer's lock, so that the region looks live.
    _writer: DynWriter,
    /// The file's words, shared with every reader.
    words: Shared<u64>,
    file: File,
    /// The content of the whole file.
    image: Vec<u8>,
    header: Header,
    random: fastrand::Rng,
}

impl Vandal {
    /// Creates a region of students at `path` with one record.
    ///
    /// # Errors
    /// Those of an honest writer.
    pub fn new(path: &Path, slots: u32, seed: u64) -> Result<Self, RegionError> {
        let options = Options::new().slots(slots);
        let mut writer = DynWriter::open_with(path, &Stu::schema(), &options)?;
        writer.publish(bytemuck::bytes_of(&Stu::new(1, ESCAPES, 'm')))?;
        let image = std::fs::read(path).expect("our own file");
        let header = Header::decode(&image).expect("our own header");
        let file = File::options().read(true).write(true).open(path).expect("our own file");
        let words = Shared::open(path).expect("our own file");
        let random = fastrand::Rng::with_seed(seed);
        let files = Files::beside(path, &image);
        let path = path.to_owned();
        Ok(Self { path, files, _writer: writer, words, file, image, header, random })
    }

    /// Does one of `deeds`.
    ///
    /// # Errors
    /// If the file system refuses it.
    pub fn act(&mut self, deeds: &[Deed]) -> io::Result<()> {
        match deeds[self.random.usize(..deeds.len())] {
            Deed::Word => self.word(),
            Deed::Slot => self.slot(),
            Deed::Forge => self.forge(),
            Deed::Line => self.line(),
            Deed::Header => self.header(),
            Deed::Schema => self.schema(),
            Deed::Cut => self.cut()?,
            Deed::Swap => self.swap()?,
        }
        Ok(())
    }

    /// Numbers around the edges of the arithmetic, and any others.
    fn number(&mut self) -> u64 {
        let edge = [0, 1 << 31, 1 << 32, 1 << 62, 1 << 63, u64::MAX][self.random.usize(..6)];
        match self.random.u8(..4) {
            0 => self.random.u64(..),
            1 => self.random.u64(..300),
            _ => edge.wrapping_add(self.random.u64(..16)).wrapping_sub(8),
        }
    }

    fn set(&self, at: usize, word: u64) {
        self.words.set(at / 8, word);
    }

    fn get(&self, at: usize) -> u64 {
        self.words.get(at / 8)
    }

    /// Writes `bytes`, whole words, at byte `at`.
    fn put(&self, at: usize, bytes: &[u8]) {
        for (index, word) in bytes.chunks_exact(8).enumerate() {
            let word = word.first_chunk::<8>().expect("a whole word");
            self.set(at + index * 8, u64::from_le_bytes(*word));
        }
    }

    /// Restores the file's words from `at` up to `end`.
    fn restore(&self, at: usize, end: usize) {
        self.put(at, &self.image[at..end]);
    }

    fn word(&mut self) {
        let at = self.random.usize(offset::EPOCH / 8..self.image.len() / 8) * 8;
        let number = self.number();
        self.set(at, number);
        if at >= self.schema_at() {
            self.restore(at, at + 8);
        }
    }

    fn slot(&mut self) {
        let near = self.get(offset::HEAD).wrapping_add(self.random.u64(..4));
        let stamp = match self.random.u8(..4) {
            0 => near.wrapping_mul(2),
            1 => near.wrapping_mul(2).wrapping_add(1),
            _ => self.number(),
        };
        self.set(self.slot_at(near), stamp);
        let head = if self.random.bool() { near } else { self.number() };
        self.set(offset::HEAD, head);
    }

    fn forge(&mut self) {
        // Mostly small numbers: a head near the largest number would stay there.
        let n = self.get(offset::HEAD).wrapping_add(1) & 0xffff_ffff;
        let at = self.slot_at(n);
        self.set(at, n * 2 + 1);
        let time = self.number();
        self.set(at + 8, time);
        let record = Stu::new(-1, ESCAPES, '\x1b');
        self.put(at + 16, bytemuck::bytes_of(&record));
        self.set(at, n * 2);
        self.set(offset::HEAD, n);
    }

    fn line(&mut self) {
        let at = offset::EPOCH + self.random.usize(..8) * 8;
        let number = if at == offset::STATE { self.random.u64(..5) } else { self.number() };
        self.set(at, number);
    }

    fn header(&mut self) {
        let mut other = self.header.clone();
        let number = self.number();
        let low = u32::try_from(number & 0xffff_ffff).expect("32 bits");
        match self.random.u8(..10) {
            0 => other.file_len = number,
            1 => other.slots = 1 << (low % 20),
            2 => other.slot_stride = low,
            3 => other.slots_offset = number,
            4 => other.schema_offset = number,
            5 => other.schema_len = low,
            6 => other.record_size = low,
            7 => other.base_sequence = number,
            8 => other.lineage = number,
            _ => other.fingerprint = number,
        }
        let mut bytes = other.encode();
        if self.random.u8(..4) == 0 {
            bytes[self.random.usize(..offset::HEADER_LEN)] ^= 1 << self.random.u8(..8);
        }
        self.put(0, &bytes);
        self.restore(0, offset::HEADER_LEN);
    }

    fn schema(&mut self) {
        let at = self.random.usize(self.schema_at() / 8..self.image.len() / 8) * 8;
        let number = self.number();
        self.set(at, number);
        self.restore(at, at + 8);
    }

    fn cut(&mut self) -> io::Result<()> {
        let len = self.image.len() as u64;
        self.file.set_len(self.random.u64(..len))?;
        self.file.set_len(len)?;
        self.file.write_all_at(&self.image, 0)?;
        // Its own mapping may have noticed.
        self.reopen()
    }

    fn swap(&mut self) -> io::Result<()> {
        let chosen = self.random.usize(..self.files.len());
        self.files.put(chosen, &self.path)?;
        // Restored, most of the time into the file that is written to.
        self.files.put(0, &self.path)?;
        self.file = File::options().read(true).write(true).open(&self.path)?;
        self.reopen()
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.words = Shared::from_file(self.file.try_clone()?, &self.path)
            .map_err(|error| io::Error::other(error.to_string()))?;
        Ok(())
    }

    fn schema_at(&self) -> usize {
        usize::try_from(self.header.schema_offset).expect("our own header")
    }

    fn slot_at(&self, n: u64) -> usize {
        let index = u32::try_from(n % u64::from(self.header.slots)).expect("below the slots");
        usize::try_from(self.header.slot_offset(index)).expect("our own header")
    }
}
