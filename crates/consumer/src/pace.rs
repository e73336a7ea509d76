//! What the loops need from outside: time, signals, a reader of stdout.

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use daemon::{Monotonic, Service, Signals, logging};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::error::ConsumerError;
use crate::link::Link;
use crate::notice::Notice;

/// Time, and the stop signal.
pub(crate) trait Pace {
    /// Whether a stop signal came.
    fn is_over(&self) -> bool;

    /// Whether stdout was closed by its reader.
    fn is_deserted(&self) -> bool;

    /// Sleeps for `span`, or less if a stop signal comes.
    fn sleep(&mut self, span: Duration) -> Result<(), ConsumerError>;

    /// Sleeps until `link` has something newer, for `span` at the most.
    fn await_record(&mut self, link: &Link, span: Duration) -> Result<(), ConsumerError> {
        // A signal ends the wait: it is a futex with a timeout, which is never restarted.
        if link.wait(span) { Ok(()) } else { self.sleep(span) }
    }

    /// The loop has come round; `sequence` is the record seen last.
    fn turn(&mut self, _link: &Link, _sequence: Option<u64>) {}

    /// Something is so from now on.
    fn note(&mut self, _notice: &Notice) {}
}

/// The process's signals, its stdout, and the service manager that may have started it.
#[derive(Debug)]
pub(crate) struct Outside<'a> {
    pub(crate) signals: &'a Signals,
    pub(crate) stdout: BorrowedFd<'a>,
    /// Shared with [`Stdout`](crate::stdout::Stdout), which pings the watchdog inside a line.
    pub(crate) service: &'a RefCell<Service>,
}

impl Pace for Outside<'_> {
    fn is_over(&self) -> bool {
        self.signals.stop_requested().is_some()
    }

    fn is_deserted(&self) -> bool {
        has_no_reader(self.stdout).unwrap_or(false)
    }

    fn sleep(&mut self, span: Duration) -> Result<(), ConsumerError> {
        let now = Monotonic::now();
        let deadline = now.after(self.service.borrow().clamp_timeout(now, span));
        daemon::wait(self.signals, None, Some(deadline))
            .map(drop)
            .map_err(ConsumerError::system("cannot wait"))
    }

    fn await_record(&mut self, link: &Link, span: Duration) -> Result<(), ConsumerError> {
        let span = self.service.borrow().clamp_timeout(Monotonic::now(), span);
        if link.wait(span) { Ok(()) } else { self.sleep(span) }
    }

    fn turn(&mut self, link: &Link, sequence: Option<u64>) {
        logging::catch_up();
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
            service.progress(now, &format_args!("reading {link}"), sequence);
        }
    }

    fn note(&mut self, notice: &Notice) {
        let mut service = self.service.borrow_mut();
        if service.is_connected() {
            service.status(Monotonic::now(), notice.to_string());
        }
    }
}

/// Has the other end of the pipe been closed?
fn has_no_reader(output: impl AsFd) -> io::Result<bool> {
    // No event is requested: errors are always reported.
    let mut fds = [PollFd::new(&output, PollFlags::empty())];
    poll(&mut fds, Some(&Timespec::default()))?;
    Ok(fds[0].revents().contains(PollFlags::ERR))
}

#[cfg(test)]
mod tests {
    use super::has_no_reader;

    #[test]
    fn a_pipe_that_nobody_reads_is_noticed_without_writing() {
        let (reader, writer) = io_pipe();
        assert!(!has_no_reader(&writer).unwrap());
        drop(reader);
        assert!(has_no_reader(&writer).unwrap());
        assert!(!has_no_reader(tempfile::tempfile().unwrap()).unwrap(), "a file");
    }

    fn io_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
        std::io::pipe().unwrap()
    }
}
