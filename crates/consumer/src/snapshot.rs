//! The latest record as a region of its own: `--snapshot`.

use std::path::Path;

use crate::error::{ConsumerError, Kind};
use crate::session::Session;
use crate::watch::Schedule;

impl Session<'_> {
    /// Writes the latest record to `file`; waits for one with `--timeout`.
    pub(crate) fn take_snapshot(
        &mut self,
        file: &Path,
        schedule: Schedule,
    ) -> Result<(), ConsumerError> {
        // Prints nothing, so a closed stdout does not matter.
        while !self.environment.is_stopped() {
            let _ = self.look_around(schedule)?;
            if self.link.names().is_some() {
                return Err(Kind::InstanceSnapshot(self.link.path()).into());
            }
            if self.survey(schedule)?.is_some()
                && let Some(saved) = self.link.snapshot(file)?
            {
                return self.log(&[saved]).map(drop);
            }
            let _ = self.await_value()?;
            self.check_limits(schedule)?;
        }
        Err(Kind::NoSnapshot(self.link.path()).into())
    }
}
