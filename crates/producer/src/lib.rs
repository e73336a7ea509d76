//! The producer: one process that publishes one record into one region.
//!
//! Invariant: one thread, one loop, one `ppoll`. A record is published whole or not at all, the
//! last good one stays, and whatever happens to input, files or the region is said in one line on
//! stderr and survived if it can be.
//!
//! ```text
//!   signals --.                      sources: const counter clock file wave random
//!   input ----+--> ppoll --> turn -->   |
//!   deadline -'     ^          |        v
//!                   |          +--> RecordBuf --> Outlet --> region (or bare struct)
//!                   +----------+                    ^
//!                     patrol: is the file still there and whole?
//! ```
//!
//! - No field has an `input` source: each tick samples the sources and publishes one record.
//! - Some field has one: each good line publishes one record, and ticks only beat the heartbeat.
//!
//! Price: per record one `ppoll`, the system calls of its `file` sources, one futex wake if the
//! region wakes its readers.

mod bad_lines;
mod care;
mod check;
pub mod cli;
mod error;
mod feed;
mod input;
mod outlet;
mod place;
#[doc(hidden)]
pub mod probe;
mod reload;
mod run;
mod say;
mod sources;
mod text;

use daemon::{Passed, Service, Signals, logging, one_line};
use settings::{EMBEDDED_ORIGIN, Settings};

use cli::{Args, PROGRAM};
use error::Kind;
pub use error::ProducerError;
use feed::Feed;
use outlet::Outlet;
use place::Place;
pub use place::RegionArgument;
use run::Producer;

/// Does what the command line asks for, until it is done or a signal ends it.
pub fn run(args: &Args) -> Result<(), ProducerError> {
    // Take over inherited descriptors before opening anything: fd numbers get reused.
    let passed = Passed::from_environment();
    args.common.start_logging(PROGRAM).map_err(Kind::Log)?;
    if args.check {
        return check::print(args, &load(args)?);
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
    let settings = load(args)?;
    let place = Place::choose(args, passed, &settings)?;
    // Before there is a region, so that no signal finds one half-made.
    let signals =
        Signals::stop_and_reload().map_err(ProducerError::system("cannot handle signals"))?;
    let mut feed = Feed::new(run::open_input(&settings)?, &settings);
    let outlet = match place {
        Place::Address if args.standby => {
            let address = outlet::locate(&settings.region.address)?;
            let opened = Outlet::open_standby(&address, &settings, &signals, service, &mut feed)?;
            let Some(outlet) = opened else {
                service.stopping("stopped while waiting to take over");
                return feed.check();
            };
            feed = feed.finish(address.path())?;
            outlet
        }
        Place::Address => Outlet::open(&outlet::locate(&settings.region.address)?, &settings)?,
        Place::Passed { file, label } => Outlet::open_file(file, &label, &settings)?,
        Place::Memfd { kept, label } => Outlet::open_memfd(kept, &label, &settings)?,
    };
    Producer::new(args, settings, signals, service, outlet, feed).run()
}

/// The configuration that the command line names, with what the command line overrides.
fn load(args: &Args) -> Result<Settings, ProducerError> {
    let mut settings = match &args.config {
        Some(path) => Settings::load(path)?,
        None => Settings::embedded(),
    };
    settings.check_publishable(args.config.as_deref().unwrap_or(EMBEDDED_ORIGIN.as_ref()))?;
    if let Some(RegionArgument::Address(address)) = &args.region {
        settings.region.address = address.clone();
    }
    if let Some(tick) = args.tick {
        settings.producer.tick = tick;
    }
    Ok(settings)
}
