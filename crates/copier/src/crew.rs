//! The processes of a copy: started, watched, and ended with the copy, whatever ends it.
//!
//! Invariant: when [`run`] returns, no worker is left, and `Ok` means that every part is done.
//!
//! ```text
//!   parent   fork n --> ppoll: a child's end, a signal, time to draw --> all succeeded, or
//!                       the first that failed: kill the others, return which and why
//!   worker   take a part, work, publish progress, ... --> exit 0, or 1 with the fault in its lane
//! ```
//!
//! If the system refuses processes, shared memory or `/proc` (a container's filter, a bare chroot),
//! this process does the work, alone or with the workers it could start.
//!
//! Price: a fork and a descriptor for each worker.

use std::ffi::CStr;
use std::io;
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use daemon::{Monotonic, Signals, counted};
use rustix::event::epoll;
use shared::{Child, SharedError, SharedErrorKind};

use crate::bar::Bar;
use crate::board::{Board, Progress};
use crate::error::Kind;
use crate::work::Job;

/// Time between two readings of the board while a bar is drawn.
const REDRAW: Duration = Duration::from_millis(100);

/// What all workers did together.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) progress: Vec<Progress>,
    /// Why fewer processes than requested were started.
    pub(crate) fewer: Option<Fewer>,
}

/// Fewer processes than the copy could use were started.
#[derive(Debug)]
pub(crate) struct Fewer {
    pub(crate) wanted: usize,
    /// The call and its error.
    pub(crate) why: String,
}

impl Done {
    /// The work of this process alone.
    pub(crate) fn alone(progress: Progress) -> Self {
        Self { progress: vec![progress], fewer: None }
    }
}

/// Does `job` with so many processes, or as many as the system starts; if one, it is this process.
pub(crate) fn run(
    job: &Job<'_>,
    workers: usize,
    signals: &Signals,
    bar: &Bar,
) -> Result<Done, Kind> {
    if workers <= 1 {
        return alone(job, signals, bar);
    }
    match Crew::new(job, workers) {
        Ok(crew) => crew.run(signals, bar),
        Err(why) => {
            let done = alone(job, signals, bar)?;
            Ok(Done { fewer: Some(Fewer { wanted: workers, why }), ..done })
        }
    }
}

fn alone(job: &Job<'_>, signals: &Signals, bar: &Bar) -> Result<Done, Kind> {
    let mut numbers = 0..;
    let done = job
        .work(
            || numbers.next().unwrap_or(u64::MAX),
            |progress| {
                bar.show(progress.bytes);
                match signals.stop_requested() {
                    Some(_) => ControlFlow::Break(()),
                    None => ControlFlow::Continue(()),
                }
            },
        )
        .map_err(|fault| Kind::of_fault(fault, job.pair))?;
    Kind::expect_not_stopped(signals, job.pair.dest_path)?;
    Ok(Done::alone(done))
}

/// Several workers at work.
struct Crew<'a> {
    job: &'a Job<'a>,
    /// Those that have not ended; `None` in the place of one that has.
    workers: Vec<Option<Child>>,
    board: Board,
    ends: rustix::fd::OwnedFd,
    fewer: Option<Fewer>,
}

impl<'a> Crew<'a> {
    /// Starts up to `wanted` workers; an error, worded for the user, if none can be started.
    fn new(job: &'a Job<'a>, wanted: usize) -> Result<Self, String> {
        if !Path::new(DESCRIPTORS).exists() {
            return Err("/proc is not mounted".to_owned());
        }
        let board = Board::new(wanted).map_err(|err| call_of(&err))?;
        let ends = epoll::create(epoll::CreateFlags::CLOEXEC)
            .map_err(|err| format!("epoll_create1: {}", io::Error::from(err)))?;
        let workers = Vec::with_capacity(wanted);
        let mut crew = Self { job, workers, board, ends, fewer: None };
        for number in 0..wanted {
            match Child::fork(|| worker(job, &crew.board, number)) {
                Ok(child) => {
                    // It may have taken a part, which no other worker would do: after an error all of them end.
                    crew.watch(&child, number).map_err(|err| format!("epoll_ctl: {err}"))?;
                    crew.workers.push(Some(child));
                }
                Err(why) if crew.workers.is_empty() => return Err(why.to_string()),
                Err(why) => {
                    crew.fewer = Some(Fewer { wanted, why: why.to_string() });
                    break;
                }
            }
        }
        Ok(crew)
    }

