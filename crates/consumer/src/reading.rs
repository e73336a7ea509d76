//! One record and its origin, as the renderers take it.
//!
//! Everything but the record itself is looked up when a format asks for it: text needs none of it,
//! and the state costs a system call.

use layout::RecordView;
use region::{DynReader, Publication};

/// A record and where it comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) record: RecordView<'a>,
    /// `None` in a bare file, which holds only the record.
    pub(crate) origin: Option<Origin<'a>>,
}

/// Which record of which region it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) region: &'a DynReader,
    pub(crate) publication: Publication,
}
