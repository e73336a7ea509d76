//! The newest record of a file, for the file that takes its place.

use channel::{Memory, Ring};

/// A record and its time.
#[derive(Clone, Debug)]
pub(crate) struct LastRecord {
    pub(crate) published_at: u64,
    pub(crate) bytes: Vec<u8>,
}

impl LastRecord {
    /// Record number `newest` of `ring`, of `len` bytes; `None` if there is none, or not a whole one.
    pub(crate) fn of<M: Memory>(ring: &Ring<M>, newest: u64, len: usize) -> Option<Self> {
        let mut bytes = vec![0; len];
        let found = ring.latest(&mut bytes).ok()??;
        let is_newest = found.sequence == newest && newest > 0;
        is_newest.then_some(Self { published_at: found.published_at, bytes })
    }
}
