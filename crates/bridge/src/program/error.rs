//! Why a bridge failed.

use std::io;

use daemon::logging::LogError;
use daemon::{Exit, OutputError};
use settings::SettingsError;

/// Why [`run`](crate::run) failed. Displays as one line that ends with the next step.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BridgeError(#[from] pub(crate) Kind);

/// The kinds of [`BridgeError`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    /// The log cannot be set up.
    #[error(transparent)]
    Log(LogError),
    /// The configuration is bad.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A file of `[tls]` cannot be used any more.
    #[error("standard input: tls.{key}: {why}")]
    Certificates {
        /// The key.
        key: &'static str,
        /// The fact, and what to do about it.
        why: String,
    },
    /// The directory of regions cannot be used.
    #[error("{}", daemon::with_next_step(.0))]
    Directory(region::RegionError),
    /// The check could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Something the operating system does for every daemon.
    #[error("{what}: {source}; {}", daemon::next_step(source))]
    System {
        /// What failed.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
}

impl Kind {
    pub(crate) fn system(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}

impl BridgeError {
    /// The exit code for this error.
    pub fn exit(&self) -> Exit {
        match self.0 {
            Kind::Log(_) => Exit::Usage,
            _ => Exit::Failure,
        }
    }
}
