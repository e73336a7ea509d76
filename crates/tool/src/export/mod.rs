//! `mapcast export`: the regions of this host for Prometheus, and on a page.
//!
//! Invariant: every value of one record in an answer was published together; nothing is written to a region.
//!
//! ```text
//!   fleet --> attached --> metrics --> families --> /metrics, --textfile      names, units
//!                  |
//!                  +-----> feed ------------------> /events, page/            site, hosts, server, connections
//! ```
//!
//! Price: a mapping and a descriptor for each region; no work between two requests.

mod attached;
mod connections;
mod error;
mod families;
mod feed;
mod fleet;
mod hosts;
mod metrics;
mod names;
mod server;
mod site;
mod textfile;
mod unit_table;
mod units;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use daemon::{Signals, cli};
use render::View;
use settings::duration;
use tracing::{info, warn};

pub use error::ExportError;

use crate::ToolError;
use crate::completion;
use crate::region_argument::RegionArgument;
use attached::Choice;
use fleet::Fleet;
use hosts::Hosts;
use site::Site;

/// Pages that may be open at one time.
const MOST_PAGES: usize = 32;

const AFTER_HELP: &str = "\
Examples:
  mapcast export                                all regions, at http://127.0.0.1:9464/
  mapcast export host drone                     these two
  mapcast export --fields load1,uptime          two fields, of each region that has them
  mapcast export --listen 0.0.0.0:9464          also for other machines
  mapcast export --textfile /var/lib/prometheus/node-exporter --every 15s
  curl -s localhost:9464/metrics                what Prometheus reads

Paths:
  /          all regions on a page, with a plot for each number
  /metrics   for Prometheus: OpenMetrics, or its text format, as Accept asks
  /events    the live values of the page, as server-sent events

Metrics:
  mapcast_RECORD_FIELD_UNIT    a number, in the base unit: ms as seconds, % as ratio
  mapcast_RECORD_FIELD_state   1 for the label that a number has, 0 for the others
  mapcast_RECORD_FIELD_info    a text, in the label value
  mapcast_region_up            1 if the writer is live; _state, _epoch, _info say more
  mapcast_record_age_seconds   the age of the newest record
  mapcast_records_total        its sequence; mapcast_missed_records_total counts those that no scrape has read

Labels: region, region_instance, and index for an element of an array.

Only this machine reaches the server unless --listen says otherwise. There is no password: who reaches it reads every region that this user can read.";

/// The command line of `export`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub struct Args {
    /// Regions (names or paths) or .toml files; all regions that can be found by name if there are none
    ///
    /// A region that is not there yet is exported when it appears.
    #[arg(
        value_name = "REGION",
        value_parser = RegionArgument::parser(),
        add = cli::regions(&["toml"])
    )]
    pub regions: Vec<RegionArgument>,

    /// Where to listen
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9464", value_parser = address)]
    pub listen: SocketAddr,

    /// A name that this server is called by, besides its addresses and localhost
    ///
    /// A request with another Host is refused, so that no web page can read the regions through the browser
    /// of a person who is on this machine. Can be given several times.
    #[arg(long = "host", value_name = "NAME", value_parser = Hosts::name)]
    pub hosts: Vec<String>,

    /// Export these fields only, of each region that has them: load1,uptime
    ///
    /// Without it all fields. What is known of a region beside its record is exported in any case.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = whole_field, add = completion::fields())]
    pub fields: Vec<String>,

    /// Leave out arrays of more than N elements, and cut texts after N bytes
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = cli::whole_number::<u32>(0..=u32::MAX.into()))]
    pub longest: u32,

    /// Write mapcast.prom to DIR, for the node exporter, in place of listening
    ///
    /// Everyone may read the file: its mode is 0644 whatever that of the regions.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["listen", "hosts"])]
    pub textfile: Option<PathBuf>,

    /// Write it every TIME, not just once
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "textfile", conflicts_with_all = ["listen", "hosts"])]
    pub every: Option<Duration>,
}

/// An address and a port, both numbers.
fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write an address and a port, such as 127.0.0.1:9464 or [::1]:9464")
}

/// The name of a field: the elements of an array are samples with an index, all or none of them.
fn whole_field(text: &str) -> Result<String, String> {
    match text.split_once('[') {
        Some((field, _)) => Err(format!("an element cannot be chosen; write {field}")),
        None => View::field(text).map_err(|_| format!("{text:?} is no field; write a name")),
    }
}

/// The first of `names` that was there before.
fn named_twice(names: &[String]) -> Option<&String> {
    let mut known = HashSet::new();
    names.iter().find(|name| !known.insert(*name))
}

pub(crate) fn run(args: &Args) -> Result<(), ToolError> {
    let signals = Signals::stop_only().map_err(ExportError::Runtime)?;
    // Each region takes one.
    daemon::raise_open_files();
    let regions = args.regions.iter().map(RegionArgument::located).collect::<Result<_, _>>()?;
    if let Some(name) = named_twice(&args.fields) {
        return Err(ExportError::NamedTwice(name.clone()).into());
    }
    let choice = Choice { longest: args.longest, names: args.fields.clone() };
    let mut fleet = Fleet::new(regions, choice)?;
    fleet.report_unknown_fields();
    if let Some(directory) = &args.textfile {
        return Ok(textfile::run(directory, args.every, signals, fleet)?);
    }
    let listener = server::bind(args.listen)?;
    // With port 0, the one that the system has chosen.
    let address = listener.local_addr().unwrap_or(args.listen);
    info!("listening on http://{address}/");
    if !address.ip().is_loopback() {
        warn!("every machine that reaches {address} can read the regions; there is no password");
    }
    let site = Site::new(fleet, Hosts::new(&args.hosts), MOST_PAGES);
    Ok(server::serve(listener, signals, site)?)
}
