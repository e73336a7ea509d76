//! What the modes share: the region, the printer, the log, and when to stop.
//!
//! Invariant: what is printed and what is logged keep their order. Before a notice goes to stderr,
//! the lines before it have left for stdout.

use std::time::Duration;

use daemon::Monotonic;
use region::{Publication, RegionError};

use crate::environment::Environment;
use crate::error::ConsumerError;
use crate::link::{Event, Link};
use crate::notice::{Change, Notice};
use crate::printer::{Flow, Printer};
use crate::timeout::Timeout;

/// Shortest time between two notices about missed records; those between are added up.
const MISSED_EVERY: Duration = Duration::from_secs(1);

/// One run of the program.
pub(crate) struct Session<'e> {
    pub(crate) link: Link,
    pub(crate) timeout: Timeout,
    pub(crate) environment: &'e mut dyn Environment,
    printer: Printer,
    missed: u64,
    missed_logged: Option<Monotonic>,
}

impl<'e> Session<'e> {
    pub(crate) fn new(
        link: Link,
        printer: Printer,
        timeout: Timeout,
        environment: &'e mut dyn Environment,
    ) -> Self {
        Self { link, timeout, environment, printer, missed: 0, missed_logged: None }
    }

    /// Runs `work`, then prints and logs what is left.
    pub(crate) fn run(
        mut self,
        work: impl FnOnce(&mut Self) -> Result<(), ConsumerError>,
    ) -> Result<(), ConsumerError> {
        let result = work(&mut self);
        let flushed = self.flush().map(drop);
        self.log_missed();
        result.and(flushed)
    }

    /// The loop has come round.
    pub(crate) fn turn(&mut self) {
        self.environment.turn(&self.link, self.timeout.sequence());
    }

    /// Prints the record, or logs the change.
    ///
    /// # Errors
    /// What is there cannot be read, and nothing has been read yet.
    pub(crate) fn handle(
        &mut self,
        event: Result<Event, RegionError>,
    ) -> Result<Flow, ConsumerError> {
        match event {
            Ok(Event::Record(publication)) => self.print(publication),
            Ok(Event::Missed(count)) => self.miss(count),
            Err(error) if !self.link.is_attached() => Err(error.into()),
            change => {
                let notices = self.link.notices(change);
                self.log(&notices)
            }
        }
    }

    /// Prints the record that was copied last, buffered.
    pub(crate) fn print(&mut self, record: Option<Publication>) -> Result<Flow, ConsumerError> {
        self.timeout.saw(record);
        self.printer.print(&self.link.reading(record), self.environment.stdout())
    }

    /// Sends what is printed.
    pub(crate) fn flush(&mut self) -> Result<Flow, ConsumerError> {
        self.printer.flush(self.environment.stdout())
    }

    /// Sends what is printed, then logs.
    pub(crate) fn log(&mut self, notices: &[Notice]) -> Result<Flow, ConsumerError> {
        let flow = self.flush()?;
        for notice in notices {
            self.environment.notify(notice);
        }
        Ok(flow)
    }

    /// Records are gone. Logs that at once, or together with others if it has just been logged.
    fn miss(&mut self, count: u64) -> Result<Flow, ConsumerError> {
        self.missed = self.missed.saturating_add(count);
        if self.is_missed_due() { self.settle() } else { Ok(Flow::Continue(())) }
    }

    /// Sends what is printed, and logs what is missed if it is time to.
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
        self.environment.wait(&mut self.link, span)?;
        Ok(self.flow())
    }

    /// Sleeps for `span`, or until something has to be looked at.
    pub(crate) fn sleep(&mut self, span: Duration) -> Result<Flow, ConsumerError> {
        let span = self.timeout.shorten(span.min(self.link.next_look()));
        self.environment.sleep(span)?;
        Ok(self.flow())
    }

    fn flow(&mut self) -> Flow {
        let is_over = self.environment.is_stopped() || self.environment.stdout_closed();
        if is_over { Flow::Break(()) } else { Flow::Continue(()) }
    }
}
