//! What comes with a record.

use crate::clock::BootTime;
use channel::Snapshot;

/// Which record it is, and when it was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The record's number: the first of a region is 1, each next one more, also under a new writer.
    pub sequence: u64,
    /// How many writers the region has had when the record was read.
    pub epoch: u64,
    /// When the writer stamped it.
    pub published_at: BootTime,
    /// How many copies were thrown away because the writer came by: 0 nearly always.
    pub retries: u32,
}

impl Publication {
    #[inline]
    pub(crate) fn new(snapshot: Snapshot, epoch: u64) -> Self {
        Self {
            sequence: snapshot.sequence,
            epoch,
            published_at: BootTime::from_nanos(snapshot.published_at),
            retries: snapshot.retries,
        }
    }
}

/// What there is for a follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<T = Publication> {
    /// The next record: its bytes are in the caller's buffer, or it is a whole
    /// [`Sample`](crate::Sample).
    Record(T),
    /// Nothing new yet.
    Pending,
    /// The writer has overtaken this reader: exactly so many records are gone. The next call goes
    /// on with the oldest that is left.
    Missed(u64),
}
