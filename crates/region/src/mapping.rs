//! A file's bytes as shared words: the one owner of a `mmap`.
//!
//! Invariants of [`Mapping`], which the SAFETY comments answer:
//! 0. `base` is 8-aligned and `words` words from it are mapped, readable, while `self` lives.
//! 1. No reference to those bytes that is not to an atomic exists in this process.
//! 2. Pages that a truncation takes away are replaced by zero pages, with all that follow, before
//!    an access to them ends (the guard), so invariant 0 holds whatever happens to the file.
//!
//! Made by a function, unmapped by Drop, once, with the address and length it was made with: what
//! the tutorial's `smalloc` and `sfree` leave to discipline, and a pointer that was moved in
//! between cannot reach `munmap`.
//!
//! A read-only mapping is `r--s`: a store through it is SIGSEGV, in this process alone. std
//! promises that relaxed loads of at most 8 bytes do not write ("Atomic accesses to read-only
//! memory", `core::sync::atomic`), and the readers of `channel` use nothing else.
//!
//! # Safety
//! Six operations: the slice over the words, the promise to the compiler of how many there are at least,
//! the slice over elements of another width, the view of one word's low half for the futex system call,
//! the promise that the mapping may move between threads, and the `fcntl` that asks who else may store
//! to a file.
#![allow(unsafe_code)]
#![allow(clippy::disallowed_types)] // the futex word is the low half of an atomic of `channel`

use crate::copy;
use crate::guard::Guard;
use channel::AtomicU64;
use memmap2::{Advice, MmapOptions, MmapRaw};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::sync::atomic::{
    AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicU8, AtomicU16, AtomicU32, Ordering, fence,
};

/// What the kernel's futex calls take: 32 bits.
pub(crate) type FutexWord = AtomicU32;

/// Chooses the signal of a broken lease (include/uapi/asm-generic/fcntl.h); `libc` has no name for it.
const F_SETSIG: libc::c_int = 10;

/// What a process may do with the bytes it maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `PROT_READ`: readers.
    Read,
    /// `PROT_READ | PROT_WRITE`: the one writer.
    Write,
}

impl Access {
    fn protection(self) -> libc::c_int {
        match self {
            Self::Read => libc::PROT_READ,
            Self::Write => libc::PROT_READ | libc::PROT_WRITE,
        }
    }
}

/// An atomic that a mapping may be seen as.
///
/// # Safety
/// Any bytes are a valid value of it, it has interior mutability, no padding and no destructor,
/// and its size and alignment are at most those of a word, which they divide.
pub unsafe trait Cell {}

macro_rules! cells {
    ($($cell:ty),*) => {$(
        // SAFETY: std: "the same size and bit validity as the underlying integer type"; its
        // alignment is its size, at most 8.
        unsafe impl Cell for $cell {}
    )*};
}
cells!(AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicI8, AtomicI16, AtomicI32, AtomicI64);

/// A shared, guarded mapping of some bytes of a file.
#[derive(Debug)]
pub struct Mapping {
    base: NonNull<AtomicU64>,
    words: usize,
    access: Access,
    // Dropped in this order: the watch on the addresses ends before they are given back.
    guard: Guard,
    owner: MmapRaw,
}

