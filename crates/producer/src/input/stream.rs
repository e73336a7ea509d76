//! The stream of the input: standard input, or a named pipe.
//!
//! Invariant: a read never blocks the daemon. Standard input is read only after `ppoll` called it
//! readable (its flags are left alone, because other processes share them); everything else is
//! opened with `O_NONBLOCK`.
//!
//! ```text
//!   standard input, file    bytes ... end                                  the end ends the daemon
//!   named pipe              bytes ... writers left, open again, bytes ...  no end
//! ```
//!
//! After its last writer has left, a named pipe reads as ended, and `ppoll` would report it again
//! and again. So it is reopened: the kernel does not report the end to a descriptor that has not
//! seen a writer. The old descriptor is closed afterwards, so that no byte is lost. If another pipe has taken the
//! name, what the old one holds is read first.
//!
//! A named pipe is found first and opened later: see [`FoundPipe`].
//!
//! Price: two system calls each time the last writer leaves.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use region::{FileId, special_file};
use rustix::fs::{FileType, FlockOperation, OFlags, flock};
use rustix::io::Errno;

use super::found_pipe::{FoundPipe, may_read, open_by_descriptor};

/// The capacity to give a pipe that is polled, in bytes: the maximum for an ordinary user
/// (`/proc/sys/fs/pipe-max-size`).
const PIPE_SIZE: usize = 1 << 20;

/// How often, and how long after each other, to mark a stream that another process has locked.
const HOLD_ATTEMPTS: u32 = 3;
const HOLD_PAUSE: Duration = Duration::from_millis(1);

/// The result of one read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunk {
    /// This many bytes.
    Bytes(usize),
    /// Nothing now; wait.
    Nothing,
    /// The last writer of a named pipe has left; others may come.
    WritersLeft,
    /// The end of the stream.
    End,
}

/// An input.
#[derive(Debug)]
pub(crate) enum Stream {
    /// Standard input.
    Stdin(io::Stdin),
    /// A named pipe that is not open yet: nothing is read, and nothing polled.
    Found(FoundPipe),
    /// A named pipe.
    Pipe {
        /// Its name.
        path: PathBuf,
        /// The end to read from.
        file: File,
    },
    /// A regular file or a device, read to its end.
    File {
        /// Its name.
        path: PathBuf,
        /// The file.
        file: File,
    },
}

const DIRECTORY: &str = "a directory";
const NO_PIPE_ANY_MORE: &str = "no pipe any more";
const SOCKET: &str = "a socket or no device";

