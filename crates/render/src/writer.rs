//! The writer of a region, for a message.

use std::fmt;

use mapcast::State;
use mapcast::dynamic::Reader;

/// A writer as a reader sees it. Displays as `live: process 42 publishes, epoch 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writer {
    /// Whether it publishes.
    pub state: State,
    /// How many writers and files the region has had.
    pub epoch: u64,
    /// For people: it may lie in another pid namespace.
    pub pid: u64,
}

impl Writer {
    /// The writer of `region` now.
    pub fn of(region: &Reader) -> Self {
        Self { state: region.state(), epoch: region.epoch(), pid: region.writer_pid() }
    }

    /// Whether its state needs attention.
    pub fn is_trouble(self) -> bool {
        !matches!(self.state, State::Live | State::Closed | State::Retired)
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
