//! Why the tool failed.

use std::io;
use std::path::{Path, PathBuf};

use daemon::cli::shell_path;
use daemon::logging::LogError;
use daemon::{Exit, OutputError, plain};
use mapcast::ErrorKind;
use settings::SettingsError;

use crate::doctor::DoctorError;
use crate::export::ExportError;
use crate::file_advice::file_advice;
use crate::get::GetError;
use crate::publish::PublishError;
use crate::record::RecordError;
use crate::replay::ReplayError;

/// Why [`run`](crate::run) failed. Displays as one line that ends with the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToolError {
    /// The log cannot be set up.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A configuration is bad.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A region cannot be read.
    #[error("{}", daemon::with_next_step(.0))]
    Region(#[from] mapcast::Error),
    /// There is no region of this name, and one of a similar name.
    #[error("{error}; did you mean {meant}?")]
    OtherName {
        /// That the region is not there.
        error: mapcast::Error,
        /// The name of the other region.
        meant: String,
    },
    /// There are no values.
    #[error(transparent)]
    Get(#[from] GetError),
    /// Nothing was published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// A directory cannot be listed.
    #[error("{}: cannot list the directory: {source}; {}", plain(&path.to_string_lossy()), directory_advice(path, source))]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Some rows of a list could not be made; each was reported.
    #[error("{0} could not be read; the messages above say why")]
    Unreadable(String),
    /// `doctor` has found something, or was asked for a user that is not there.
    #[error(transparent)]
    Doctor(#[from] DoctorError),
    /// The bare format has no header.
    #[error(
        "{}: describes a bare file, which has no header; read it with `consumer {}`",
        .0.display(), shell_path(.0)
    )]
    Bare(PathBuf),
    /// Regions cannot be exported.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A recording failed.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A replay failed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// There is no terminal for the live view.
    #[error(
        "{0}; top needs a terminal: use `mapcast list`, or `consumer REGION --follow` in a pipe"
    )]
    NoTerminal(&'static str),
    /// The terminal failed.
    #[error("the terminal: {source}; {}", daemon::next_step(source))]
    Terminal {
        /// The system's error.
        source: io::Error,
    },
    /// A thread of the live view has panicked.
    #[error("{}; the view has ended: this is a bug, please report it", daemon::plain(.0))]
    Panicked(String),
    /// The result could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl ToolError {
    /// The exit code for this error.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Record(error) => error.exit(),
            Self::Replay(error) => error.exit(),
            Self::Log(_)
            | Self::Bare(_)
            | Self::NoTerminal(_)
            | Self::Doctor(DoctorError::NoSuchUser(_)) => Exit::Usage,
            Self::Region(error) if error.is_of_environment() => Exit::Usage,
            Self::Region(error) if matches!(error.kind(), ErrorKind::NotThere) => Exit::NoValue,
            Self::Get(error) => error.exit(),
            Self::Publish(error) => error.exit(),
            Self::OtherName { .. } => Exit::NoValue,
            Self::Export(error) => error.exit(),
            _ => Exit::Failure,
        }
    }
}

/// The next step after `path`, which was to be listed, could not be.
fn directory_advice(path: &Path, error: &io::Error) -> &'static str {
    let is_name = !path.as_os_str().as_encoded_bytes().contains(&b'/');
    match error.kind() {
        io::ErrorKind::NotFound if is_name => "give a directory, or see `mapcast inspect --help`",
        io::ErrorKind::NotADirectory => "give its directory, or see `mapcast inspect --help`",
        _ => file_advice(error),
    }
}

/// Writes a result to stdout.
pub(crate) fn print(text: &str) -> Result<(), ToolError> {
    Ok(daemon::print(text)?)
}
