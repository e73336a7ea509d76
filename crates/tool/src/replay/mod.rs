//! `mapcast replay`: publishes what `mapcast record`, or another program, has written into an MCAP file.
//!
//! Invariant: the whole file is read and checked, and all regions are open, before the first record is published.
//!
//! ```text
//!   file (framing, chunks) --> plan: channels, times        once, before
//!                          --> order --> schedule --> regions         for each record, at its time
//! ```
//!
//! Price: the file is read twice.

mod channels;
mod decode;
mod error;
mod file;
mod json;
mod lengths;
mod order;
mod pass;
mod plan;
mod records;
mod regions;
mod room;
mod schedule;

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use clap::ValueHint;
use daemon::{Signals, counted};

pub use error::ReplayError;
use file::McapFile;
use pass::pass;
use plan::Plan;
pub use plan::Wanted;
use regions::Regions;
use schedule::{Schedule, Speed, StartAt};

const AFTER_HELP: &str = "\
Examples:
  mapcast replay flight.mcap                     into the names that were recorded
  mapcast replay flight.mcap --prefix replay-    into replay-drone, beside the live one
  mapcast replay flight.mcap --speed 10 --loop
  mapcast replay flight.mcap --from 90s          from 90 s after the first record
  mapcast replay flight.mcap --from 2026-11-26T10:00:00Z
  mapcast replay flight.mcap --speed max         as fast as the records can be read

The records have new times, lineages and sequence numbers: those of this writer. Files of other programs are read, too: topics whose messages are JSON with a JSON Schema of numbers, bools, texts and arrays of a fixed size.

See also: mapcast record";

/// The command line of `replay`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub struct Args {
    /// An MCAP file
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,

    /// Begin the names of the regions with this
    #[arg(long, value_name = "TEXT", default_value = "", value_parser = prefix)]
    pub prefix: String,

    /// So many times the original pace, or max
    #[arg(long, value_name = "FACTOR", default_value = "1")]
    pub speed: Speed,

    /// Begin with the records of this time
    ///
    /// A time such as 2026-11-26T10:00:00Z, or a duration after the first record, such as 90s. The first record
    /// from then on is published at once.
    #[arg(long, value_name = "TIME")]
    pub from: Option<StartAt>,

    /// Begin again at the end, until a signal stops it
    ///
    /// Records that are all of one time are repeated once a second, divided by --speed.
    #[arg(long = "loop")]
    pub repeat: bool,

    /// Replay a damaged file up to the damage
    #[arg(long)]
    pub partial: bool,
}

/// `text`, if the name of a region can begin with it.
fn prefix(text: &str) -> Result<String, &'static str> {
    let begun = settings::Address::name(&format!("{text}x"));
    begun.map_err(|_| "use letters, digits and . _ - @, no dot in front, and keep it short")?;
    Ok(text.to_owned())
}

/// How many records there are to replay in what is `wanted` of the file at `path`; or the error message.
pub fn count_records(path: &Path, wanted: Wanted) -> Result<u64, String> {
    let plan = McapFile::open(path).and_then(|mut file| Plan::of(&mut file, wanted, || false));
    Ok(plan.map_err(|error| error.to_string())?.map_or(0, |plan| plan.messages))
}

impl Args {
    fn wanted(&self) -> Wanted {
        if self.partial { Wanted::UpToDamage } else { Wanted::Whole }
    }
}

pub(crate) fn run(args: &Args) -> Result<(), ReplayError> {
    let signals = Signals::stop_only().map_err(ReplayError::system("cannot handle signals"))?;
    // Each region takes one.
    daemon::raise_open_files();
    let mut file = McapFile::open(&args.file)?;
    let is_to_stop = || signals.stop_requested().is_some();
    let Some(plan) = Plan::of(&mut file, args.wanted(), is_to_stop)? else { return Ok(()) };
    if plan.messages == 0 {
        report(0);
        return Ok(());
    }
    let from = args.from.map_or(plan.first, |from| from.after(plan.first));
    if from > plan.last {
        let last = UNIX_EPOCH + Duration::from_nanos(plan.last);
        let last = humantime::format_rfc3339_nanos(last).to_string();
        return Err(ReplayError::Late { path: args.file.clone(), last });
    }
    let mut regions = Regions::open(file.path(), plan.published(), &args.prefix)?;
    tracing::info!("replaying into {}", counted(regions.len() as u64, "region"));
    let mut published = 0;
    let mut schedule = Schedule::new(from, args.speed);
    let mut passes = || loop {
        pass(&mut file, &plan, &mut schedule, &mut regions, &signals, &mut published)?;
        let mut is_next_due = || schedule.wait_for_next_pass(plan.last, &signals);
        if !args.repeat || !is_next_due().map_err(ReplayError::system("cannot wait"))? {
            return Ok(());
        }
    };
    let replayed = passes();
    report(published);
    replayed
}

fn report(published: u64) {
    tracing::info!("replayed {}", counted(published, "record"));
}
