//! Standard output that a signal can get out of.
//!
//! `consumer --follow | less` blocks in `write` as soon as the pipe is full, and a blocked `write`
//! would go on after SIGTERM. So this writer asks first whether there is room, and waits for room
//! or a signal.
//!
//! Price: one `poll` for each write, which is at most [`CHUNK`] bytes long.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;

use daemon::Signals;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// POSIX's `PIPE_BUF` on Linux: a pipe that polls writable takes that much without blocking.
const CHUNK: usize = 4096;

/// A descriptor to write to, given up when a signal asks for the end and it has no room.
#[derive(Debug)]
pub(crate) struct Stdout<'a> {
    output: File,
    signals: &'a Signals,
}

impl<'a> Stdout<'a> {
    pub(crate) fn new(output: impl AsFd, signals: &'a Signals) -> io::Result<Self> {
        Ok(Self { output: output.as_fd().try_clone_to_owned()?.into(), signals })
    }

    /// Waits until there is room. `false`: the end was asked for before there was.
    fn wait_for_room(&self) -> io::Result<bool> {
        loop {
            let mut fds = [
                PollFd::new(&self.output, PollFlags::OUT),
                PollFd::new(self.signals, PollFlags::IN),
            ];
            match poll(&mut fds, None) {
                Ok(_) if !fds[0].revents().is_empty() => return Ok(true),
                Ok(_) | Err(Errno::INTR) if self.signals.stop_requested().is_some() => {
                    return Ok(false);
                }
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Write for Stdout<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.wait_for_room()? {
            // The same as a reader that went away: there is nobody to write for.
            return Err(ErrorKind::BrokenPipe.into());
        }
        self.output.write(&bytes[..bytes.len().min(CHUNK)])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
