//! The consumer: one process that prints what one region holds, now or record by record.
//!
//! Invariant: one thread, one loop. Records go to stdout whole and in order, everything else to
//! stderr, once per change; after the first attach nothing that happens to the region ends the
//! program.
//!
//! ```text
//!   argument --target--> where --link--> records --filter, pace, render--> lines --printer--> stdout
//!                                  \                            ^
//!                                   '--> notices --> stderr     |
//!                    watch (the latest, every poll)  -----------+      of each instance
//!                    follow (all, as they come)  ---------------'
//!                    snapshot (the latest)  ------> a region of its own
//! ```
//!
//! - `link` follows the region by `region::Follow`, and words what happens to it.
//! - `session` holds what the modes share; `environment` is their view of time, signals and stdout,
//!   which the tests replace by a script.
//!
//! Price: the text of each line that is printed, and nothing for a record that is not:
//! docs/performance.md#consumers has the figures.

mod absence;
mod environment;
mod error;
mod follow;
mod health;
mod kept;
mod last;
mod link;
mod membership;
mod messages;
mod misses;
mod options;
mod printer;
mod printing;
mod selection;
mod session;
mod snapshot;
mod source;
mod stdout;
mod target;
#[cfg(test)]
mod tests;
mod timeout;
mod watch;

pub mod cli;

use std::cell::RefCell;
use std::io;
use std::num::NonZeroU64;

use daemon::{Passed, Service, Signals, logging, one_line};
use region::Begin;
use render::Pace;

use cli::{Args, PROGRAM};
use environment::{Environment, Process};
pub use error::ConsumerError;
use error::Kind;
use health::Health;
use link::Link;
use messages::Log;
use printer::Printer;
use session::Session;
use stdout::Stdout;
pub use target::Source;
use target::Target;
use timeout::Timeout;
use watch::Schedule;

/// Does what the command line asks for, until it is done or a signal ends it.
pub fn run(args: &Args) -> Result<(), ConsumerError> {
    // Take over inherited descriptors before opening anything: fd numbers get reused.
    let passed = Passed::from_environment();
    args.common.start_logging(PROGRAM).map_err(Kind::Log)?;
    let service = RefCell::new(Service::from_environment());
    let passed = passed.map_err(|error| Kind::Passed(error).into());
    let result = passed.and_then(|passed| read(args, passed, &service));
    match &result {
        Ok(()) => service.borrow_mut().stopping("done"),
        Err(error) => service.borrow_mut().stopping(&one_line(error)),
    }
    logging::finish();
    result
}

fn read(args: &Args, passed: Passed, service: &RefCell<Service>) -> Result<(), ConsumerError> {
    args.check()?;
    let target = Target::resolve(args.source.as_ref(), passed)?;
    if args.snapshot.is_none() {
        daemon::expect_stdout()?;
    }
    let signals = Signals::stop_only().map_err(ConsumerError::system("cannot handle signals"))?;
    let stdout = Stdout::new(io::stdout(), &signals, service)
        .map_err(ConsumerError::system("cannot use stdout"))?;
    let mut process = Process { signals: &signals, stdout, service, log: Log::new() };
    let result = start(args, target, &mut process);
    process.log.finish();
    result
}

/// As [`read`], in the caller's environment.
fn start(
    args: &Args,
    target: Target,
    environment: &mut dyn Environment,
) -> Result<(), ConsumerError> {
    let schedule = Schedule {
        poll: args.poll.unwrap_or(target.poll),
        at_once: args.is_at_once() && args.timeout.is_none(),
        once: args.once,
    };
    let health = Health {
        max_age: args.max_age,
        states: args.require.clone(),
        waits: args.once && args.timeout.is_some(),
        checks_first: args.begin() == Begin::Newest,
    };
    let is_bare = target.is_bare();
    // An unusable directory of regions is an error now, not after a wait.
    target.locate()?;
    let view = args.view(target.line.as_deref());
    let target = Target { begin: Some(args.begin()), selection: args.selection(), ..target };
    if let Some(absence) = target.absence() {
        return Err(absence.into());
    }
    let link = Link::new(target);
    if (args.follow || args.last.is_some()) && is_bare {
        let option = if args.follow { "--follow" } else { "--last" };
        return Err(Kind::BareFollow { path: link.path(), option }.into());
    }
    if args.snapshot.is_some() && is_bare {
        return Err(Kind::BareSnapshot(link.path()).into());
    }
    if health.is_limited() && is_bare {
        return Err(Kind::BareHealth(link.path()).into());
    }
    let (printer, timeout) = (Printer::new(args.lines()), Timeout::new(args.timeout));
    let mut session = Session::new(link, printer, timeout, health, environment);
    session.view = view;
    session.filter = args.filter();
    session.pace = args.rate.map(Pace::new);
    match &args.snapshot {
        Some(file) => session.run(|session| session.take_snapshot(file, schedule)),
        None if args.follow => session.run(Session::follow),
        None if args.last.is_some() => {
            session.left = args.last.map(NonZeroU64::get);
            session.run(|session| session.print_last(schedule))
        }
        None => session.run(|session| session.watch(schedule)),
    }
}
