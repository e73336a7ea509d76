//! Publishing, and what is done when the region is taken away meanwhile.
//!
//! ```text
//!   publish, patrol --> deleted    made anew, the last record again
//!                       cut short  made anew, the last record again (SIGBUS is an error, not a death)
//!                       replaced   by another producer: give up
//!                       no room, no directory: said once, tried again with each patrol and tick
//! ```

use daemon::Monotonic;
use region::{RegionError, RegionErrorKind, Standing};

use crate::error::ProducerError;
use crate::place;
use crate::run::Producer;
use crate::say::{say, say_failure};

impl Producer<'_> {
    /// Publishes the record in hand; makes the region anew first if it was cut short.
    pub(crate) fn publish(&mut self) -> Result<(), ProducerError> {
        let published = match self.outlet.publish(self.record.bytes()) {
            Err(error) if error.is_truncated() => {
                if !self.restore("was cut short")? {
                    return Ok(()); // said; the next tick tries again
                }
                self.outlet.publish(self.record.bytes())
            }
            published => published,
        };
        match published {
            // Cut short once more, in the moment since: the next tick sees to it.
            Err(error) if error.is_truncated() => return Ok(()),
            published => published?,
        }
        self.tally.records += 1;
        if self.tally.records == 1 {
            let status = self.status();
            self.service.ready(Monotonic::now(), &status);
        }
        say!(trace, self.outlet, "record {}", self.tally.records);
        Ok(())
    }

    pub(crate) fn look_after_region(&mut self) -> Result<(), ProducerError> {
        let restored = match self.outlet.check() {
            Ok(Standing::Named) => {
                self.region_failure.clear();
                // The wall clock may have been set: a region that is left behind tells its time.
                self.outlet.beat()?;
                false
            }
            Ok(Standing::Deleted) => self.restore("was deleted")?,
            Ok(Standing::Truncated) => self.restore("was cut short")?,
            Ok(_) => self.restore("was replaced")?,
            Err(error) => {
                say_failure(&mut self.region_failure, &self.outlet, error.to_string());
                false
            }
        };
        if restored && self.tally.records > 0 {
            // New readers shall find the last record and not wait for the next one.
            self.publish()?;
        }
        if let Some(input) = &mut self.input {
            match input.follow_name() {
                Ok(true) => {
                    say!(info, self.outlet, "the input pipe was replaced; reading the new one");
                }
                Ok(false) => drop(self.pipe_failure.clear()),
                Err(error) => say_failure(&mut self.pipe_failure, &self.outlet, error.to_string()),
            }
        }
        Ok(())
    }

    /// Gives a region in memory alone to the service manager, so that it outlives this process.
    pub(crate) fn keep(&mut self) {
        if let Some(memfd) = self.outlet.keepsake() {
            self.service.store(place::NAME, memfd);
        }
    }

    /// Makes the region's file anew. `false`: that failed for now. An error: another producer has
    /// put its own in place.
    fn restore(&mut self, what: &str) -> Result<bool, ProducerError> {
        let path = self.outlet.path().to_owned();
        match self.outlet.recreate() {
            Ok(()) => {
                self.keep();
                let origin = self.outlet.origin();
                say!(
                    warn,
                    self.outlet,
                    "{} {what} while in use; recreated: {origin}",
                    path.display()
                );
                self.region_failure.clear();
                Ok(true)
            }
            Err(error) if is_taken(&error) => Err(error.into()),
            Err(error) => {
                self.cannot_restore(what, &error);
                Ok(false)
            }
        }
    }

    fn cannot_restore(&mut self, what: &str, error: &RegionError) {
        let text = format!("the region {what} and cannot be recreated: {error}");
        say_failure(&mut self.region_failure, &self.outlet, text);
    }
}

/// Whether another process publishes at the path now.
fn is_taken(error: &RegionError) -> bool {
    matches!(error.kind(), RegionErrorKind::Replaced | RegionErrorKind::Busy { .. })
}
