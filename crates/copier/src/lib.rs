//! The copier: a file copied by several processes, each a part at a time.
//!
//! Invariant: the name leads to the same file as before, or to the whole copy, whatever ends the program.
//! No worker outlives it.
//!
//! ```text
//!   source --plan--> parts --board (next part)--> worker --engine--> dest, aside
//!                                \                  |                  |
//!                 crew            '<-- progress ----'                  | all done, source unchanged:
//!                   '--> bar                                           '--> mode, times, fsync, name
//! ```
//!
//! - `plan`: which bytes hold data, in parts of at most 8 MiB.
//! - `board`: the next part and each worker's progress, in anonymous shared memory.
//! - `engine`: mmap, pread or copy-range, and the measurement that chooses one.
//! - `crew`: forked workers, watched until all have ended.
//! - `source`: the file that is copied, and whether it was unchanged.
//! - `dest`, `place`, `rights`, `attributes`: a file without a name until it is complete, its directory,
//!   its mode and owner, and what else `--preserve` keeps.
//! - `advice`: what to do when a system call fails.
//!
//! Price: one process start; from 8 MiB on, a fork and a descriptor for each worker.

mod advice;
mod attributes;
mod bar;
mod board;
pub mod cli;
mod crew;
mod dest;
mod engine;
mod error;
mod fault;
mod place;
mod plan;
mod rights;
mod source;
mod summary;
mod work;
mod writers;

use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::thread::available_parallelism;
use std::time::Instant;

use advice::Op;
use attributes::NotKept;
use bar::Bar;
use board::Progress;
use cli::Args;
use crew::Done;
use daemon::Signals;
use dest::Dest;
use engine::{Engine, Engines, Pair, Scores};
pub use error::CopyError;
use error::Kind;
use layout::text::plain;
use plan::Part;
use source::Source;
use summary::{Made, Summary};
use work::{Job, Task};

/// Copies `args.source` to `args.dest`.
///
/// Must be called by a process with one thread, which is forked.
///
/// # Errors
/// A line that names the file, the fact and the next step; the destination was not touched, unless
/// it was its directory that could not be synced.
pub fn run(args: &Args) -> Result<(), CopyError> {
    let start = Instant::now();
    let signals = Signals::stop_only().map_err(Kind::system("handle signals"))?;
    let source = Source::open(&args.source)?;
    let dest = Dest::create(&source, args)?;
    let copy = Copy { args, source: &source, dest: &dest, signals: &signals };
    let made = copy.make()?;
    source.expect_unchanged()?;
    copy.expect_not_stopped()?;
    let not_kept = dest.name()?;
    if !not_kept.is_empty() {
        warn_of(&not_kept, args);
    }
    if args.verbose {
        print(&Summary { made, elapsed: start.elapsed() });
    }
    Ok(())
}

/// One copy under way.
struct Copy<'a> {
    args: &'a Args,
    source: &'a Source,
    dest: &'a Dest<'a>,
    signals: &'a Signals,
}

impl Copy<'_> {
    /// Makes the copy.
    fn make(&self) -> Result<Made, Kind> {
        if !self.source.has_reliable_length() {
            return self.to_the_end();
        }
        let made = self.in_parts();
        let is_claim = match &made {
            Ok(_) => self.source.is_longer(),
            Err(kind) => kind.is_early_end(),
        };
        if is_claim && self.source.expect_unchanged().is_ok() { self.to_the_end() } else { made }
    }

    /// For a source whose reported length is reliable.
    fn in_parts(&self) -> Result<Made, Kind> {
        let parts = self.parts()?;
        // Without shared memory the processes cannot share measurements.
        let scores = Scores::new().ok();
        let task = match (self.args.engine.named(), &scores) {
            (Some(engine), _) => Task::CopyWith(engine),
            (None, Some(scores)) => Task::Copy(scores),
            (None, None) => Task::CopyWith(Engine::Pread),
        };
        let done = self.pass(&parts, task, "copying")?;
        self.source.expect_unchanged()?;
        let is_verified = self.args.verify || !self.source.was_constant();
        if is_verified {
            self.compare(&parts)?;
        }
        let data = parts.iter().map(|part| part.len).sum();
        Ok(Made { len: self.source.len(), data, done, is_verified })
    }

    /// Reads both files again, including holes that may have been filled since.
    fn compare(&self, parts: &[Part]) -> Result<(), Kind> {
        let now = self.parts()?;
        self.pass(parts, Task::Compare, "comparing")?;
        if now != parts {
            self.pass(&now, Task::Compare, "comparing")?;
        }
        Ok(())
    }

    fn parts(&self) -> Result<Vec<Part>, Kind> {
        plan::parts(&self.source.file, self.source.len())
            .map_err(Kind::io(&self.source.path, Op::Seek))
    }

    /// For a source of unreliable length: one process reads to the end.
    fn to_the_end(&self) -> Result<Made, Kind> {
        self.dest.set_len(0)?;
        let mut engines = Engines::new(self.pair());
        let fault = |fault| Kind::of_fault(fault, self.pair());
        let go_on = || match self.signals.stop_requested() {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        };
        let len = engines.copy_to_the_end(|_| go_on()).map_err(fault)?;
        self.expect_not_stopped()?;
        let is_verified = self.args.verify;
        if is_verified {
            engines.compare_while(Part { at: 0, len }, go_on).map_err(fault)?;
            self.expect_not_stopped()?;
        }
        let done = Done::alone(Progress { bytes: len, engine: Some(Engine::Pread), fault: None });
        Ok(Made { len, data: len, done, is_verified })
    }

    /// All workers, once over all parts.
    fn pass(&self, parts: &[Part], task: Task<'_>, what: &'static str) -> Result<Done, Kind> {
        let job = Job { pair: self.pair(), parts, task };
        let bar = Bar::new(job.bytes(), what);
        let workers = self.jobs().min(parts.len());
        crew::run(&job, workers, self.signals, &bar)
    }

    fn jobs(&self) -> usize {
        match self.args.jobs {
            Some(jobs) => jobs.get().into(),
            None => available_parallelism().map_or(1, usize::from),
        }
    }

    fn pair(&self) -> Pair<'_> {
        Pair {
            source: &self.source.file,
            source_path: &self.source.path,
            dest: self.dest.file(),
            dest_path: self.dest.path(),
        }
    }

    fn expect_not_stopped(&self) -> Result<(), Kind> {
        Kind::expect_not_stopped(self.signals, self.dest.path())
    }
}

/// Warns on stderr of what `--preserve` could not keep.
fn warn_of(not_kept: &NotKept, args: &Args) {
    let dest = plain(&args.dest.to_string_lossy());
    daemon::logging::last_line(format!(
        "copier: warning: {dest}: without {not_kept}; copy to a file system that keeps this, or as root\n"
    ));
}

/// Prints one line on stderr; drops it if there is no room.
fn print(summary: &Summary) {
    let prefix = if std::io::stderr().is_terminal() { "" } else { "copier: " };
    daemon::logging::last_line(format!("{prefix}{summary}\n"));
}