// SAFETY: the pages belong to the process, not to a thread, and are reached only as atomics
// (invariant 1).
unsafe impl Send for Mapping {}
// SAFETY: as above: shared access is access to atomics.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps the first `len` bytes of `file`, shared, rounded up to whole words.
    ///
    /// The caller has seen that the file is that long (its last page may be part of it).
    ///
    /// # Errors
    /// If `len` is 0, or what mmap(2) returns.
    pub fn new(file: &File, len: usize, access: Access) -> io::Result<Self> {
        Self::of_range(file, 0, len, access)
    }

    /// The same from byte `at` on, which is the first of a page.
    ///
    /// # Errors
    /// As [`Mapping::new`].
    pub fn of_range(file: &File, at: u64, len: usize, access: Access) -> io::Result<Self> {
        if len == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "nothing to map: 0 bytes"));
        }
        let words = len.div_ceil(size_of::<u64>());
        let options = {
            let mut options = MmapOptions::new();
            options.offset(at).len(words * size_of::<u64>());
            options
        };
        let owner = match access {
            Access::Read => options.map_raw_read_only(file)?,
            Access::Write => options.map_raw(file)?,
        };
        let base = NonNull::new(owner.as_mut_ptr())
            .ok_or_else(|| io::Error::other("mmap answered with a null address"))?;
        let start = base.as_ptr().addr();
        let guard = Guard::new(start..start + owner.len(), access.protection())?;
        // `mmap` returns the address of a page, so the words are aligned.
        Ok(Self { base: base.cast(), words, access, guard, owner })
    }

    /// All words of the mapping.
    #[inline]
    pub fn words(&self) -> &[AtomicU64] {
        // SAFETY:
        // - aligned, mapped and readable for `words` words while `self` is borrowed: invariants
        //   0 and 2;
        // - `AtomicU64` has interior mutability, so other processes may change the bytes, and no
        //   other kind of reference to them exists here: invariant 1.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.words) }
    }

    /// All of it as elements of another width.
    #[inline]
    pub fn cells<C: Cell>(&self) -> &[C] {
        let len = self.words * (size_of::<u64>() / size_of::<C>());
        // SAFETY:
        // - aligned, mapped and readable for `len` cells, which are `words` words, while `self` is
        //   borrowed: invariants 0 and 2, and the size that `Cell` promises;
        // - any bytes are a `C`, and it has interior mutability, so other processes may change
        //   them: `Cell`; no other kind of reference exists here: invariant 1.
        unsafe { std::slice::from_raw_parts(self.base.cast::<C>().as_ptr(), len) }
    }

    /// Has the kernel bring every page now. `EFAULT`: one of them cannot be had, and touching it
    /// would be SIGBUS (madvise(2), `MADV_POPULATE_READ`, Linux 5.14).
    pub fn populate(&self) -> io::Result<()> {
        self.owner.advise(match self.access {
            Access::Read => Advice::PopulateRead,
            Access::Write => Advice::PopulateWrite,
        })
    }

    /// Copies whole rounds of `from`, which is as long, into this mapping; returns the number of bytes
    /// copied. The rest, less than a round, is the caller's.
    ///
    /// # Panics
    /// If the lengths differ, or this mapping is read-only.
    pub fn copy_from(&self, from: &Self) -> usize {
        assert_eq!(self.access, Access::Write, "a copy into a read-only mapping");
        copy::across(from.words(), self.words())
    }

    /// Asks for huge pages; a kernel that has none does nothing.
    pub fn advise_huge(&self) {
        let _ = self.owner.advise(Advice::HugePage);
    }

    /// The low 32 bits of word `index`, for the kernel's futex calls alone.
    pub(crate) fn futex_word(&self, index: usize) -> &FutexWord {
        let word: *const AtomicU64 = &raw const self.words()[index];
        // SAFETY: the first four bytes of a live, aligned word (little-endian: its low half; see
        // the check in lib.rs). This process never loads or stores through the result: the
        // kernel does, which no memory model counts as an access of ours.
        unsafe { &*word.cast::<FutexWord>() }
    }

    /// Whether a page of the file was missing when it was touched. Stays true.
    #[inline]
    pub fn faulted(&self) -> bool {
        self.guard.faulted()
    }
}

/// A mapping of at least `WORDS` words: the compiler knows that the first of them are there, and compares
/// no length for them.
#[derive(Debug)]
pub(crate) struct AtLeast<const WORDS: usize> {
    /// # Invariant
    /// 3. It has at least `WORDS` words.
    mapping: Mapping,
}

impl<const WORDS: usize> AtLeast<WORDS> {
    /// `None`: it has fewer.
    pub(crate) fn new(mapping: Mapping) -> Option<Self> {
        (mapping.words >= WORDS).then_some(Self { mapping })
    }