/// Why a path cannot be the input.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum OpenError {
    /// No such file.
    #[error("{}: there is no such pipe; make it first (mkfifo {})", .0.display(), daemon::cli::shell_path(.0))]
    NotThere(PathBuf),
    /// Not an input: a directory, a socket, or a file in place of a removed pipe.
    #[error("{}: is {what}; give a named pipe (mkfifo)", path.display())]
    NotAPipe {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// The system refused.
    #[error("{}: cannot open: {source}; give the producer's account permission to read it", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// An error if `path` is no named pipe that can be read. It is not opened: its writer would see a reader come and go.
///
/// A start reads a file or a device as well, to its end; but a path in a configuration is most likely meant to be
/// a pipe, and what is in its place left by a program that started before the pipe was made.
pub(crate) fn check_input(path: &Path) -> Result<(), OpenError> {
    let refused = |what| Err(OpenError::NotAPipe { path: path.to_owned(), what });
    let kind = fs::metadata(path).map(|meta| meta.file_type());
    match kind.map_err(|error| not_opened(path, error))? {
        kind if kind.is_socket() => refused(SOCKET),
        kind if !kind.is_fifo() => refused(special_file(kind).unwrap_or("a regular file")),
        _ => may_read(path).map_err(|error| not_opened(path, error)),
    }
}

pub(super) fn not_opened(path: &Path, source: io::Error) -> OpenError {
    let path = path.to_owned();
    match source.kind() {
        ErrorKind::NotFound => OpenError::NotThere(path),
        // What open(2) returns for a socket.
        _ if source.raw_os_error() == Some(Errno::NXIO.raw_os_error()) => {
            OpenError::NotAPipe { path, what: SOCKET }
        }
        _ => OpenError::Io { path, source },
    }
}

impl Stream {
    /// The named pipe at `path`, which [`begin`](Self::begin) opens, or standard input. What is no pipe has no
    /// writer that waits, and is opened at once.
    pub(crate) fn find(path: Option<&Path>) -> Result<Self, OpenError> {
        let Some(path) = path else { return Ok(Self::Stdin(io::stdin())) };
        FoundPipe::at(path)?.map_or_else(|| Self::open(path), |pipe| Ok(Self::Found(pipe)))
    }

    /// Opens a named pipe that was found. Anything else is open already.
    pub(crate) fn begin(&mut self) -> Result<(), OpenError> {
        let Self::Found(pipe) = self else { return Ok(()) };
        let path = pipe.path().to_owned();
        let file = pipe.open().map_err(|source| not_opened(&path, source))?;
        // Where it could be opened by its name only, another file may have that now.
        let kind = file.metadata().map_err(|source| not_opened(&path, source))?.file_type();
        if !kind.is_fifo() {
            return Err(OpenError::NotAPipe { path, what: NO_PIPE_ANY_MORE });
        }
        *self = Self::Pipe { path, file };
        Ok(())
    }

    /// The file at `path`.
    fn open(path: &Path) -> Result<Self, OpenError> {
        let io = |source| not_opened(path, source);
        let file = open(path).map_err(io)?;
        let kind = file.metadata().map_err(io)?.file_type();
        if kind.is_fifo() {
            Ok(Self::Pipe { path: path.to_owned(), file })
        } else if kind.is_dir() {
            Err(OpenError::NotAPipe { path: path.to_owned(), what: DIRECTORY })
        } else {
            Ok(Self::File { path: path.to_owned(), file })
        }
    }

    /// Whether both are the same named pipe, perhaps by two names.
    pub(crate) fn is_same_pipe(&self, other: &Self) -> bool {
        self.pipe_id().is_some_and(|ours| other.pipe_id() == Some(ours))
    }

    fn pipe_id(&self) -> Option<FileId> {
        let file = match self {
            Self::Found(pipe) => pipe.file(),
            Self::Pipe { file, .. } => file,
            Self::Stdin(_) | Self::File { .. } => return None,
        };
        FileId::of(file).ok()
    }

    /// Follows a named pipe by another of its names from now on.
    pub(crate) fn rename(&mut self, name: &Path) {
        match self {
            Self::Found(pipe) => pipe.rename(name),
            Self::Pipe { path, .. } => name.clone_into(path),
            Self::Stdin(_) | Self::File { .. } => {}
        }
    }

    /// What it is called in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin(_) => "standard input".to_owned(),
            Self::Found(pipe) => pipe.path().display().to_string(),
            Self::Pipe { path, .. } | Self::File { path, .. } => path.display().to_string(),
        }
    }

    /// Reads what is there.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Chunk> {
        let read = match self {
            // Not through `Stdin`, whose own buffer `ppoll` does not see.
            Self::Stdin(stdin) => rustix::io::read(stdin.as_fd(), buffer).map_err(io::Error::from),
            Self::Found(_) => return Ok(Chunk::Nothing),
            Self::Pipe { file, .. } | Self::File { file, .. } => file.read(buffer),
        };
        match read {
            Ok(0) if matches!(self, Self::Pipe { .. }) => Ok(Chunk::WritersLeft),
            Ok(0) => Ok(Chunk::End),
            Ok(length) => Ok(Chunk::Bytes(length)),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                Ok(Chunk::Nothing)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a read right after a read is allowed: it returns [`Chunk::Nothing`] and does not block.
    pub(crate) fn is_nonblocking(&self) -> bool {
        matches!(self, Self::Pipe { .. })
    }

    /// Whether the stream's writer blocks until it is read: a pipe or a socket.
    fn has_blocking_writer(&self) -> bool {
        let kind = rustix::fs::fstat(self).map(|stat| FileType::from_raw_mode(stat.st_mode));
        matches!(kind, Ok(FileType::Fifo | FileType::Socket))
    }

    /// Marks the stream as being read, for standbys, until it is closed.
    pub(crate) fn hold(&self) {
        if !self.has_blocking_writer() {
            return;
        }
        // A stream that does not support locks is read without a mark. A standby that looks has it locked for a moment.
        for _ in 0..HOLD_ATTEMPTS {
            if flock(self, FlockOperation::NonBlockingLockShared) != Err(Errno::WOULDBLOCK) {
                return;
            }
            std::thread::sleep(HOLD_PAUSE);
        }
    }

    /// Locks the stream if its writer can block and no other producer has it locked; `true` if so.
    pub(crate) fn claim(&self) -> bool {
        if !self.has_blocking_writer()
            || flock(self, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK)
        {
            return false;
        }
        self.hold();
        // A larger pipe keeps the writer from blocking between two checks of a standby. Without it,
        // the writer may block.
        if rustix::pipe::fcntl_getpipe_size(self).is_ok_and(|size| size < PIPE_SIZE) {
            let _ = rustix::pipe::fcntl_setpipe_size(self, PIPE_SIZE);
        }
        true
    }

    /// Opens the same named pipe again, after its writers have left.
    pub(crate) fn reopen(&mut self) -> io::Result<()> {
        if let Self::Pipe { path, file } = self {
            let anew = open_by_descriptor(file).or_else(|_| open(path))?;
            let _ = flock(&anew, FlockOperation::NonBlockingLockShared);
            // The old one is closed by the assignment: after the new one is open, and held.
            *file = anew;
        }
        Ok(())
    }

    /// The most bytes that can be in it: those of a pipe at one time.
    pub(crate) fn capacity(&self) -> usize {
        rustix::pipe::fcntl_getpipe_size(self).unwrap_or(0)
    }

    /// Another pipe that has taken the name. `None`: the name is still this pipe's. After an error this pipe is
    /// still read.
    pub(crate) fn successor(&self) -> Result<Option<Self>, OpenError> {
        let Self::Pipe { path, file } = self else { return Ok(None) };
        let ours = FileId::of(file);
        match fs::metadata(path).map(|meta| FileId::of_metadata(&meta)) {
            Ok(named) if ours.is_ok_and(|ours| ours == named) => return Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(OpenError::NotThere(path.clone()));
            }
            _ => {}
        }
        let next = Self::open(path)?;
        if !matches!(next, Self::Pipe { .. }) {
            // `echo ... > NAME` after the removal of the pipe creates a file, and its end would end
            // us.
            return Err(OpenError::NotAPipe { path: path.clone(), what: NO_PIPE_ANY_MORE });
        }
        Ok(Some(next))
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Stdin(stdin) => stdin.as_fd(),
            Self::Found(pipe) => pipe.as_fd(),
            Self::Pipe { file, .. } | Self::File { file, .. } => file.as_fd(),
        }
    }
}

/// Opens `path` to read, and never waits for a writer.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)
}
