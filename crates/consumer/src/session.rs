//! What the modes share: the region, the printer, the log, and when to stop.
//!
//! Invariant: output and log keep their order: before a notice is written to stderr, all earlier
//! lines have been written to stdout.

use std::collections::BTreeSet;
use std::time::Duration;

use daemon::Monotonic;
use layout::InstanceName;
use region::{BootTime, Publication, RegionError};
use render::{Filter, LineText, OptionError, Pace, View, ViewError};

use crate::environment::Environment;
use crate::error::{ConsumerError, Kind};
use crate::health::Health;
use crate::kept::AllKept;
use crate::link::{Event, Link};
use crate::messages::{Change, Notice};
use crate::misses::Misses;
use crate::printer::{Flow, Printer};
use crate::source::Found;
use crate::timeout::Timeout;

/// Shortest time between two notices about missed records; misses in between are summed.
const MISSED_EVERY: Duration = Duration::from_secs(1);

/// One run of the program.
pub(crate) struct Session<'e> {
    pub(crate) link: Link,
    pub(crate) timeout: Timeout,
    pub(crate) health: Health,
    pub(crate) environment: &'e mut dyn Environment,
    /// How records are printed.
    pub(crate) view: View,
    /// Which records are printed.
    pub(crate) filter: Filter,
    /// How often, if there is a limit.
    pub(crate) pace: Option<Pace>,
    /// Records still to read; `None`: no limit.
    pub(crate) left: Option<u64>,
    pub(crate) printer: Printer,
    /// Whether some region's records fitted the options.
    has_fitted: bool,
    /// Whether a record was printed.
    pub(crate) has_printed: bool,
    /// Whether it has to be looked for the instances that are asked for.
    pub(crate) seeks_instances: bool,
    pub(crate) kept: AllKept,
    /// The instances that a poll has found, of those that are asked for; `None`: it has not looked yet.
    pub(crate) members: Option<BTreeSet<InstanceName>>,
    missed: Misses,
    missed_logged: Option<Monotonic>,
}

impl<'e> Session<'e> {
    pub(crate) fn new(
        link: Link,
        printer: Printer,
        timeout: Timeout,
        health: Health,
        environment: &'e mut dyn Environment,
    ) -> Self {
        Self {
            link,
            timeout,
            health,
            environment,
            view: View::default(),
            filter: Filter::default(),
            pace: None,
            left: None,
            printer,
            has_fitted: false,
            has_printed: false,
            seeks_instances: false,
            kept: AllKept::default(),
            members: None,
            missed: Misses::default(),
            missed_logged: None,
        }
    }

    /// Runs `work`, then prints what a rate still holds back, and flushes the remaining lines and notices.
    pub(crate) fn run(
        mut self,
        work: impl FnOnce(&mut Self) -> Result<(), ConsumerError>,
    ) -> Result<(), ConsumerError> {
        let result = work(&mut self);
        let released = self.release_all().map(drop);
        let flushed = self.flush().map(drop);
        self.log_missed();
        result.and(released).and(flushed)
    }

    /// Ends one turn of the loop.
    pub(crate) fn turn(&mut self) {
        self.environment.turn(&self.link, self.timeout.sequence());
    }

    /// Prints the record, or logs the change.
    ///
    /// # Errors
    /// The region cannot be read, and none has been read before; the first record of a file, or the
    /// writer's state, is not as [`Health`] asks for.
    pub(crate) fn handle(
        &mut self,
        event: Result<Event, RegionError>,
    ) -> Result<Flow, ConsumerError> {
        match event {
            Ok(Event::Record(found)) => self.found(found),
            Ok(Event::Missed(count)) if self.link.names().is_some() => {
                let is_all = self.link.selection().is_all();
                let misses = if is_all { Misses::unseen } else { Misses::unseen_of_any };
                self.miss(misses(count))
            }
            Ok(Event::Missed(count)) => self.miss(Misses::new(None, count)),
            Err(error) if !self.link.is_attached() => Err(error.into()),
            change => {
                if is_other_file(change.as_ref()) && self.release_all()?.is_break() {
                    return Ok(Flow::Break(()));
                }
                let adapted = match change {
                    Ok(Event::Attached | Event::Replaced) => self.adapt()?,
                    // The error says what the notice would.
                    Ok(Event::Writer(_)) if !self.health.waits => {
                        self.health.check(&mut self.link, std::iter::empty())?;
                        Vec::new()
                    }
                    _ => Vec::new(),
                };
                let mut notices = self.link.notices(change);
                notices.extend(adapted);
                self.log(&notices)
            }
        }
    }

    /// Prints records of the region that is attached from now on. Nothing of the one before is held back.
    ///
    /// # Errors
    /// An option does not fit the records of the first region.
    fn adapt(&mut self) -> Result<Vec<Notice>, ConsumerError> {
        self.seeks_instances = true;
        let Some(schema) = self.link.schema().cloned() else { return Ok(Vec::new()) };
        if self.link.names().is_some() {
            self.kept.forget_plain();
        }
        self.kept.attach(&schema);
        let mut notices = Vec::new();
        let mut printed = self.printer.adapt(&self.view, &schema);
        if let (Err(error @ ViewError::Line(_)), Some(LineText::Literal(_))) =
            (&printed, &self.view.line)
        {
            notices.push(Notice::new(self.link.path(), Change::OtherLine(error.clone())));
            printed = self.printer.adapt(&View { line: None, ..self.view.clone() }, &schema);
        }
        let lacks_instances = !self.link.selection().is_all() && self.link.names().is_none();
        let fitted = match printed {
            _ if lacks_instances => Err(OptionError::NoInstances),
            Err(error) => Err(OptionError::View(error)),
            Ok(chosen) => self.filter.adapt(&schema, chosen).map_err(OptionError::Where),
        };
        match fitted {
            Ok(()) => self.has_fitted = true,
            Err(error) if self.has_fitted => {
                self.printer.pause();
                notices.push(Notice::new(self.link.path(), Change::OptionError(error)));
            }
            Err(error) => return Err(Kind::OptionError { path: self.link.path(), error }.into()),
        }
        Ok(notices)
    }