    /// All words of the mapping.
    #[inline]
    pub(crate) fn words(&self) -> &[AtomicU64] {
        // SAFETY: invariant 3, which `new` has established; the number of words never changes.
        unsafe { std::hint::assert_unchecked(self.mapping.words >= WORDS) };
        self.mapping.words()
    }

    /// As [`Mapping::futex_word`].
    #[inline]
    pub(crate) fn futex_word(&self, index: usize) -> &FutexWord {
        self.mapping.futex_word(index)
    }
}

/// The current value of one word.
#[inline]
pub(crate) fn peek(word: &AtomicU64) -> u64 {
    let value = word.load(Ordering::Relaxed);
    // A relaxed load plus a fence: std promises only that on read-only pages.
    fence(Ordering::Acquire);
    value
}

/// Whether any process can store to `file` now, by a descriptor or by a mapping whose descriptor is
/// closed.
///
/// `stat` does not show it: stores to a page that is already mapped change none of its times. The
/// kernel counts the processes that have a file open or mapped for writing, and grants a read lease
/// (fcntl(2), `F_SETLEASE`) only if there are none. The lease is released at once; for those two
/// microseconds an `open` for writing blocks, or fails with `EAGAIN` if it has `O_NONBLOCK`.
///
/// On overlayfs a mapping is one of a file of its layers: it is not counted once its descriptor is closed.
///
/// # Errors
/// `EACCES` if the file belongs to another user (without `CAP_LEASE`); `EINVAL` and the like where
/// the file system has no leases. Then the answer is unknown.
pub fn is_open_for_writing(file: &File) -> io::Result<bool> {
    // When the lease is broken the kernel sends a signal: choose one that is ignored by default.
    lease(file, F_SETSIG, libc::SIGURG)?;
    match lease(file, libc::F_SETLEASE, libc::F_RDLCK) {
        Ok(()) => lease(file, libc::F_SETLEASE, libc::F_UNLCK).map(|()| false),
        Err(err) if err.raw_os_error() == Some(libc::EAGAIN) => Ok(true),
        Err(err) => Err(err),
    }
}

