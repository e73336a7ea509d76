//! How a reader re-attaches to the next file that has the region's name.
//!
//! Invariant: no record between the last that was read of the old file and the first that is read of
//! the new one is lost silently. It is delivered, or counted as missed.
//!
//! ```text
//!   the new file                              the cursor goes           counted as missed
//!   a copy of the old one, records included   where it was              nothing
//!   its successor, in which the sequence      where it was, or to       what was published after that
//!     continues (`first_lineage`)               its first record          and is not there
//!   one of a lineage that was read before     where it was then         the same
//!   another region                            to its first record       nothing
//! ```
//!
//! Price: a `stat` of the path; what attaching costs if it leads to another file.

use super::DynReader;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::medium::Medium;
use crate::overlay;
use crate::state::State;
use channel::Tail;
use layout::header::offset;

/// How many lineages a reader remembers, for the case that their file gets the name back.
const REMEMBERED: usize = 8;

/// The result of [`DynReader::refresh`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refreshed {
    /// The path still names the file that is mapped. One that was cut short is not whole again.
    Same,
    /// The path names no file. The old file stays readable.
    Missing,
    /// The path named another region, or the same file that had been cut short and is whole again: it
    /// is mapped now. The schema may be another.
    Reattached,
}

impl DynReader {
    /// Maps the file at the path, if it is a different one, or the same one was cut short and is whole
    /// again. One system call if not; on overlayfs, where another file can look like the same one, some
    /// more while the writer is not live.
    ///
    /// Following continues after the last record returned; the next [`DynReader::next`] reports
    /// those published meanwhile and lost as missed. A region that does not continue the old one's
    /// sequence is followed from its first record. [`latest`](Self::latest) and
    /// [`next`](Self::next) do this by themselves unless [`refresh_every`](Self::refresh_every)
    /// turns it off; then call it when `next` returns `Pending` and the state is not live.
    ///
    /// # Errors
    /// As [`DynReader::open`], if the new file cannot be read; the old one stays mapped.
    pub fn refresh(&mut self) -> Result<Refreshed, RegionError> {
        self.refresh_to(|_| Ok(true))
    }

    /// As [`refresh`](Self::refresh), to a file for which `accept` returns true; `false` or an error
    /// leaves the old one mapped.
    pub(super) fn refresh_to(
        &mut self,
        accept: impl FnOnce(&Self) -> Result<bool, RegionError>,
    ) -> Result<Refreshed, RegionError> {
        let Some(ours) = self.id else { return Ok(Refreshed::Same) };
        let mut is_same = true;
        match self.address.file_id()? {
            None => return Ok(Refreshed::Missing),
            Some(named) if named == ours && !self.has_copy() => {
                // The zeros of a cut stay in this mapping, also if the file has its bytes again.
                if self.mapped().is_whole() {
                    return Ok(Refreshed::Same);
                }
            }
            Some(_) => is_same = false,
        }
        let mut new = match Self::attach(&self.address) {
            Err(_) if is_same => return Ok(Refreshed::Same), // it is not whole yet
            Err(err) if err.is_not_there() => return Ok(Refreshed::Missing),
            other => other?,
        };
        new.expect_kind_of(self)?;
        if !accept(&new)? {
            return Ok(Refreshed::Same);
        }
        new.continue_from(self);
        *self = new;
        Ok(Refreshed::Reattached)
    }

    /// Refuses a file with instances in place of one without, and the other way round.
    fn expect_kind_of(&self, old: &Self) -> Result<(), RegionError> {
        let instances = |reader: &Self| reader.mapped().header().instances;
        let kind = match (instances(self), instances(old)) {
            (Some(_), Some(_)) | (None, None) => return Ok(()),
            (Some(instances), None) => Kind::HasInstances { max: instances.max },
            (None, Some(_)) => Kind::NoInstances,
        };
        Err(RegionError::new(self.path(), kind))
    }

    /// The lineage in which the sequence began: that of a file in which it is the same continues.
    pub(super) fn first_lineage(&self) -> u64 {
        self.mapped().header().first_lineage
    }

    /// Whether a writer has started in an overlayfs copy of this file: see [`overlay`].
    fn has_copy(&self) -> bool {
        /// Header, writer line and head.
        const LEN: usize = offset::HEAD + size_of::<u64>();
        let mapped = self.mapped();
        mapped.medium() == Medium::Overlay
            && self.state() != State::Live
            && mapped.is_whole()
            && overlay::is_other(&self.address, mapped.start(), LEN)
    }

    /// Places the cursor of a fresh reader where that of `old`, of the same path, was.
    fn continue_from(&mut self, old: &Self) {
        let (header, before) = (self.mapped().header(), old.mapped().header());
        let (base, head) = (header.base_sequence, self.ring.head());
        let mut passed = old.passed.clone();
        passed.retain(|(lineage, _)| *lineage != before.lineage);
        passed.truncate(REMEMBERED - 1);
        passed.insert(0, (before.lineage, old.tail.last()));
        let continues = self.first_lineage() == old.first_lineage();
        let is_known = |(lineage, _): &&(u64, u64)| *lineage == header.lineage || continues;
        let last = passed.iter().find(is_known).map(|(_, last)| *last);
        let (place, passed_over) = match last {
            // A copy of the old file, records included.
            Some(last) if header == before => (last.min(head), 0),
            // It holds what was published before it, or begins after that.
            Some(last) => (last.max(base), base.saturating_sub(last)),
            None => (base, 0),
        };
        self.passed = passed;
        self.timer = old.timer.of_successor();
        self.missed = old.missed.saturating_add(passed_over);
        self.retries = old.retries;
        self.tail = Tail::after(place);
    }
}
