//! A mapped region: its checked header, and where its words are.
//!
//! The header is read once, by `pread`, into private memory, and every sum in it is checked
//! before the file is mapped. Those bytes of the file are never read again,
//! so a header that changes under a reader changes nothing for it.
//!
//! Invariant: every slot index below `header.slots` gives cells inside the mapping.

use crate::boot;
use crate::copy;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::instances::{BlockWords, MappedBlocks};
use crate::mapping::{self, Access, AtLeast, FutexWord, Mapping};
use crate::medium::Medium;
use crate::origin::Origin;
use crate::prefault;
use channel::{AtomicU64, Memory};
use layout::header::{self, Header, offset};
use layout::{DecodeError, Schema};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

const WORD: usize = size_of::<u64>();
const LINE: usize = header::LINE as usize;
pub(crate) const HEAD: usize = word_of(offset::HEAD);

/// A cache line: head and front, and slots, begin at one and fill it.
type Line = [AtomicU64; LINE / WORD];
const _: () = assert!(offset::HEAD.is_multiple_of(LINE) && offset::FRONT == offset::HEAD + WORD);
const _: () = assert!(offset::SLOTS == offset::HEAD + LINE);

/// Index of the word at byte `offset`.
const fn word_of(offset: usize) -> usize {
    offset / WORD
}

/// Lines of a slot whose record has this length.
#[inline]
const fn lines_of_slot(record_len: usize) -> usize {
    (header::SLOT_HEAD as usize + record_len).div_ceil(LINE)
}

/// The start of a region file, checked before anything is mapped.
#[derive(Debug)]
pub(crate) struct Preamble {
    pub(crate) header: Header,
    pub(crate) schema: Arc<Schema>,
}

impl Preamble {
    /// Reads and checks header and schema of `file`.
    pub(crate) fn read(file: &File, path: &Path) -> Result<Self, RegionError> {
        let io = |call| move |err| RegionError::io(path, call, err);
        let refuse = |kind| RegionError::new(path, kind);
        let have = file.metadata().map_err(io("fstat"))?.len();
        if have < offset::HEADER_LEN as u64 {
            return Err(refuse(Kind::TooShort(have)));
        }
        let header = read_header(file).map_err(io("pread"))?;
        let header = header.map_err(|err| refuse(err.into()))?;
        if have < header.file_len {
            return Err(refuse(Kind::Truncated { want: header.file_len, have, structs: None }));
        }
        let mut mark = [0; header::END_MARK_LEN as usize];
        read_up_to(file, &mut mark, header.end_mark_offset()).map_err(io("pread"))?;
        if u64::from_le_bytes(mark) != header::END_MARK {
            return Err(refuse(Kind::Damaged("its end mark is missing".into())));
        }
        // Bounded by MAX_SCHEMA, which decode has compared.
        let mut encoded = vec![0; header.schema_len as usize];
        let len = read_up_to(file, &mut encoded, header.schema_offset).map_err(io("pread"))?;
        let schema = Schema::decode(&encoded[..len]).map_err(|err| refuse(err.into()))?;
        header.check_schema(&schema).map_err(|err| refuse(err.into()))?;
        Ok(Self { header, schema: Arc::new(schema) })
    }
}

/// The lineage in the header of `file`, which may be damaged behind it; 0 if it has none.
pub(crate) fn lineage_in(file: &File) -> u64 {
    read_header(file).ok().and_then(Result::ok).map_or(0, |header| header.lineage)
}

fn read_header(file: &File) -> std::io::Result<Result<Header, DecodeError>> {
    let mut bytes = [0; offset::HEADER_LEN];
    let len = read_up_to(file, &mut bytes, 0)?;
    Ok(Header::decode(&bytes[..len]))
}

/// Reads until `bytes` is full or the file ends; returns the number of bytes read.
fn read_up_to(file: &File, bytes: &mut [u8], offset: u64) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(err) if err.kind() == std::io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
    Ok(filled)
}

/// The words of a mapped region, as `channel` and the writer line want them.
#[derive(Debug)]
pub(crate) struct MappedRegion {
    mapping: AtLeast<{ word_of(offset::SLOTS) }>,
    header: Header,
    medium: Medium,
    origin: Origin,
    /// Lines before the first slot, and from slot to slot.
    first: usize,
    stride: usize,
    /// Where its instances are; `None` in a plain region.
    blocks: Option<BlockWords>,
}

