//! `mapcast replay`: publishes what `mapcast record`, or another program, has written into an MCAP file.
//!
//! Invariant: the whole file is read and checked, and all regions are open, before the first record is published.
//!
//! ```text
//!   file (framing, chunks) --> plan: channels, times        once, before
//!                          --> schedule --> regions         for each record, at its time
//! ```
//!
//! Price: the file is read twice.

mod channels;
mod decode;
mod error;
mod file;
mod json;
mod lengths;
mod plan;
mod records;
mod regions;
mod room;
mod schedule;

use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use clap::ValueHint;
use daemon::{Signals, counted};

use channels::Channels;
pub use error::ReplayError;
use file::{Flow, McapFile, Refusal};
use plan::{Plan, Wanted};
use records::Records;
use regions::Regions;
use schedule::{Schedule, Speed, StartAt};

use crate::progress::Progress;

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
    /// A time such as 2026-11-26T10:00:00Z, or a duration after the first record, such as 90s.
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
    let Some(plan) = Plan::of(&mut file, args.wanted(), &signals)? else { return Ok(()) };
    let begin = args.from.map_or(plan.first, |from| from.after(plan.first));
    if begin > plan.last {
        let last = UNIX_EPOCH + Duration::from_nanos(plan.last);
        let last = humantime::format_rfc3339_nanos(last).to_string();
        return Err(ReplayError::Late { path: args.file.clone(), last });
    }
    let mut regions = Regions::open(file.path(), plan.published(), &args.prefix)?;
    tracing::info!("replaying into {}", counted(regions.len() as u64, "region"));
    let mut published = 0;
    loop {
        let schedule = Schedule::new(begin, args.speed);
        published += pass(&mut file, &plan, &schedule, &mut regions, &signals)?;
        let is_next_due = || schedule.wait_for_next_pass(plan.last, &signals);
        if !args.repeat || !is_next_due().map_err(ReplayError::system("cannot wait"))? {
            break;
        }
    }
    tracing::info!("replayed {}", counted(published, "record"));
    Ok(())
}

/// Publishes the records of the file once. Returns how many; fewer after a signal.
fn pass(
    file: &mut McapFile,
    plan: &Plan,
    schedule: &Schedule,
    regions: &mut Regions,
    signals: &Signals,
) -> Result<u64, ReplayError> {
    let progress = Progress::bar(plan.messages, "replaying");
    let mut channels = Channels::default();
    let mut records = Records::default();
    let (mut published, mut seen, mut known) = (0, 0, 0);
    file.visit(plan.limit, |_, record| {
        let Some(message) = channels.take(&record)? else { return Ok(Flow::Continue) };
        seen += 1;
        let of_plan = plan.topics.get(known..channels.topics.len());
        let are_same = of_plan.is_some_and(|topics| topics.iter().eq(&channels.topics[known..]));
        if !are_same {
            return Err(Refusal::Damaged("it has changed since it was checked".into()));
        }
        known = channels.topics.len();
        let topic = &channels.topics[message.topic];
        let record = records.of(topic);
        if message.time < schedule.begin() {
            return Ok(Flow::Continue);
        }
        let waited = schedule.wait(message.time, signals);
        if !waited.map_err(ReplayError::system("cannot wait"))? {
            return Ok(Flow::Stop);
        }
        topic.decode(message.data, record).map_err(Refusal::Damaged)?;
        regions.publish(topic, record.bytes())?;
        published += 1;
        progress.show(seen);
        Ok(Flow::Continue)
    })?;
    Ok(published)
}
