//! What the loops need from outside: time, signals, stdout, the log.

use std::cell::RefCell;
use std::io::Write;
use std::time::Duration;

use daemon::{Monotonic, Service, Signals, logging};

use crate::error::ConsumerError;
use crate::link::Link;
use crate::messages::{Change, Log, Notice};
use crate::stdout::Stdout;

/// The process around a session, which the tests replace by a script.
pub(crate) trait Environment {
    /// Whether a stop signal came.
    fn is_stopped(&self) -> bool;

    /// Whether stdout was closed by its reader.
    fn stdout_closed(&mut self) -> bool;

    /// Where records go.
    fn stdout(&mut self) -> &mut dyn Write;

    /// Sleeps for `span`, or less if a stop signal comes.
    fn sleep(&mut self, span: Duration) -> Result<(), ConsumerError>;

    /// Sleeps until `link` has something newer, for `span` at the most.
    fn wait(&mut self, link: &mut Link, span: Duration) -> Result<(), ConsumerError>;

    /// Called once per turn of the loop; `sequence` is the last record seen.
    fn turn(&mut self, link: &Link, sequence: Option<u64>);

    /// Logs a change.
    fn notify(&mut self, notice: &Notice);
}

/// The process's signals, its stdout and log, and the service manager that may have started it.
#[derive(Debug)]
pub(crate) struct Process<'a> {
    pub(crate) signals: &'a Signals,
    pub(crate) stdout: Stdout<'a>,
    /// Shared with `stdout`, which pings the watchdog inside a line.
    pub(crate) service: &'a RefCell<Service>,
    pub(crate) log: Log,
}

impl Environment for Process<'_> {
    fn is_stopped(&self) -> bool {
        self.signals.stop_requested().is_some()
    }

    fn stdout_closed(&mut self) -> bool {
        self.stdout.is_closed()
    }

    fn stdout(&mut self) -> &mut dyn Write {
        &mut self.stdout
    }

    fn sleep(&mut self, span: Duration) -> Result<(), ConsumerError> {
        let now = Monotonic::now();
        let deadline = now.after(self.service.borrow().clamp_timeout(now, span));
        daemon::wait(self.signals, None, Some(deadline))
            .map(drop)
            .map_err(ConsumerError::system("cannot wait"))
    }

    fn wait(&mut self, link: &mut Link, span: Duration) -> Result<(), ConsumerError> {
        let span = self.service.borrow().clamp_timeout(Monotonic::now(), span);
        // A signal ends the wait: it is a futex with a timeout, which is never restarted.
        if link.wait(span) { Ok(()) } else { self.sleep(span) }
    }

    fn turn(&mut self, link: &Link, sequence: Option<u64>) {
        logging::catch_up();
        self.log.catch_up();
        let mut service = self.service.borrow_mut();
        if !service.is_connected() {
            return;
        }
        let now = Monotonic::now();
        service.keep_alive(now);
        if !service.is_ready() {
            let verb = if link.is_attached() { "reading" } else { "waiting for" };
            service.ready(now, &format!("{verb} {link}"));
        }
        if let Some(sequence) = sequence {
            service.progress(now, &format_args!("reading {link}: sequence {sequence}"), sequence);
        }
    }

    fn notify(&mut self, notice: &Notice) {
        if !matches!(notice.change, Change::Missed(_)) {
            self.service.borrow_mut().status(Monotonic::now(), notice.to_string());
        }
        self.log.write(notice);
    }
}
