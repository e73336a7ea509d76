//! Shared memory that this process reads and writes.

use std::fs::File;
use std::ops::Deref;
use std::path::Path;

use region::internal::Access;

use crate::element::{Element, Integer};
use crate::error::SharedError;
use crate::file;
use crate::view::SharedView;

/// Elements of shared memory that this process reads and writes.
///
/// ```
/// use shared::Shared;
///
/// let numbers = Shared::<i32>::anonymous(4)?; // four zeros
/// numbers.set(0, 2000);
/// assert_eq!(numbers.add(0, 1), 2000); // atomically, beside other adders
/// assert_eq!(numbers.get(0), 2001);
/// drop(numbers); // unmapped; nothing can use it any more
/// # Ok::<(), shared::SharedError>(())
/// ```
///
/// What was dropped cannot be used, and there is no address that could be given back wrongly:
///
/// ```compile_fail,E0382
/// let numbers = shared::Shared::<i32>::anonymous(4).unwrap();
/// drop(numbers);
/// numbers.set(0, 2000);
/// ```
#[derive(Debug)]
pub struct Shared<T: Element>(SharedView<T>);

/// Reading.
impl<T: Element> Deref for Shared<T> {
    type Target = SharedView<T>;

    #[inline]
    fn deref(&self) -> &SharedView<T> {
        &self.0
    }
}

impl<T: Element> Shared<T> {
    /// `len` zeros without a file, shared with children ([`Child::fork`](crate::Child::fork)) and
    /// with processes that get the descriptor ([`SharedView::file`]).
    ///
    /// It is a memfd, sealed against shrinking.
    ///
    /// # Errors
    /// [`NotElements`](crate::SharedErrorKind::NotElements) if `len` is 0;
    /// [`Io`](crate::SharedErrorKind::Io), for example when there is no memory.
    pub fn anonymous(len: usize) -> Result<Self, SharedError> {
        let label = Path::new("anonymous mapping");
        let file = file::memfd(label, SharedView::<T>::bytes(label, len)?)?;
        SharedView::map(file, label, 0, len, Access::Write).map(Self)
    }

    /// `len` zeros out of `/dev/zero`, shared with children alone: every other open of the device
    /// gives other memory. For systems without memfd; [`Shared::anonymous`] can do more.
    ///
    /// # Errors
    /// As [`Shared::anonymous`].
    pub fn dev_zero(len: usize) -> Result<Self, SharedError> {
        let label = Path::new("/dev/zero");
        let device = File::options().read(true).write(true).open(label);
        let device = device.map_err(SharedError::io(label, "open"))?;
        SharedView::of_device(&device, label, len).map(Self)
    }

    /// A new file of `len` zeros that only its owner may open. It has its whole length, and room
    /// on the disk where its file system can reserve it, before it has its name.
    ///
    /// # Errors
    /// [`Exists`](crate::SharedErrorKind::Exists) if the name is taken: that file is left alone;
    /// [`NotElements`](crate::SharedErrorKind::NotElements) if `len` is 0;
    /// [`Io`](crate::SharedErrorKind::Io), for example on a full disk.
    pub fn create(path: &Path, len: usize) -> Result<Self, SharedError> {
        let file = file::create(path, SharedView::<T>::bytes(path, len)?)?;
        SharedView::map(file, path, 0, len, Access::Write).map(Self)
    }

    /// All of an existing file.
    ///
    /// # Errors
    /// [`NoFile`](crate::SharedErrorKind::NoFile), [`NotAFile`](crate::SharedErrorKind::NotAFile);
    /// [`NotElements`](crate::SharedErrorKind::NotElements) if it is empty or ends within an
    /// element; [`Io`](crate::SharedErrorKind::Io).
    pub fn open(path: &Path) -> Result<Self, SharedError> {
        SharedView::open_for(path, Access::Write).map(Self)
    }

    /// All of a file that was opened for reading and writing; `label` is its name in messages.
    ///
    /// # Errors
    /// [`WrongAccess`](crate::SharedErrorKind::WrongAccess); else as [`Shared::open`].
    pub fn from_file(file: File, label: &Path) -> Result<Self, SharedError> {
        SharedView::passed(file, label, Access::Write).map(Self)
    }

    /// `len` elements of `file` from byte `at` on.
    ///
    /// # Errors
    /// [`NotAPage`](crate::SharedErrorKind::NotAPage) if `at` is not a multiple of the page size;
    /// [`TooShort`](crate::SharedErrorKind::TooShort) if the file ends before;
    /// [`Io`](crate::SharedErrorKind::Io), for example if `file` is not open for both.
    pub fn of_range(file: &File, label: &Path, at: u64, len: usize) -> Result<Self, SharedError> {
        SharedView::range(file, label, at, len, Access::Write).map(Self)
    }

    /// Sets element `index`. A process that reads it sees all that was written here before (release).
    ///
    /// # Panics
    /// If `index` is not below [`SharedView::len`].
    #[inline]
    #[track_caller]
    pub fn set(&self, index: usize, value: T) {
        T::store(self.cell(index), value);
    }

    /// Copies all of `from` into this mapping, with the widest moves of the processor.
    ///
    /// # Errors
    /// [`TooShort`](crate::SharedErrorKind::TooShort) or [`NoPage`](crate::SharedErrorKind::NoPage)
    /// if a page of either was missing: then the content of this mapping is undefined.
    ///
    /// # Panics
    /// If the two are not equally long.
    #[track_caller]
    pub fn copy_from(&self, from: &SharedView<T>) -> Result<(), SharedError> {
        assert_eq!(from.len(), self.len(), "two mappings of different length");
        let copied = self.mapping().copy_from(from.mapping());
        // Words reach past the last element, where the file may continue: those are left alone.
        for index in (copied / size_of::<T>()).min(self.len())..self.len() {
            self.set(index, from.get(index));
        }
        match [from, self].into_iter().find(|side| side.is_cut()) {
            Some(cut) => Err(cut.missing_page()),
            None => Ok(()),
        }
    }
}

impl<T: Integer> Shared<T> {
    /// Adds `n` to element `index` atomically, wrapping around; returns the previous value.
    ///
    /// # Panics
    /// If `index` is not below [`SharedView::len`].
    #[inline]
    #[track_caller]
    pub fn add(&self, index: usize, n: T) -> T {
        T::add(self.cell(index), n)
    }
}
