//! Standard error, written without blocking on its reader.
//!
//! Invariant: standard error never stops this process: not a pipe that is not read, not a terminal
//! that is stopped (^S), not one that stops background jobs (`stty tostop`). The open file
//! description is not changed: `O_NONBLOCK` would apply to every process that shares it, including
//! the shell on the same terminal.
//!
//! | standard error | how |
//! |---|---|
//! | file | `write` |
//! | socket | `send` with `MSG_DONTWAIT` |
//! | pipe, terminal | opened once more by /proc, with `O_NONBLOCK` for this process alone |
//! | the same where that is refused; other devices | `poll` for room, then at most [`CHUNK`] bytes |
//!
//! In the last case another writer may use the room between `poll` and `write`, and a terminal may
//! have less room than it reports: then a `write` blocks.
//!
//! Price: one descriptor, one system call a line; two more to block SIGTTOU on a terminal.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::net::{SendFlags, send};

use super::sink::{Outcome, Outlet};

/// `PIPE_BUF`: a pipe that polls writable takes that much.
const CHUNK: usize = 4096;
/// The path by which standard error is reopened.
const REOPEN_PATH: &str = "/proc/self/fd/2";

/// Standard error.
#[derive(Debug)]
pub struct Stderr {
    /// `None` if standard error is closed.
    file: Option<File>,
    method: Method,
    /// A terminal may send SIGTTOU to a background job.
    is_terminal: bool,
}

/// How to write without waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    /// Never blocks.
    Write,
    Send,
    Poll,
}

impl Stderr {
    /// The standard error of this process.
    pub fn open() -> Self {
        match Self::new(io::stderr(), REOPEN_PATH) {
            Ok(stderr) => stderr,
            Err(_) => Self { file: None, method: Method::Write, is_terminal: false },
        }
    }

    /// Writes as many bytes as there is room for; the rest is lost.
    pub fn write(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty()
            && let Outcome::Taken(length) = self.offer(bytes)
        {
            bytes = &bytes[length..];
        }
    }

    /// Writes to `output`, whose path is `again`.
    fn new(output: impl AsFd, again: &str) -> io::Result<Self> {
        let shared = File::from(output.as_fd().try_clone_to_owned()?);
        let kind = shared.metadata()?.file_type();
        let is_terminal = rustix::termios::isatty(&shared);
        let own = if kind.is_fifo() || is_terminal { open(again).ok() } else { None };
        let method = match &own {
            Some(_) => Method::Write,
            None if kind.is_socket() => Method::Send,
            None if kind.is_file() => Method::Write,
            None => Method::Poll,
        };
        Ok(Self { file: Some(own.unwrap_or(shared)), method, is_terminal })
    }
}

impl Outlet for Stderr {
    fn offer(&mut self, line: &[u8]) -> Outcome {
        let Some(file) = &self.file else { return Outcome::Failed };
        let write = || match self.method {
            Method::Write => (&*file).write(line),
            Method::Send => {
                let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
                send(file, line, flags).map_err(io::Error::from)
            }
            Method::Poll => write_if_writable(file, line),
        };
        let written = if self.is_terminal { with_sigttou_blocked(write) } else { write() };
        match written {
            Ok(0) => Outcome::NoRoom,
            Ok(length) => Outcome::Taken(length),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::Interrupted => Outcome::NoRoom,
                _ => Outcome::Failed,
            },
        }
    }

    fn name(&self) -> &'static str {
        "standard error"
    }
}

/// Opens the pipe or terminal at `path` for this process alone.
fn open(path: &str) -> io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    OpenOptions::new().write(true).custom_flags(flags).open(path)
}

fn write_if_writable(mut file: &File, line: &[u8]) -> io::Result<usize> {
    let mut fds = [PollFd::new(file, PollFlags::OUT)];
    poll(&mut fds, Some(&Timespec::default()))?;
    if fds[0].revents().is_empty() {
        return Err(ErrorKind::WouldBlock.into());
    }
    file.write(&line[..line.len().min(CHUNK)])
}

/// Runs `write` with SIGTTOU blocked, which lets a background job write to its terminal.
fn with_sigttou_blocked(write: impl FnOnce() -> io::Result<usize>) -> io::Result<usize> {
    let before = SigSet::from(Signal::SIGTTOU).thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let written = write();
    before.thread_set_mask()?;
    written
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read as _, pipe};
    use std::os::fd::{AsFd, AsRawFd, OwnedFd};
    use std::os::unix::net::UnixStream;

    use rustix::fs::{OFlags, fcntl_getfl};

    use super::super::sink::{Outcome, Outlet};
    use super::{CHUNK, Method, Stderr};

    fn stderr(output: impl AsFd) -> Stderr {
        let again = format!("/proc/self/fd/{}", output.as_fd().as_raw_fd());
        Stderr::new(output, &again).expect("an output")
    }

    /// Writes until there is no room; returns the number of bytes.
    fn fill(stderr: &mut Stderr) -> usize {
        let mut written = 0;
        loop {
            match stderr.offer(&[b'x'; CHUNK]) {
                Outcome::Taken(length) => written += length,
                outcome => {
                    assert_eq!(outcome, Outcome::NoRoom);
                    return written;
                }
            }
        }
    }

    #[test]
    fn a_pipe_or_socket_that_is_not_read_has_no_room_and_its_flags_stay() {
        let (pipe_reader, pipe) = pipe().expect("a pipe");
        let (socket_reader, socket) = UnixStream::pair().expect("a pair");
        let readers = [OwnedFd::from(pipe_reader), socket_reader.into()];
        for (reader, writer) in readers.into_iter().zip([OwnedFd::from(pipe), socket.into()]) {
            let mut stderr = stderr(&writer);
            let written = fill(&mut stderr);
            assert!(written >= CHUNK, "{written}");
            let flags = fcntl_getfl(&writer).expect("flags");
            assert!(!flags.contains(OFlags::NONBLOCK), "others share it");
            let mut reader = File::from(reader);
            reader.read_exact(&mut vec![0; written]).expect("all that was written");
            assert_eq!(stderr.offer(b"more"), Outcome::Taken(4));
            drop(reader);
            assert_eq!(stderr.offer(b"more"), Outcome::Failed, "its reader has gone");
        }
    }

    #[test]
    fn a_pipe_that_cannot_be_reopened_is_polled_for_room() {
        let (reader, writer) = pipe().expect("a pipe");
        let mut stderr = Stderr::new(&writer, "/none").expect("an output");
        assert_eq!(stderr.method, Method::Poll);
        let written = fill(&mut stderr);
        let mut reader = File::from(OwnedFd::from(reader));
        reader.read_exact(&mut vec![0; written]).expect("all that was written");
        assert_eq!(stderr.offer(&[b'y'; 3 * CHUNK]), Outcome::Taken(CHUNK), "no more at once");
    }

    #[test]
    fn files_and_devices_are_written_to() {
        let file = tempfile::tempfile().expect("file");
        assert_eq!(stderr(&file).offer(&[b'x'; 3 * CHUNK]), Outcome::Taken(3 * CHUNK));
        let device = |path| File::options().write(true).open(path).expect("a device");
        assert_eq!(stderr(device("/dev/null")).offer(b"x"), Outcome::Taken(1));
        assert_eq!(stderr(device("/dev/full")).offer(b"x"), Outcome::Failed);
    }
}
