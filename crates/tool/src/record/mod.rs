//! `mapcast record`: every record of one or more regions, into an MCAP or CSV file.
//!
//! Invariant: what was committed stays readable, whatever ends the recorder: see [`chunk_file`]. A region that is not
//! there is waited for, and one that is replaced is recorded on. Options and regions are checked before the file is
//! created, and it is removed again if the recording fails before anything is in it.
//!
//! ```text
//!   region --source--> recorder: stream (which, how often), described (as JSON, raw) --\
//!   region --source--> recorder                                        output --> mcap_writer --> chunk_file
//!                                 signals, once a second, progress  -----/  rotation
//! ```
//!
//! Price: a thread for each region, because each has a futex of its own to sleep on; figures in
//! `docs/record.md`.

mod chunk_file;
mod described;
mod error;
mod events;
mod fitted;
pub(crate) mod json_schema;
mod mcap_writer;
mod output;
mod recorder;
mod rotation;
mod selection;
pub(crate) mod source;
pub(crate) mod stream;
mod totals;

use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use bytesize::ByteSize;
use clap::ValueHint;
use daemon::{Monotonic, Signals, counted};
use indicatif::HumanBytes;
use mapcast::{Place, ToPlace as _};
use render::{Filter, Pace, View};
use settings::{Address, duration};

use crate::completion;
use crate::progress::Progress;
use crate::region_argument::{RegionArgument, file_of};
pub(crate) use described::RAW;
pub use error::RecordError;
use fitted::Fitted;
use output::{Kind, Output};
use recorder::{Recorder, lock};
use rotation::{Limits, Rotation};
use selection::{Encoding, Selection};
use totals::Totals;

const AFTER_HELP: &str = "\
Examples:
  mapcast record flight.mcap drone battery       two regions, until Ctrl-C
  mapcast record flight.mcap drone --encoding raw      the exact bytes; small and fast
  mapcast record day.mcap host --rotate-time 1h        day-0001.mcap, day-0002.mcap, ...
  mapcast record hot.mcap host --where 'temperature > 80' --rate 10
  mapcast record wave.csv wave --csv

Each region is a topic, each instance of one a topic REGION/INSTANCE. Missed records, new lineages and changes of the writer are messages of the topic mapcast/events. A killed recorder loses its last second, or the last MiB if that came sooner; the file stays readable.

See also: mapcast replay";

/// The command line of `record`.
#[allow(clippy::struct_excessive_bools)] // an option each
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub struct Args {
    /// The file to make: it must not be there
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,

    /// Regions (names or paths), or a .toml each
    ///
    /// A region that is not there yet is waited for.
    #[arg(required = true, value_name = "REGION", value_parser = RegionArgument::parser(), add = daemon::cli::regions(&["toml"]))]
    pub regions: Vec<RegionArgument>,

    /// How records are written
    #[arg(long, value_name = "ENCODING", value_enum, default_value_t, conflicts_with = "csv")]
    pub encoding: Encoding,

    /// Write CSV, as consumer does; one region only
    #[arg(long)]
    pub csv: bool,

    /// Record these fields, in this order: x,velocity[0]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = View::field, add = completion::fields())]
    pub fields: Vec<String>,

    /// In CSV, write the label of a value that has one
    // clap asks for no option that conflicts with one given: so with `encoding`, which does so with `csv`.
    #[arg(long, requires = "csv", conflicts_with = "encoding")]
    pub labels: bool,

    /// In CSV, write the units of the fields into the header
    #[arg(long, requires = "csv", conflicts_with = "encoding")]
    pub units: bool,

    /// Record only records for which CONDITION is true
    ///
    /// Such as 'temperature > 80 and mode == "auto"', as for consumer.
    #[arg(long = "where", value_name = "CONDITION", value_parser = Filter::condition)]
    pub condition: Option<String>,

    /// Record only records in which a chosen field has changed
    ///
    /// A field of --fields; else any field. The first record is recorded.
    #[arg(long)]
    pub on_change: bool,

    /// Record at most N records a second of each region or instance; the newest wins
    #[arg(long, value_name = "N", value_parser = Pace::every)]
    pub rate: Option<Duration>,

    /// Begin another file when one has this size: 500MB, 1GiB
    ///
    /// The files are numbered: FILE-0001.mcap and so on, behind those that are there. One may be
    /// larger by a record and by the summary at its end.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub rotate_size: Option<ByteSize>,

    /// Begin another file after this time: 10min, 1h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub rotate_time: Option<Duration>,
}

/// A size of a file, which is not zero.
fn size(text: &str) -> Result<ByteSize, String> {
    let size: ByteSize = text.parse().map_err(|_| "write 500MB or 1GiB".to_owned())?;
    if size.as_u64() > 0 { Ok(size) } else { Err("it must be larger than zero".to_owned()) }
}

/// How often the files are looked after while nothing else happens.
const TICK: Duration = Duration::from_millis(250);

