//! How fast publish, latest, next and wake are, beside what the machine itself can do.
//!
//! Invariant: both sides of a ratio are measured in the same run, in short batches that take turns,
//! on the same processors. A ratio alone depends more on the machine than on the code.
//!
//! ```text
//!   ours                           the bare limit
//!   publish, latest                memcpy of the same bytes, through a call            alone
//!   publish, latest of 28 bytes    the protocol's stores and loads, and nothing else    bare
//!   the same beside a writer       a ring, a cell, a ring with a front, two threads     beside
//!   next, both sides spinning      two processes, one cache line each way              ping_pong
//!   wake of a sleeping reader      two processes, a raw futex each way                 ping_pong
//!   take-over by a standby         two processes, a lock from one to the other         handover
//! ```
//!
//! Price: `cargo bench` takes some minutes, with `--quick` less than one. The targets are for two
//! processors that are otherwise idle. On a busy machine use the least rather than the median, and
//! ignore the sleepers. Two virtual processors may be the two threads of one core: then load on the other
//! one slows down code that keeps a core busy (ours) more than code that waits (the call of memcpy).

use std::io;
use std::process::ExitCode;
use std::time::Duration;
use tempfile::TempDir;

pub mod alone;
pub mod bare;
pub mod beside;
pub mod compare;
pub mod handover;
pub mod lines;
pub mod machine;
pub mod ping_pong;
pub mod records;
pub mod table;

/// What ends a benchmark: a text for the person who reads it.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Something that can be done n times: returns how long it took.
pub type Batch<'a> = Box<dyn FnMut(u64) -> Result<Duration, Failure> + 'a>;

/// The exit code of a benchmark; its failure goes to stderr.
pub fn exit(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        #[expect(clippy::print_stderr, reason = "the message of a failed program")]
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// A directory in memory: on a disk, the disk would be measured.
pub fn place() -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("mapcast-bench-").tempdir_in("/dev/shm")
}

/// Record sizes that are measured, in bytes.
pub const SIZES: [usize; 4] = [28, 256, 4096, 65_536];