fn lease(file: &File, command: libc::c_int, argument: libc::c_int) -> io::Result<()> {
    // SAFETY: the descriptor is open while `file` is borrowed; `F_SETSIG` and `F_SETLEASE` take an
    // int by value and touch no memory of this process (fcntl(2)).
    match unsafe { libc::fcntl(file.as_raw_fd(), command, argument) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_is_known_by_its_descriptor_and_by_a_mapping_that_outlives_it() {
        let _no_child = crate::sigbus::tests::no_child();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, [0; 64]).unwrap();
        let file = File::open(&path).unwrap();
        assert!(!is_open_for_writing(&file).unwrap());
        let writer = File::options().read(true).write(true).open(&path).unwrap();
        assert!(is_open_for_writing(&file).unwrap());
        let map = Mapping::new(&writer, 64, Access::Write).unwrap();
        drop(writer);
        assert!(is_open_for_writing(&file).unwrap());
        drop(map);
        let _reader = Mapping::new(&file, 64, Access::Read).unwrap();
        assert!(!is_open_for_writing(&file).unwrap());
        File::options().append(true).open(&path).expect("the lease was given back");
    }

    fn file_of(len: u64) -> File {
        let file = tempfile::tempfile().unwrap();
        file.set_len(len).unwrap();
        file
    }

    #[test]
    fn a_file_of_no_bytes_is_refused() {
        let err = Mapping::new(&file_of(0), 0, Access::Read).unwrap_err();
        assert_eq!(err.kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn the_same_bytes_are_seen_at_every_width() {
        let map = Mapping::new(&file_of(64), 64, Access::Write).unwrap();
        map.words()[1].store(0x8877_6655_4433_2211, Ordering::Relaxed);
        assert_eq!(map.cells::<AtomicU8>().len(), 64);
        assert_eq!(map.cells::<AtomicU8>()[8].load(Ordering::Relaxed), 0x11);
        assert_eq!(map.cells::<AtomicU16>()[5].load(Ordering::Relaxed), 0x4433);
        assert_eq!(map.cells::<AtomicU32>()[3].load(Ordering::Relaxed), 0x8877_6655);
        assert_eq!(map.cells::<AtomicU64>().len(), 8);
    }

    #[test]
    fn a_range_begins_at_its_page() {
        let file = file_of(2 * 4096);
        let whole = Mapping::new(&file, 2 * 4096, Access::Write).unwrap();
        let second = Mapping::of_range(&file, 4096, 4096, Access::Read).unwrap();
        whole.words()[512].store(5, Ordering::Relaxed);
        assert_eq!(second.words()[0].load(Ordering::Relaxed), 5);
    }

    #[test]
    fn a_page_that_is_missing_cannot_be_populated() {
        let file = file_of(2 * 4096);
        for access in [Access::Read, Access::Write] {
            let map = Mapping::new(&file, 2 * 4096, access).unwrap();
            map.populate().unwrap();
            file.set_len(4096).unwrap();
            assert_eq!(map.populate().unwrap_err().raw_os_error(), Some(libc::EFAULT));
            assert!(!map.faulted());
            file.set_len(2 * 4096).unwrap();
        }
    }

    #[test]
    fn a_writable_map_of_a_read_only_descriptor_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, [0; 64]).unwrap();
        let file = File::open(path).unwrap();
        let err = Mapping::new(&file, 64, Access::Write).unwrap_err();
        assert_eq!(err.kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn the_mapping_outlives_the_descriptor() {
        let file = file_of(64);
        let map = Mapping::new(&file, 64, Access::Write).unwrap();
        drop(file);
        map.words()[7].store(9, Ordering::Relaxed);
        assert_eq!(map.words()[7].load(Ordering::Relaxed), 9);
    }

    /// How many pieces of address space this process has from the first to the last byte of `map`.
    fn pieces(map: &Mapping) -> usize {
        let (start, end) = (map.base.addr().get(), map.base.addr().get() + map.owner.len());
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let inside = |line: &&str| {
            let first = line.split('-').next().and_then(|at| usize::from_str_radix(at, 16).ok());
            first.is_some_and(|at| (start..end).contains(&at))
        };
        maps.lines().filter(inside).count()
    }

    #[test]
    fn a_file_cut_and_extended_repeatedly_stays_marked_as_cut() {
        const PAGES: usize = 64;
        let file = file_of(PAGES as u64 * 4096);
        let map = Mapping::new(&file, PAGES * 4096, Access::Read).unwrap();
        let last = &map.words()[PAGES * 512 - 1];
        // From the last page to the first: every other one is found missing.
        for page in (0..PAGES).rev().step_by(2) {
            file.set_len(page as u64 * 4096).unwrap();
            assert_eq!(map.words()[page * 512].load(Ordering::Relaxed), 0);
            file.set_len(PAGES as u64 * 4096).unwrap();
            std::os::unix::fs::FileExt::write_all_at(&file, &[1; 8], PAGES as u64 * 4096 - 8)
                .unwrap();
            assert_eq!(last.load(Ordering::Relaxed), 0, "it passes for whole");
        }
        assert!(map.faulted() && pieces(&map) <= 2, "{} pieces", pieces(&map));
    }

    #[test]
    fn a_truncated_file_reads_as_zeros_and_is_marked() {
        let file = file_of(3 * 4096);
        let map = Mapping::new(&file, 3 * 4096, Access::Write).unwrap();
        let beside = Mapping::new(&file_of(64), 64, Access::Read).unwrap();
        map.words()[1024].store(7, Ordering::Relaxed);
        file.set_len(4096).unwrap();
        assert!(!map.faulted());
        assert_eq!(map.words()[1024].load(Ordering::Relaxed), 0);
        map.words()[1024].store(8, Ordering::Relaxed);
        assert!(map.faulted());
        assert!(!beside.faulted());
    }
}