pub(crate) fn run(args: &Args) -> Result<(), RecordError> {
    let regions = regions(args)?;
    let selection = Selection::new(args)?;
    let regions = regions.into_iter().map(|(name, at)| {
        let is_there = Fitted::check(&at, &selection)?;
        Ok((name, (at, is_there)))
    });
    let regions = regions.collect::<Result<Vec<_>, RecordError>>()?;
    let mut signals = Signals::stop_only().map_err(RecordError::system("cannot handle signals"))?;
    // Each region takes one.
    daemon::raise_open_files();
    let limits =
        Limits { size: args.rotate_size.map(|size| size.as_u64()), time: args.rotate_time };
    let kind = if args.csv { Kind::Csv } else { Kind::Mcap };
    let mut output = Output::create(kind, Rotation::new(&args.file, limits)?)?;
    output.has_region = regions.iter().any(|(_, (_, is_there))| *is_there);
    let output = Mutex::new(output);
    let recorded = thread::scope(|scope| {
        let stopping = Stop(&output);
        let mut threads = Vec::new();
        for (name, at) in regions {
            let recorder = Recorder::new(name, &selection, &output);
            let stop = || lock(&output).is_stopped;
            threads.push(
                thread::Builder::new()
                    .name("recorder".into())
                    .spawn_scoped(scope, move || recorder.run(at, stop))
                    .map_err(RecordError::system("cannot start a thread"))?,
            );
        }
        let is_over = || threads.iter().any(thread::ScopedJoinHandle::is_finished);
        let watched = watch(&mut signals, &output, is_over);
        drop(stopping);
        threads.into_iter().map(|thread| ended(thread.join())).fold(watched, Result::and)
    });
    let mut output = lock(&output);
    if recorded.is_err() && output.is_blank() {
        output.remove();
        return recorded;
    }
    let finished = output.finish();
    report(&output.totals);
    recorded.and(finished)
}

/// How a recorder has ended.
fn ended(joined: thread::Result<Result<(), RecordError>>) -> Result<(), RecordError> {
    joined.unwrap_or(Err(RecordError::Panicked))
}

/// Stops all recorders when it is dropped, also by an error or a panic: the scope waits for them.
struct Stop<'o>(&'o Mutex<Output>);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        lock(self.0).is_stopped = true;
    }
}

/// Commits and rotates in time, until a stop signal or until a recorder has ended.
fn watch(
    signals: &mut Signals,
    output: &Mutex<Output>,
    is_over: impl Fn() -> bool,
) -> Result<(), RecordError> {
    let progress = Progress::spinner();
    while !is_over() {
        let next = Monotonic::now().after(TICK);
        daemon::wait(&*signals, None, Some(next)).map_err(RecordError::system("cannot wait"))?;
        if signals.take().stop.is_some() {
            break;
        }
        let mut output = lock(output);
        output.tick()?;
        progress.tell(|| summary(&output.totals));
    }
    Ok(())
}

fn report(totals: &Totals) {
    let Totals { files, bytes, .. } = *totals;
    tracing::info!(
        "recorded {}, into {} of {}",
        summary(totals),
        counted(files, "file"),
        HumanBytes(bytes)
    );
}

/// `1200 records, 3 missed`; after a failed write also `, 40 lost with the failure`.
fn summary(totals: &Totals) -> String {
    let Totals { records, missed, lost, .. } = *totals;
    let lost = if lost == 0 { String::new() } else { format!(", {lost} lost with the failure") };
    format!("{}, {missed} missed{lost}", counted(records, "record"))
}

/// The regions and what each is called in the file.
fn regions(args: &Args) -> Result<Vec<(String, Address)>, RecordError> {
    let mut regions: Vec<(String, Address)> = Vec::new();
    for argument in &args.regions {
        let at = argument.located().map_err(|error| RecordError::Argument(error.into()))?;
        let name = name_of(&at);
        if let Some((_, other)) = regions.iter().find(|(other, _)| *other == name) {
            let is_same = file_of(other) == file_of(&at);
            let twice = if is_same { RecordError::Twice } else { RecordError::TwoOfOneName };
            return Err(twice(name));
        }
        regions.push((name, at));
    }
    Ok(regions)
}

/// The name of a region, or that of its file without the ending.
fn name_of(at: &Address) -> String {
    match at.place() {
        Place::Name(name) => name.to_owned(),
        Place::Path(path) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        Place::Address(address) => address.path().to_string_lossy().into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::{RecordError, ended};

    #[test]
    fn a_recorder_that_panics_is_an_error() {
        let panicked = thread::spawn(|| -> Result<(), RecordError> { panic!("on purpose") });
        assert!(matches!(ended(panicked.join()), Err(RecordError::Panicked)));
        let twice = || Err(RecordError::Twice("x".to_owned()));
        assert!(matches!(ended(thread::spawn(twice).join()), Err(RecordError::Twice(_))));
        ended(thread::spawn(|| Ok(())).join()).expect("it has ended well");
    }
}
