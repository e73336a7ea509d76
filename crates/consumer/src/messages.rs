//! The messages on stderr: one line for each change, none while nothing changes.
//!
//! Invariant: a notice reports a state that holds from now on. `link` decides whether it is new;
//! this module only words it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use daemon::{Monotonic, RateLimit};
use layout::InstanceName;
use region::RegionError;
use render::{OptionError, ViewError, Writer};
use tracing::field::display;

use crate::misses::Misses;
use crate::selection::Missing;

/// A change to a region, for its operator.
#[derive(Debug)]
pub(crate) struct Notice {
    /// The region's file.
    pub(crate) path: PathBuf,
    /// The writer, if the change is about it.
    pub(crate) writer: Option<Writer>,
    pub(crate) change: Change,
}

/// What has changed.
#[derive(Debug)]
pub(crate) enum Change {
    /// There is no region yet.
    Waiting,
    /// The awaited region exists, with this record.
    Attached(String),
    /// The writer's state has changed, or there is another writer.
    Writer,
    /// The path names another file, which is read from now on; its record, if it is a different
    /// one.
    Reattached(Option<String>),
    /// The records are of this lineage from now on.
    Lineage(u64),
    /// The path no longer names a file.
    Missing,
    /// The path names the same file again.
    Back,
    /// The file was cut short.
    Truncated,
    /// The region holds another record than the configuration describes.
    OtherRecord { have: String, want: String, difference: String },
    /// The file now at the path cannot be read.
    Trouble(RegionError),
    /// The configuration's line does not fit the region's records.
    OtherLine(ViewError),
    /// An option does not fit the region's records.
    OptionError(OptionError),
    /// A snapshot of the region was made.
    Saved { file: PathBuf, sequence: u64 },
    /// Instances that are asked for are not there yet.
    AwaitedInstances(Missing),
    /// An instance has joined the region.
    Joined(InstanceName),
    /// An instance is retired from the region.
    Retired(InstanceName),
    /// Records were overwritten before they were read.
    Missed(Misses),
    /// A file for fewer instances does not have the totals of those that it has no place for.
    Uncounted,
}

/// The most messages about missed records per [`WINDOW`]; the next one adds up what lies between.
const MOST: u32 = 50;
/// Time in which their number is limited.
const WINDOW: Duration = Duration::from_secs(10);

/// The log. It limits messages as every log does ([`daemon::logging`]), but those about missed records
/// itself: their numbers add up to all that were missed.
#[derive(Debug)]
pub(crate) struct Log {
    limit: RateLimit,
    /// Records that were missed since the last message about them.
    missed: Misses,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self { limit: RateLimit::new(MOST, WINDOW), missed: Misses::default() }
    }

    pub(crate) fn write(&mut self, notice: &Notice) {
        if let Change::Missed(misses) = notice.change {
            self.missed.add(misses);
            return self.catch_up();
        }
        let region = display(notice.path.display());
        let epoch = notice.writer.map(|writer| writer.epoch);
        let state = notice.writer.map(|writer| writer.state.as_str());
        let instance = notice.change.instance();
        if notice.is_trouble() {
            tracing::warn!(region, epoch, state, instance, "{notice}");
        } else {
            tracing::info!(region, epoch, state, instance, "{notice}");
        }
    }

    /// Logs how many records were missed, unless there were too many such messages.
    pub(crate) fn catch_up(&mut self) {
        if !self.missed.is_none() && self.limit.pass(Monotonic::now()).is_some() {
            self.finish();
        }
    }

    /// The same at the end, in any case.
    pub(crate) fn finish(&mut self) {
        if !self.missed.is_none() {
            // The macro does not compute what is not logged.
            let missed = std::mem::take(&mut self.missed);
            tracing::warn!("{missed}");
        }
    }
}

impl Notice {
    /// A notice without the writer's state.
    pub(crate) fn new(path: PathBuf, change: Change) -> Self {
        Self { path, writer: None, change }
    }

    /// Whether it needs attention.
    fn is_trouble(&self) -> bool {
        match self.change {
            Change::Waiting
            | Change::Back
            | Change::Lineage(_)
            | Change::AwaitedInstances(_)
            | Change::Joined(_)
            | Change::Retired(_)
            | Change::Saved { .. } => false,
            Change::Writer | Change::Attached(_) | Change::Reattached(_) => {
                self.writer.is_some_and(Writer::is_trouble)
            }
            _ => true,
        }
    }
}

impl Change {
    /// The instance that it is about.
    fn instance(&self) -> Option<&str> {
        match self {
            Self::Joined(name) | Self::Retired(name) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.change {
            Change::Waiting => write!(f, "waiting for {path}"),
            Change::Writer => write!(f, "{path}"),
            // The error has the path, and the misses are those of all files.
            change @ (Change::Trouble(_) | Change::Missed(_)) => change.fmt(f),
            change => write!(f, "{path}: {change}"),
        }?;
        let Some(writer) = self.writer else { return Ok(()) };
        f.write_str(if matches!(self.change, Change::Writer) { ": " } else { "; " })?;
        writer.fmt(f)
    }
}

/// What has changed, without the region's path, which the notice writes.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The notice writes all of these.
            Self::Waiting | Self::Writer => Ok(()),
            Self::Attached(record) => write!(f, "attached, record {record}"),
            Self::Reattached(None) => f.write_str("re-attached"),
            Self::Reattached(Some(record)) => write!(f, "re-attached, record now {record}"),
            Self::Lineage(lineage) => {
                write!(f, "new lineage: {lineage}; its records do not continue those before")
            }
            Self::Missing => f.write_str(
                "missing: the file was deleted; reading the old one until there is another",
            ),
            Self::Back => f.write_str("back: the same file as before"),
            Self::Truncated => f.write_str(
                "truncated: the file was cut short; waiting until it is whole again or there is another one",
            ),
            Self::OtherRecord { have, want, difference } => write!(
                f,
                "holds record {have}, the configuration describes {want}: {difference}; printing what is there"
            ),
            Self::OtherLine(error) => {
                write!(f, "consumer.line: {error}; printing the region's own line")
            }
            Self::OptionError(error) => {
                write!(f, "{error}; printing nothing until another region takes its place")
            }
            Self::Trouble(error) => {
                write!(f, "{}; trying again until it can be read", daemon::with_next_step(error))
            }
            Self::Saved { file, sequence } => {
                write!(f, "record {sequence} saved as {}", file.display())
            }
            Self::AwaitedInstances(missing) => write!(f, "waiting for {missing}"),
            Self::Joined(name) => write!(f, "instance {name} joined"),
            Self::Retired(name) => write!(f, "instance {name} retired"),
            Self::Missed(misses) => misses.fmt(f),
            Self::Uncounted => f.write_str(
                "has room for fewer instances than the file before: what was missed of those that are \
                 retired is not counted",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missed_records_beyond_the_limit_are_added_up_for_the_next_message() {
        // One window, however long this takes.
        let mut log = Log { limit: RateLimit::new(MOST, Duration::MAX), missed: Misses::default() };
        let missed = Notice::new(PathBuf::new(), Change::Missed(Misses::new(None, 3)));
        (0..MOST + 7).for_each(|_| log.write(&missed));
        assert_eq!(log.missed, Misses::new(None, 3 * 7));
        log.finish();
        assert!(log.missed.is_none());
    }
}
