//! Records that are copies of another region's: each keeps its number.
//!
//! Invariant: a number is given to the record that has it in the other region, and to no other; what was left out
//! is missed by followers, exactly.
//!
//! ```text
//!   next number           publish
//!   a few left out        their slots are marked, publish        followers report each as missed
//!   more than slots - 2   a new file that begins after them      followers report them when they attach to it
//! ```
//!
//! Price: as a publish; a store for each number that is left out, a new file if they are more than slots - 2.

use super::DynWriter;
use super::open::Wanted;
use super::origin::Why;
use super::succession::LARGEST;
use crate::clock::BootTime;
use crate::error::RegionError;
use crate::wait;
use std::sync::Arc;

impl DynWriter {
    /// Publishes a copy of record `sequence` of the region that [`Options::numbering`](crate::Options::numbering) is
    /// of, under its number there. Followers report the numbers between [`sequence`](Self::sequence) and this one as
    /// missed. If they are more than slots - 2, the region is retired and a new one takes its name.
    ///
    /// `false`, and nothing is published, if the number is not greater than that of the newest record, or impossibly
    /// large.
    ///
    /// # Errors
    /// As [`publish`](Self::publish), and as [`change`](Self::change) if there has to be a new file.
    pub fn publish_copy(&mut self, sequence: u64, record: &[u8]) -> Result<bool, RegionError> {
        if record.len() != self.mapped().record_size() {
            return Err(self.mapped().wrong_size(&self.path, record.len()));
        }
        let now = BootTime::now();
        self.check_if_due(now)?;
        if sequence <= self.sequence() || sequence > LARGEST {
            return Ok(false);
        }
        if sequence - self.sequence() >= u64::from(self.mapped().header().slots) {
            self.begin_after(sequence - 1, Why::LeftOut)?;
        }
        if self.put_copy(sequence, record, now) {
            return Ok(true);
        }
        self.expect_own_recreation()?;
        // A reader may have read it before the cut: under this number it is the same record.
        self.begin_after(sequence - 1, Why::Truncated)?;
        let is_there = self.put_copy(sequence, record, now);
        if is_there { Ok(true) } else { Err(self.mapped().truncated(&self.path, &self.file)) }
    }

    /// Publishes to the file as it is, and wakes readers; `false`: it was cut.
    fn put_copy(&mut self, sequence: u64, record: &[u8], now: BootTime) -> bool {
        let turn = self.publisher.turn();
        let mapped = turn.memory();
        let end = mapped.end_mark();
        let is_published = turn.publish_as(sequence, now.as_nanos(), record);
        debug_assert!(is_published, "the caller has compared the numbers");
        if self.options.wake {
            wait::wake_all(mapped.head_futex_word());
        }
        end.is_there()
    }

    /// Makes a new file whose next number is the one after `sequence`.
    fn begin_after(&mut self, sequence: u64, why: Why) -> Result<(), RegionError> {
        let (schema, options) = (Arc::clone(&self.schema), self.options.clone());
        let wanted = Wanted { schema: &schema, options: &options };
        let opened = self.successor_after(wanted, why, Some(sequence))?;
        self.move_to(opened)
    }
}
