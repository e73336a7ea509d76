//! Why a replay failed.

use std::io;
use std::path::{Path, PathBuf};

use daemon::{Exit, plain};

use crate::file_advice::file_advice;

/// Why `replay` failed. Displays as one line that ends with the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The file cannot be read.
    #[error("{}: cannot {what}: {source}; {}", path.display(), advice(source))]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// It is no regular file.
    #[error("{}: not a file; it is read twice, so give the file itself", .0.display())]
    NotAFile(PathBuf),
    /// It does not begin as an MCAP file.
    #[error("{}: not an MCAP file; record one with mapcast record", .0.display())]
    NotMcap(PathBuf),
    /// It is damaged, or ends inside a record.
    #[error("{}: at byte {at}: {}; replay what is before that with --partial", path.display(), plain(what))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the record or the chunk begins.
        at: u64,
        /// What is wrong.
        what: String,
    },
    /// Another program writes to it.
    #[error("{}: at byte {at}: has changed since it was checked; replay it when no program writes to it", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// Where the record or the chunk begins.
        at: u64,
    },
    /// No channel has records.
    #[error("{}: no records to replay: {}", path.display(), plain(why))]
    Nothing {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// The time to begin with is too late.
    #[error("{}: --from: its last record is of {last}; give an earlier time", path.display())]
    Late {
        /// The file.
        path: PathBuf,
        /// The time of the last record.
        last: String,
    },
    /// A region has a writer.
    #[error("{}: has a live writer{}; stop it, or replay under other names with --prefix", path.display(), of_pid(*pid))]
    Live {
        /// The region's file.
        path: PathBuf,
        /// The writer; 0 if it is unknown.
        pid: u64,
    },
    /// No region can have this name.
    #[error("{}: topic {}: {reason}", path.display(), daemon::plain(topic))]
    Name {
        /// The file.
        path: PathBuf,
        /// The topic.
        topic: String,
        /// Why not.
        reason: String,
    },
    /// A region cannot be written.
    #[error("{}", daemon::with_next_step(.0))]
    Region(#[from] mapcast::Error),
    /// Signals cannot be handled, or waiting failed.
    #[error("{what}: {source}; {}", daemon::next_step(source))]
    System {
        /// What failed.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
}

impl ReplayError {
    pub(crate) fn file(what: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), what, source }
    }

    /// The error of a file that was checked before.
    pub(crate) fn after_the_check(self) -> Self {
        match self {
            Self::Damaged { path, at, .. } => Self::Changed { path, at },
            Self::NotMcap(path) => Self::Changed { path, at: 0 },
            other => other,
        }
    }

    pub(crate) fn system(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::System { what, source }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Late { .. } => Exit::Usage,
            Self::Region(error) if error.is_of_environment() => Exit::Usage,
            _ => Exit::Failure,
        }
    }
}

/// Longest text of a file in a message.
const LONGEST: usize = 300;

/// The beginning of a text that a file may have made long.
pub(crate) fn short(mut text: String) -> String {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push_str("...");
    }
    text
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "ask its owner, or replay as that user",
        _ => file_advice(error),
    }
}

fn of_pid(pid: u64) -> String {
    if pid == 0 { String::new() } else { format!(", process {pid}") }
}
