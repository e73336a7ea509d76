//! One record on its way from the region to a line of output.
//!
//! Everything but the record itself is looked up when a format asks for it: text needs none of it,
//! and the state costs a system call.

use std::time::{Duration, SystemTime};

use layout::RecordView;
use region::{DynReader, Publication, State};

/// A record and where it comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) view: RecordView<'a>,
    /// `None` in a bare file, which knows nothing but the record.
    pub(crate) origin: Option<Origin<'a>>,
}

/// Which record of which region it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) reader: &'a DynReader,
    pub(crate) publication: Publication,
}

impl Origin<'_> {
    /// When it was published, on the wall clock.
    pub(crate) fn published_at(&self) -> SystemTime {
        self.reader.wall_time(&self.publication)
    }

    /// How long ago it was published; `None` if that was before this machine started.
    pub(crate) fn age(&self) -> Option<Duration> {
        self.reader.age(&self.publication)
    }

    /// The writer's state now.
    pub(crate) fn state(&self) -> State {
        self.reader.state()
    }
}
