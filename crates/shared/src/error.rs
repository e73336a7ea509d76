//! What can go wrong with shared memory: the file, the fact, the next step.

use std::io;
use std::path::{Path, PathBuf};

use region::internal::counted;
use rustix::param::page_size;
use thiserror::Error;

/// Why memory could not be mapped or copied, and which.
///
/// Displays as `PATH: fact; next step`. Callers match on [`SharedError::kind`].
#[derive(Debug, Error)]
#[error("{}: {kind}", path.display())]
pub struct SharedError {
    path: PathBuf,
    kind: SharedErrorKind,
}

/// The kinds of [`SharedError`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SharedErrorKind {
    /// No file has this name.
    #[error("no such file; create it first, or check the path")]
    NoFile,
    /// A file has this name already.
    #[error("exists already; open it, or give another path")]
    Exists,
    /// It is not a regular file but "a directory", "a symbolic link", ...
    #[error("is {0}, not a regular file; give the path of a file")]
    NotAFile(&'static str),
    /// The descriptor is not open for "reading" or "reading and writing".
    #[error("is not open for {0}; open it so before it is passed")]
    WrongAccess(&'static str),
    /// Its length is not that of one or more elements.
    #[error("has {}, not one or more elements of {element}; give it its length first", counted(*have, "byte"))]
    NotElements {
        /// Bytes of one element.
        element: usize,
        /// Bytes of the file, or that were asked for.
        have: u64,
    },
    /// The range does not begin at a page.
    #[error(
        "cannot be mapped from byte {at} on; give a multiple of {}, the size of a page",
        page_size()
    )]
    NotAPage {
        /// The first byte of the range.
        at: u64,
    },
    /// The file ends before the range does.
    #[error("has {} where {want} are mapped; it was cut, or another file was meant", counted(*have, "byte"))]
    TooShort {
        /// Bytes up to the end of the range.
        want: u64,
        /// Bytes of the file.
        have: u64,
    },
    /// A page of it is missing though the file is long enough.
    #[error(
        "a page of it cannot be had; free space on its file system, or look for errors of its device"
    )]
    NoPage,
    /// A system call failed.
    #[error("{call}: {source}; {}", advice(source))]
    Io {
        /// Its name, as in its manual page.
        call: &'static str,
        /// Its answer.
        source: io::Error,
    },
}

impl SharedError {
    pub(crate) fn new(path: &Path, kind: SharedErrorKind) -> Self {
        Self { path: path.to_owned(), kind }
    }

    /// For `map_err`: `call` failed on `path`.
    pub(crate) fn io<E: Into<io::Error>>(path: &Path, call: &'static str) -> impl Fn(E) -> Self {
        move |err| Self::new(path, SharedErrorKind::Io { call, source: err.into() })
    }

    /// What it is about: a file, or what else was mapped.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why it happened.
    pub fn kind(&self) -> &SharedErrorKind {
        &self.kind
    }
}

fn advice(err: &io::Error) -> &'static str {
    use io::ErrorKind as Kind;
    match err.kind() {
        Kind::OutOfMemory => {
            "allow this process more memory (ulimit -v, LimitAS=), or ask for less"
        }
        Kind::StorageFull | Kind::QuotaExceeded => {
            "free space there, or give a path on another file system"
        }
        Kind::FileTooLarge => "raise the limit of a file's length (ulimit -f, LimitFSIZE=)",
        Kind::ReadOnlyFilesystem => "give a path on a writable file system",
        Kind::NotFound => "create the directory first",
        Kind::NotADirectory => "correct the path",
        Kind::PermissionDenied => {
            "use an account that may open it, or open it for what it is mapped for"
        }
        _ => "look at the system's answer before the semicolon",
    }
}
