//! Standard output whose writes a signal can interrupt, even inside a line.
//!
//! A line may be hundreds of megabytes long and take seconds to make and to write, and
//! `consumer --follow | less` blocks in `write` as soon as the pipe is full. All output passes
//! through here in pieces, so this is where a long line checks for signals and pings the service
//! manager's watchdog.
//!
//! Invariant: the bytes that arrive are a prefix of the bytes written. A line that a stop cut off
//! does not look complete: it ends with [`BROKEN_OFF`], or, if there is no room for that, without a
//! newline; and it is logged.
//!
//! ```text
//!   stop signal, room          the current line may be finished within GRACE
//!   stop signal, no room       the output ends immediately
//! ```
//!
//! Price: one `poll` for each write, which is at most [`CHUNK`] bytes long.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use daemon::{Monotonic, Service, Signals};
use render::BROKEN_OFF;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// POSIX's `PIPE_BUF` on Linux: a pipe that polls writable takes that much without blocking.
const CHUNK: usize = 4096;
/// How long the current line may take after a stop signal.
const GRACE: Duration = Duration::from_secs(1);

/// A descriptor to write to; writes fail once a stop signal came and GRACE has passed.
#[derive(Debug)]
pub(crate) struct Stdout<'a> {
    output: File,
    signals: &'a Signals,
    service: &'a RefCell<Service>,
    grace: Duration,
    /// When a write first saw the stop signal.
    stopping: Option<Monotonic>,
    /// Whether the last byte written was not a newline.
    is_inside_a_line: bool,
    /// Whether output was dropped: nothing may follow it.
    has_given_up: bool,
    /// Whether it was written to since the last call of [`is_closed`](Self::is_closed).
    is_written: bool,
}

impl<'a> Stdout<'a> {
    pub(crate) fn new(
        output: impl AsFd,
        signals: &'a Signals,
        service: &'a RefCell<Service>,
    ) -> io::Result<Self> {
        Ok(Self {
            output: output.as_fd().try_clone_to_owned()?.into(),
            signals,
            service,
            grace: GRACE,
            stopping: None,
            is_inside_a_line: false,
            has_given_up: false,
            is_written: false,
        })
    }

    /// Whether the reader has closed the other end of the pipe. No system call after a write, which
    /// would have failed.
    pub(crate) fn is_closed(&mut self) -> bool {
        !std::mem::take(&mut self.is_written) && has_no_reader(&self.output).unwrap_or(false)
    }

