//! Why a producer failed.

use std::io;
use std::path::PathBuf;

use daemon::logging::LogError;
use daemon::{Exit, OutputError, PassedError};
use region::RegionError;
use settings::SettingsError;

use crate::configs::Config;
use crate::input::OpenError;

/// Why [`run`](crate::run) failed. Displays as one line that ends with the next step.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ProducerError(pub(crate) Kind);

/// The kinds of [`ProducerError`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    /// The log cannot be set up.
    #[error(transparent)]
    Log(LogError),
    /// The configuration is bad.
    #[error(transparent)]
    Settings(SettingsError),
    /// A directory of configurations cannot be read.
    #[error(
        "{}: cannot read the directory: {source}; {}",
        path.display(), directory_step(source)
    )]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A directory without a configuration.
    #[error(
        "{}: holds no configuration; put a file there whose name ends in .toml and does not begin \
         with a dot",
        .0.display()
    )]
    NoConfigs(PathBuf),
    /// An argument, or a file of a directory, comes twice.
    #[error("{0}: given twice; leave one out")]
    GivenTwice(Config),
    /// An option that names one region, and more than one configuration.
    #[error("{0} is for one region; give one configuration, and no directory")]
    OneRegion(&'static str),
    /// Two configurations of one process ask for what only one can have.
    #[error("{config}: {what}")]
    Conflict {
        /// The one that comes later.
        config: Config,
        /// What both ask for, the other configuration, and what to do.
        what: String,
    },
    /// A process-wide setting cannot be had.
    #[error("[producer] {setting}: {source}; {step}, or leave it out")]
    Process {
        /// The key and its value.
        setting: String,
        /// What to do about it.
        step: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// Standard input is the configuration.
    #[error(
        "standard input is the configuration and cannot be the input of its fields as well; give the \
         configuration as a file, or set producer.input to a named pipe"
    )]
    StdinTwice,
    /// The region cannot be opened, or was lost and cannot be recreated.
    #[error("{}", daemon::with_next_step(.0))]
    Region(RegionError),
    /// The input cannot be opened.
    #[error(transparent)]
    Input(OpenError),
    /// The input cannot be read.
    #[error("{input}: cannot read the input: {source}; correct that")]
    Read {
        /// The path of the pipe, or standard input.
        input: String,
        /// The system's error.
        source: io::Error,
    },
    /// The struct in a bare file cannot change while programs share it.
    #[error(
        "{}: a bare file keeps its size ({have}, the new configuration has {want}); \
         stop the producer, remove the file, start again",
        path.display()
    )]
    BareSize {
        /// The file.
        path: PathBuf,
        /// Its size: `28 bytes`, or `30 structs of 28 bytes`.
        have: String,
        /// Size of the new record, or of an array of it.
        want: String,
    },
    /// A reload would change the format of the region.
    #[error("{}: its format cannot change while it is published; start the producer again", .0.display())]
    Format(PathBuf),
    /// A reload would give the region instances, or take them away.
    #[error("{}: instances cannot come or go while it is published; start the producer again", .0.display())]
    Instances(PathBuf),
    /// Descriptors that were passed cannot be taken.
    #[error(transparent)]
    Passed(PassedError),
    /// A line of a recording names an instance, but no place in an array.
    #[error(
        "{}: describes an array of structs, into which --replay does not publish; remove instances, or \
         the format of [region]", .0.display()
    )]
    ReplayIntoArray(PathBuf),
    /// A bare file is not handed over as a descriptor.
    #[error(
        "{}: a bare file cannot be published to by a descriptor; give its path with --region",
        .0.display()
    )]
    BareDescriptor(PathBuf),
    /// A standby needs a region with a name.
    #[error(
        "{}: a standby cannot wait for a descriptor; give the region's path with --region, \
         or leave out --standby",
        .0.display()
    )]
    StandbyDescriptor(PathBuf),
    /// The record does not fit a region.
    #[error("{0}")]
    Geometry(String),
    /// The layout could not be written.
    #[error(transparent)]
    Output(OutputError),
    /// Something the operating system does for every daemon.
    #[error("{what}: {source}; {}", daemon::next_step(source))]
    System {
        /// What failed.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
}

fn directory_step(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "create it again, with the configurations",
        _ => "give the producer's account permission to read it",
    }
}

impl ProducerError {
    /// The exit code for this error.
    pub fn exit(&self) -> Exit {
        match self.0 {
            Kind::Log(_) | Kind::OneRegion(_) | Kind::GivenTwice(_) | Kind::ReplayIntoArray(_) => {
                Exit::Usage
            }
            Kind::Region(ref error) if error.is_of_environment() => Exit::Usage,
            _ => Exit::Failure,
        }
    }

    pub(crate) fn system(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self(Kind::System { what, source })
    }
}

impl From<Kind> for ProducerError {
    fn from(kind: Kind) -> Self {
        Self(kind)
    }
}

impl From<RegionError> for ProducerError {
    fn from(error: RegionError) -> Self {
        Self(Kind::Region(error))
    }
}

impl From<SettingsError> for ProducerError {
    fn from(error: SettingsError) -> Self {
        Self(Kind::Settings(error))
    }
}

impl From<OutputError> for ProducerError {
    fn from(error: OutputError) -> Self {
        Self(Kind::Output(error))
    }
}

impl From<OpenError> for ProducerError {
    fn from(error: OpenError) -> Self {
        Self(Kind::Input(error))
    }
}
