//! The producer: one process that publishes one record into one region.
//!
//! Invariant: one thread, one loop, one `ppoll`. A record is published whole or not at all, the
//! last good one stays. A failure of input, files or region is logged in one line, and the producer
//! continues if it can.
//!
//! ```text
//!   signals --.                      sources: const counter clock file disk expr wave random
//!   input ----+--> ppoll --> turn -->   |
//!   deadline -'     ^          |        v
//!                   |          +--> RecordBuf --> Sink ----> region (or bare struct)
//!                   +----------+                    ^
//!                     check: is the file still there and whole?
//! ```
//!
//! - No field has an `input` source: each tick samples the sources and publishes one record.
//! - Some field has one: each good line publishes one record, and ticks only write the heartbeat.
//!
//! Price: per record one `ppoll`, the system calls of its `file` sources, one futex wake if the
//! region wakes its readers.

mod check;
pub mod cli;
mod destination;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod input;
mod messages;
mod recovery;
mod run;
mod sink;
mod sources;
mod standby_input;
mod text;

use daemon::{Passed, Service, Signals, logging, one_line};

use cli::{Args, PROGRAM};
use destination::Destination;
use error::Kind;
pub use error::ProducerError;
use run::Producer;
use standby_input::StandbyInput;

/// Runs the producer that the command line describes, until it is done or a signal ends it.
pub fn run(args: &Args) -> Result<(), ProducerError> {
    // Take over inherited descriptors before opening anything: fd numbers get reused.
    let passed = Passed::from_environment();
    args.common.start_logging(PROGRAM).map_err(Kind::Log)?;
    if args.check {
        return check::print(args, &args.load()?);
    }
    let mut service = Service::from_environment();
    let result = publish(args, passed.map_err(Kind::Passed)?, &mut service);
    if let Err(error) = &result {
        service.stopping(&one_line(error));
    }
    logging::finish();
    result
}

fn publish(args: &Args, passed: Passed, service: &mut Service) -> Result<(), ProducerError> {
    let settings = args.load()?;
    let destination = Destination::choose(args, passed, &settings)?;
    // Before the region is created, so that no signal interrupts its creation.
    let signals =
        Signals::stop_and_reload().map_err(ProducerError::system("cannot handle signals"))?;
    let mut input = StandbyInput::new(run::open_input(&settings)?, &settings);
    let sink = match destination {
        Destination::Address if args.standby => {
            let address = sink::locate(&settings.region.address)?;
            let opened = sink::open_standby(&address, &settings, &signals, service, &mut input)?;
            let Some(sink) = opened else {
                service.stopping("stopped while waiting to take over");
                return input.check();
            };
            input = input.finish(address.path())?;
            sink
        }
        Destination::Address => sink::open(&sink::locate(&settings.region.address)?, &settings)?,
        Destination::Passed { file, label } => sink::open_file(file, &label, &settings)?,
        Destination::Memfd { kept, label } => sink::open_memfd(kept, &label, &settings)?,
    };
    Producer::new(args, settings, signals, service, sink, input).run()
}
