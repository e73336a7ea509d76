//! Shared memory that this process cannot write to.

use super::{Backing, Element};
use crate::error::RegionError;
use crate::mapping::Access;
use std::fs::File;
use std::path::Path;

/// Elements of shared memory that this process only reads: a `PROT_READ` mapping.
///
/// ```
/// use region::{Shared, SharedView};
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
/// Writing is not refused, it does not exist:
///
/// ```compile_fail,E0599
/// # let seen = region::SharedView::<u64>::open("numbers".as_ref()).unwrap();
/// seen.set(1, 8);
/// ```
#[derive(Debug)]
pub struct SharedView<T: Element>(Backing<T>);

impl<T: Element> SharedView<T> {
    /// All of an existing file.
    ///
    /// # Errors
    /// As [`Shared::open`](crate::Shared::open).
    pub fn open(path: &Path) -> Result<Self, RegionError> {
        Backing::open(path, Access::Read).map(Self)
    }

    /// All of a file that was opened for reading; `label` is its name in messages.
    ///
    /// # Errors
    /// As [`Shared::from_file`](crate::Shared::from_file).
    pub fn from_file(file: File, label: &Path) -> Result<Self, RegionError> {
        Backing::passed(file, label, Access::Read).map(Self)
    }

    /// `len` elements of `file` from byte `at` on.
    ///
    /// # Errors
    /// As [`Shared::of_range`](crate::Shared::of_range).
    pub fn of_range(file: &File, label: &Path, at: u64, len: usize) -> Result<Self, RegionError> {
        Backing::of_range(file, label, at, len, Access::Read).map(Self)
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
    /// If `index` is not below [`SharedView::len`].
    #[inline]
    #[track_caller]
    pub fn get(&self, index: usize) -> T {
        self.0.get(index)
    }

    /// Was a page of the file missing when it was touched? Stays true; what was read there was 0.
    pub fn is_cut(&self) -> bool {
        self.0.is_cut()
    }

    /// The descriptor.
    pub fn file(&self) -> Option<&File> {
        self.0.file()
    }

    /// Has the kernel bring every page now.
    ///
    /// # Errors
    /// As [`Shared::prefault`](crate::Shared::prefault).
    pub fn prefault(&self) -> Result<(), RegionError> {
        self.0.prefault()
    }

    /// Asks for huge pages. A kernel or file system that has none does nothing.
    pub fn advise_huge(&self) {
        self.0.advise_huge();
    }

    pub(super) fn backing(&self) -> &Backing<T> {
        &self.0
    }
}
