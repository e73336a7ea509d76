//! Why an export failed.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use daemon::Exit;
use rustix::io::Errno;

use crate::file_advice::file_advice;

/// Why `export` failed. Displays as one line that ends with the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// Nothing can listen at the address.
    #[error("{address}: cannot listen: {source}; {}", listen_advice(source))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// Signals or connections cannot be waited for.
    #[error("cannot wait for connections: {}; {}", .0, daemon::next_step(.0))]
    Runtime(io::Error),
    /// The text file cannot be written.
    #[error("{}: cannot write the metrics: {source}; {}", path.display(), write_advice(source))]
    TextFile {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A field was chosen twice.
    #[error("--fields: {0} is named twice; name it once")]
    NamedTwice(String),
    /// Some regions are not in the text file; each was reported.
    #[error("{} could not be read; the messages above say why", daemon::counted(*count, "region"))]
    Unread {
        /// How many.
        count: u64,
        /// None of them is there.
        are_missing: bool,
    },
}

impl ExportError {
    /// The exit code for this error.
    pub fn exit(&self) -> Exit {
        match self {
            Self::NamedTwice(_) => Exit::Usage,
            Self::Unread { are_missing: true, .. } => Exit::NoValue,
            _ => Exit::Failure,
        }
    }
}

fn listen_advice(error: &io::Error) -> &'static str {
    match Errno::from_io_error(error) {
        Some(Errno::ADDRINUSE) => {
            "another program listens there (`ss -ltnp` shows which); give another port by --listen"
        }
        Some(Errno::ACCESS) => "ports below 1024 are for root; give a higher one by --listen",
        Some(Errno::ADDRNOTAVAIL) => "give an address of this machine by --listen",
        _ => daemon::next_step(error),
    }
}

fn write_advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "create the directory, or correct --textfile",
        io::ErrorKind::NotADirectory => "give a directory by --textfile",
        // The name of the file, in the directory that was given.
        io::ErrorKind::IsADirectory => "remove it, or give another directory by --textfile",
        io::ErrorKind::PermissionDenied => "let this user write to the directory",
        _ => file_advice(error),
    }
}
