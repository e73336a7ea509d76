//! Which file it is, whatever its name.

use rustix::fd::BorrowedFd;
use rustix::fs::{AtFlags, Stat};
use rustix::io::Errno;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Device and inode of a file. No other file has both while a descriptor of this one is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// That of an open file.
    ///
    /// # Errors
    /// Those of `fstat`.
    pub fn of(file: &File) -> io::Result<Self> {
        file.metadata().map(|meta| Self::of_metadata(&meta))
    }

    /// That of the file with this metadata.
    pub fn of_metadata(meta: &Metadata) -> Self {
        Self { device: meta.dev(), inode: meta.ino() }
    }

    pub(crate) fn of_stat(stat: &Stat) -> Self {
        Self { device: stat.st_dev, inode: stat.st_ino }
    }

    /// That of the file called `name` in `dir` now, not followed if it is a link; `None` if there is
    /// none.
    pub(crate) fn at(dir: BorrowedFd<'_>, name: &Path) -> io::Result<Option<Self>> {
        present(rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW))
    }

    /// That of the directory that `path` leads to now; `None` if it leads nowhere.
    pub(crate) fn of_directory(path: &Path) -> io::Result<Option<Self>> {
        present(rustix::fs::stat(path))
    }
}

fn present(stat: Result<Stat, Errno>) -> io::Result<Option<FileId>> {
    match stat {
        Ok(stat) => Ok(Some(FileId::of_stat(&stat))),
        Err(Errno::NOENT) => Ok(None),
        Err(err) => Err(err.into()),
    }
}
