//! The last records that are still in the region, then the end: `--last`.

use crate::error::{ConsumerError, Kind};
use crate::session::Session;
use crate::watch::Schedule;

impl Session<'_> {
    /// Prints the records that are there, at most as many as were asked for.
    pub(crate) fn print_last(&mut self, schedule: Schedule) -> Result<(), ConsumerError> {
        while !self.environment.is_stopped() {
            if self.look_around(schedule)?.is_break() {
                break;
            }
            if self.drain()?.is_break() || self.has_read() {
                return self.check_health();
            }
            if schedule.at_once {
                return Err(Kind::NothingYet(self.link.path()).into());
            }
            if self.wait()?.is_break() {
                break;
            }
            self.timeout.check(&self.link)?;
        }
        Ok(())
    }
}
