//! One record on its way from the region to a line of output.
//!
//! Everything but the record itself is looked up when a format asks for it: text needs none of it,
//! and the state costs a system call.

use layout::RecordView;
use region::{DynReader, Publication};

/// A record and where it comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) record: RecordView<'a>,
    /// `None` in a bare file, which knows nothing but the record.
    pub(crate) origin: Option<Origin<'a>>,
}

/// Which record of which region it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) region: &'a DynReader,
    pub(crate) publication: Publication,
}
