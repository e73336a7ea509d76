//! Every record in order: `--follow`.
//!
//! ```text
//!   drain --> observe --> drain again, refresh --> tell --> wait (futex, 250 ms at the most)
//!     ^        (state)    (if not live, or 4/s)                              |
//!     '----------------------------------------------------------------------'
//! ```
//!
//! The second drain empties the old file after it is known to be given up and before it is left;
//! so nothing is lost when a region is replaced.
//!
//! Price: while nothing happens, four wake-ups a second with about ten system calls each.

use std::io::Write;

use region::Step;

use crate::error::ConsumerError;
use crate::notice::Voice;
use crate::pace::Pace;
use crate::printer::Flow;
use crate::session::Session;

/// Laps without a record in between before the region gets a rest: an honest writer that is
/// faster than this reader still leaves it something now and then.
const MAX_LAPS: u32 = 1000;
/// Records that count as one turn of the loop.
const TURN_EVERY: u64 = 16;

impl<P: Pace, W: Write, V: Voice> Session<P, W, V> {
    /// Prints every record, until a stop signal.
    pub(crate) fn follow(&mut self) -> Result<(), ConsumerError> {
        // Attached before the first look at the clock: opening a file may take its time.
        self.link.observe()?;
        while !self.pace.is_over() {
            self.turn();
            let (printed, flow) = self.drain()?;
            if flow.is_break() {
                break;
            }
            let mut is_idle = printed == 0;
            if self.link.observe()? {
                let (more, flow) = self.drain()?;
                is_idle &= more == 0;
                if flow.is_break() {
                    break;
                }
                self.link.refresh();
            }
            if self.tell()?.is_break() {
                break;
            }
            self.patience.check(&self.link)?;
            if self.await_record(is_idle)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Prints the available records; returns how many.
    fn drain(&mut self) -> Result<(u64, Flow), ConsumerError> {
        let (mut printed, mut laps) = (0, 0);
        while laps < MAX_LAPS && !self.pace.is_over() {
            let flow = match self.link.next() {
                Step::Record(reading) => {
                    (printed, laps) = (printed + 1, 0);
                    self.patience.saw(&reading);
                    let flow = self.printer.print(&reading)?;
                    // A fast writer may keep this loop busy for ever.
                    if printed % TURN_EVERY == 0 {
                        self.turn();
                    }
                    flow
                }
                Step::Missed(count) => {
                    laps += 1;
                    // Each lap may have cost the copy of a large record.
                    self.turn();
                    self.miss(count)?
                }
                Step::Pending => break,
            };
            if flow.is_break() {
                return Ok((printed, flow));
            }
        }
        Ok((printed, Flow::Continue(())))
    }
}