    fn watch(&self, child: &Child, number: usize) -> io::Result<()> {
        let data = epoll::EventData::new_u64(number as u64);
        Ok(epoll::add(&self.ends, child, data, epoll::EventFlags::IN)?)
    }

    fn run(mut self, signals: &Signals, bar: &Bar) -> Result<Done, Kind> {
        while self.workers.iter().any(Option::is_some) {
            let redraw = bar.is_visible().then(|| Monotonic::now().after(REDRAW));
            let ready = daemon::wait(signals, Some(self.ends.as_fd()), redraw)
                .map_err(Kind::system("wait for a process"))?;
            Kind::expect_not_stopped(signals, self.job.pair.dest_path)?;
            if ready.input {
                self.collect()?;
            }
            if bar.is_visible() {
                bar.show(self.progress().map(|progress| progress.bytes).sum());
            }
        }
        let progress: Vec<_> = self.progress().collect();
        let bytes: u64 = progress.iter().map(|progress| progress.bytes).sum();
        if bytes != self.job.bytes() {
            let all = counted(self.job.bytes(), "byte");
            let how = format!("ended after {bytes} of {all} without an error");
            return Err(self.lost(std::process::id(), how));
        }
        Ok(Done { progress, fewer: self.fewer })
    }

    /// Reaps workers that have exited.
    fn collect(&mut self) -> Result<(), Kind> {
        for number in 0..self.workers.len() {
            let Some(child) = &mut self.workers[number] else { continue };
            let status = child.try_wait().map_err(Kind::system("wait for a process"))?;
            let Some(status) = status else { continue };
            let pid = child.id();
            epoll::delete(&self.ends, &*child).map_err(Kind::system("watch a process"))?;
            self.workers[number] = None;
            if !status.success() {
                return Err(match self.board.latest(number).fault {
                    Some(fault) => Kind::of_fault(fault, self.job.pair),
                    None => self.lost(pid, how(status)),
                });
            }
        }
        Ok(())
    }

    fn lost(&self, pid: u32, how: String) -> Kind {
        Kind::WorkerLost { pid, how, dest: self.job.pair.dest_path.to_owned() }
    }

    fn progress(&self) -> impl Iterator<Item = Progress> {
        (0..self.workers.len()).map(|number| self.board.latest(number))
    }
}

/// The system call that failed, and its error, without the advice that is for regions.
fn call_of(err: &SharedError) -> String {
    match err.kind() {
        SharedErrorKind::Io { call, source } => format!("{call}: {source}"),
        _ => err.to_string(),
    }
}

/// Where the processes of a copy open what they share.
const DESCRIPTORS: &str = "/proc/self/fd";

/// What a worker is called by `ps` and `top`; the kernel keeps 15 bytes.
const NAME: &CStr = c"copier-worker";

/// The whole life of worker `number`: its exit code.
fn worker(job: &Job<'_>, board: &Board, number: usize) -> u8 {
    // For people only: a worker without the name works as well.
    let _ = rustix::thread::set_name(NAME);
    let outcome = job.work(
        || board.take(),
        |progress| {
            board.publish(number, progress);
            ControlFlow::Continue(())
        },
    );
    u8::from(outcome.is_err())
}

/// How a worker ended, for people.
fn how(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("was killed by signal {signal}"),
        (None, code) => format!("ended with {}", code.unwrap_or_default()),
    }
}
