//! The bytes behind a shared mapping: where they come from, and what is asked of them alike for
//! reading and for writing.
//!
//! Invariant: `len` elements from the mapping's first byte on lie inside it.

use crate::copy;
use crate::create::Unnamed;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file;
use crate::location::Location;
use crate::mapping::{Access, Mapping};
use crate::options::Options;
use crate::shared::element::Element;
use rustix::fs::{CWD, MemfdFlags, OFlags, SealFlags};
use rustix::io::Errno;
use rustix::param::page_size;
use std::fs::File;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// What a new file may be read and written by: its owner.
const OWNER_ONLY: u32 = 0o600;
const ZERO_DEVICE: &str = "/dev/zero";

/// A mapping as elements of `T`.
#[derive(Debug)]
pub(super) struct Backing<T> {
    mapping: Mapping,
    len: usize,
    at: u64,
    /// What can be handed on, and asked how long it is. The zero device is neither.
    file: Option<File>,
    label: PathBuf,
    element: PhantomData<T>,
}

impl<T: Element> Backing<T> {
    pub(super) fn anonymous(len: usize) -> Result<Self, RegionError> {
        let label = PathBuf::from("anonymous mapping");
        let bytes = bytes_of::<T>(&label, len)?;
        let io =
            |call| move |err: Errno| RegionError::io(Path::new("anonymous mapping"), call, err);
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = rustix::fs::memfd_create("mapcast-shared", flags).map_err(io("memfd_create"))?;
        rustix::fs::ftruncate(&file, bytes as u64).map_err(io("ftruncate"))?;
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        rustix::fs::fcntl_add_seals(&file, seals).map_err(io("fcntl_add_seals"))?;
        Self::map(file.into(), label, 0, len, Access::Write)
    }

    pub(super) fn dev_zero(len: usize) -> Result<Self, RegionError> {
        let label = Path::new(ZERO_DEVICE);
        let bytes = bytes_of::<T>(label, len)?;
        let device = File::options()
            .read(true)
            .write(true)
            .open(label)
            .map_err(|err| RegionError::io(label, "open", err))?;
        let mapping = Mapping::new(&device, bytes, Access::Write)
            .map_err(|err| RegionError::io(label, "mmap", err))?;
        let label = label.to_owned();
        Ok(Self { mapping, len, at: 0, file: None, label, element: PhantomData })
    }

    pub(super) fn create(path: &Path, len: usize) -> Result<Self, RegionError> {
        let bytes = bytes_of::<T>(path, len)?;
        let options = Options { mode: OWNER_ONLY, ..Options::new() };
        let at = Location::open(&path.into())?;
        let file = Unnamed::new(&at, &options, bytes as u64)?
            .claim(&at)?
            .ok_or_else(|| RegionError::new(path, Kind::Exists))?;
        Self::map(file.into_file(), path.to_owned(), 0, len, Access::Write)
    }

    pub(super) fn open(path: &Path, access: Access) -> Result<Self, RegionError> {
        let flags = match access {
            Access::Read => OFlags::RDONLY,
            Access::Write => OFlags::RDWR,
        };
        let file = file::open(CWD, path, flags, path).map_err(|err| {
            if err.is_not_there() { RegionError::new(path, Kind::NoFile) } else { err }
        })?;
        Self::whole(file, path, access)
    }

    pub(super) fn passed(file: File, label: &Path, access: Access) -> Result<Self, RegionError> {
        file::expect_passed(&file, label, access)?;
        Self::whole(file, label, access)
    }

    /// `len` elements from byte `at` of a file that stays the caller's.
    pub(super) fn of_range(
        file: &File,
        label: &Path,
        at: u64,
        len: usize,
        access: Access,
    ) -> Result<Self, RegionError> {
        let file = file.try_clone().map_err(|err| RegionError::io(label, "dup", err))?;
        Self::map(file, label.to_owned(), at, len, access)
    }

    fn whole(file: File, label: &Path, access: Access) -> Result<Self, RegionError> {
        let have = file_len(&file, label)?;
        let element = size_of::<T>();
        let len = usize::try_from(have).ok().filter(|bytes| bytes % element == 0);
        let Some(len) = len.filter(|bytes| *bytes > 0).map(|bytes| bytes / element) else {
            return Err(RegionError::new(label, Kind::NotElements { element, have }));
        };
        Self::map(file, label.to_owned(), 0, len, access)
    }

