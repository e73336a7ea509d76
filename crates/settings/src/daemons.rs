//! `[producer]` and `[consumer]`: how often, from where, and how a record is printed.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::line_limit;
use crate::values::{busy_wait, cpu, input_deadline, path, priority, quoted_duration, size};

/// How the producer runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProducerSettings {
    /// Time from one record to the next; never zero, at most [`MAX_DURATION`](crate::MAX_DURATION).
    #[serde(deserialize_with = "quoted_duration")]
    pub tick: Duration,
    /// The named pipe that `input` sources read; `None` is standard input.
    #[serde(deserialize_with = "path")]
    pub input: Option<PathBuf>,
    /// Whether a line of input may have members that no field uses.
    pub ignore_unknown: bool,
    /// Longest time without a good line before readers see the region as stalled; at least half a second.
    #[serde(deserialize_with = "input_deadline")]
    pub input_deadline: Option<Duration>,
    /// Longest line of input, in bytes; longer ones are bad lines. Without the key 64 KiB, or as long as a line
    /// with the longest value of each field can be.
    #[serde(deserialize_with = "size")]
    pub max_line: u64,
    /// How long before a tick the producer begins to poll the clock instead of sleeping; zero, or at
    /// most 10 ms.
    #[serde(deserialize_with = "busy_wait")]
    pub busy_wait: Duration,
    /// The processor that the process stays on, counted from 0.
    #[serde(deserialize_with = "cpu")]
    pub cpu: Option<u32>,
    /// The process's real-time priority, 1 to 99 (`SCHED_FIFO`); `None` is the usual scheduler.
    #[serde(deserialize_with = "priority")]
    pub priority: Option<u8>,
    /// Whether the process's memory is kept in RAM.
    pub lock_memory: bool,
}

/// How the consumer runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConsumerSettings {
    /// Time between two reads of the latest record; never zero, at most
    /// [`MAX_DURATION`](crate::MAX_DURATION).
    #[serde(deserialize_with = "quoted_duration")]
    pub poll: Duration,
    /// How a record is printed as a line. If a region can carry it, it is part of the schema too, so
    /// that a consumer without a configuration prints the same.
    pub line: Option<String>,
}

impl Default for ProducerSettings {
    fn default() -> Self {
        let tick = Duration::from_secs(1);
        Self {
            tick,
            input: None,
            ignore_unknown: false,
            input_deadline: None,
            max_line: line_limit::LEAST,
            busy_wait: Duration::ZERO,
            cpu: None,
            priority: None,
            lock_memory: false,
        }
    }
}

impl ProducerSettings {
    /// The period of heartbeats: a tick, or a third of the deadline of the input. For readers, a writer
    /// without one for three periods is stalled.
    pub fn period(&self) -> Duration {
        self.input_deadline.map_or(self.tick, |deadline| deadline / 3)
    }
}

impl Default for ConsumerSettings {
    fn default() -> Self {
        Self { poll: Duration::from_secs(2), line: None }
    }
}
