//! Why a recording failed.

use std::io;
use std::path::{Path, PathBuf};

use daemon::{Exit, plain};
use render::OptionError;

use super::chunk_file::Gone;
use crate::file_advice::file_advice;

/// Why `record` failed. Displays as one line that ends with the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The file is there.
    #[error("{}: there already; give another name, or remove it", .0.display())]
    Exists(PathBuf),
    /// A recording is a file.
    #[error(
        "-: records go into a file, not to standard output; name one, or print them with consumer --follow"
    )]
    Stdout,
    /// A file or directory cannot be used.
    #[error("{}: cannot {what}: {source}; {}", path.display(), advice(what, source))]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// MCAP cannot hold more.
    #[error("{}: has 65534 channels, as many as a file can have; begin another file, with --rotate-time", .0.display())]
    Full(PathBuf),
    /// A region is to be recorded twice.
    #[error("{} is named twice; name it once", plain(.0))]
    Twice(String),
    /// Two regions would have one name in the file.
    #[error("two regions are called {}; record them into files of their own", plain(.0))]
    TwoOfOneName(String),
    /// CSV has one header.
    #[error("--csv: a file has the columns of one region; record each into a file of its own")]
    CsvOfMany,
    /// Raw records are whole.
    #[error("--fields: raw records have all fields; leave it out, or record as JSON")]
    RawFields,
    /// An option does not fit the records of a region.
    #[error("{}: {error}", path.display())]
    OptionError {
        /// The region's file.
        path: PathBuf,
        /// What does not fit.
        error: OptionError,
    },
    /// The fields that were chosen are no record.
    #[error("{}: --fields: {reason}", path.display())]
    Fields {
        /// The region's file.
        path: PathBuf,
        /// Why not, and what to do.
        reason: String,
    },
    /// An argument names no region.
    #[error(transparent)]
    Argument(Box<crate::ToolError>),
    /// A region cannot be read, and none was read before.
    #[error("{}", daemon::with_next_step(.0))]
    Region(#[from] mapcast::Error),
    /// The thread of a region has panicked. Its own message is printed already.
    #[error(
        "a thread of the recording has panicked; this is a bug, please report it: what was recorded before is kept"
    )]
    Panicked,
    /// Signals or threads cannot be had.
    #[error("{what}: {source}; {}", daemon::next_step(source))]
    System {
        /// What failed.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
}

impl RecordError {
    pub(crate) fn file(what: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), what, source }
    }

    /// Whether there is a file or a directory of the name.
    pub(super) fn is_taken(&self) -> bool {
        match self {
            Self::Exists(_) => true,
            Self::File { source, .. } => source.kind() == io::ErrorKind::IsADirectory,
            _ => false,
        }
    }

    pub(crate) fn system(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::System { what, source }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Stdout
            | Self::Twice(_)
            | Self::TwoOfOneName(_)
            | Self::CsvOfMany
            | Self::RawFields
            | Self::OptionError { .. }
            | Self::Fields { .. } => Exit::Usage,
            Self::Argument(error) => error.exit(),
            Self::Region(error) if error.is_of_environment() => Exit::Usage,
            _ => Exit::Failure,
        }
    }
}

/// What fails in a file that has records.
pub(super) const WRITE: &str = "write";

fn advice(what: &str, error: &io::Error) -> &'static str {
    if Gone::is(error) {
        return "record into another file, and leave it where it is until the recorder has ended";
    }
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded if what == WRITE => {
            "what was recorded before is in it; make room, and record into another file"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room, or give a file on another file system"
        }
        io::ErrorKind::FileTooLarge if what != WRITE => "raise the limit on file sizes (ulimit -f)",
        io::ErrorKind::FileTooLarge => {
            "what was recorded before is in it; raise the limit on file sizes (ulimit -f), or use --rotate-size"
        }
        io::ErrorKind::NotFound => "create its directory",
        _ => file_advice(error),
    }
}
