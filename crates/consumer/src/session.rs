//! What the modes share: the region, the printer, the log, and when to stop.
//!
//! Invariant: output and log keep their order: before a notice is written to stderr, all earlier
//! lines have been written to stdout.

use std::time::Duration;

use daemon::Monotonic;
use region::{Publication, RegionError};

use crate::environment::Environment;
use crate::error::{ConsumerError, Kind};
use crate::health::Health;
use crate::link::{Event, Link};
use crate::messages::{Change, Notice};
use crate::printer::{Flow, Printer};
use crate::timeout::Timeout;

/// Shortest time between two notices about missed records; misses in between are summed.
const MISSED_EVERY: Duration = Duration::from_secs(1);

/// One run of the program.
pub(crate) struct Session<'e> {
    pub(crate) link: Link,
    pub(crate) timeout: Timeout,
    pub(crate) health: Health,
    pub(crate) environment: &'e mut dyn Environment,
    printer: Printer,
    /// The record read last from the file that is attached.
    newest: Option<Publication>,
    missed: u64,
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
            printer,
            newest: None,
            missed: 0,
            missed_logged: None,
        }
    }

    /// Runs `work`, then flushes the remaining lines and notices.
    pub(crate) fn run(
        mut self,
        work: impl FnOnce(&mut Self) -> Result<(), ConsumerError>,
    ) -> Result<(), ConsumerError> {
        let result = work(&mut self);
        let flushed = self.flush().map(drop);
        self.log_missed();
        result.and(flushed)
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
            Ok(Event::Record(publication)) => {
                if self.newest.is_none() {
                    self.health.check(&mut self.link, publication)?;
                }
                self.print(publication)
            }
            Ok(Event::Missed(count)) => self.miss(count),
            Err(error) if !self.link.is_attached() => Err(error.into()),
            change => {
                match change {
                    Ok(Event::Attached | Event::Replaced) => {
                        self.newest = None;
                        self.adapt()?;
                    }
                    // The error says what the notice would.
                    Ok(Event::Writer(_)) if !self.health.waits => {
                        self.health.check(&mut self.link, None)?;
                    }
                    _ => {}
                }
                let notices = self.link.notices(change);
                self.log(&notices)
            }
        }
    }

    /// Prints records of the region that is attached from now on.
    fn adapt(&mut self) -> Result<(), ConsumerError> {
        let Some(schema) = self.link.schema() else { return Ok(()) };
        let adapted = self.printer.adapt(schema);
        adapted.map_err(|error| Kind::View { path: self.link.path(), error }.into())
    }

    /// Prints the record that was copied last, buffered.
    pub(crate) fn print(&mut self, record: Option<Publication>) -> Result<Flow, ConsumerError> {
        self.saw(record);
        self.printer.print(&self.link.reading(record), self.environment.stdout())
    }

    /// A record was read, printed or not.
    pub(crate) fn saw(&mut self, record: Option<Publication>) {
        self.newest = record;
        self.timeout.saw(record);
    }

    /// An error if the record read last is too old by now, or the writer in another state than asked
    /// for.
    pub(crate) fn check_health(&mut self) -> Result<(), ConsumerError> {
        self.health.check(&mut self.link, self.newest)
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

    /// Counts lost records. Logs them immediately, or with the next ones if misses were just
    /// logged.
    fn miss(&mut self, count: u64) -> Result<Flow, ConsumerError> {
        self.missed = self.missed.saturating_add(count);
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
        self.missed > 0 && self.missed_logged.is_none_or(|logged| now.since(logged) >= MISSED_EVERY)
    }

    fn log_missed(&mut self) {
        if self.missed > 0 {
            let missed = Change::Missed(std::mem::take(&mut self.missed));
            self.environment.notify(&Notice::new(self.link.path(), missed));
            self.missed_logged = Some(Monotonic::now());
        }
    }

    /// Waits for a record.
    pub(crate) fn wait(&mut self) -> Result<Flow, ConsumerError> {
        let span = self.timeout.shorten(self.link.next_look());
        let span = self.health.shorten(span, self.newest);
        self.environment.wait(&mut self.link, span)?;
        Ok(self.flow())
    }

    /// Sleeps for `span`, or less if a check is due before.
    pub(crate) fn sleep(&mut self, span: Duration) -> Result<Flow, ConsumerError> {
        let span = self.timeout.shorten(span.min(self.link.next_look()));
        let span = self.health.shorten(span, self.newest);
        self.environment.sleep(span)?;
        Ok(self.flow())
    }

    fn flow(&mut self) -> Flow {
        let is_over = self.environment.is_stopped() || self.environment.stdout_closed();
        if is_over { Flow::Break(()) } else { Flow::Continue(()) }
    }
}
