//! The last records that are still in the region, then the end: `--last`.

use crate::error::{ConsumerError, Kind};
use crate::session::Session;
use crate::watch::Schedule;

impl Session<'_> {
    /// Prints the records that are there, at most as many as were asked for of each instance.
    pub(crate) fn print_last(&mut self, schedule: Schedule) -> Result<(), ConsumerError> {
        while !self.environment.is_stopped() {
            if self.look_around(schedule)?.is_break() {
                break;
            }
            if let Some(absence) = self.absence().filter(|_| schedule.at_once) {
                return Err(absence.into());
            }
            let _ = self.drain()?;
            if self.kept.has_read() {
                self.check_health()?;
                return self.expect_selected();
            }
            if let Some(lack) = self.lack(&[]).filter(|_| schedule.at_once) {
                return Err(lack.into());
            }
            self.timeout.check(&self.link)?;
            if self.await_instances()?.is_break() || self.wait()?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// An error if no record was printed because `--where` is true of none.
    fn expect_selected(&self) -> Result<(), ConsumerError> {
        if self.has_printed || !self.filter.is_selective() {
            return Ok(());
        }
        Err(Kind::NoneSelected(self.link.path()).into())
    }
}
