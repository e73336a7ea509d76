//! Memory that processes share, as typed owners: what the tutorial's `smalloc` and `sfree` are
//! without a way to use them wrongly.
//!
//! Invariant: an owner's elements are mapped as long as it lives, and are given back once, with
//! the address and length they were made with. No element is reached except through its owner, by
//! an index that is compared with the length.
//!
//! ```text
//!   who shares it                       made by                      the tutorial's
//!   a process and its children          Shared::anonymous            mmap(MAP_SHARED | MAP_ANON)
//!     where there is no memfd           Shared::dev_zero             open("/dev/zero"), mmap
//!   processes with the descriptor       Shared::from_file            mmap(..., fd, 0), close(fd)
//!   processes that may open the file    Shared::create, ::open       open(O_CREAT), ftruncate, mmap
//!     but not write                     SharedView::open             open(O_RDONLY), PROT_READ
//!   a copy of a part of a large file    ::of_range, ::copy_from      mmap(..., fd, offset), memcpy
//! ```
//!
//! Each element is read and written whole; several are not: two numbers that belong together can
//! be seen one old, one new. That is what [`Writer`](crate::Writer) and
//! [`Reader`](crate::Reader) are for.
//!
//! Price: an element is one plain load or store of the processor and a comparison; a mapping is
//! three or four system calls.

mod backing;
mod element;
mod view;

pub use element::{Element, Integer};
pub use view::SharedView;

use crate::error::RegionError;
use crate::mapping::Access;
use backing::Backing;
use std::fs::File;
use std::path::Path;

/// Elements of shared memory that this process reads and writes.
///
/// ```
/// use region::Shared;
///
/// let numbers = Shared::<i32>::anonymous(4)?; // four zeros
/// numbers.set(0, 2000);
/// assert_eq!(numbers.add(0, 1), 2000); // atomically, beside other adders
/// assert_eq!(numbers.get(0), 2001);
/// drop(numbers); // unmapped; nothing can use it any more
/// # Ok::<(), region::RegionError>(())
/// ```
///
/// What was dropped cannot be used, and there is no address that could be given back wrongly:
///
/// ```compile_fail,E0382
/// let numbers = region::Shared::<i32>::anonymous(4).unwrap();
/// drop(numbers);
/// numbers.set(0, 2000);
/// ```
#[derive(Debug)]
pub struct Shared<T: Element>(Backing<T>);

impl<T: Element> Shared<T> {
    /// `len` zeros without a file, shared with children ([`Child::fork`](crate::Child::fork)) and
    /// with whoever gets the descriptor ([`Shared::file`]).
    ///
    /// It is a memfd, sealed against shrinking.
    ///
    /// # Errors
    /// [`NotElements`](crate::RegionErrorKind::NotElements) if `len` is 0;
    /// [`Io`](crate::RegionErrorKind::Io), for example when there is no memory.
    pub fn anonymous(len: usize) -> Result<Self, RegionError> {
        Backing::anonymous(len).map(Self)
    }

    /// `len` zeros out of `/dev/zero`, shared with children alone: every other open of the device
    /// gives other memory. For systems without memfd; [`Shared::anonymous`] can do more.
    ///
    /// # Errors
    /// As [`Shared::anonymous`].
    pub fn dev_zero(len: usize) -> Result<Self, RegionError> {
        Backing::dev_zero(len).map(Self)
    }

    /// A new file of `len` zeros that only its owner may open. It has its whole length, and room
    /// on the disk for it, before it has its name.
    ///
    /// # Errors
    /// [`Exists`](crate::RegionErrorKind::Exists) if the name is taken: that file is left alone;
    /// [`NotElements`](crate::RegionErrorKind::NotElements) if `len` is 0;
    /// [`Io`](crate::RegionErrorKind::Io), for example on a full disk.
    pub fn create(path: &Path, len: usize) -> Result<Self, RegionError> {
        Backing::create(path, len).map(Self)
    }

