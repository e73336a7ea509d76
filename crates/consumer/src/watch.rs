//! The latest value, now and then: the default mode, and `--once`.
//!
//! The first value is printed as soon as there is one; from then on the grid of `poll` decides.
//! Between two values the region is looked at four times a second, so that what happens to its
//! writer is said in time.

use std::io::Write;
use std::time::Duration;

use daemon::{Monotonic, Ticks};

use crate::error::{ConsumerError, Kind};
use crate::notice::Voice;
use crate::pace::Pace;
use crate::printer::Flow;
use crate::session::Session;

/// When to look at the latest value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    pub(crate) poll: Duration,
    /// A value must be there at the first look.
    pub(crate) at_once: bool,
}

impl<P: Pace, W: Write, V: Voice> Session<P, W, V> {
    /// Prints the latest value at each `poll`, until a stop signal.
    pub(crate) fn watch(&mut self, schedule: Schedule) -> Result<(), ConsumerError> {
        let mut grid: Option<Ticks> = None;
        while !self.pace.is_over() {
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
            self.check_patience()?;
        }
        Ok(())
    }

    /// Checks the state of the region and logs changes.
    pub(crate) fn look_around(&mut self, schedule: Schedule) -> Result<Flow, ConsumerError> {
        if self.link.observe()? {
            self.link.refresh();
        }
        self.turn();
        if schedule.at_once {
            self.expect_region()?;
        }
        self.tell()
    }

    /// Prints the latest value, or waits for it a while.
    fn look(
        &mut self,
        grid: &mut Option<Ticks>,
        schedule: Schedule,
    ) -> Result<Flow, ConsumerError> {
        let Some(reading) = self.link.latest() else {
            if schedule.at_once {
                self.expect_value()?;
            }
            return self.await_record(true);
        };
        self.patience.saw(&reading);
        let flow = self.printer.print(&reading)?;
        let now = Monotonic::now();
        let period = schedule.poll;
        grid.get_or_insert_with(|| Ticks::new(now, period)).take(now);
        if flow.is_break() {
            return Ok(flow);
        }
        self.printer.flush()
    }

    /// An error if nothing new was published for too long, printed or not.
    pub(crate) fn check_patience(&mut self) -> Result<(), ConsumerError> {
        if !self.patience.is_limited() {
            return Ok(());
        }
        if let Some(reading) = self.link.latest() {
            self.patience.saw(&reading);
        }
        self.patience.check(&self.link)
    }

    fn expect_region(&mut self) -> Result<(), ConsumerError> {
        match self.link.take_absence() {
            Some(error) => {
                drop(self.link.take_news());
                Err(Kind::NoRegion(error).into())
            }
            None => Ok(()),
        }
    }

    pub(crate) fn expect_value(&mut self) -> Result<(), ConsumerError> {
        match self.link.take_trouble() {
            Some(error) => Err(error.into()),
            None => Err(Kind::NothingYet(self.link.path().to_owned()).into()),
        }
    }
}

/// Time until the next look; `None`: it is due.
fn time_left(grid: Option<&Ticks>) -> Option<Duration> {
    let left = grid?.deadline().since(Monotonic::now());
    (!left.is_zero()).then_some(left)
}
