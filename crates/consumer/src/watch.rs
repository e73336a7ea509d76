//! The latest value at each poll, or a table with that of each instance: the default mode, and
//! `--once`.
//!
//! The first value is printed as soon as there is one; after that, one at each `poll`. In between,
//! the region is checked four times a second, so that changes of its writer are logged in time; which
//! instances it has is seen when their records are read.

use std::time::Duration;

use daemon::{Monotonic, Ticks};
use layout::InstanceName;
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
    /// Whether it ends after the first value, or the first table of instances.
    pub(crate) once: bool,
}

/// The newest record of an instance, or of a plain region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Newest {
    /// Where the instance is in the list.
    index: usize,
    instance: Option<InstanceName>,
    publication: Option<Publication>,
    /// Whether none was read after it. Also one that turns out to be retired leaves its bytes in the buffer.
    is_last_read: bool,
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

    /// Prints the latest value of each instance, or waits some time for one.
    fn look(
        &mut self,
        grid: &mut Option<Ticks>,
        schedule: Schedule,
    ) -> Result<Flow, ConsumerError> {
        let Some(found) = self.survey(schedule)? else { return self.await_value() };
        let newest = found.iter().filter_map(|one| Some((one.instance, one.publication?)));
        if let Err(unhealthy) = self.health.check(&mut self.link, newest) {
            if !self.health.waits {
                return Err(unhealthy);
            }
            self.timeout.instead = Some(unhealthy);
            return self.await_value();
        }
        let printed = self.print_table(&found, schedule)?;
        if printed.is_none() && !self.is_selective() {
            // All of them are retired by now: the next look says what that means.
            return self.flush();
        }
        if printed.is_none() && schedule.at_once {
            return Err(Kind::NotSelected(self.link.path()).into());
        }
        if printed.is_none() && self.health.waits {
            self.timeout.instead = Some(Kind::NotSelected(self.link.path()).into());
            return self.await_value();
        }
        self.saw_all(&found);
        let now = Monotonic::now();
        grid.get_or_insert_with(|| Ticks::new(now, schedule.poll)).take(now);
        let flow = printed.unwrap_or(Flow::Continue(()));
        if schedule.once || flow.is_break() { Ok(Flow::Break(())) } else { self.flush() }
    }

    /// Waits some time for a value, after a look that found none, unless the time for it is over. One that comes
    /// while this process does not run is there at the next look.
    pub(crate) fn await_value(&mut self) -> Result<Flow, ConsumerError> {
        self.timeout.check(&self.link)?;
        self.wait()
    }

    /// Prints those of the records found that are selected; `None` if none is.
    fn print_table(
        &mut self,
        found: &[Newest],
        schedule: Schedule,
    ) -> Result<Option<Flow>, ConsumerError> {
        let mut printed = None;
        for one in found {
            let is_in_buffer = one.is_last_read && found.len() == 1;
            let again = if is_in_buffer {
                Step::Record(one.publication)
            } else {
                self.latest(one.index, schedule)?
            };
            let Step::Record(publication) = again else { continue };
            if self.selects(one.instance, publication) {
                let flow = self.print(one.instance, publication)?;
                printed = Some(flow);
                if flow.is_break() {
                    break;
                }
            }
        }
        Ok(printed)
    }

    /// Reads the newest record of each instance that is asked for. `None`: there is none yet; with
    /// `--once`, not of each that was asked for by name.
    ///
    /// # Errors
    /// The same, if `schedule` does not wait.
    pub(crate) fn survey(
        &mut self,
        schedule: Schedule,
    ) -> Result<Option<Vec<Newest>>, ConsumerError> {
        let names = self.link.list();
        if !schedule.at_once {
            self.compare_members(&names)?;
        }
        let count = names.len();
        let mut found = Vec::with_capacity(count);
        for (index, instance) in names.into_iter().enumerate() {
            if let Step::Record(publication) = self.latest(index, schedule)? {
                let is_last_read = index + 1 == count;
                found.push(Newest { index, instance, publication, is_last_read });
            }
        }
        if !schedule.at_once {
            let _ = self.await_instances()?;
        }
        match self.lack(&found) {
            Some(lack) if schedule.at_once => Err(lack.into()),
            Some(_) if found.is_empty() => Ok(None),
            Some(lack) if schedule.once => {
                self.timeout.instead = Some(lack.into());
                Ok(None)
            }
            _ => Ok(Some(found)),
        }
    }

    /// What of all that is asked for was not found.
    pub(crate) fn lack(&self, found: &[Newest]) -> Option<Kind> {
        if let Some(absence) = self.absence() {
            return Some(absence);
        }
        let names: Vec<_> = found.iter().filter_map(|one| one.instance).collect();
        let path = self.link.path();
        let there = self.link.names();
        match self.link.selection().unmatched(&names).filter(|_| there.is_some()) {
            Some(missing) => Some(Kind::NothingOf { path, missing }),
            // Also where all are retired: something was published, and time brings none back.
            None if there.is_some_and(|there| there.is_empty()) => Some(Kind::NoInstanceNow(path)),
            None => found.is_empty().then_some(Kind::NothingYet(path)),
        }
    }

    /// These records were read, printed or not.
    fn saw_all(&mut self, found: &[Newest]) {
        for one in found {
            self.kept.of(one.instance).read(one.publication);
        }
        let time = |one: &&Newest| one.publication.map(|publication| publication.published_at);
        if let Some(newest) = found.iter().max_by_key(time) {
            self.timeout.saw(newest.publication);
        }
    }

    /// Copies the latest record of the instance at `index` of the list. Logs why it cannot be read.
    ///
    /// # Errors
    /// It cannot be read, and `schedule` does not wait.
    fn latest(
        &mut self,
        index: usize,
        schedule: Schedule,
    ) -> Result<Step<Option<Publication>>, ConsumerError> {
        match self.link.latest(index) {
            Ok(step) => Ok(step),
            Err(error) if schedule.at_once => Err(error.into()),
            Err(error) => {
                let notices = self.link.notices(Err(error));
                let _ = self.log(&notices)?;
                Ok(Step::Pending)
            }
        }
    }

    /// An error if nothing new was published for too long, printed or not, or if a newest record or
    /// its writer is not as asked for.
    pub(crate) fn check_limits(&mut self, schedule: Schedule) -> Result<(), ConsumerError> {
        if self.health.waits {
            return Ok(()); // `await_value` has checked the time, after a look
        }
        if self.timeout.is_limited() || self.health.is_limited() {
            if let Some(found) = self.survey(schedule)? {
                self.saw_all(&found);
            }
            self.check_health()?;
        }
        self.timeout.check(&self.link)
    }
}

/// Time until the next look; `None`: it is due.
fn time_left(grid: Option<&Ticks>) -> Option<Duration> {
    let left = grid?.deadline().since(Monotonic::now());
    (!left.is_zero()).then_some(left)
}