    /// Prints what was found in the region, or logs it.
    fn found(&mut self, found: Found) -> Result<Flow, ConsumerError> {
        match found {
            Found::Record(instance, publication) => {
                if !self.kept.of(instance).is_read {
                    let first = publication.filter(|_| self.health.checks_first);
                    let first = first.map(|first| (instance, first));
                    self.health.check(&mut self.link, first.into_iter())?;
                }
                self.take(instance, publication)
            }
            Found::Missed(name, count) => self.miss(Misses::new(Some(name), count)),
            Found::There => Ok(Flow::Continue(())),
            Found::Uncounted => self.log_change(Change::Uncounted),
            // Without a limit it continues with what is new.
            Found::AllRead if self.left.is_none() => Ok(Flow::Continue(())),
            Found::AllRead => Ok(Flow::Break(())),
            Found::Joined(name) => self.log_change(Change::Joined(name)),
            Found::Retired(name) => self.retire(name),
        }
    }

    /// Prints the record that was copied last, buffered, unless an option leaves it out.
    fn take(
        &mut self,
        instance: Option<InstanceName>,
        record: Option<Publication>,
    ) -> Result<Flow, ConsumerError> {
        let is_selected = self.selects(instance, record);
        let flow = if is_selected { self.print(instance, record)? } else { Flow::Continue(()) };
        self.kept.of(instance).read(record);
        self.timeout.saw(record);
        // Of instances, the source knows what was there.
        if instance.is_none() {
            self.left = self.left.map(|left| left.saturating_sub(1));
        }
        Ok(if self.left == Some(0) { Flow::Break(()) } else { flow })
    }

    /// Whether records may be read that are not printed.
    pub(crate) fn is_selective(&self) -> bool {
        self.filter.is_selective() || self.pace.is_some()
    }

    /// An error if a record read last is too old by now, or the writer in another state than asked
    /// for.
    pub(crate) fn check_health(&mut self) -> Result<(), ConsumerError> {
        self.health.check(&mut self.link, self.kept.newest())
    }

    /// Writes the buffered lines to stdout.
    pub(crate) fn flush(&mut self) -> Result<Flow, ConsumerError> {
        self.printer.flush(self.environment.stdout())
    }

    /// Writes the buffered lines to stdout, then logs.
    pub(crate) fn log(&mut self, notices: &[Notice]) -> Result<Flow, ConsumerError> {
        let flow = self.flush()?;
        for notice in notices {
            self.environment.notify(notice);
        }
        Ok(flow)
    }

    /// As [`log`](Self::log), of one change to the region.
    pub(crate) fn log_change(&mut self, change: Change) -> Result<Flow, ConsumerError> {
        self.log(&[Notice::new(self.link.path(), change)])
    }

    /// Counts lost records. Logs them immediately, or with the next ones if misses were just
    /// logged.
    fn miss(&mut self, misses: Misses) -> Result<Flow, ConsumerError> {
        self.missed.add(misses);
        if self.is_missed_due() { self.settle() } else { Ok(Flow::Continue(())) }
    }

    /// Writes the buffered lines to stdout, and logs missed records if that is due.
    pub(crate) fn settle(&mut self) -> Result<Flow, ConsumerError> {
        let flow = self.flush()?;
        if self.is_missed_due() {
            self.log_missed();
        }
        Ok(flow)
    }

    fn is_missed_due(&self) -> bool {
        let now = Monotonic::now();
        !self.missed.is_none()
            && self.missed_logged.is_none_or(|logged| now.since(logged) >= MISSED_EVERY)
    }

    fn log_missed(&mut self) {
        if !self.missed.is_none() {
            let missed = Change::Missed(std::mem::take(&mut self.missed));
            self.environment.notify(&Notice::new(self.link.path(), missed));
            self.missed_logged = Some(Monotonic::now());
        }
    }

    /// Waits for a record.
    pub(crate) fn wait(&mut self) -> Result<Flow, ConsumerError> {
        let span = self.timeout.shorten(self.link.next_look());
        let span = self.pace.as_ref().map_or(span, |pace| pace.shorten(span, BootTime::now()));
        let span = self.health.shorten(span, self.kept.newest());
        self.environment.wait(&mut self.link, span)?;
        Ok(self.flow())
    }

    /// Sleeps for `span`, or less if a check is due before.
    pub(crate) fn sleep(&mut self, span: Duration) -> Result<Flow, ConsumerError> {
        let span = self.timeout.shorten(span.min(self.link.next_look()));
        let span = self.health.shorten(span, self.kept.newest());
        self.environment.sleep(span)?;
        Ok(self.flow())
    }

    fn flow(&mut self) -> Flow {
        let is_over = self.environment.is_stopped() || self.environment.stdout_closed();
        if is_over { Flow::Break(()) } else { Flow::Continue(()) }
    }
}

/// Whether the link reads another file than the records were copied from that are held back.
pub(crate) fn is_other_file(event: Result<&Event, &RegionError>) -> bool {
    matches!(event, Ok(Event::Attached | Event::Replaced))
}
