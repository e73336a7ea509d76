//! The program: its loop, its session and the region of its own state.

mod cause;
mod certificates;
mod check;
mod error;
mod links;
mod network;
mod one_thread;
mod over_zenoh;
mod replies;
mod row;
mod run;
mod silence;
mod status;
mod subscriptions;

use daemon::{Service, logging, one_line};
use settings::BridgeSettings;

use crate::cli::{Args, PROGRAM};
pub use error::BridgeError;
use error::Kind;
use links::Links;
use run::Bridge;

/// What is logged without `--log` and `MAPCAST_LOG`: Zenoh logs each attempt to connect. Why one has failed is logged in the
/// words of [`cause`].
const DEFAULT_LOG: &str = "info,zenoh=error,zenoh_transport::unicast::establishment=off";

/// Runs the bridge that the command line describes, until a signal ends it.
pub fn run(args: &Args) -> Result<(), BridgeError> {
    let mut common = args.common.clone();
    if common.log.is_none() && std::env::var_os(logging::ENV).is_none() {
        common.log = DEFAULT_LOG.parse().ok();
    }
    let links = Links::default();
    common.start_logging_with(PROGRAM, links.observer()).map_err(Kind::Log)?;
    if args.check {
        let settings = BridgeSettings::load_checking(&args.config, certificates::check)
            .map_err(Kind::Settings)?;
        check::directory(&settings)?;
        check::warn_of_exposed(&settings);
        return Ok(daemon::print(&check::report(&settings)).map_err(Kind::Output)?);
    }
    one_thread::ensure();
    let mut service = Service::from_environment();
    let result = Bridge::start(args, links, &mut service).and_then(Bridge::run);
    if let Err(error) = &result {
        service.stopping(&one_line(error));
    }
    logging::finish();
    result
}
