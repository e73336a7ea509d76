//! The latest value at each poll: the default mode, and `--once`.
//!
//! The first value is printed as soon as there is one; after that, one at each `poll`. In between,
//! the region is checked four times a second, so that changes of its writer are logged in time.

use std::time::Duration;

use daemon::{Monotonic, Ticks};
use region::{Publication, Step};

use crate::error::{ConsumerError, Kind};
use crate::printer::Flow;
use crate::session::Session;

/// When to read the latest value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    pub(crate) poll: Duration,
    /// Whether a missing value at the first read is an error.
    pub(crate) at_once: bool,
}

impl Session<'_> {
    /// Prints the latest value at each `poll`, until a stop signal.
    pub(crate) fn watch(&mut self, schedule: Schedule) -> Result<(), ConsumerError> {
        let mut grid: Option<Ticks> = None;
        while !self.environment.is_stopped() {
            if self.look_around(schedule)?.is_break() {
                break;
            }
            let flow = match time_left(grid.as_ref()) {
                None => self.look(&mut grid, schedule)?,
                Some(span) => self.sleep(span)?,
            };
            if flow.is_break() {
                break;
            }
            self.check_limits(schedule)?;
        }
        Ok(())
    }

    /// Logs the changes of the region.
    pub(crate) fn look_around(&mut self, schedule: Schedule) -> Result<Flow, ConsumerError> {
        loop {
            let change = self.link.next_change();
            // An error may end the program, which is then never ready.
            if !matches!(change, Some(Err(_))) {
                self.turn();
            }
            let Some(change) = change else { return self.settle() };
            if schedule.at_once
                && let Some(absence) = self.link.take_absence()
            {
                return Err(Kind::NoRegion(absence).into());
            }
            if self.handle(change)?.is_break() {
                return Ok(Flow::Break(()));
            }
        }
    }

    /// Prints the latest value, or waits some time for it.
    fn look(
        &mut self,
        grid: &mut Option<Ticks>,
        schedule: Schedule,
    ) -> Result<Flow, ConsumerError> {
        let Step::Record(record) = self.latest(schedule)? else { return self.wait() };
        if let Err(unhealthy) = self.health.check(&mut self.link, record) {
            if !self.health.waits {
                return Err(unhealthy);
            }
            self.timeout.instead = Some(unhealthy);
            return self.wait();
        }
        let is_selected = self.selects(record);
        if !is_selected && schedule.at_once {
            return Err(Kind::NotSelected(self.link.path()).into());
        }
        if !is_selected && self.health.waits {
            self.timeout.instead = Some(Kind::NotSelected(self.link.path()).into());
            return self.wait();
        }
        let flow = if is_selected { self.print(record)? } else { Flow::Continue(()) };
        self.saw(record);
        let now = Monotonic::now();
        grid.get_or_insert_with(|| Ticks::new(now, schedule.poll)).take(now);
        if flow.is_break() { Ok(flow) } else { self.flush() }
    }

    /// Copies the latest record. Logs why it cannot be read.
    ///
    /// # Errors
    /// There is no record, and `schedule` does not wait.
    pub(crate) fn latest(
        &mut self,
        schedule: Schedule,
    ) -> Result<Step<Option<Publication>>, ConsumerError> {
        match self.link.latest() {
            Ok(Step::Record(record)) => Ok(Step::Record(record)),
            Ok(_) if schedule.at_once => Err(self.nothing_yet()),
            Ok(nothing) => Ok(nothing),
            Err(error) if schedule.at_once => Err(error.into()),
            Err(error) => {
                let notices = self.link.notices(Err(error));
                let _ = self.log(&notices)?;
                Ok(Step::Pending)
            }
        }
    }

    /// An error if nothing new was published for too long, printed or not, or if the newest record or
    /// its writer is not as asked for.
    pub(crate) fn check_limits(&mut self, schedule: Schedule) -> Result<(), ConsumerError> {
        let is_limited = self.timeout.is_limited() || self.health.is_limited();
        if is_limited && !self.health.waits {
            if let Step::Record(record) = self.latest(schedule)? {
                self.saw(record);
            }
            self.check_health()?;
        }
        self.timeout.check(&self.link)
    }

    fn nothing_yet(&self) -> ConsumerError {
        Kind::NothingYet(self.link.path()).into()
    }
}

/// Time until the next look; `None`: it is due.
fn time_left(grid: Option<&Ticks>) -> Option<Duration> {
    let left = grid?.deadline().since(Monotonic::now());
    (!left.is_zero()).then_some(left)
}
