//! What can go wrong with a region: the file and the fact. What a person can do about it depends on
//! the program, which adds that.
//!
//! One type for all operations: a publish makes a new file when the old one is gone, and a read
//! attaches to the next one, so that both can fail in every way in which `open` can.

mod facts;

use crate::file_system;
use facts::{bad_name, busy, not_this_record, too_many, truncated};
use layout::text::counted;
use layout::{BadInstanceName, DecodeError, header};
use rustix::fd::AsFd;
use std::error::Error;
use std::fmt;
use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

/// Why a region could not be created, attached, published or read, and which.
///
/// Displays as `PATH: fact`. Callers match on [`RegionError::kind`].
// Boxed: a publish and a read return in registers, and errors are rare.
pub struct RegionError(Box<Inner>);

struct Inner {
    path: PathBuf,
    kind: RegionErrorKind,
}

/// The kinds of [`RegionError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegionErrorKind {
    /// No file has this name (yet).
    #[error("no such region")]
    NotThere,
    /// Another writer holds the region.
    #[error("{}", busy(*.pid))]
    Busy {
        /// The process id that the holder wrote down, for people; it may lie in another pid namespace.
        pid: u64,
    },
    /// A reader holds a lock on the file, which keeps the writer's lock from being taken, and the
    /// file cannot be replaced.
    #[error("a reader holds a lock on it")]
    Locked,
    /// The region's file belongs to this other user, who could change what is published.
    #[error("belongs to uid {0}, who could change what is published")]
    NotOurs(u32),
    /// The name belongs to something that cannot be a region: "a directory", "a symbolic link", ...
    #[error("is {0}, not a regular file")]
    NotAFile(&'static str),
    /// The file is not a region: text, or some other program's.
    #[error("is not a region (no mapcast header)")]
    NotARegion,
    /// The file is not a region: it has so many bytes, fewer than a header.
    #[error("is not a region: {} long, shorter than a header", counted(*.0, "byte"))]
    TooShort(u64),
    /// The directory of the region does not exist.
    #[error("its directory does not exist")]
    NoDirectory,
    /// The region's format version is not the one that this program knows.
    #[error("has region format {0}, this program knows format {version}", version = header::VERSION)]
    UnsupportedVersion(u32),
    /// The region uses features that this program does not know.
    #[error("needs features {0:#x} that this program does not know")]
    UnsupportedFeatures(u64),
    /// The header or the schema contradicts itself.
    #[error("is damaged: {0}")]
    Damaged(String),
    /// The file is shorter than its own header promises, or than its structs: it was cut. It may have been
    /// extended since.
    #[error("{}", truncated(*want, *structs, *have))]
    Truncated {
        /// Bytes that the header promises, or that the structs of a file without one take.
        want: u64,
        /// Bytes that are there.
        have: u64,
        /// How many structs a file without a header holds; `None`: it is a region.
        structs: Option<NonZeroU32>,
    },
    /// The region holds another record than the requested one.
    #[error("holds record {have}, this program reads {want}")]
    OtherSchema {
        /// The requested record.
        want: String,
        /// What is there.
        have: String,
    },
    /// The region has instances, and this reader or writer is for one record.
    #[error("has up to {max} instances, this program wants one record")]
    HasInstances {
        /// How many there can be.
        max: u32,
    },
    /// The region has one record, and this reader or writer is for instances.
    #[error("has one record and no instances")]
    NoInstances,
    /// A name that no instance can have.
    #[error("{0}")]
    BadInstanceName(BadInstanceName),
    /// The region has as many instances as there can be, or, for one that is to be smaller, more.
    #[error("{}", too_many(*have, *max))]
    TooManyInstances {
        /// How many there are, those that are not to stay left out.
        have: usize,
        /// How many there can be.
        max: usize,
    },
    /// The handle leads to no instance: it was retired, or is one of another file.
    #[error("has no such instance any more")]
    NoSuchInstance,
    /// A file without a header holds fewer structs.
    #[error("has no struct {index}; its {count} are 0 to {}", count - 1)]
    NoSuchStruct {
        /// The struct that was requested.
        index: usize,
        /// How many there are.
        count: u32,
    },
    /// A record of the wrong size was passed in.
    #[error("takes records of {}, got {have}", counted(*want, "byte"))]
    WrongSize {
        /// Bytes of the region's record.
        want: usize,
        /// Bytes passed in.
        have: usize,
    },
    /// The record has no field of this name.
    #[error("its record {record} has no field {field:?}")]
    NoSuchField {
        /// The record's name.
        record: String,
        /// The field that was requested.
        field: String,
    },
    /// A file without a header has another size than the record; or the file has a header, and is a region.
    #[error("{}", not_this_record(*want, *count, *have))]
    NotThisRecord {
        /// Bytes of the record, or of all structs of an array.
        want: u64,
        /// How many structs.
        count: u32,
        /// Bytes of the file; as many as `want` if it is a region.
        have: u64,
    },
    /// The slot kept changing: the writer is broken or hostile.
    #[error("its newest record keeps changing while it is read")]
    Unstable,
    /// The directory is one in which another user could have created files.
    #[error("{0}")]
    UnsafeDirectory(String),
    /// `MAPCAST_DIR` holds this relative path.
    #[error("{0:?} is a relative path")]
    RelativeDirectory(String),
    /// A name that no region can have.
    #[error("{}", bad_name(.0))]
    BadName(String),
    /// There is no such group on this machine.
    #[error("there is no group {0:?} here")]
    NoSuchGroup(String),
    /// This process may not give a file to this group.
    #[error("cannot be given to group {0:?} (fchown: Operation not permitted)")]
    NotInGroup(String),
    /// The settings of the region contradict the format's limits.
    #[error("{0}")]
    BadOptions(String),
    /// Another file has taken the name of this region.
    #[error("another file has taken this name")]
    Replaced,
    /// The writer belongs to the process that opened it, which has forked this one.
    #[error("this writer belongs to the process that opened it, and this one is a fork of it")]
    Forked,
    /// A file that a snapshot does not replace has the name: "is a file that is not a region", ...
    #[error("{0}, which a snapshot does not replace")]
    InTheWay(&'static str),
    /// The region was passed as a descriptor and cannot be resumed, for this reason; the other
    /// processes that have the descriptor would not see a new region.
    #[error("{0}, and a region that was passed as a descriptor cannot be replaced")]
    CannotReplace(String),
    /// A descriptor that is not open for what is to be done with it: "reading", "reading and
    /// writing".
    #[error("is not open for {0}")]
    WrongAccess(&'static str),
    /// A descriptor with a seal that keeps it from being a region: "writing", "growing".
    #[error("is sealed against {0}")]
    Sealed(&'static str),
    /// The file system refused what every region needs: it is one of the kernel's own, or cannot map,
    /// lock or write.
    #[error("its file system cannot hold a region ({call}: {source})")]
    UnfitFileSystem {
        /// The call that failed.
        call: &'static str,
        /// Its error.
        source: io::Error,
    },
    /// The operating system refused.
    #[error("{call}: {source}")]
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

    /// The same, after a call on `file` or in this directory: where every file is the kernel's own,
    /// that is the reason.
    pub(crate) fn on_file_system_of(mut self, file: impl AsFd) -> Self {
        use RegionErrorKind::{Io, UnfitFileSystem};
        self.0.kind = match self.0.kind {
            Io { call, source } if file_system::is_kernels_own(file) => {
                UnfitFileSystem { call, source }
            }
            kind => kind,
        };
        self
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

    /// Does the handle lead to no instance any more?
    pub fn is_no_such_instance(&self) -> bool {
        matches!(self.0.kind, RegionErrorKind::NoSuchInstance)
    }

    /// Has the region instances, where a reader or writer of one record was asked for, or the other way round?
    pub fn is_of_other_kind(&self) -> bool {
        matches!(self.0.kind, RegionErrorKind::HasInstances { .. } | RegionErrorKind::NoInstances)
    }

    /// Was the file cut short while it was mapped?
    pub fn is_truncated(&self) -> bool {
        matches!(self.0.kind, RegionErrorKind::Truncated { .. })
    }
}

impl From<DecodeError> for RegionErrorKind {
    fn from(err: DecodeError) -> Self {
        match err {
            DecodeError::NotARegion => Self::NotARegion,
            DecodeError::UnsupportedVersion(found) => Self::UnsupportedVersion(found),
            DecodeError::UnsupportedFeatures(bits) => Self::UnsupportedFeatures(bits),
            other => Self::Damaged(other.to_string()),
        }
    }
}

/// What `main` prints for an error that it returns: `Error { path: "x.region", kind: NotThere }`.
impl fmt::Debug for RegionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("path", &self.0.path).field("kind", &self.0.kind).finish()
    }
}

impl fmt::Display for RegionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            // The message begins with the name.
            RegionErrorKind::BadName(_) => write!(f, "{}", self.0.kind),
            kind => write!(f, "{}: {kind}", self.0.path.display()),
        }
    }
}

