//! The producer: one process that publishes a record into each of its regions.
//!
//! Invariant: one thread, one loop, one `ppoll`. A record is published whole or not at all, the
//! last good one stays. A failure of input, files or region is logged in one line, and the producer
//! continues if it can; no region depends on another one.
//!
//! ```text
//!   signals ----.                      sources: const counter clock file disk expr wave random
//!   inputs -----+--> ppoll --> turn -->   |                                          one for
//!   deadlines --'     ^          |        v                                        each region
//!                     |          +--> Records ----> Sink ----> region (or bare struct)
//!                     +----------+                    ^
//!                       check: is the file still there and whole?
//! ```
//!
//! - No field has an `input` source: each tick samples the sources and publishes one record, or one of each
//!   instance.
//! - Some field has one: each good line publishes one record, of the instance that it names if there are
//!   any, and ticks only write the heartbeat.
//!
//! Price: per turn one `ppoll`; per record the system calls of its `file` sources, one futex wake if the
//! region wakes its readers.

mod check;
pub mod cli;
mod configs;
mod conflict;
mod describe;
mod destination;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod input;
mod instances;
mod messages;
mod names;
mod records;
mod recovery;
mod run;
mod sink;
mod sources;
mod standby_input;
mod text;

use daemon::{Passed, Service, logging, one_line};

use cli::{Args, PROGRAM};
use error::Kind;
pub use error::ProducerError;
pub use input::{Feed, Refused};
use run::Daemon;
pub use sink::region_options;

/// Runs the producer that the command line describes, until it is done or a signal ends it.
pub fn run(args: &Args) -> Result<(), ProducerError> {
    // Take over inherited descriptors before opening anything: fd numbers get reused.
    let passed = Passed::from_environment();
    args.common.start_logging(PROGRAM).map_err(Kind::Log)?;
    if args.check {
        return check::print(args);
    }
    let mut service = Service::from_environment();
    let passed = passed.map_err(|error| Kind::Passed(error).into());
    let result = passed.and_then(|passed| Daemon::start(args, passed, &mut service)?.run());
    if let Err(error) = &result {
        service.stopping(&one_line(error));
    }
    logging::finish();
    result
}
