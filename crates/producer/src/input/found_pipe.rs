//! A named pipe that is found, and not opened yet.
//!
//! A program that opens a pipe to write waits until some program reads it. If that one closes the pipe again, because
//! its region cannot be opened, what was written is lost, although its writer saw it succeed. So the pipe is
//! found first and opened when nothing else can fail.
//!
//! Invariant: no writer gets through before [`FoundPipe::open`], which needs no descriptor that is not here already.
//! It fails only if the machine has no memory or open files left, if the pipe's permissions have changed meanwhile, or if
//! a security module refuses what `access` permits.
//!
//! Price: two descriptors from the one to the other.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, Mode, OFlags, accessat};
use rustix::io::Errno;

use super::stream::{self, OpenError, not_opened};

/// A named pipe that can be read.
#[derive(Debug)]
pub(crate) struct FoundPipe {
    path: PathBuf,
    /// The pipe itself, whatever becomes of its name. It is not open to read.
    found: File,
    /// Keeps a number free for the pipe to be opened at.
    spare: Option<OwnedFd>,
}

impl FoundPipe {
    /// The pipe at `path`; `None`: what is there is no pipe.
    pub(super) fn at(path: &Path) -> Result<Option<Self>, OpenError> {
        let failed = |source| not_opened(path, source);
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let found = rustix::fs::open(path, flags, Mode::empty());
        let found = File::from(found.map_err(|error| failed(error.into()))?);
        if !found.metadata().map_err(failed)?.file_type().is_fifo() {
            return Ok(None);
        }
        may_read(path).map_err(failed)?;
        let spare = Some(found.as_fd().try_clone_to_owned().map_err(failed)?);
        Ok(Some(Self { path: path.to_owned(), found, spare }))
    }

    /// Opens it to read: writers that wait get through.
    pub(super) fn open(&mut self) -> io::Result<File> {
        drop(self.spare.take());
        open_by_descriptor(&self.found).or_else(|_| stream::open(&self.path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn rename(&mut self, path: &Path) {
        path.clone_into(&mut self.path);
    }

    /// The pipe itself, not open to read.
    pub(super) fn file(&self) -> &File {
        &self.found
    }
}

impl AsFd for FoundPipe {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.found.as_fd()
    }
}

/// Opens the file of a descriptor once more: its name may be gone or belong to another one.
pub(super) fn open_by_descriptor(file: &File) -> io::Result<File> {
    stream::open(format!("/proc/self/fd/{}", file.as_raw_fd()).as_ref())
}

/// An error if the permissions of `path` keep this process from reading it. A kernel or a sandbox that does not answer
/// is no error: the open that follows has the last word.
pub(super) fn may_read(path: &Path) -> io::Result<()> {
    // With the rights that open(2) uses; capabilities count.
    match accessat(CWD, path, Access::READ_OK, AtFlags::EACCESS) {
        Err(Errno::ACCESS) => Err(Errno::ACCESS.into()),
        _ => Ok(()),
    }
}
