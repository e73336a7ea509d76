//! A region or a bare file, mapped, with the buffer that its records are copied to.
//!
//! - `region` has one record, `instances` has many, `bare` has neither a header nor numbers, and one
//!   record or an array.

mod bare;
mod instances;
mod region;

use std::fmt::Debug;
use std::path::Path;

use ::region::{Followed, Publication, RegionError, Step};
use layout::{InstanceName, RecordBuf, RecordView};

pub(crate) use bare::BareSource;
pub(crate) use instances::InstanceSource;
pub(crate) use region::RegionSource;

/// What a source has found. A record has no instance in a plain region, and neither name nor time in a
/// bare file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found {
    /// A record was copied.
    Record(Option<InstanceName>, Option<Publication>),
    /// An instance that was there when the region was attached.
    There,
    /// An instance has joined.
    Joined(InstanceName),
    /// An instance is retired.
    Retired(InstanceName),
    /// Records of an instance were overwritten before they were read.
    Missed(InstanceName, u64),
    /// The totals of retired instances are not in a file for fewer of them.
    Uncounted,
    /// Everything that was there when the region was attached has been read.
    AllRead,
}

/// A source of records, which it copies to its buffer.
pub(crate) trait Source: Followed<Item = Found> + Debug {
    /// The instances that can be read now and are asked for; one without a name in a plain region.
    /// What is published after this call ends a wait.
    fn list(&mut self) -> Vec<Option<InstanceName>>;

    /// Copies the newest record of the one at `index` of the list.
    fn latest(&mut self, index: usize) -> Result<Step<Option<Publication>>, RegionError>;

    /// The buffer, with the record that was copied last.
    fn buffer(&self) -> &RecordBuf;

    /// The record that was copied last.
    fn record(&self) -> RecordView<'_> {
        self.buffer().view()
    }

    fn path(&self) -> &Path;

    /// The names of all instances; `None` in a plain region.
    fn names(&self) -> Option<Vec<InstanceName>> {
        None
    }

    /// The instances that have joined and are not retired, as far as this has been read.
    fn followed(&self) -> Vec<InstanceName> {
        Vec::new()
    }

    /// Writes the newest record to `file` as a region of its own. `None` if nothing was published
    /// yet, or it was refused when the program started.
    fn snapshot(&mut self, _: &Path) -> Result<Option<Publication>, RegionError> {
        Ok(None)
    }
}