    /// Waits until there is room. `false` if a stop signal came first.
    fn wait_for_room(&self) -> io::Result<bool> {
        loop {
            let left = self.keep_alive();
            let mut fds = [
                PollFd::new(&self.output, PollFlags::OUT),
                PollFd::new(self.signals, PollFlags::IN),
            ];
            match poll(&mut fds, left.as_ref()) {
                Ok(_) if !fds[0].revents().is_empty() => return Ok(true),
                Ok(_) | Err(Errno::INTR) if self.signals.stop_requested().is_some() => {
                    return Ok(false);
                }
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Pings the watchdog if that is due; returns the time until the next ping.
    fn keep_alive(&self) -> Option<Timespec> {
        let mut service = self.service.borrow_mut();
        if !service.is_connected() {
            return None;
        }
        let now = Monotonic::now();
        service.keep_alive(now);
        service.deadline().and_then(|deadline| Timespec::try_from(deadline.since(now)).ok())
    }

    /// Whether GRACE has passed since the stop signal.
    fn grace_has_passed(&mut self) -> bool {
        if self.signals.stop_requested().is_none() {
            return false;
        }
        let now = Monotonic::now();
        now.since(*self.stopping.get_or_insert(now)) >= self.grace
    }

    /// Marks the current line as cut off. The caller has checked that there is room.
    fn break_off(&mut self) {
        if self.is_inside_a_line {
            // If that fails, the missing newline marks the line.
            let _ = self.output.write(format!("{BROKEN_OFF}\n").as_bytes());
        }
    }

    /// Drops this output and everything after it.
    fn give_up(&mut self) -> io::Error {
        if self.is_inside_a_line && !self.has_given_up {
            tracing::warn!("stopped inside a line: the last line on stdout is not whole");
        }
        self.has_given_up = true;
        // As if the reader had closed the pipe.
        ErrorKind::BrokenPipe.into()
    }
}

/// Whether the other end of the pipe is closed.
fn has_no_reader(output: impl AsFd) -> io::Result<bool> {
    // No event is requested: errors are always reported.
    let mut fds = [PollFd::new(&output, PollFlags::empty())];
    poll(&mut fds, Some(&Timespec::default()))?;
    Ok(fds[0].revents().contains(PollFlags::ERR))
}

/// The part of `bytes` to write in one call: whole lines, unless the first is too long.
fn chunk(bytes: &[u8]) -> &[u8] {
    let most = &bytes[..bytes.len().min(CHUNK)];
    let lines = most.iter().rposition(|&byte| byte == b'\n').map(|end| &most[..=end]);
    lines.unwrap_or(most)
}

impl Write for Stdout<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.has_given_up || !self.wait_for_room()? {
            return Err(self.give_up());
        }
        if self.grace_has_passed() {
            self.break_off();
            return Err(self.give_up());
        }
        let written = self.output.write(chunk(bytes))?;
        self.is_written = true;
        self.is_inside_a_line = bytes[..written].last().is_some_and(|&last| last != b'\n');
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::fs;
    use std::io::{ErrorKind, Write};
    use std::time::Duration;

    use daemon::{Service, Signals};
    use rustix::pipe::{PipeFlags, pipe_with};
    use rustix::process::{Signal, getpid, kill_process};

    use super::{CHUNK, Stdout, chunk, has_no_reader};

    #[test]
    fn a_closed_pipe_is_noticed_without_writing() {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        assert!(!has_no_reader(&writer).expect("poll"));
        drop(reader);
        assert!(has_no_reader(&writer).expect("poll"));
        assert!(!has_no_reader(tempfile::tempfile().expect("a file")).expect("poll"), "a file");
    }

    #[test]
    fn a_chunk_ends_with_a_line_wherever_it_can() {
        assert_eq!(chunk(b"one\ntwo\nthr"), b"one\ntwo\n");
        assert_eq!(chunk(b"one"), b"one");
        let long = [&[b'x'; CHUNK][..], b"\n"].concat();
        assert_eq!(chunk(&long), &long[..CHUNK]);
    }

    // One test, because a signal is for the whole process.
    #[test]
    fn after_a_stop_the_current_line_is_finished_in_time_or_marked() {
        let signals = Signals::stop_only().expect("handlers");
        let service = RefCell::new(Service::default());
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("out");
        let file = fs::File::create(&path).expect("a file");
        let mut stdout = Stdout::new(&file, &signals, &service).expect("a descriptor");
        stdout.write_all(b"whole\nbeg").expect("no stop yet");
        kill_process(getpid(), Signal::TERM).expect("a signal");
        while signals.stop_requested().is_none() {
            std::thread::yield_now(); // another thread may be the one that gets it
        }
        stdout.grace = Duration::MAX;
        stdout.write_all(b"un, ").expect("there is time for the current line");
        stdout.grace = Duration::ZERO;
        for rest in [b"and never\n".as_slice(), b"next\n"] {
            let error = stdout.write_all(rest).expect_err("the time has expired");
            assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        }
        assert_eq!(fs::read_to_string(&path).expect("text"), "whole\nbegun,  [...]\n");

        let mut between = Stdout::new(&file, &signals, &service).expect("a descriptor");
        between.grace = Duration::ZERO;
        between.write_all(b"never\n").expect_err("the time has expired");
        assert_eq!(fs::read_to_string(&path).expect("text"), "whole\nbegun,  [...]\n");

        let (_reader, pipe) = pipe_with(PipeFlags::CLOEXEC).expect("a pipe");
        let mut full = Stdout::new(&pipe, &signals, &service).expect("a descriptor");
        let error = full.write_all(&vec![b'x'; 1 << 20]).expect_err("no room, and a stop");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    }
}