    fn map(
        file: File,
        label: PathBuf,
        at: u64,
        len: usize,
        access: Access,
    ) -> Result<Self, RegionError> {
        let bytes = bytes_of::<T>(&label, len)?;
        if !at.is_multiple_of(page_size() as u64) {
            return Err(RegionError::new(&label, Kind::NotAPage { at }));
        }
        expect_len(&file, &label, at, bytes)?;
        let mapping = Mapping::of_range(&file, at, bytes, access)
            .map_err(|err| RegionError::io(&label, "mmap", err))?;
        Ok(Self { mapping, len, at, file: Some(file), label, element: PhantomData })
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }

    /// Element `index`, in shared memory.
    ///
    /// # Panics
    /// If `index` is not below `len`.
    #[inline]
    #[track_caller]
    pub(super) fn cell(&self, index: usize) -> &T::Cell {
        assert!(index < self.len, "element {index} of a mapping of {}", self.len);
        &self.mapping.cells()[index]
    }

    pub(super) fn get(&self, index: usize) -> T {
        T::load(self.cell(index))
    }

    pub(super) fn is_cut(&self) -> bool {
        self.mapping.faulted()
    }

    pub(super) fn advise_huge(&self) {
        self.mapping.advise_huge();
    }

    pub(super) fn prefault(&self) -> Result<(), RegionError> {
        match self.mapping.populate() {
            // A missing page is now a private page of zeros, which belongs to no file.
            Ok(()) if self.is_cut() => Err(self.missing_page()),
            Ok(()) => Ok(()),
            Err(err) if Errno::from_io_error(&err) == Some(Errno::FAULT) => {
                Err(self.missing_page())
            }
            Err(err) => Err(RegionError::io(&self.label, "madvise", err)),
        }
    }

    /// Copies all of `from`, which is as long, into this mapping.
    pub(super) fn copy_from(&self, from: &Self) -> Result<(), RegionError> {
        assert_eq!(from.len, self.len, "two mappings of different length");
        let rounds = copy::across(from.mapping.words(), self.mapping.words());
        // Words reach past the last element, where the file may continue: those are left alone.
        let (rest_from, rest_to) = (from.mapping.cells(), self.mapping.cells());
        for index in (rounds / size_of::<T>()).min(self.len)..self.len {
            T::store(&rest_to[index], T::load(&rest_from[index]));
        }
        match [from, self].into_iter().find(|side| side.is_cut()) {
            Some(cut) => Err(cut.missing_page()),
            None => Ok(()),
        }
    }

    /// Why a page is missing: the file has become shorter, or has no room.
    #[cold]
    fn missing_page(&self) -> RegionError {
        let cut = self.file.as_ref().map_or(Ok(()), |file| {
            expect_len(file, &self.label, self.at, self.len * size_of::<T>())
        });
        cut.err().unwrap_or_else(|| RegionError::new(&self.label, Kind::NoPage))
    }
}

/// The bytes of `len` elements.
fn bytes_of<T>(label: &Path, len: usize) -> Result<usize, RegionError> {
    let element = size_of::<T>();
    let bytes = len.checked_mul(element).filter(|bytes| isize::try_from(*bytes).is_ok());
    match bytes {
        Some(0) => Err(RegionError::new(label, Kind::NotElements { element, have: 0 })),
        Some(bytes) => Ok(bytes),
        None => Err(RegionError::io(label, "mmap", Errno::NOMEM)),
    }
}

fn file_len(file: &File, label: &Path) -> Result<u64, RegionError> {
    Ok(file.metadata().map_err(|err| RegionError::io(label, "fstat", err))?.len())
}

fn expect_len(file: &File, label: &Path, at: u64, bytes: usize) -> Result<(), RegionError> {
    let have = file_len(file, label)?;
    match at.checked_add(bytes as u64) {
        Some(want) if want <= have => Ok(()),
        want => {
            let want = want.unwrap_or(u64::MAX);
            Err(RegionError::new(label, Kind::TooShort { want, have }))
        }
    }
}
