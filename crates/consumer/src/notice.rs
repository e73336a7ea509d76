//! The messages on stderr: one line for each change, none while nothing changes.
//!
//! Invariant: a notice says what is so from now on. Whether it is news is decided in `link`; this
//! module only words it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use daemon::{Monotonic, RateLimit};
use region::{RegionError, State};
use tracing::field::display;

/// Something that a person who watches a region wants to know.
#[derive(Debug)]
pub(crate) enum Notice {
    /// There is no region yet.
    Waiting(PathBuf),
    /// The region that was waited for is there.
    Attached { path: PathBuf, writer: Option<Writer>, record: String },
    /// The writer's state is another one, or another writer has come.
    Changed { path: PathBuf, writer: Writer },
    /// The path leads to another file, which is read from now on.
    Reattached { path: PathBuf, writer: Option<Writer>, record: Option<String> },
    /// The path names nothing any more.
    Missing(PathBuf),
    /// The path names the same file again.
    Back(PathBuf),
    /// The file was cut short.
    Truncated(PathBuf),
    /// The region holds another record than the configuration describes.
    OtherRecord { path: PathBuf, have: String, want: String, difference: String },
    /// What is at the path now cannot be read.
    Trouble(RegionError),
    /// A snapshot of the region was made.
    Saved { path: PathBuf, file: PathBuf, sequence: u64 },
    /// Records were overwritten before they were read.
    Missed(u64),
}

/// A writer as a reader sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Writer {
    pub(crate) state: State,
    pub(crate) epoch: u64,
    /// For people: it may lie in another pid namespace.
    pub(crate) pid: u64,
}

/// Notices that are written in [`WINDOW`]: far more than any region in order has, so that each
/// change is logged; one that is replaced without end shall not fill a disk.
const MOST: u32 = 1000;
/// Time in which their number is limited.
const WINDOW: Duration = Duration::from_secs(10);

/// The log.
#[derive(Debug)]
pub(crate) struct Log {
    limit: RateLimit,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self { limit: RateLimit::new(MOST, WINDOW) }
    }

    pub(crate) fn write(&mut self, notice: &Notice) {
        let Some(held) = self.limit.pass(Monotonic::now()) else { return };
        let region = notice.path().map(|path| display(path.display()));
        if held > 0 {
            tracing::warn!(region, "{held} more changes went by without a message");
        }
        let writer = notice.writer();
        let epoch = writer.map(|writer| writer.epoch);
        let state = writer.map(|writer| writer.state.as_str());
        if notice.is_trouble() {
            tracing::warn!(region, epoch, state, "{notice}");
        } else {
            tracing::info!(region, epoch, state, "{notice}");
        }
    }
}

impl Notice {
    /// Which region it is about.
    fn path(&self) -> Option<&Path> {
        match self {
            Self::Waiting(path)
            | Self::Missing(path)
            | Self::Back(path)
            | Self::Truncated(path)
            | Self::Attached { path, .. }
            | Self::Changed { path, .. }
            | Self::Reattached { path, .. }
            | Self::Saved { path, .. }
            | Self::OtherRecord { path, .. } => Some(path),
            Self::Trouble(error) => Some(error.path()),
            Self::Missed(_) => None,
        }
    }

    /// The writer it is about.
    fn writer(&self) -> Option<Writer> {
        match self {
            Self::Changed { writer, .. } => Some(*writer),
            Self::Attached { writer, .. } | Self::Reattached { writer, .. } => *writer,
            _ => None,
        }
    }

    /// Whether it needs attention.
    fn is_trouble(&self) -> bool {
        match self {
            Self::Waiting(_) | Self::Back(_) | Self::Saved { .. } => false,
            Self::Changed { writer, .. } => writer.is_trouble(),
            Self::Attached { writer, .. } | Self::Reattached { writer, .. } => {
                writer.is_some_and(Writer::is_trouble)
            }
            _ => true,
        }
    }
}

impl Writer {
    fn is_trouble(self) -> bool {
        !matches!(self.state, State::Live | State::Closed | State::Retired)
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting(path) => write!(f, "waiting for {}", path.display()),
            Self::Attached { path, writer, record } => {
                write!(f, "{}: attached, record {record}", path.display())?;
                writer.map_or(Ok(()), |writer| write!(f, "; {writer}"))
            }
            Self::Changed { path, writer } => write!(f, "{}: {writer}", path.display()),
            Self::Reattached { path, writer, record } => {
                write!(f, "{}: re-attached", path.display())?;
                if let Some(record) = record {
                    write!(f, ", record now {record}")?;
                }
                writer.map_or(Ok(()), |writer| write!(f, "; {writer}"))
            }
            Self::Missing(path) => write!(
                f,
                "{}: missing: the file was deleted; reading the old one until there is another",
                path.display()
            ),
            Self::Back(path) => write!(f, "{}: back: the same file as before", path.display()),
            Self::Truncated(path) => write!(
                f,
                "{}: truncated: the file was cut short; waiting for another one",
                path.display()
            ),
            Self::OtherRecord { path, have, want, difference } => write!(
                f,
                "{}: holds record {have}, the configuration describes {want}: {difference}; \
                 printing what is there",
                path.display()
            ),
            Self::Trouble(error) => {
                let error = daemon::with_next_step(error);
                write!(f, "{error}; trying again until it can be read")
            }
            Self::Saved { path, file, sequence } => {
                write!(f, "{}: record {sequence} saved as {}", path.display(), file.display())
            }
            Self::Missed(1) => f.write_str("missed 1 record"),
            Self::Missed(count) => write!(f, "missed {count} records"),
        }
    }
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state, epoch, pid } = self;
        write!(f, "{state}: ")?;
        match state {
            State::Live => write!(f, "process {pid} publishes, epoch {epoch}"),
            State::Stalled => write!(f, "process {pid} has sent no heartbeat"),
            State::Dead => {
                write!(f, "process {pid} ended without closing; the last record stays readable")
            }
            State::Closed => f.write_str("its writer ended; the last record stays readable"),
            State::Retired => f.write_str("another region takes this name"),
            State::Stale => f.write_str("left by an earlier boot of the machine"),
            _ => write!(f, "epoch {epoch}"),
        }
    }
}
