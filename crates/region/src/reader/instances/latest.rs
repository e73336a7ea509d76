//! `latest` of an instance: the newest record in the block of its handle.
//!
//! Invariant: a record is returned only if, after the copy, the block still had the handle's instance and the
//! file its end mark.
//!
//! ```text
//!   front              one cache line of the block, and the generation of its name
//!   ring, and again    the front is being written, is older than what is known, or has no such records
//!   why not            retired, nothing published yet, a lap, a file that was cut
//! ```
//!
//! Price: see docs/performance.md.

use super::DynInstanceReader;
use crate::error::RegionError;
use crate::instances::{Block, Instance};
use crate::publication::Publication;
use channel::{Part, Ring, Seen};
use layout::InstanceName;

impl DynInstanceReader {
    /// Copies the newest record of an instance to `record`; `None` if it has none yet. Never an older
    /// record than this reader has returned before.
    ///
    /// # Errors
    /// [`NoSuchInstance`](crate::RegionErrorKind::NoSuchInstance) if it is retired, or the handle is of a
    /// file that was attached before: [`find`](Self::find) it again, and if there is none yet, call this again
    /// first, which goes over to the region's next file; as
    /// [`DynReader::latest`](crate::DynReader::latest) else.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `DynReader::latest`
    pub fn latest(
        &mut self,
        instance: Instance,
        record: &mut [u8],
    ) -> Result<Option<Publication>, RegionError> {
        self.inner.expect_size(record.len())?;
        self.latest_sized(instance, record)
    }

    /// [`latest`](Self::latest) of a record that is known to have the region's size.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `DynReader::latest`
    pub(super) fn latest_sized(
        &mut self,
        instance: Instance,
        record: &mut [u8],
    ) -> Result<Option<Publication>, RegionError> {
        self.refresh_if_due()?;
        self.latest_here(instance, record)
    }

    /// Calls `each` with the newest record of every instance that has one, copied to `record`, in the
    /// order of their blocks. They need not have been there at one time. [`wait`](crate::DynReader::wait)
    /// then sleeps until something changes that was not there yet when this call began.
    ///
    /// # Errors
    /// As [`latest`](Self::latest); one that is retired meanwhile is left out.
    pub fn latest_all(
        &mut self,
        record: &mut [u8],
        mut each: impl FnMut(&InstanceName, &Publication, &[u8]),
    ) -> Result<(), RegionError> {
        // Once: the handles of a file lead to nothing in the next one.
        self.refresh_if_due()?;
        self.catch_up();
        let mut is_empty = true;
        for block in (0..=u16::MAX).take(self.max()) {
            let Some((instance, name)) = self.named(block) else { continue };
            is_empty = false;
            match self.latest_here(instance, record) {
                Ok(Some(publication)) => each(&name, &publication, record),
                Ok(None) => {}
                Err(err) if err.is_no_such_instance() => {}
                Err(err) => return Err(err),
            }
        }
        if is_empty {
            self.inner.count_pending();
        }
        self.expect_whole()
    }

    /// [`latest_sized`](Self::latest_sized) of the attached file, without a check of its name.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `DynReader::latest`
    fn latest_here(
        &mut self,
        instance: Instance,
        record: &mut [u8],
    ) -> Result<Option<Publication>, RegionError> {
        let part = &mut Part::whole(record);
        let seen = self.seen(instance).map_err(|err| self.none_here(err))?;
        let found = self.attempt(instance, |ring| ring.try_front(seen, part));
        if let Some(found) = found.map_err(|err| self.none_here(err))? {
            return Ok(Some(self.delivered(instance, seen, found)));
        }
        let mut retries = 0;
        loop {
            let found = self.attempt(instance, |ring| ring.try_slot(seen, retries, part));
            if let Some(found) = found.map_err(|err| self.none_here(err))? {
                return Ok(Some(self.delivered(instance, seen, found)));
            }
            match self.after_failure(instance, seen, retries, part.record_len())? {
                Some(next) => retries = next,
                None => return Ok(None),
            }
        }
    }

    /// What `copy` finds in the ring of an instance, if that was still there afterwards, in a whole file.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `DynReader::latest`
    fn attempt(
        &self,
        instance: Instance,
        copy: impl FnOnce(&Ring<Block<'_>>) -> Option<channel::Publication>,
    ) -> Result<Option<channel::Publication>, RegionError> {
        let blocks = self.blocks_of(instance)?;
        let found = copy(&self.inner.ring.over(blocks.at(instance.block)));
        let is_its = |_: &_| blocks.cells(instance.block).is(instance.generation);
        Ok(found.filter(is_its).filter(|_| blocks.are_whole()))
    }

    /// A record that was copied and counts.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `DynReader::latest`
    fn delivered(
        &mut self,
        instance: Instance,
        seen: Seen,
        found: channel::Publication,
    ) -> Publication {
        if found.sequence == seen.sequence() {
            self.inner.timer.count();
        } else {
            self.newest[usize::from(instance.block)] = (instance.generation, found.sequence);
        }
        self.inner.publication(found)
    }

    /// The reason for no record: an error, nothing published yet, or a lap, after which another attempt is
    /// made.
    #[cold]
    #[inline(never)]
    fn after_failure(
        &mut self,
        instance: Instance,
        seen: Seen,
        retries: u32,
        len: usize,
    ) -> Result<Option<u32>, RegionError> {
        let blocks = match self.blocks_of(instance) {
            Ok(blocks) => blocks,
            Err(err) => return Err(self.none_here(err)),
        };
        let ring = self.inner.ring.over(blocks.at(instance.block));
        let next = ring.after_failure(seen, retries, len);
        let is_its = blocks.cells(instance.block).is(instance.generation);
        self.expect_whole()?;
        if !is_its {
            let err = self.no_such_instance();
            return Err(self.none_here(err));
        }
        self.inner.count_failure(next)
    }

    /// `err` of a handle that leads to nothing: the next file of the region may have the instance, so that it
    /// counts as a call without a record.
    #[cold]
    #[inline(never)]
    fn none_here(&mut self, err: RegionError) -> RegionError {
        self.inner.count_pending();
        err
    }
}
