//! Other libraries, each called as its own documentation shows.

pub(crate) mod iceoryx;
pub(crate) mod iceoryx_many;
pub(crate) mod mmap_sync;
pub(crate) mod ringfire;
pub(crate) mod ringfire_many;
pub(crate) mod seqlock;
