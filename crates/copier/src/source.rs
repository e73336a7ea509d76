//! The file that is copied: opened once, and looked at again at the end.

use std::fs::{File, Metadata};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::advice::Op;
use crate::error::Kind;

/// An open source, and what it was when it was opened.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    pub(crate) meta: Metadata,
}

impl Source {
    pub(crate) fn open(path: &Path) -> Result<Self, Kind> {
        // NONBLOCK: opening a named pipe must answer, not wait for its other end.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(descriptor) => File::from(descriptor),
            Err(Errno::NOENT) => return Err(Kind::NoSource(path.to_owned())),
            Err(Errno::NXIO) => {
                return Err(Kind::NotAFile { path: path.to_owned(), what: "a socket" });
            }
            Err(err) => return Err(Kind::io(path, Op::OpenSource)(err)),
        };
        let meta = file.metadata().map_err(Kind::io(path, Op::Stat))?;
        match not_a_file(&meta) {
            None => Ok(Self { file, path: path.to_owned(), meta }),
            Some(what) => Err(Kind::NotAFile { path: path.to_owned(), what }),
        }
    }

    /// Its length when it was opened.
    pub(crate) fn len(&self) -> u64 {
        self.meta.len()
    }

    /// Refuses a source that somebody wrote to meanwhile: the copy would be a mixture.
    pub(crate) fn expect_unchanged(&self) -> Result<(), Kind> {
        let now = self.file.metadata().map_err(Kind::io(&self.path, Op::Stat))?;
        let what = if now.len() != self.len() {
            format!("went from {} to {} bytes", self.len(), now.len())
        } else if (now.mtime(), now.mtime_nsec()) != (self.meta.mtime(), self.meta.mtime_nsec()) {
            "was written to".to_owned()
        } else {
            return Ok(());
        };
        Err(Kind::SourceChanged { path: self.path.clone(), what })
    }
}

/// What it is instead of a regular file.
pub(crate) fn not_a_file(meta: &Metadata) -> Option<&'static str> {
    let kind = meta.file_type();
    match () {
        () if kind.is_file() => None,
        () if kind.is_dir() => Some("a directory"),
        () if kind.is_fifo() => Some("a named pipe"),
        () if kind.is_socket() => Some("a socket"),
        () if kind.is_char_device() => Some("a character device"),
        () if kind.is_block_device() => Some("a block device"),
        () => Some("a special file"),
    }
}