    /// All of an existing file.
    ///
    /// # Errors
    /// [`NoFile`](crate::RegionErrorKind::NoFile), [`NotAFile`](crate::RegionErrorKind::NotAFile);
    /// [`NotElements`](crate::RegionErrorKind::NotElements) if it is empty or ends within an
    /// element; [`Io`](crate::RegionErrorKind::Io).
    pub fn open(path: &Path) -> Result<Self, RegionError> {
        Backing::open(path, Access::Write).map(Self)
    }

    /// All of a file that was opened for reading and writing; `label` is its name in
    /// messages.
    ///
    /// # Errors
    /// [`WrongAccess`](crate::RegionErrorKind::WrongAccess); else as [`Shared::open`].
    pub fn from_file(file: File, label: &Path) -> Result<Self, RegionError> {
        Backing::passed(file, label, Access::Write).map(Self)
    }

    /// `len` elements of `file` from byte `at` on.
    ///
    /// # Errors
    /// [`NotAPage`](crate::RegionErrorKind::NotAPage) if `at` is not a multiple of the page size;
    /// [`TooShort`](crate::RegionErrorKind::TooShort) if the file ends before;
    /// [`Io`](crate::RegionErrorKind::Io), for example if `file` is not open for both.
    pub fn of_range(file: &File, label: &Path, at: u64, len: usize) -> Result<Self, RegionError> {
        Backing::of_range(file, label, at, len, Access::Write).map(Self)
    }

    /// How many elements there are; never 0.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never true: there is no empty mapping.
    pub fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    /// Element `index`, and with it everything that its writer wrote before it (acquire).
    ///
    /// # Panics
    /// If `index` is not below [`Shared::len`].
    #[inline]
    #[track_caller]
    pub fn get(&self, index: usize) -> T {
        self.0.get(index)
    }

    /// Sets element `index`. Whoever reads it sees all that was written here before (release).
    ///
    /// # Panics
    /// If `index` is not below [`Shared::len`].
    #[inline]
    #[track_caller]
    pub fn set(&self, index: usize, value: T) {
        T::store(self.0.cell(index), value);
    }

    /// Was a page of the file missing when it was touched? Then somebody has cut it: what was read
    /// there was 0, what was written there is lost, and SIGBUS has been caught. Stays true.
    pub fn is_cut(&self) -> bool {
        self.0.is_cut()
    }

    /// The descriptor, to hand on; `None` for [`Shared::dev_zero`].
    pub fn file(&self) -> Option<&File> {
        self.0.file()
    }

    /// Has the kernel bring every page now, ready to be written.
    ///
    /// # Errors
    /// [`TooShort`](crate::RegionErrorKind::TooShort) if the file was cut,
    /// [`NoPage`](crate::RegionErrorKind::NoPage) if there is no room for a page of it;
    /// [`Io`](crate::RegionErrorKind::Io) on kernels before 5.14, which cannot.
    pub fn prefault(&self) -> Result<(), RegionError> {
        self.0.prefault()
    }

    /// Asks for huge pages. A kernel or file system that has none does nothing.
    pub fn advise_huge(&self) {
        self.0.advise_huge();
    }

    /// Copies all of `from` into this mapping, with the widest moves of the processor.
    ///
    /// # Errors
    /// [`TooShort`](crate::RegionErrorKind::TooShort) or [`NoPage`](crate::RegionErrorKind::NoPage)
    /// if a page of either was missing: then nothing is known of what this mapping holds.
    ///
    /// # Panics
    /// If the two are not equally long.
    #[track_caller]
    pub fn copy_from(&self, from: &SharedView<T>) -> Result<(), RegionError> {
        self.0.copy_from(from.backing())
    }
}

impl<T: Integer> Shared<T> {
    /// Adds `n` to element `index` atomically, wrapping around; returns the previous value.
    ///
    /// # Panics
    /// If `index` is not below [`Shared::len`].
    #[inline]
    #[track_caller]
    pub fn add(&self, index: usize, n: T) -> T {
        T::add(self.0.cell(index), n)
    }
}
