//! Why a consumer failed.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use daemon::logging::LogError;
use daemon::{Exit, OutputError, PassedError};
use layout::InstanceName;
use region::{RegionError, State};
use render::{OptionError, duration_text, rounded};
use settings::SettingsError;

use crate::selection::Missing;

/// Why [`run`](crate::run) failed. Displays as one line that ends with the next step.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ConsumerError(pub(crate) Kind);

/// The kinds of [`ConsumerError`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    /// The log cannot be set up.
    #[error(transparent)]
    Log(LogError),
    /// The configuration is bad.
    #[error(transparent)]
    Settings(SettingsError),
    /// The file at the path cannot be read.
    #[error("{}", daemon::with_next_step(.0))]
    Region(RegionError),
    /// There is no region now, and no option to wait for one.
    #[error("{}", daemon::with_next_step(.0))]
    NoRegion(RegionError),
    /// The region has no record yet, and there is no option to wait for one.
    #[error(
        "{}: nothing has been published yet; give its producer time with --timeout",
        .0.display()
    )]
    NothingYet(PathBuf),
    /// The region has no instance now, and there is no option to wait for one.
    #[error("{}: the region has no instances now; {}", .0.display(), daemon::NO_INSTANCES_STEP)]
    NoInstanceNow(PathBuf),
    /// `--timeout` has expired.
    #[error("{}: {what} {}; {}", path.display(), duration_text(*limit), what.next_step())]
    TimeOver {
        /// The region's file.
        path: PathBuf,
        /// What did not arrive.
        what: TimedOut,
        /// The time allowed.
        limit: Duration,
    },
    /// The newest record is too old.
    #[error(
        "{}: {record} is {} old, and --max-age is {}; look at its producer",
        path.display(), rounded(*age), duration_text(*limit)
    )]
    TooOld {
        /// The region's file.
        path: PathBuf,
        /// Which record.
        record: Box<NamedRecord>,
        /// Its age.
        age: Duration,
        /// The greatest age that was allowed.
        limit: Duration,
    },
    /// The newest record is from an earlier boot of the machine: it has no age.
    #[error("{}: {record} is from before the last boot; start its producer", path.display())]
    EarlierBoot {
        /// The region's file.
        path: PathBuf,
        /// Which record.
        record: Box<NamedRecord>,
    },
    /// The region is in a state that was not asked for.
    #[error(
        "{}: the region is {state}, and not {}; {}",
        path.display(), alternatives(required), next_step_in(*state)
    )]
    OtherState {
        /// The region's file.
        path: PathBuf,
        /// Its state.
        state: State,
        /// What was asked for.
        required: Vec<State>,
    },
    /// The file was cut short: it has neither a record nor a state.
    #[error("{}: truncated: the file was cut short; start its producer again", .0.display())]
    Truncated(PathBuf),
    /// A bare file has no writer's state and no age.
    #[error(
        "{}: a bare file has neither a state nor an age; leave out --require and --max-age",
        .0.display()
    )]
    BareHealth(PathBuf),
    /// A bare file cannot be followed.
    #[error(
        "{}: a bare file does not number its records, so they cannot be followed; leave out {option}",
        path.display()
    )]
    BareFollow {
        /// The region's file.
        path: PathBuf,
        /// What asked for it.
        option: &'static str,
    },
    /// A bare file has no stamps.
    #[error(
        "{}: a bare file has no stamps, so no copy of it can be known to be whole; stop its \
         writer and use cp",
        .0.display()
    )]
    BareSnapshot(PathBuf),
    /// Stopped by a signal while waiting for a record.
    #[error("{}: stopped before there was a record; no snapshot was made", .0.display())]
    NoSnapshot(PathBuf),
    /// Descriptors that were passed cannot be taken.
    #[error(transparent)]
    Passed(PassedError),
    /// A bare file is not handed over as a descriptor.
    #[error("{}: a bare file cannot be read from a descriptor; give its path", .0.display())]
    BareDescriptor(PathBuf),
    /// An option does not fit the records of the region.
    #[error("{}: {error}", path.display())]
    OptionError {
        /// The region's file.
        path: PathBuf,
        /// What does not fit.
        error: OptionError,
    },
    /// An option has no effect.
    #[error("{0}")]
    NoEffect(&'static str),
    /// The latest record is not one that `--where` asks for, and there is no option to wait for one.
    #[error(
        "{}: --where is not true of the latest record; wait for one with --timeout",
        .0.display()
    )]
    NotSelected(PathBuf),
    /// No record came in time for which `--where` is true.
    #[error(
        "{}: no record for which --where is true within {}; look at its producer, or allow a \
         longer --timeout",
        path.display(), duration_text(*limit)
    )]
    NotSelectedInTime {
        /// The region's file.
        path: PathBuf,
        /// The time allowed.
        limit: Duration,
    },
    /// None of the last records is one that `--where` asks for.
    #[error(
        "{}: --where is true of none of the last records; wait for one with --follow --count 1",
        .0.display()
    )]
    NoneSelected(PathBuf),
    /// Instances that are asked for are not there, and no option waits for them, or not longer.
    #[error("{}: no {missing}; {advice}", path.display())]
    NoInstance {
        /// The region's file.
        path: PathBuf,
        /// What was asked for.
        missing: Missing,
        /// The nearest name, or which ones there are.
        advice: String,
    },
    /// Instances that are asked for have no record yet, and no option waits for one.
    #[error(
        "{}: nothing has been published for {missing} yet; give the producer time with --timeout",
        path.display()
    )]
    NothingOf {
        /// The region's file.
        path: PathBuf,
        /// What was asked for.
        missing: Missing,
    },
    /// Instances that are asked for had no record in time.
    #[error(
        "{}: nothing was published for {missing} within {}; look at its producer, or allow a longer \
         --timeout",
        path.display(), duration_text(*limit)
    )]
    NothingOfInTime {
        /// The region's file.
        path: PathBuf,
        /// What was asked for.
        missing: Missing,
        /// The time allowed.
        limit: Duration,
    },
    /// A snapshot holds one record.
    #[error(
        "{}: a snapshot holds one record, and this region has instances; stop its producer and \
         copy the file with cp",
        .0.display()
    )]
    InstanceSnapshot(PathBuf),
    /// The records could not be written.
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

