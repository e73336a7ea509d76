//! Shared memory that this process only reads.
//!
//! Invariant: `len` elements from the mapping's first byte on lie inside it.

use std::fs::File;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use region::internal::{Access, Mapping};
use rustix::io::Errno;
use rustix::param::page_size;

use crate::element::Element;
use crate::error::{SharedError, SharedErrorKind as Kind};
use crate::file;

/// Elements of shared memory that this process only reads: a `PROT_READ` mapping.
///
/// ```
/// use shared::{Shared, SharedView};
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("numbers");
/// let numbers = Shared::<u64>::create(&path, 2)?;
/// let seen = SharedView::<u64>::open(&path)?; // in any process that may read the file
/// numbers.set(1, 7);
/// assert_eq!(seen.get(1), 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It has no method that writes:
///
/// ```compile_fail,E0599
/// # let seen = shared::SharedView::<u64>::open("numbers".as_ref()).unwrap();
/// seen.set(1, 8);
/// ```
#[derive(Debug)]
pub struct SharedView<T: Element> {
    mapping: Mapping,
    len: usize,
    at: u64,
    /// `None` for the zero device, which can be neither passed on nor asked for its length.
    file: Option<File>,
    label: PathBuf,
    element: PhantomData<T>,
}

impl<T: Element> SharedView<T> {
    /// All of an existing file.
    ///
    /// # Errors
    /// As [`Shared::open`](crate::Shared::open).
    pub fn open(path: &Path) -> Result<Self, SharedError> {
        Self::open_for(path, Access::Read)
    }

    /// All of a file that was opened for reading; `label` is its name in messages.
    ///
    /// # Errors
    /// As [`Shared::from_file`](crate::Shared::from_file).
    pub fn from_file(file: File, label: &Path) -> Result<Self, SharedError> {
        Self::passed(file, label, Access::Read)
    }

    /// `len` elements of `file` from byte `at` on.
    ///
    /// # Errors
    /// As [`Shared::of_range`](crate::Shared::of_range).
    pub fn of_range(file: &File, label: &Path, at: u64, len: usize) -> Result<Self, SharedError> {
        Self::range(file, label, at, len, Access::Read)
    }

    pub(crate) fn open_for(path: &Path, access: Access) -> Result<Self, SharedError> {
        Self::whole(file::open(path, access)?, path, access)
    }

    pub(crate) fn passed(file: File, label: &Path, access: Access) -> Result<Self, SharedError> {
        file::expect_passed(&file, label, access)?;
        Self::whole(file, label, access)
    }

    pub(crate) fn range(
        file: &File,
        label: &Path,
        at: u64,
        len: usize,
        access: Access,
    ) -> Result<Self, SharedError> {
        let file = file.try_clone().map_err(SharedError::io(label, "dup"))?;
        Self::map(file, label, at, len, access)
    }

    /// As many elements as `file` has.
    fn whole(file: File, label: &Path, access: Access) -> Result<Self, SharedError> {
        let have = file::len(&file, label)?;
        let element = size_of::<T>();
        let len = usize::try_from(have).ok().filter(|bytes| *bytes > 0 && bytes % element == 0);
        let Some(bytes) = len else {
            return Err(SharedError::new(label, Kind::NotElements { element, have }));
        };
        Self::map(file, label, 0, bytes / element, access)
    }

    pub(crate) fn map(
        file: File,
        label: &Path,
        at: u64,
        len: usize,
        access: Access,
    ) -> Result<Self, SharedError> {
        let bytes = Self::bytes(label, len)?;
        if !at.is_multiple_of(page_size() as u64) {
            return Err(SharedError::new(label, Kind::NotAPage { at }));
        }
        file::expect_len(&file, label, at, bytes)?;
        let mapping =
            Mapping::of_range(&file, at, bytes, access).map_err(SharedError::io(label, "mmap"))?;
        Ok(Self { mapping, len, at, file: Some(file), label: label.into(), element: PhantomData })
    }

    /// `len` elements of a device that has no length.
    pub(crate) fn of_device(device: &File, label: &Path, len: usize) -> Result<Self, SharedError> {
        let bytes = Self::bytes(label, len)?;
        let mapping =
            Mapping::new(device, bytes, Access::Write).map_err(SharedError::io(label, "mmap"))?;
        Ok(Self { mapping, len, at: 0, file: None, label: label.into(), element: PhantomData })
    }

    /// The bytes of `len` elements.
    pub(crate) fn bytes(label: &Path, len: usize) -> Result<usize, SharedError> {
        let element = size_of::<T>();
        let bytes = len.checked_mul(element).filter(|bytes| isize::try_from(*bytes).is_ok());
        match bytes {
            Some(0) => Err(SharedError::new(label, Kind::NotElements { element, have: 0 })),
            Some(bytes) => Ok(bytes),
            None => Err(SharedError::io(label, "mmap")(Errno::NOMEM)),
        }
    }

    /// How many elements there are; never 0.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Never true: there is no empty mapping.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Element `index`, and with it everything that its writer wrote before it (acquire).
    ///
    /// # Panics
    /// If `index` is not below [`SharedView::len`].
    #[inline]
    #[track_caller]
    pub fn get(&self, index: usize) -> T {
        T::load(self.cell(index))
    }

    /// Whether a page of the file was missing when it was touched. Then the file was cut: what was
    /// read there was 0, what was written there is lost, and SIGBUS was caught. Stays true.
    pub fn is_cut(&self) -> bool {
        self.mapping.faulted()
    }

    /// The descriptor, to pass on; `None` for the zero device.
    pub fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }

    /// Has the kernel bring every page now; if this process may write, ready to be written.
    ///
    /// # Errors
    /// [`TooShort`](Kind::TooShort) if the file was cut, [`NoPage`](Kind::NoPage) if there is no
    /// room for a page of it; [`Io`](Kind::Io) on kernels before 5.14, which cannot.
    pub fn prefault(&self) -> Result<(), SharedError> {
        match self.mapping.populate() {
            // A missing page is now a private page of zeros, which belongs to no file.
            Ok(()) if self.is_cut() => Err(self.missing_page()),
            Ok(()) => Ok(()),
            Err(err) if Errno::from_io_error(&err) == Some(Errno::FAULT) => {
                Err(self.missing_page())
            }
            Err(err) => Err(SharedError::io(&self.label, "madvise")(err)),
        }
    }

    /// Asks for huge pages. A kernel or file system that has none does nothing.
    pub fn advise_huge(&self) {
        self.mapping.advise_huge();
    }

    #[inline]
    #[track_caller]
    pub(crate) fn cell(&self, index: usize) -> &T::Cell {
        assert!(index < self.len, "element {index} of a mapping of {}", self.len);
        &self.mapping.cells()[index]
    }

    pub(crate) fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// Why a page is missing: the file has become shorter, or has no room.
    #[cold]
    pub(crate) fn missing_page(&self) -> SharedError {
        let bytes = self.len * size_of::<T>();
        let cut =
            self.file.as_ref().map(|file| file::expect_len(file, &self.label, self.at, bytes));
        match cut {
            Some(Err(cut)) => cut,
            _ => SharedError::new(&self.label, Kind::NoPage),
        }
    }
}