// Without a `source`: the message has the text of the system's error, which the kind holds.
impl Error for RegionError {}

impl From<RegionError> for io::Error {
    fn from(error: RegionError) -> Self {
        Self::new(error.0.kind.io_kind(), error)
    }
}

impl RegionErrorKind {
    /// The nearest kind of the standard library.
    fn io_kind(&self) -> io::ErrorKind {
        match self {
            Self::Io { source, .. } => source.kind(),
            Self::NotThere | Self::NoDirectory | Self::NoSuchGroup(_) | Self::NoSuchInstance => {
                io::ErrorKind::NotFound
            }
            Self::InTheWay(_) | Self::Replaced => io::ErrorKind::AlreadyExists,
            Self::Busy { .. } | Self::Locked => io::ErrorKind::ResourceBusy,
            Self::NotOurs(_)
            | Self::UnsafeDirectory(_)
            | Self::NotInGroup(_)
            | Self::WrongAccess(_)
            | Self::Sealed(_) => io::ErrorKind::PermissionDenied,
            Self::WrongSize { .. }
            | Self::NoSuchStruct { .. }
            | Self::RelativeDirectory(_)
            | Self::BadName(_)
            | Self::BadInstanceName(_)
            | Self::BadOptions(_) => io::ErrorKind::InvalidInput,
            Self::TooManyInstances { .. } => io::ErrorKind::StorageFull,
            Self::UnfitFileSystem { .. } | Self::Forked => io::ErrorKind::Unsupported,
            Self::Truncated { .. } => io::ErrorKind::UnexpectedEof,
            _ => io::ErrorKind::InvalidData,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_refused_is_shown_once_and_short_with_the_rule() {
        let text = |name: &str| {
            RegionError::new(Path::new(name), RegionErrorKind::BadName(name.into())).to_string()
        };
        let rule = "(letters, digits and . _ - @, no dot in front, at most 248 bytes)";
        assert_eq!(text(""), format!("a region's name is empty {rule}"));
        assert_eq!(text("na me"), format!("\"na me\" is not a region name {rule}"));
        assert_eq!(
            text("x.region"),
            format!(
                "\"x.region\" is a file name: the region's name is \"x\", a path has a '/' {rule}"
            )
        );
        let long = format!("\"{}\"... is not a region name {rule}", "x".repeat(60));
        assert_eq!(text(&"x".repeat(300)), long);
    }

    #[test]
    fn an_error_that_main_returns_names_its_path_and_its_kind() {
        let error = RegionError::new(Path::new("x.region"), RegionErrorKind::NotThere);
        assert_eq!(format!("{error:?}"), "Error { path: \"x.region\", kind: NotThere }");
    }

    #[test]
    fn a_system_error_is_in_the_message_and_decides_the_io_error_kind() {
        let denied = io::Error::from_raw_os_error(libc::EACCES);
        let error = RegionError::io(Path::new("x.region"), "open", denied);
        let text = error.to_string();
        assert_eq!(text, "x.region: open: Permission denied (os error 13)");
        assert!(error.source().is_none(), "a chain of causes has each text once");
        let error = io::Error::from(error);
        assert_eq!((error.kind(), error.to_string()), (io::ErrorKind::PermissionDenied, text));
        let error = RegionError::new(Path::new("x.region"), RegionErrorKind::NotThere);
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::NotFound);
    }
}
