//! An input that is a region file: what is corrected in it, and the steps that follow.
//!
//! ```text
//!   | flags | n | n bytes: the script | the file's bytes ... |
//!
//!   flags   1 magic, version, length, lineage and inode     8 the schema's numbers in the header
//!           2 the checksum                                16 no unknown features
//!           4 the end mark, and the file's length
//! ```
//!
//! Invariant: nothing here can fail; what cannot be corrected is left as it is.

use layout::header::{END_MARK, INSTANCES, MAGIC_BYTES, MAX_LINEAGE, VERSION, offset};
use layout::{Record, Schema, Stu};
use region::{DynInstanceWriter, DynWriter, Options};
use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use xxhash_rust::xxh64::xxh64;

/// What a file of a region may be made to look like, and the script that goes with it.
#[derive(Clone, Debug)]
pub(crate) struct Image<'a> {
    /// The steps to take once the file is open.
    pub(crate) script: &'a [u8],
    flags: u8,
    bytes: Vec<u8>,
    /// The file is made that long, by a hole, and gets an end mark.
    promised: Option<u64>,
}

/// Every flag: all that can be corrected in the header is.
pub(crate) const ALL: u8 = 1 | 2 | 4 | 8 | 16;
/// The longest file that is made: its length is only a number, its pages are never filled.
const LONGEST: u64 = 1 << 40;

impl<'a> Image<'a> {
    /// Out of the input of a fuzzer.
    pub(crate) fn of(input: &'a [u8]) -> Option<Self> {
        let [flags, steps, rest @ ..] = input else { return None };
        let (script, bytes) = rest.split_at_checked((*steps).into())?;
        let mut image = Self { script, flags: *flags, bytes: bytes.to_vec(), promised: None };
        image.mend();
        Some(image)
    }

    fn mend(&mut self) {
        let flags = self.flags;
        if self.bytes.len() < offset::HEADER_LEN {
            return;
        }
        if flags & 1 != 0 {
            self.put(offset::MAGIC, &MAGIC_BYTES);
            self.put(offset::VERSION, &VERSION.to_le_bytes());
            self.put(offset::LEN, &256_u32.to_le_bytes());
            let lineage = self.u64_at(offset::LINEAGE) & MAX_LINEAGE | 1;
            let first = self.u64_at(offset::FIRST_LINEAGE).clamp(1, lineage);
            self.put(offset::LINEAGE, &lineage.to_le_bytes());
            self.put(offset::FIRST_LINEAGE, &first.to_le_bytes());
        }
        if flags & 16 != 0 {
            let known = self.u64_at(offset::INCOMPATIBLE) & INSTANCES;
            self.put(offset::INCOMPATIBLE, &known.to_le_bytes());
        }
        if flags & 8 != 0
            && let Some(schema) = self.schema()
        {
            self.put(offset::RECORD_SIZE, &schema.size().to_le_bytes());
            self.put(offset::RECORD_ALIGN, &schema.align().to_le_bytes());
            self.put(offset::FINGERPRINT, &schema.fingerprint().to_le_bytes());
        }
        if flags & 4 != 0 {
            let len = self.u64_at(offset::FILE_LEN);
            self.promised = (len <= LONGEST).then_some(len);
        }
    }

    /// The bytes for a file with this inode.
    fn seal(&mut self, inode: u64) {
        if self.bytes.len() < offset::HEADER_LEN {
            return;
        }
        if self.flags & 1 != 0 {
            self.put(offset::INODE, &inode.to_le_bytes());
        }
        if self.flags & 2 != 0 {
            let sum = xxh64(&self.bytes[..offset::CHECKSUM], 0);
            self.put(offset::CHECKSUM, &sum.to_le_bytes());
        }
    }

    /// The schema that the header points at.
    fn schema(&self) -> Option<Schema> {
        let start = usize::try_from(self.u64_at(offset::SCHEMA_OFFSET)).ok()?;
        let len = self.u64_at(offset::SCHEMA_LEN) & 0xffff_ffff;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        Schema::decode(self.bytes.get(start..end)?).ok()
    }

    /// Makes `file` this image.
    pub(crate) fn write_to(&self, file: &File) {
        file.set_len(0).expect("a file of ours");
        let mut sealed = self.clone();
        sealed.seal(file.metadata().expect("a file of ours").ino());
        file.write_all_at(&sealed.bytes, 0).expect("a file of ours");
        if let Some(len) = self.promised {
            file.set_len(len).expect("a hole");
            mark_end(file, len);
        }
    }

    fn put(&mut self, at: usize, value: &[u8]) {
        self.bytes[at..at + value.len()].copy_from_slice(value);
    }

    fn u64_at(&self, at: usize) -> u64 {
        let mut word = [0; 8];
        word.copy_from_slice(&self.bytes[at..at + 8]);
        u64::from_le_bytes(word)
    }
}

/// Writes the mark that the last eight bytes of a whole region are.
pub(crate) fn mark_end(file: &File, len: u64) {
    if let Some(at) = len.checked_sub(8) {
        file.write_all_at(&END_MARK.to_le_bytes(), at).expect("a file of ours");
    }
}

/// Regions as an honest writer leaves them, as inputs: with no, one, and many records.
pub(crate) fn seeds(script: &[u8]) -> Vec<Vec<u8>> {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("seed.region");
    let mut seeds = Vec::new();
    for (slots, records) in [(4, 0), (4, 1), (8, 20)] {
        let options = Options::new().slots(slots).wake(slots == 4);
        let mut writer = DynWriter::open_with(&path, &Stu::schema(), &options).expect("a region");
        for id in 0..records {
            writer.publish(bytemuck::bytes_of(&Stu::new(id, "xiaoming", 'm'))).expect("a record");
        }
        drop(writer);
        seeds.extend(inputs(script, &std::fs::read(&path).expect("a region")));
    }
    seeds
}

/// The same with instances: with none, and after some joined, were published to and retired.
pub(crate) fn instance_seeds(script: &[u8]) -> Vec<Vec<u8>> {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("seed.region");
    let (schema, options) = (Stu::schema(), Options::new().slots(4));
    let mut writer = DynInstanceWriter::open_with(&path, &schema, &options, 3).expect("a region");
    let mut seeds = inputs(script, &std::fs::read(&path).expect("a region"));
    for (id, name) in [(1, "a"), (2, "b"), (3, "a"), (4, "eth0")] {
        let instance = writer.instance(name).expect("a free block");
        let record = Stu::new(id, "xiaoming", 'm');
        writer.publish(instance, bytemuck::bytes_of(&record)).expect("a record");
    }
    let b = writer.find("b").expect("it has joined");
    writer.retire(b).expect("it is there");
    drop(writer);
    seeds.extend(inputs(script, &std::fs::read(&path).expect("a region")));
    seeds
}

/// A file as inputs: left as it is, and with all that can be corrected.
fn inputs(script: &[u8], file: &[u8]) -> Vec<Vec<u8>> {
    let steps = u8::try_from(script.len()).expect("a short script");
    [0, ALL].map(|flags| [&[flags, steps], script, file].concat()).into()
}
