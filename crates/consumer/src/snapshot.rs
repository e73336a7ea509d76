//! The latest record as a region of its own: `--snapshot`.

use std::io::Write;
use std::path::Path;

use crate::error::{ConsumerError, Kind};
use crate::notice::Voice;
use crate::pace::Pace;
use crate::session::Session;
use crate::watch::Schedule;

impl<P: Pace, W: Write, V: Voice> Session<P, W, V> {
    /// Writes the latest record to `file`; waits for one with `--timeout`.
    pub(crate) fn take_snapshot(
        &mut self,
        file: &Path,
        schedule: Schedule,
    ) -> Result<(), ConsumerError> {
        // Nothing is printed, so it does not matter whether stdout has a reader.
        while !self.pace.is_over() {
            let _ = self.look_around(schedule)?;
            if self.link.snapshot(file)? {
                return Ok(());
            }
            if schedule.at_once {
                self.expect_value()?;
            }
            let _ = self.await_record(true)?;
            self.check_patience()?;
        }
        Err(Kind::NoSnapshot(self.link.path().to_owned()).into())
    }
}
