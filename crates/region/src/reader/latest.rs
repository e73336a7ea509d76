//! `latest`: the newest record.
//!
//! Invariant: a record is returned only if the end mark was there after the copy, and only then does the
//! reader know its number.
//!
//! ```text
//!   front              one cache line, straight through; usually all there is
//!   due?  refresh      once in a while, without news
//!   ring, and again    after that; or the front is being written, older than what is known, or has no such
//!                      records
//!   why not            nothing published yet, a lap, a file that was cut
//! ```
//!
//! Price: see docs/performance.md, which lists the instructions.

use super::DynReader;
use crate::error::RegionError;
use crate::publication::Publication;
use channel::{Part, Unstable};

impl DynReader {
    /// Copies the newest record to `record`; `None` if nothing has been published yet.
    ///
    /// Never an older record than this reader has returned before. While there is no new record, it
    /// checks every 250 ms whether the region's name belongs to another file, and switches to that
    /// one: see [`refresh_every`](Self::refresh_every).
    ///
    /// # Errors
    /// [`WrongSize`][Kind] if `record` is not [`Schema::size`](layout::Schema::size) bytes long;
    /// [`Truncated`][Kind] if the file was cut short: the next call looks for its successor;
    /// [`Unstable`][Kind]; [`OtherSchema`][Kind] if the name belongs to a region of another record, to
    /// which [`refresh`](Self::refresh) attaches; as [`open`](Self::open) if it belongs to a file that
    /// cannot be read. The old file stays mapped, and the following call reads from it.
    ///
    /// [Kind]: crate::RegionErrorKind
    #[inline(always)]
    #[allow(clippy::inline_always)] // else the record is copied twice, and the second copy stalls
    pub fn latest(&mut self, record: &mut [u8]) -> Result<Option<Publication>, RegionError> {
        self.latest_part(&mut Part::whole(record))
    }

    /// [`latest`](Self::latest), of which the caller wants a part only.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `latest`
    pub(super) fn latest_part(
        &mut self,
        part: &mut Part<'_>,
    ) -> Result<Option<Publication>, RegionError> {
        self.expect_size(part.record_len())?;
        self.latest_sized(part)
    }

    /// [`latest_part`](Self::latest_part) of a record that is known to have the region's size.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `latest`
    pub(super) fn latest_sized(
        &mut self,
        part: &mut Part<'_>,
    ) -> Result<Option<Publication>, RegionError> {
        debug_assert_eq!(part.record_len(), self.mapped().record_size());
        let end = self.mapped().end_mark();
        let found = self.ring.try_front(self.tail.seen(), part);
        if let Some(found) = found.filter(|_| end.is_there())
            && !self.is_time_to_look(found.sequence)
        {
            return Ok(Some(self.publication(found)));
        }
        if self.timer.is_due() {
            self.refresh_if_time()?;
        }
        let mut retries = 0;
        loop {
            let end = self.mapped().end_mark();
            let found = self.ring.try_slot(self.tail.seen(), retries, part);
            if let Some(found) = found.filter(|_| end.is_there()) {
                let _ = self.is_time_to_look(found.sequence);
                return Ok(Some(self.publication(found)));
            }
            match self.after_failure(retries, part.record_len())? {
                Some(next) => retries = next,
                None => return Ok(None),
            }
        }
    }

    /// Whether record `sequence`, which is whole, is no news, and the clock is due to be read.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `latest`
    fn is_time_to_look(&mut self, sequence: u64) -> bool {
        if self.tail.has_returned(sequence) {
            return false;
        }
        // One decrement, whose flags tell both.
        self.timer.count();
        self.timer.is_overdue()
    }

    /// The reason: an error, nothing published yet, or a lap, after which another attempt is made.
    /// Returns in registers, so that the record of [`Reader::latest`](super::Reader::latest) never has to
    /// be in memory before it is whole.
    #[cold]
    #[inline(never)]
    pub(super) fn after_failure(
        &mut self,
        retries: u32,
        len: usize,
    ) -> Result<Option<u32>, RegionError> {
        let next = self.ring.after_failure(self.tail.seen(), retries, len);
        if !self.mapped().is_whole() {
            self.timer.cut_short();
            return Err(self.truncated());
        }
        self.count_failure(next)
    }

    /// Counts an attempt that gave no record, and returns what `next` says of another one.
    pub(super) fn count_failure(
        &mut self,
        next: Result<Option<u32>, Unstable>,
    ) -> Result<Option<u32>, RegionError> {
        match next {
            Ok(Some(_)) => self.retries += 1,
            Ok(None) => self.count_pending(),
            Err(_) => {}
        }
        next.map_err(|_| self.unstable())
    }
}
