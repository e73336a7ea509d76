//! `mapcast list`: all regions that can be found by name, or all of a directory, a row each.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use daemon::plain;
use mapcast::{ErrorKind, Listing};
use serde::Serialize;
use settings::duration;

use crate::ToolError;
use crate::age::age_text;
use crate::cli::{Format, PROGRAM};
use crate::error::print;
use crate::observed::{Observed, Seen};
use crate::table::{Align, table};
use crate::writer::Writer;

/// The command line of `list`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// List the regions of this directory only
    ///
    /// Without it: the directories in which programs look for names.
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// Measure rates over this time
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "1s")]
    pub interval: Duration,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: Format,
}

/// One region of the list, as JSON has it.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    path: PathBuf,
    record: String,
    state: String,
    rate: Option<f64>,
    age_ns: Option<u128>,
    sequence: u64,
    epoch: u64,
    record_size: u32,
    file_size: u64,
    writer: Option<Writer>,
}

pub(crate) fn run(args: &Args) -> Result<(), ToolError> {
    let listing = match &args.dir {
        Some(dir) => in_directory(dir)?,
        None => mapcast::list()?,
    };
    let mut unreadable = listing.refused.len() as u64;
    listing.refused.into_iter().for_each(report);
    let mut regions = Vec::new();
    for (name, address) in &listing.regions {
        let opened = Observed::open(address).and_then(|mut region| Ok((region.look()?, region)));
        match opened {
            Ok((first, region)) => regions.push((name, region, first)),
            // It ended since the directory was listed.
            Err(error) if matches!(error.kind(), ErrorKind::NotThere) => {}
            Err(error) => {
                report(error);
                unreadable += 1;
            }
        }
    }
    if !regions.is_empty() {
        sleep(args.interval);
    }
    let mut rows = Vec::new();
    for (name, mut region, first) in regions {
        match region.look() {
            Ok(seen) => rows.push(Row::new(name, &region, &first, &seen)),
            Err(error) => {
                report(error);
                unreadable += 1;
            }
        }
    }
    print(&match args.format {
        Format::Text => as_text(&rows, &listing.directories),
        Format::Json => as_json(&rows),
    })?;
    if unreadable > 0 { Err(ToolError::Unreadable(unreadable)) } else { Ok(()) }
}

fn report(error: mapcast::Error) {
    daemon::report(PROGRAM, &ToolError::Region(error));
}

/// All regions of `dir`, by their paths.
fn in_directory(dir: &Path) -> Result<Listing, ToolError> {
    let failed = |source| ToolError::Directory { path: dir.to_owned(), source };
    let mut listing = Listing { directories: vec![dir.to_owned()], ..Listing::default() };
    for entry in fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension() != Some(OsStr::new("region")) {
            continue;
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        listing.regions.push((name, path.as_path().into()));
    }
    listing.regions.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(listing)
}

impl Row {
    fn new(name: &str, region: &Observed, first: &Seen, seen: &Seen) -> Self {
        let header = region.reader.header();
        Self {
            name: name.to_owned(),
            path: region.reader.path().to_owned(),
            record: region.reader.schema().name().to_owned(),
            state: seen.state.to_string(),
            rate: seen.rate_since(first),
            age_ns: seen.age().map(|age| age.as_nanos()),
            sequence: seen.sequence(),
            epoch: region.reader.epoch(),
            record_size: header.record_size,
            file_size: header.file_len,
            writer: region.writer(seen),
        }
    }

    fn cells(&self) -> [String; 8] {
        let age = self.age_ns.map(|age| u64::try_from(age).unwrap_or(u64::MAX));
        [
            plain(&self.name),
            plain(&self.record),
            self.state.clone(),
            self.rate.map_or_else(|| "-".into(), rate_text),
            age.map_or_else(|| "-".into(), |age| age_text(Duration::from_nanos(age))),
            self.sequence.to_string(),
            format!("{} B", self.record_size),
            self.writer.as_ref().map_or_else(|| "-".into(), Writer::text),
        ]
    }
}

/// Records a second, to three digits.
fn rate_text(rate: f64) -> String {
    let digits = if rate >= 100.0 || rate == 0.0 { 0 } else { 1 + usize::from(rate < 10.0) };
    format!("{rate:.digits$}/s")
}

fn as_text(rows: &[Row], directories: &[PathBuf]) -> String {
    let mut text = String::new();
    if rows.is_empty() {
        let looked: Vec<_> = directories.iter().map(|dir| plain(&dir.to_string_lossy())).collect();
        let _ = writeln!(text, "no regions in {}", looked.join(", "));
        return text;
    }
    let (left, right) = (Align::Left, Align::Right);
    let heads = [
        ("NAME", left),
        ("RECORD", left),
        ("STATE", left),
        ("RATE", right),
        ("AGE", right),
        ("SEQUENCE", right),
        ("SIZE", right),
        ("WRITER", left),
    ];
    let cells: Vec<_> = rows.iter().map(Row::cells).collect();
    table(heads, &cells)
}

fn as_json(rows: &[Row]) -> String {
    let line = |row| serde_json::to_string(row).expect("strings and numbers") + "\n";
    rows.iter().map(line).collect()
}
