//! What can happen to a region.

use crate::state::State;

/// What [`Follow`](crate::Follow) yields.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<T> {
    /// The next record.
    Record(T),
    /// The writer has lapped this reader: exactly this many records are gone.
    Missed(u64),
    /// The state of the writer has changed, or there is another writer. A region that is followed
    /// from a live writer begins without one of these.
    Writer(State),
    /// Another file has the region's name, or the one that was cut short is whole again: it is followed
    /// from now on.
    Replaced,
    /// The records after this are of another lineage, this one. How many there were between them and
    /// those before is not known, unless [`Event::Missed`] follows.
    Lineage(u64),
    /// There is no region yet: see [`Follow::awaiting`](crate::Follow::awaiting).
    Waiting,
    /// The region that was awaited is attached.
    Attached,
    /// The region's name is gone. The old file is followed until there is another.
    Missing,
    /// The name is back and belongs to the same file, or the file has the bytes again that a cut took away.
    Back,
    /// The file was cut short. Nothing more is read from it until it is whole again, or there is another.
    Truncated,
}
