//! `mapcast publish`: records from a script, as arguments or as lines of JSON.
//!
//! Invariant: values are read by the producer's code, and a record is published whole or not at all. The
//! region is closed at the end: readers see `closed`, and the last record stays.
//!
//! ```text
//!   region, --config or --field --Target--> settings --> Feed <-- x=1.5 mode=auto, or lines of stdin
//!                                              |           `--> a record --> Destination
//!                                              `--> options ----------------------^
//! ```
//!
//! Price: the region is opened and closed for each command.

mod assignment;
mod destination;
mod error;
mod field_option;
mod target;

use std::io::{self, Read};
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::time::Duration;

use daemon::{Monotonic, Signals, stdin_was_closed, wait};
use mapcast::{InstanceName, MAX_INSTANCES};
use producer::{Feed, Refused};

use crate::ToolError;
use crate::cli::PROGRAM;
use crate::completion;
use crate::error::print;
use crate::region_argument::{RegionArgument, instance_name};
use assignment::Assignment;
use destination::Destination;
pub use error::PublishError;
use field_option::FieldOption;
use target::Target;

const EXAMPLES: &str = "\
Examples:
  mapcast publish boiler burner=on                    a region that exists: the other fields keep their values
  mapcast publish point x=1.5 y=-2 --field x:f64:m --field y:f64:m
  mapcast publish fan mode=auto --field mode:u8::0=off,1=auto
  mapcast publish pose 'velocity=[1, 0, 0.5]' --field velocity:f32[3]
  mapcast publish sensor temperature=21.5 --config sensor.toml
  mapcast publish net received=1200 --instance eth0   one instance of a region of many
  jq -c .main weather.json | mapcast publish weather - --config weather.toml
  mapcast publish demo x=1 --field x:u8 --hold &      the region stays live until the job is ended

Values:
  1.5  -2  true  [1, NaN]  as in JSON; also NaN and Infinity
  auto                     a label, or a text: any value that is no JSON, and all values of a text field

A field that is not given keeps the value of the newest record. With a configuration, fields with sources of their own (const, file, clock ...) have the values that the producer would give them.

Lines of JSON (-) are read as the producer reads its input: one object a line, a record for each good line. A bad line is reported with its number and skipped; the exit code is then 1. So it is without any line: the program in front of the pipe has most likely failed. An instance joins with the first good line.

Without --hold the region is closed at once: its last record stays readable, in the state `closed`. A region that another process publishes is refused, and so is one of another record unless --replace is given; a record that differs in help and labels only is the same.

Exit codes:
  0  published
  1  failure, a line was skipped, or standard input had no line
  2  wrong usage: no such field, or a value that does not fit
  3  no such region, and neither --field nor --config describes it";

/// The command line of `publish`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
#[allow(rustdoc::broken_intra_doc_links, reason = "the text of --help, in which [20] is a length")]
pub struct Args {
    /// A region (name or path), or a .toml that describes it
    #[arg(value_parser = RegionArgument::parser(), add = daemon::cli::regions(&["toml"]))]
    pub region: RegionArgument,

    /// Values, or - for lines of JSON on standard input
    #[arg(value_name = "FIELD=VALUE", add = completion::fields())]
    pub values: Vec<String>,

    /// A configuration that describes the record
    ///
    /// The region is the one that is named before it, not that of the configuration.
    #[arg(long, value_name = "FILE", add = daemon::cli::configurations())]
    pub config: Option<PathBuf>,

    /// A field of a record without a configuration: NAME:TYPE[:UNIT[:LABELS]]
    ///
    /// Repeat it for each field, in their order. TYPE is f64, u8, i32, bool, char[20], f32[3] and so on;
    /// LABELS are 0=off,1=on.
    #[arg(long = "field", value_name = "FIELD", conflicts_with = "config")]
    pub fields: Vec<FieldOption>,

    /// Publish to this instance of a region of many: its name, not a pattern
    #[arg(long, value_name = "NAME", value_parser = instance_name, add = completion::instances())]
    pub instance: Option<InstanceName>,

