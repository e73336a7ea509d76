//! What can go wrong with a region: the file, the fact, the next step.

mod advice;
mod message;

use crate::file_system;
use layout::header::HeaderError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a region could not be created, attached, published or read, and which.
///
/// Displays as `PATH: fact; next step`. Callers match on [`RegionError::kind`].
// Boxed: a publish and a read answer in registers, and errors are rare.
#[derive(Debug)]
pub struct RegionError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    kind: RegionErrorKind,
}

/// The kinds of [`RegionError`].
#[derive(Debug)]
#[non_exhaustive]
pub enum RegionErrorKind {
    /// No file has this name (yet).
    NotThere,
    /// Another writer holds the region.
    Busy {
        /// The process id that the holder wrote down, for people; it may lie in another pid namespace.
        pid: u64,
    },
    /// A reader holds a lock on the file, which keeps the writer's lock from being taken, and the
    /// file cannot be replaced.
    Locked,
    /// The region's file belongs to this other user, who could change what is published.
    NotOurs(u32),
    /// The name belongs to something that cannot be a region: "a directory", "a symbolic link", ...
    NotAFile(&'static str),
    /// The file is not a region: empty, text, or some other program's.
    NotARegion,
    /// The region's format version is not the one that this program knows.
    UnsupportedVersion(u32),
    /// The region uses features that this program does not know.
    UnsupportedFeatures(u64),
    /// The header or the schema contradicts itself.
    Damaged(String),
    /// The file is shorter than its own header says: someone cut it.
    Truncated {
        /// Bytes that the header promises.
        want: u64,
        /// Bytes that are there.
        have: u64,
    },
    /// The region holds another record than the requested one.
    OtherSchema {
        /// The requested record.
        want: String,
        /// What is there.
        have: String,
    },
    /// A record of the wrong size was passed in.
    WrongSize {
        /// Bytes of the region's record.
        want: usize,
        /// Bytes passed in.
        have: usize,
    },
    /// A file without a header has another size than the record.
    NotThisRecord {
        /// Bytes of the record.
        want: u64,
        /// Bytes of the file.
        have: u64,
    },
    /// The slot kept changing: the writer is broken or hostile.
    Unstable,
    /// The directory is one in which another user could have created files.
    UnsafeDirectory(String),
    /// `MAPCAST_DIR` holds this relative path.
    RelativeDirectory(String),
    /// A name that cannot be a file name.
    BadName(String),
    /// There is no such group on this machine.
    NoSuchGroup(String),
    /// This process may not give a file to this group.
    NotInGroup(String),
    /// The settings of the region contradict the format's limits.
    BadOptions(String),
    /// Another file has taken the name of this region.
    Replaced,
    /// The writer belongs to the process that opened it, which has forked this one.
    Forked,
    /// No file has this name.
    NoFile,
    /// A file has this name already.
    Exists,
    /// A file that a snapshot does not replace has the name: "is a file that is not a region", ...
    InTheWay(&'static str),
    /// The file is not a whole number of elements, or empty: nothing of it can be mapped.
    NotElements {
        /// Bytes of one element.
        element: usize,
        /// Bytes of the file.
        have: u64,
    },
    /// A map would begin in the middle of a page.
    NotAPage {
        /// The byte it would begin with.
        at: u64,
    },
    /// The file ends before the bytes that are mapped: it was cut, or is another one than meant.
    TooShort {
        /// Bytes that are needed.
        want: u64,
        /// Bytes that are there.
        have: u64,
    },
    /// A page within the file cannot be had: the file system is full, or its device fails.
    NoPage,
    /// The region was passed as a descriptor and cannot be resumed, for this reason; nobody who has
    /// that
    /// descriptor would see another one in its place.
    CannotReplace(String),
    /// A descriptor that is not open for what is to be done with it: "reading", "reading and
    /// writing".
    WrongAccess(&'static str),
    /// A descriptor with a seal that keeps it from being a region: "writing", "growing".
    Sealed(&'static str),
    /// The file system refused what every region needs: it is one of the kernel's own, or cannot map,
    /// lock or write.
    UnfitFileSystem {
        /// The call that failed.
        call: &'static str,
        /// Its error.
        source: io::Error,
    },
    /// The operating system refused.
    Io {
        /// The call that failed.
        call: &'static str,
        /// Its error.
        source: io::Error,
    },
}

impl RegionError {
    #[cold]
    pub(crate) fn new(path: &Path, kind: RegionErrorKind) -> Self {
        Self(Box::new(Inner { path: path.to_owned(), kind }))
    }

    pub(crate) fn io(path: &Path, call: &'static str, source: impl Into<io::Error>) -> Self {
        let source = source.into();
        if file_system::cannot_do(call, &source) {
            return Self::new(path, RegionErrorKind::UnfitFileSystem { call, source });
        }
        Self::new(path, RegionErrorKind::Io { call, source })
    }

    /// The same refusal, as one of the whole file system.
    pub(crate) fn of_file_system(self) -> Self {
        let Inner { path, kind } = *self.0;
        Self::new(
            &path,
            match kind {
                RegionErrorKind::Io { call, source } => {
                    RegionErrorKind::UnfitFileSystem { call, source }
                }
                kind => kind,
            },
        )
    }

    /// What went wrong.
    pub fn kind(&self) -> &RegionErrorKind {
        &self.0.kind
    }

    /// The region's file.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Is there simply no region of this name yet?
    pub fn is_not_there(&self) -> bool {
        matches!(self.0.kind, RegionErrorKind::NotThere)
    }

    /// Whether the environment is wrong, not a file.
    pub fn is_of_environment(&self) -> bool {
        matches!(self.0.kind, RegionErrorKind::RelativeDirectory(_))
    }

    /// Was the file cut short while it was mapped?
    pub fn is_truncated(&self) -> bool {
        matches!(self.0.kind, RegionErrorKind::Truncated { .. } | RegionErrorKind::TooShort { .. })
    }
}

impl From<HeaderError> for RegionErrorKind {
    fn from(err: HeaderError) -> Self {
        match err {
            HeaderError::TooShort { .. } | HeaderError::NotARegion => Self::NotARegion,
            HeaderError::UnsupportedVersion { found } => Self::UnsupportedVersion(found),
            HeaderError::Incompatible { bits } => Self::UnsupportedFeatures(bits),
            // The fact alone: what to do about damage is said in one place, below.
            HeaderError::Checksum { .. } => {
                Self::Damaged("the checksum of its header does not match".into())
            }
            HeaderError::BadGeometry { what } => {
                Self::Damaged(format!("impossible header: {what}"))
            }
            HeaderError::SchemaMismatch { what } => {
                Self::Damaged(format!("the {what} in its header is not that of its schema"))
            }
            other => Self::Damaged(other.to_string()),
        }
    }
}

impl fmt::Display for RegionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.path.display(), self.0.kind)
    }
}

impl std::error::Error for RegionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        None // the cause is part of the message, so that one line tells it once
    }
}
