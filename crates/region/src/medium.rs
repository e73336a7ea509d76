//! Where the kernel keeps a file's pages: looked up once for each mapping, because it never changes.
//!
//! It matters for two things. A file in memory cannot outlive the boot. And on overlayfs one name
//! may mean two files: see [`Medium::Overlay`].

use rustix::fs::FsWord;
use std::fs::File;
use std::path::Path;

/// `statfs(2)` types of file systems that live in memory and die with the boot.
const TMPFS: FsWord = 0x0102_1994;
const RAMFS: FsWord = 0x8584_58f6;
const OVERLAYFS: FsWord = 0x794c_7630;

/// What kind of file system a file is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Medium {
    /// tmpfs or ramfs: gone after a boot.
    Memory,
    /// The pages are written back to a disk or a network, as far as is known.
    Disk,
    /// overlayfs: the first writer of a file in a lower layer gets a copy of it, which has the same
    /// device and inode number. A lock taken through the mount is not seen in the directories of its
    /// layers, nor one taken there through the mount.
    Overlay,
}

impl Medium {
    /// The medium of `file`; a disk if that is unknown.
    pub(crate) fn of(file: &File) -> Self {
        rustix::fs::fstatfs(file).map_or(Self::Disk, |fs| Self::of_type(fs.f_type))
    }

    /// The medium of what is at `path`; `None` if there is nothing.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        rustix::fs::statfs(path).ok().map(|fs| Self::of_type(fs.f_type))
    }

    fn of_type(number: FsWord) -> Self {
        match number {
            TMPFS | RAMFS => Self::Memory,
            OVERLAYFS => Self::Overlay,
            _ => Self::Disk,
        }
    }

    /// Does the kernel write the file's pages back to a disk (or a network)?
    pub(crate) fn is_disk_backed(self) -> bool {
        self != Self::Memory
    }
}
