//! The writer line: epoch, state, process id and heartbeat of the writer.
//!
//! Written by the one writer, read by any process; single words, each whole by itself. What they mean
//! together is advice for people and for liveness: no record depends on it.
#![allow(clippy::disallowed_types)] // single words outside the protocol of `channel`

use crate::clock::{self, BootTime};
use crate::mapped_region::MappedRegion;
use crate::mapping;
use layout::header::{StateWord, offset};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The writer line of a mapped region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WriterStatus<'a>(&'a MappedRegion);

impl<'a> WriterStatus<'a> {
    pub(crate) fn of(mapped: &'a MappedRegion) -> Self {
        Self(mapped)
    }

    #[inline]
    fn load(self, offset: usize) -> u64 {
        mapping::peek(self.0.word(offset))
    }

    fn store(self, offset: usize, word: u64) {
        self.0.word(offset).store(word, Ordering::Release);
    }

    /// How many writers and files this region's name has had: one more at each take-over and each new
    /// file.
    #[inline]
    pub(crate) fn epoch(self) -> u64 {
        self.load(offset::EPOCH)
    }

    /// What the last writer has marked the region as.
    pub(crate) fn mark(self) -> StateWord {
        StateWord::from_code(self.load(offset::STATE))
    }

    pub(crate) fn pid(self) -> u64 {
        self.load(offset::PID)
    }

    /// The longest time between two heartbeats; `None` if the writer promises none.
    pub(crate) fn period(self) -> Option<Duration> {
        let nanos = self.load(offset::PERIOD);
        (nanos != 0).then(|| Duration::from_nanos(nanos))
    }

    pub(crate) fn heartbeat(self) -> BootTime {
        BootTime::from_nanos(self.load(offset::HEARTBEAT))
    }

    /// Stores a new writer's data, the mark last.
    pub(crate) fn begin(self, epoch: u64, period: Option<Duration>, heartbeat: BootTime) {
        self.store(offset::PID, u64::from(std::process::id()));
        self.set_period(period);
        self.set_heartbeat(heartbeat);
        self.store(offset::EPOCH, epoch);
        self.set_mark(StateWord::Live);
    }

    pub(crate) fn set_period(self, period: Option<Duration>) {
        self.store(offset::PERIOD, period.map_or(0, clock::duration_nanos));
    }

    pub(crate) fn set_heartbeat(self, now: BootTime) {
        self.store(offset::HEARTBEAT, now.as_nanos());
    }

    /// The status of a closed copy of the region that `original` describes.
    pub(crate) fn close_as(self, original: WriterStatus<'_>) {
        for word in [offset::PID, offset::PERIOD, offset::HEARTBEAT, offset::EPOCH] {
            self.store(word, original.load(word));
        }
        self.set_mark(StateWord::Closed);
    }

    pub(crate) fn set_mark(self, mark: StateWord) {
        self.store(offset::STATE, mark.code());
    }
}
