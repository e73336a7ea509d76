//! Every record in order: `--follow`.
//!
//! ```text
//!   drain: records, changes --> flush --> wait (futex, 250 ms at the most)
//!     ^                                     |
//!     '-------------------------------------'
//! ```
//!
//! Price: three system calls for each record that is waited for (wait, poll and write), and one more
//! in JSON and CSV for the writer's state; while idle, four wake-ups a second with about
//! five system calls each.

use crate::error::ConsumerError;
use crate::link::Event;
use crate::printer::Flow;
use crate::session::{Session, is_other_file};

/// Consecutive laps without a record before the loop pauses. An honest writer that is faster than
/// this reader still lets it read a record from time to time.
const MAX_LAPS: u32 = 1000;
/// Records that count as one turn of the loop: a fast writer may keep it busy for ever.
const TURN_EVERY: u64 = 16;

impl Session<'_> {
    /// Prints every record, until a stop signal.
    pub(crate) fn follow(&mut self) -> Result<(), ConsumerError> {
        while !self.environment.is_stopped() {
            if self.drain()?.is_break()
                || self.await_instances()?.is_break()
                || self.release()?.is_break()
                || self.settle()?.is_break()
            {
                break;
            }
            self.check_health()?;
            self.timeout.check(&self.link)?;
            if self.wait()?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Prints the available records and logs the changes between them.
    pub(crate) fn drain(&mut self) -> Result<Flow, ConsumerError> {
        let (mut events, mut laps) = (0, 0);
        while laps < MAX_LAPS && !self.environment.is_stopped() {
            let event = self.link.next();
            // Each lap may have cost the copy of a large record. An error may end the program, which is
            // then never ready.
            if !matches!(event, Some(Err(_))) && (events % TURN_EVERY == 0 || laps > 0) {
                self.turn();
                // Neither a record that is held back nor a buffer that fills slowly waits for the end of the
                // records, which a writer at full speed may put off for long. Of another file, `handle`
                // releases what was held back of the one before.
                let is_due = self.is_selective()
                    && !event.as_ref().is_some_and(|event| is_other_file(event.as_ref()));
                if is_due && (self.release()?.is_break() || self.flush()?.is_break()) {
                    return Ok(Flow::Break(()));
                }
            }
            let Some(event) = event else { break };
            events += 1;
            laps = if matches!(event, Ok(Event::Missed(_))) { laps + 1 } else { 0 };
            if self.handle(event)?.is_break() {
                return Ok(Flow::Break(()));
            }
        }
        Ok(Flow::Continue(()))
    }
}