/// A record by its number and its instance, if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NamedRecord {
    pub(crate) sequence: u64,
    pub(crate) instance: Option<InstanceName>,
}

impl fmt::Display for NamedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}", self.sequence)?;
        self.instance.map_or(Ok(()), |name| write!(f, " of {name}"))
    }
}

/// What did not arrive in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimedOut {
    /// The file.
    Region,
    /// A first record.
    Value,
    /// A new record.
    Record,
}

impl TimedOut {
    fn next_step(self) -> &'static str {
        match self {
            Self::Region => "start its producer, or check the name",
            Self::Value | Self::Record => "look at its producer, or allow a longer --timeout",
        }
    }
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Region => "no region within",
            Self::Value => "no value within",
            Self::Record => "no new record for",
        })
    }
}

/// `live or closed`.
fn alternatives(states: &[State]) -> String {
    let names: Vec<_> = states.iter().map(|state| state.as_str()).collect();
    names.join(" or ")
}

/// What to do about a region in a state that was not wanted.
fn next_step_in(state: State) -> &'static str {
    match state {
        State::Live => "stop its producer, or add live to --require",
        State::Stalled => "look at its producer and at the program that feeds it",
        _ => "start its producer",
    }
}

impl ConsumerError {
    /// The exit code for this error.
    pub fn exit(&self) -> Exit {
        match self.0 {
            Kind::Log(_)
            | Kind::BareFollow { .. }
            | Kind::BareSnapshot(_)
            | Kind::InstanceSnapshot(_)
            | Kind::BareHealth(_)
            | Kind::OptionError { .. }
            | Kind::NoEffect(_) => Exit::Usage,
            Kind::Region(ref error) if error.is_of_environment() => Exit::Usage,
            Kind::NoRegion(_)
            | Kind::NothingYet(_)
            | Kind::NoInstanceNow(_)
            | Kind::NotSelected(_)
            | Kind::NotSelectedInTime { .. }
            | Kind::NoneSelected(_)
            | Kind::NoInstance { .. }
            | Kind::NothingOf { .. }
            | Kind::NothingOfInTime { .. }
            | Kind::TimeOver { .. } => Exit::NoValue,
            Kind::TooOld { .. }
            | Kind::EarlierBoot { .. }
            | Kind::OtherState { .. }
            | Kind::Truncated(_) => Exit::Unhealthy,
            _ => Exit::Failure,
        }
    }

    /// The error at the end of `--timeout`, which is then no advice any more.
    pub(crate) fn in_time(self, limit: Duration) -> Self {
        Self(match self.0 {
            Kind::NotSelected(path) => Kind::NotSelectedInTime { path, limit },
            Kind::NothingOf { path, missing } => Kind::NothingOfInTime { path, missing, limit },
            Kind::NothingYet(path) => Kind::TimeOver { path, what: TimedOut::Value, limit },
            other => other,
        })
    }

    pub(crate) fn system(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self(Kind::System { what, source })
    }

    pub(crate) fn output(source: io::Error) -> Self {
        OutputError(source).into()
    }
}

impl From<Kind> for ConsumerError {
    fn from(kind: Kind) -> Self {
        Self(kind)
    }
}

impl From<OutputError> for ConsumerError {
    fn from(error: OutputError) -> Self {
        Self(Kind::Output(error))
    }
}

impl From<RegionError> for ConsumerError {
    fn from(error: RegionError) -> Self {
        Self(Kind::Region(error))
    }
}

impl From<SettingsError> for ConsumerError {
    fn from(error: SettingsError) -> Self {
        Self(Kind::Settings(error))
    }
}
