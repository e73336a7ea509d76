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

mod calm;
mod care;
mod check;
pub mod cli;
mod error;
mod input;
mod outlet;
mod reload;
mod run;
mod say;
mod sources;

use daemon::{Signals, logging};
use settings::{EMBEDDED_ORIGIN, Settings};

use cli::{Args, PROGRAM};
use error::Kind;
pub use error::ProducerError;
use outlet::Outlet;
use run::Producer;

/// Does what the command line asks for, until it is done or a signal ends it.
pub fn run(args: &Args) -> Result<(), ProducerError> {
    logging::init(PROGRAM, args.common.log.as_ref())
        .map_err(|error| ProducerError(Kind::Log(error)))?;
    let settings = load(args)?;
    if args.check {
        return check::print(&settings);
    }
    // Before there is a region, so that no signal finds one half-made.
    let signals =
        Signals::stop_and_reload().map_err(ProducerError::system("cannot handle signals"))?;
    let input = run::open_input(&settings)?;
    let path = outlet::path_of(&settings.region.address)?;
    let outlet = if args.standby {
        match Outlet::open_standby(&path, &settings, &signals)? {
            Some(outlet) => outlet,
            None => return Ok(()),
        }
    } else {
        Outlet::open(&path, &settings)?
    };
    Producer::new(args, settings, signals, outlet, input).run()
}

/// The configuration that the command line names, with what the command line overrides.
fn load(args: &Args) -> Result<Settings, ProducerError> {
    let mut settings = match &args.config {
        Some(path) => Settings::load(path)?,
        None => Settings::embedded(),
    };
    settings.check_publishable(args.config.as_deref().unwrap_or(EMBEDDED_ORIGIN.as_ref()))?;
    if let Some(address) = &args.region {
        settings.region.address = address.clone();
    }
    if let Some(tick) = args.tick {
        settings.producer.tick = tick;
    }
    Ok(settings)
}
