//! What can go wrong with a region: the file, the fact, the next step.

use layout::header::{self, HeaderError};
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
    /// The region holds another record than the one asked for.
    OtherSchema {
        /// What was asked for.
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
    /// The directory is one that somebody else could have filled.
    UnsafeDirectory(String),
    /// A name that cannot be a file name.
    BadName(String),
    /// There is no such group on this machine.
    NoSuchGroup(String),
    /// The settings of the region contradict the format's limits.
    BadOptions(String),
    /// Another file has taken the name of this region.
    Replaced,
    /// The region was passed as a descriptor and cannot go on, for this reason; nobody who has that
    /// descriptor would see another one in its place.
    CannotReplace(String),
    /// A descriptor that is not open for what is to be done with it: "reading", "reading and
    /// writing".
    WrongAccess(&'static str),
    /// The operating system refused.
    Io {
        /// The call that failed.
        call: &'static str,
        /// Its answer.
        source: io::Error,
    },
}

impl RegionError {
    #[cold]
    pub(crate) fn new(path: &Path, kind: RegionErrorKind) -> Self {
        Self(Box::new(Inner { path: path.to_owned(), kind }))
    }

    pub(crate) fn io(path: &Path, call: &'static str, source: impl Into<io::Error>) -> Self {
        Self::new(path, RegionErrorKind::Io { call, source: source.into() })
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

    /// Was the file cut short while it was mapped?
    pub fn is_truncated(&self) -> bool {
        matches!(self.0.kind, RegionErrorKind::Truncated { .. })
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

impl fmt::Display for RegionErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere => f.write_str("no such region; start its producer, or check the name"),
            Self::Busy { pid: 0 } => f.write_str(
                "another process publishes here already; stop it, or start with --standby to take over when it ends",
            ),
            Self::Busy { pid } => write!(
                f,
                "process {pid} publishes here already; stop it, or start with --standby to take over when it ends"
            ),
            Self::NotAFile(what) => write!(f, "is {what}, not a regular file; give the path of a region"),
            Self::NotARegion => {
                f.write_str("is not a region (no mapcast header); give another path, or remove the file if it is of no use")
            }
            Self::UnsupportedVersion(found) => {
                let newer = *found > header::VERSION;
                let step = if newer { "use a newer mapcast" } else { "start its producer again" };
                write!(f, "has region format {found}, this program knows format 1; {step}")
            }
            Self::UnsupportedFeatures(bits) => {
                write!(f, "needs features {bits:#x} that this program does not know; use a newer mapcast")
            }
            Self::Damaged(what) => write!(f, "is damaged: {what}; start its producer again to replace it"),
            Self::Truncated { want, have } => {
                write!(f, "has {have} bytes, its header promises {want}; start its producer again to replace it")
            }
            Self::OtherSchema { want, have } => write!(
                f,
                "holds record {have}, this program reads {want}; rebuild it against the region's schema, or read by the schema in the region"
            ),
            Self::WrongSize { want, have } => {
                write!(f, "takes records of {want} bytes, got {have}; pass one whole record")
            }
            Self::NotThisRecord { want, have } => write!(
                f,
                "has {have} bytes, the record has {want}; describe the struct that is there, or remove the file"
            ),
            Self::Unstable => {
                f.write_str("its newest record keeps changing while it is read; its writer is broken: stop it and start a producer")
            }
            Self::UnsafeDirectory(what) => {
                write!(f, "{what}; fix the directory's owner and mode, or give a path in a directory of your own")
            }
            Self::BadName(name) => write!(
                f,
                "{name:?} is not a region name; use letters, digits, '.', '_', '-' and '@', or give a path with a '/'"
            ),
            Self::NoSuchGroup(name) => write!(f, "there is no group {name:?} here; create it or correct `group`"),
            Self::BadOptions(what) => write!(f, "{what}; correct the region's settings"),
            Self::Replaced => {
                f.write_str("another file has taken this name; stop the producer it belongs to, or remove it")
            }
            Self::CannotReplace(why) => write!(
                f,
                "{why}, and a region that was passed as a descriptor cannot be replaced; start again with an empty one"
            ),
            Self::WrongAccess(want) => {
                write!(f, "is not open for {want}; open it so before it is passed")
            }
            Self::Io { call, source } => write!(f, "{call}: {source}; {}", next_step(source)),
        }
    }
}

/// What a person can do about an answer of the operating system.
fn next_step(err: &io::Error) -> &'static str {
    use io::ErrorKind as Kind;
    match err.kind() {
        Kind::PermissionDenied => {
            "use an account that the region's mode and directory allow, or change `mode` or `group`"
        }
        Kind::NotFound => "create the directory first",
        Kind::StorageFull | Kind::QuotaExceeded => {
            "free space there, or give a path on another file system"
        }
        Kind::ReadOnlyFilesystem => "give a path on a writable file system",
        Kind::NotADirectory => "correct the path",
        _ => "look at the system's answer before the semicolon",
    }
}

impl std::error::Error for RegionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        None // the cause is part of the message, so that one line tells it once
    }
}