impl MappedRegion {
    /// Maps the region in `file`, whose header has been checked.
    pub(crate) fn map(
        file: &File,
        path: &Path,
        header: &Header,
        access: Access,
    ) -> Result<Self, RegionError> {
        let too_large =
            |_| RegionError::new(path, Kind::Damaged("larger than this machine's memory".into()));
        let len = usize::try_from(header.file_len).map_err(too_large)?;
        let first = usize::try_from(header.slots_offset).map_err(too_large)? / LINE;
        let mapping =
            Mapping::new(file, len, access).map_err(|err| RegionError::io(path, "mmap", err))?;
        let medium = Medium::of(file);
        if access == Access::Write {
            prefault::prepare(&mapping, file, medium);
        }
        let outside = |what| {
            RegionError::new(path, Kind::Damaged(format!("its {what} lie outside the file")))
        };
        let mapping = AtLeast::new(mapping).ok_or_else(|| outside("slots"))?;
        let stride = header.slot_stride as usize / LINE;
        let end =
            (header.slots as usize).checked_mul(stride).and_then(|all| all.checked_add(first));
        let is_short = stride < lines_of_slot(header.record_size as usize);
        if is_short || end.is_none_or(|end| end > mapping.words().len() / (LINE / WORD)) {
            return Err(outside("slots"));
        }
        let blocks = |instances| {
            let blocks = BlockWords::of(instances, mapping.words().len());
            blocks.ok_or_else(|| outside("instances"))
        };
        let blocks = header.instances.as_ref().map(blocks).transpose()?;
        let origin = Origin::new(header.lineage, boot::is_this_boot(medium, header.boot_id));
        let header = header.clone();
        Ok(Self { mapping, header, medium, origin, first, stride, blocks })
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// What kind of file system the file is on.
    pub(crate) fn medium(&self) -> Medium {
        self.medium
    }

    /// The words from the first byte of the file up to the slots.
    pub(crate) fn start(&self) -> &[AtomicU64] {
        &self.mapping.words()[..self.first * (LINE / WORD)]
    }

    /// Whether the file was made in the running boot; `None` if unknown.
    #[inline]
    pub(crate) fn is_of_this_boot(&self) -> Option<bool> {
        self.origin.is_of_this_boot()
    }

    /// Where its records come from.
    #[inline]
    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    /// Bytes of one record.
    #[inline]
    pub(crate) fn record_size(&self) -> usize {
        self.header.record_size as usize
    }

    /// One word of the writer line, by its offset in the file.
    #[inline]
    pub(crate) fn word(&self, offset: usize) -> &AtomicU64 {
        &self.mapping.words()[word_of(offset)]
    }

    /// Whether the file is still whole.
    #[inline]
    pub(crate) fn is_whole(&self) -> bool {
        self.end_mark().is_there()
    }

    /// To be found before each copy, and looked at after it, before the copy is used.
    #[inline]
    pub(crate) fn end_mark(&self) -> EndMark<'_> {
        let [.., mark] = self.mapping.words() else { unreachable!("it has at least a head line") };
        EndMark(mark)
    }

    /// The futex word of all: the low half of head, or of the newest change.
    pub(crate) fn futex_word(&self) -> &FutexWord {
        self.blocks().map_or_else(|| self.head_futex_word(), MappedBlocks::futex_word)
    }

    /// The futex word of a plain region.
    #[inline]
    pub(crate) fn head_futex_word(&self) -> &FutexWord {
        self.futex_word_at(HEAD)
    }

    /// The low half of word `index`.
    #[inline]
    pub(crate) fn futex_word_at(&self, index: usize) -> &FutexWord {
        self.mapping.futex_word(index)
    }

    /// Its instances; `None` in a plain region.
    #[inline]
    pub(crate) fn blocks(&self) -> Option<MappedBlocks<'_>> {
        self.blocks.as_ref().map(|words| MappedBlocks::of(self, words))
    }

    /// All words of the file.
    #[inline]
    pub(crate) fn words(&self) -> &[AtomicU64] {
        self.mapping.words()
    }

    #[inline]
    fn lines(&self) -> &[Line] {
        self.mapping.words().as_chunks().0
    }

    /// The head line of the block that begins `at` lines after block 0.
    #[inline]
    pub(crate) fn head_line_at(&self, at: usize) -> &Line {
        &self.lines()[offset::HEAD / LINE + at]
    }

    /// The cells of a slot of the block that begins `at` lines after block 0.
    #[inline]
    pub(crate) fn slot_at(&self, at: usize, index: usize, record_len: usize) -> &[AtomicU64] {
        let start = self.first + at + index * self.stride;
        match lines_of_slot(record_len) {
            // One comparison instead of two.
            1 => &self.lines()[start],
            several => self.lines()[start..][..several].as_flattened(),
        }
    }

    /// The error for a record of `have` bytes.
    #[cold]
    pub(crate) fn wrong_size(&self, path: &Path, have: usize) -> RegionError {
        RegionError::new(path, Kind::WrongSize { want: self.record_size(), have })
    }

    /// The error for a page that was missing when it was touched.
    #[cold]
    pub(crate) fn truncated(&self, path: &Path, file: &File) -> RegionError {
        let have = file.metadata().map_or(0, |meta| meta.len());
        RegionError::new(path, Kind::Truncated { want: self.header.file_len, have, structs: None })
    }

    /// Whether writers of this region wake sleeping readers.
    #[inline]
    pub(crate) fn wakes(&self) -> bool {
        self.header.wakes()
    }
}

/// The last word of a file.
///
/// A cut takes its last byte away, wherever it is: within a page that becomes zero, and touching a page that
/// is gone brings a page of zeros in its place (the guard). So the sign is all that is looked at, which takes
/// an instruction fewer; attaching compares the whole word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EndMark<'a>(&'a AtomicU64);

const _: () = assert!(header::END_MARK.cast_signed() < 0);

impl EndMark<'_> {
    #[inline]
    pub(crate) fn is_there(self) -> bool {
        mapping::peek(self.0).cast_signed() < 0
    }
}

impl Memory for MappedRegion {
    #[inline]
    fn head(&self) -> &AtomicU64 {
        &self.head_line_at(0)[0]
    }

    #[inline]
    fn slot(&self, index: usize, record_len: usize) -> &[AtomicU64] {
        self.slot_at(0, index, record_len)
    }

    #[inline]
    fn front(&self, record_len: usize) -> Option<&[AtomicU64]> {
        (record_len <= header::FRONT_RECORD).then(|| &self.head_line_at(0)[1..])
    }

    #[inline]
    fn copy_in(&self, words: &[AtomicU64], record: &[u8]) {
        if record.len() < copy::LARGE {
            channel::words_in(words, record);
        } else {
            copy::into(words, record);
        }
    }

    #[inline]
    fn copy_out(&self, words: &[AtomicU64], record: &mut [u8]) {
        if record.len() < copy::LARGE {
            channel::words_out(words, record);
        } else {
            copy::out(words, record);
        }
    }
}