    /// Room for so many instances
    ///
    /// Without it as many as the region has room for, or 64 if it is made. With another number than it has
    /// a new file takes its place, with all names, numbers and newest records.
    #[arg(
        long, value_name = "N", requires = "instance",
        value_parser = daemon::cli::whole_number::<u32>(1..=MAX_INSTANCES.into())
    )]
    pub max_instances: Option<u32>,

    /// Replace a closed region that holds another record
    ///
    /// Without it such a region is refused. Its records and instances are lost; readers attach to the new one.
    #[arg(long)]
    pub replace: bool,

    /// Keep the region open until a signal
    ///
    /// SIGTERM, SIGINT (Ctrl-C) or SIGHUP (a closed terminal) closes it. Without it the region is closed after the last record.
    #[arg(long)]
    pub hold: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), ToolError> {
    // Before a region is made, so that no signal interrupts that.
    let mut signals =
        Signals::stop_only().map_err(PublishError::system("cannot handle signals"))?;
    let target = Target::of(args)?;
    let mut destination = match &args.values[..] {
        [only] if only == "-" => publish_lines(&target, args, &mut signals),
        values => publish_values(&target, args, values),
    }?;
    if args.hold && destination.has_published() {
        hold(&mut destination, &mut signals)?;
    }
    let refused = destination.refused;
    destination.close()?;
    daemon::logging::finish();
    if refused > 0 { Err(PublishError::Skipped(refused).into()) } else { Ok(()) }
}

/// Publishes one record with these values.
fn publish_values<'a>(
    target: &'a Target,
    args: &'a Args,
    values: &[String],
) -> Result<Destination<'a>, ToolError> {
    let values: Vec<Assignment> =
        values.iter().map(|value| value.parse()).collect::<Result<_, PublishError>>()?;
    let mut feed = target.feed_by_field(&values)?;
    feed.push(assignment::line(&values, &target.settings.record.schema).as_bytes());
    let path = target.address.path().to_owned();
    let refused = |refused: Refused| PublishError::Value { path, why: refused.why };
    let record = feed.next().expect("a whole line").map_err(refused)?;
    let mut destination = Destination::of(target, args)?;
    destination.publish(record.bytes())?;
    Ok(destination)
}

/// Publishes a record for each good line of standard input, until its end or a signal.
///
/// # Errors
/// As [`Destination::publish`]; [`PublishError::NoLines`] if the input ends without a line.
fn publish_lines<'a>(
    target: &'a Target,
    args: &'a Args,
    signals: &mut Signals,
) -> Result<Destination<'a>, ToolError> {
    if stdin_was_closed() {
        return Err(PublishError::NoInput.into());
    }
    let mut feed = target.feed();
    let mut destination = Destination::of(target, args)?;
    let (stdin, mut chunk) = (io::stdin(), vec![0; CHUNK]);
    loop {
        daemon::logging::catch_up();
        let next = Some(Monotonic::now().after(HEARTBEAT));
        let ready = wait(signals, Some(stdin.as_fd()), next).map_err(PublishError::Input)?;
        if ready.signal && signals.take().stop.is_some() {
            return Ok(destination);
        }
        if !ready.input {
            destination.heartbeat()?;
            continue;
        }
        let count = stdin.lock().read(&mut chunk).map_err(PublishError::Input)?;
        if count == 0 {
            feed.end();
        }
        feed.push(&chunk[..count]);
        publish_all(&mut feed, &mut destination)?;
        if count == 0 {
            return destination.ended();
        }
    }
}

/// Bytes per read: the usual capacity of a pipe.
const CHUNK: usize = 64 << 10;
/// Time between two heartbeats while nothing is published.
const HEARTBEAT: Duration = Duration::from_secs(1);

fn publish_all(feed: &mut Feed, destination: &mut Destination<'_>) -> Result<(), ToolError> {
    while let Some(made) = feed.next() {
        match made {
            Ok(record) => destination.publish(record.bytes())?,
            Err(refused) => {
                destination.refused += 1;
                daemon::report_in_passing(PROGRAM, &PublishError::Line(refused));
            }
        }
    }
    Ok(())
}

/// Waits for a signal.
fn hold(destination: &mut Destination<'_>, signals: &mut Signals) -> Result<(), ToolError> {
    print(&format!("{}: published and live; Ctrl-C closes it\n", destination.path().display()))?;
    while signals.take().stop.is_none() {
        daemon::logging::catch_up();
        let next = Some(Monotonic::now().after(HEARTBEAT));
        wait(signals, None, next).map_err(PublishError::system("cannot wait"))?;
        destination.heartbeat()?;
    }
    Ok(())
}
