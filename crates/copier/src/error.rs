//! Why a copy failed: the file, the fact, the next step.

use std::io;
use std::path::{Path, PathBuf};

use daemon::{Signals, StopSignal};

use crate::advice::{Op, advice};
use crate::engine::Pair;
use crate::fault::{Fault, FaultKind};

/// Why [`run`](crate::run) failed. Displays as one line that ends with the next step. The
/// destination is as it was before.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct CopyError(#[from] pub(crate) Kind);

/// The kinds of [`CopyError`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    #[error("{}: {op}: {source}; {}", path.display(), advice(*op, source))]
    Io { path: PathBuf, op: Op, source: io::Error },
    #[error("{}: no such file; check the name", .0.display())]
    NoSource(PathBuf),
    #[error("{}: is {what}; give the name of a regular file", path.display())]
    NotAFile { path: PathBuf, what: &'static str },
    #[error("{}: is a directory; give the name of the copy in it: {}", .0.display(), .1.display())]
    DestIsDirectory(PathBuf, PathBuf),
    #[error("{}: is a mount, as containers make of single files, and cannot be replaced; give the copy another name", .0.display())]
    Mounted(PathBuf),
    #[error("{}: exists; leave out --no-clobber to replace it", .0.display())]
    Exists(PathBuf),
    #[error("{}: is a symbolic link to nothing; remove it, or create its target", .0.display())]
    DanglingLink(PathBuf),
    #[error("{}: its directory does not exist; create it first", .0.display())]
    NoDirectory(PathBuf),
    #[error("{}: is the source itself; give the copy another name", .0.display())]
    SameFile(PathBuf),
    #[error("{}: names no file; give the copy a name", .0.display())]
    NoName(PathBuf),
    #[error("{}: is a symbolic link that uid {uid} put into a world-writable directory; give the name it points to", path.display())]
    ForeignLink { path: PathBuf, uid: u32 },
    #[error("{}: the file with this name keeps changing; try again when no other process renames files there", .0.display())]
    Unsettled(PathBuf),
    #[error("{}: leads to an open file that has no name any more; give the name of a regular file", .0.display())]
    Nameless(PathBuf),
    #[error("{}: another process replaced the file with this name meanwhile; its former file is {} now: rename it", path.display(), aside.display())]
    Displaced { path: PathBuf, aside: PathBuf },
    #[error("{path}: is a region that a writer holds, and its records would be mixed; take a snapshot: consumer {word} --snapshot FILE", path = .0.display(), word = daemon::cli::shell_path(.0))]
    LiveRegion(PathBuf),
    #[error("{}: is a region of instances that a writer holds, and its records would be mixed; stop its producer, then copy it", .0.display())]
    LiveInstances(PathBuf),
    #[error("{}: {what} while it was copied; copy it again when no process writes to it", path.display())]
    SourceChanged { path: PathBuf, what: String },
    #[error("{}: {fault}; {} was not touched", path.display(), dest.display())]
    Fault { path: PathBuf, fault: Fault, dest: PathBuf },
    #[error("process {pid} of the copy {how}; start again. {} was not touched", dest.display())]
    WorkerLost { pid: u32, how: String, dest: PathBuf },
    #[error("stopped by {signal}; {} was not touched", dest.display())]
    Stopped { signal: StopSignal, dest: PathBuf },
    #[error(
        "cannot {what}: {source}; raise the limit of open files (ulimit -n) or of processes (ulimit -u)"
    )]
    System { what: &'static str, source: io::Error },
}

impl Kind {
    /// A fault names the file that it is of.
    pub(crate) fn of_fault(fault: Fault, pair: Pair<'_>) -> Self {
        let of_dest = matches!(fault.kind, FaultKind::Write(_) | FaultKind::Mismatch);
        let path = if of_dest { pair.dest_path } else { pair.source_path };
        Self::Fault { path: path.to_owned(), fault, dest: pair.dest_path.to_owned() }
    }

    /// An error once a stop signal has come; `dest` is the copy that is not made then.
    pub(crate) fn expect_not_stopped(signals: &Signals, dest: &Path) -> Result<(), Self> {
        match signals.stop_requested() {
            Some(signal) => Err(Self::Stopped { signal, dest: dest.to_owned() }),
            None => Ok(()),
        }
    }

    /// Whether the source ended before its reported length.
    pub(crate) fn is_early_end(&self) -> bool {
        matches!(self, Self::Fault { fault: Fault { kind: FaultKind::Shrunk, .. }, .. })
    }

    /// For `map_err`: `op` failed on `path`.
    pub(crate) fn io<E: Into<io::Error>>(path: &Path, op: Op) -> impl FnOnce(E) -> Self + use<E> {
        let path = path.to_owned();
        move |source| Self::Io { path, op, source: source.into() }
    }

    /// For `map_err`: what the copy needs beside its files.
    pub(crate) fn system<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::System { what, source: source.into() }
    }
}
