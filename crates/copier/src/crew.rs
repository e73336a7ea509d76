//! The processes of a copy: made, watched, and gone when the copy is, whatever ends it.
//!
//! Invariant: when [`run`] returns, no worker is left, and `Ok` says that every part is done.
//!
//! ```text
//!   parent   fork n --> ppoll: a child's end, a signal, time to draw --> all ended well, or
//!                       the first that did not: kill the others, say which and why
//!   worker   take a part, work, publish progress, ... --> exit 0, or 1 with the fault in its lane
//! ```
//!
//! Price: a fork for each worker (some 0.3 ms), two descriptors each for the board.

use std::ffi::CStr;
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use daemon::{Monotonic, Signals, StopSignal};
use region::{Child, DynReader};
use rustix::event::epoll;

use crate::bar::Bar;
use crate::board::{self, Board, Progress};
use crate::error::Kind;
use crate::fault::Fault;
use crate::work::Job;

/// From one look at the board to the next, where somebody watches.
const REDRAW: Duration = Duration::from_millis(100);

/// Why the work ended before its time.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// A part could not be done.
    Fault(Fault),
    /// A worker ended without saying why.
    Lost { pid: u32, how: String },
    /// A signal asked for the end.
    Stopped(StopSignal),
    /// What the workers need could not be had.
    Kind(Kind),
}

impl<E: Into<Kind>> From<E> for Trouble {
    fn from(err: E) -> Self {
        Self::Kind(err.into())
    }
}

/// What all workers did together.
pub(crate) type Done = Vec<Progress>;

/// Does `job` with so many processes; one needs none beside this.
pub(crate) fn run(
    job: &Job<'_>,
    workers: usize,
    signals: &Signals,
    bar: &Bar,
) -> Result<Done, Trouble> {
    if workers <= 1 { alone(job, signals, bar) } else { Crew::new(job, workers)?.run(signals, bar) }
}

fn alone(job: &Job<'_>, signals: &Signals, bar: &Bar) -> Result<Done, Trouble> {
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
        .map_err(Trouble::Fault)?;
    expect_not_stopped(signals)?;
    Ok(vec![done])
}

fn expect_not_stopped(signals: &Signals) -> Result<(), Trouble> {
    signals.stop_requested().map_or(Ok(()), |signal| Err(Trouble::Stopped(signal)))
}

/// Several workers at work.
struct Crew {
    bytes: u64,
    /// Those that have not ended; `None` in the place of one that has.
    workers: Vec<Option<Child>>,
    lanes: Vec<DynReader>,
    ends: rustix::fd::OwnedFd,
}

impl Crew {
    fn new(job: &Job<'_>, workers: usize) -> Result<Self, Trouble> {
        let board = Board::new(workers)?;
        let lanes = board.readers()?;
        let ends = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(Kind::system("watch"))?;
        let mut crew =
            Self { bytes: job.bytes(), workers: Vec::with_capacity(workers), lanes, ends };
        for number in 0..workers {
            let child = Child::fork(|| worker(job, &board, number))
                .map_err(Kind::system("make a process"))?;
            let data = epoll::EventData::new_u64(number as u64);
            epoll::add(&crew.ends, &child, data, epoll::EventFlags::IN)
                .map_err(Kind::system("watch a process"))?;
            crew.workers.push(Some(child));
        }
        Ok(crew)
    }

    fn run(mut self, signals: &Signals, bar: &Bar) -> Result<Done, Trouble> {
        while self.workers.iter().any(Option::is_some) {
            let redraw = bar.is_visible().then(|| Monotonic::now().after(REDRAW));
            let ready = daemon::wait(signals, Some(self.ends.as_fd()), redraw)
                .map_err(Kind::system("wait for a process"))?;
            expect_not_stopped(signals)?;
            if ready.input {
                self.collect()?;
            }
            if bar.is_visible() {
                bar.show(self.progress()?.iter().map(|progress| progress.bytes).sum());
            }
        }
        let done = self.progress()?;
        let bytes: u64 = done.iter().map(|progress| progress.bytes).sum();
        if bytes != self.bytes {
            let how = format!("did {bytes} of {} bytes and said nothing", self.bytes);
            return Err(Trouble::Lost { pid: std::process::id(), how });
        }
        Ok(done)
    }

    /// Takes leave of the workers that have ended.
    fn collect(&mut self) -> Result<(), Trouble> {
        for (place, lane) in self.workers.iter_mut().zip(&mut self.lanes) {
            let Some(child) = place else { continue };
            let status = child.try_wait().map_err(Kind::system("wait for a process"))?;
            let Some(status) = status else { continue };
            let pid = child.id();
            epoll::delete(&self.ends, &*child).map_err(Kind::system("watch a process"))?;
            *place = None;
            if !status.success() {
                let fault = board::latest(lane)?.fault();
                return Err(match fault {
                    Some(fault) => Trouble::Fault(fault),
                    None => Trouble::Lost { pid, how: how(status) },
                });
            }
        }
        Ok(())
    }

    fn progress(&mut self) -> Result<Done, Trouble> {
        let lanes = self.lanes.iter_mut();
        lanes.map(|lane| board::latest(lane).map_err(Trouble::from)).collect()
    }
}

/// What a worker is called by `ps` and `top`; the kernel keeps 15 bytes.
const NAME: &CStr = c"copier-worker";

/// The whole life of worker `number`: its exit code.
fn worker(job: &Job<'_>, board: &Board, number: usize) -> u8 {
    // For people who look; a worker without a name works as well.
    let _ = rustix::thread::set_name(NAME);
    let Ok(mut lane) = board.writer(number) else { return 1 };
    let outcome = job.work(
        || board.take(),
        |progress| match lane.publish(bytemuck::bytes_of(progress)) {
            Ok(_) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
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
