//! `mapcast list`: all regions that can be found by name, or all of a directory, a row each.

use std::ffi::OsStr;
use std::fs;
use std::io::stdout;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use clap::ValueHint;
use daemon::plain;
use mapcast::{ErrorKind, Listing};
use render::{Align, table};
use serde::Serialize;
use settings::duration;
use unicode_width::UnicodeWidthStr as _;

use crate::ToolError;
use crate::age::age_text;
use crate::cli::{Format, PROGRAM};
use crate::error::print;
use crate::json_line::{self, json_line};
use crate::observed::{Observed, Seen};
use crate::writer::Writer;

const EXAMPLES: &str = "\
Examples:
  mapcast list                       the regions that can be found by name
  mapcast list /run/mapcast          all regions of this directory
  mapcast list --interval 5s         rates over five seconds
  mapcast list --format json | jq -r 'select(.state == \"dead\").name'

Columns:
  STATE      live, stalled, dead, closed, retired or stale
  RATE       records a second over --interval; of all instances together, also of those that join or are retired meanwhile; - if the region is another one then
  AGE        of the newest record
  INSTANCES  how many there are now; - for a region of one record
  SIZE       of one record
  WRITER     process, its user and its systemd unit; - if there is none, or it is not visible from here

On a terminal that is too narrow, the unit and then columns are left out.

Readers are not listed: they map the file read-only and leave no trace in it, so they cannot be counted.";

/// The command line of `list`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// List the regions of this directory only
    ///
    /// Without it: the directories in which programs look for names.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
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
    #[serde(serialize_with = "json_line::path")]
    path: PathBuf,
    record: String,
    state: String,
    rate: Option<f64>,
    age_ns: Option<u128>,
    sequence: u64,
    instances: Option<usize>,
    max_instances: Option<u32>,
    lineage: u64,
    epoch: u64,
    record_size: u32,
    file_size: u64,
    writer: Option<Writer>,
}

pub(crate) fn run(args: &Args) -> Result<(), ToolError> {
    let mut listing = match &args.dir {
        Some(dir) => in_directory(dir)?,
        None => mapcast::list()?,
    };
    let mut unreadable = Unreadable::default();
    unreadable.refused(&mut listing);
    let mut regions = Vec::new();
    for (name, address) in &listing.regions {
        let opened = Observed::open(address).and_then(|mut region| Ok((region.look()?, region)));
        regions.extend(unreadable.unless(opened).map(|(first, region)| (name, first, region)));
    }
    if !regions.is_empty() {
        sleep(args.interval);
    }
    let mut rows = Vec::new();
    for (name, first, mut region) in regions {
        let seen = unreadable.unless(region.look());
        rows.extend(seen.map(|seen| Row::new(name, &region, &first, &seen)));
    }
    print(&match args.format {
        // Regions that cannot be read are regions, too.
        Format::Text if rows.is_empty() && !unreadable.is_empty() => String::new(),
        Format::Text => as_text(&rows, &listing.directories, daemon::columns(stdout())),
        Format::Json => as_json(&rows),
    })?;
    unreadable.into_result()
}

/// What could not be read; each was reported.
#[derive(Default)]
struct Unreadable {
    regions: u64,
    directories: Vec<PathBuf>,
}

impl Unreadable {
    /// What was read; a failure is reported, unless the region has ended since the directory was listed.
    fn unless<T>(&mut self, read: Result<T, mapcast::Error>) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(error) => {
                if !matches!(error.kind(), ErrorKind::NotThere) {
                    self.regions += 1;
                    report(error);
                }
                None
            }
        }
    }

    /// Reports what `listing` refused: one of its directories, or a region in one.
    fn refused(&mut self, listing: &mut Listing) {
        for error in listing.refused.drain(..) {
            let path = error.path().to_owned();
            if listing.directories.contains(&path) {
                self.directories.push(path);
            } else {
                self.regions += 1;
            }
            report(error);
        }
    }

    fn is_empty(&self) -> bool {
        self.regions == 0 && self.directories.is_empty()
    }

    /// # Errors
    /// There is something.
    fn into_result(self) -> Result<(), ToolError> {
        let regions = (self.regions > 0).then(|| daemon::counted(self.regions, "region"));
        let directories = match self.directories.len() {
            0 => None,
            1 => Some("1 directory".to_owned()),
            count => Some(format!("{count} directories")),
        };
        let all: Vec<_> = directories.into_iter().chain(regions).collect();
        if all.is_empty() { Ok(()) } else { Err(ToolError::Unreadable(all.join(" and "))) }
    }
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
        let reader = region.reader();
        let header = reader.header();
        let max_instances = header.instances.map(|instances| instances.max);
        Self {
            name: name.to_owned(),
            path: reader.path().to_owned(),
            record: reader.schema().name().to_owned(),
            state: seen.state.to_string(),
            rate: seen.rate_since(first),
            age_ns: seen.age().map(|age| age.as_nanos()),
            sequence: seen.sequence(),
            instances: max_instances.map(|_| seen.instances.len()),
            max_instances,
            lineage: reader.lineage(),
            epoch: reader.epoch(),
            record_size: header.record_size,
            file_size: header.file_len,
            writer: region.writer(seen),
        }
    }
}

/// Records a second, to three digits.
pub(crate) fn rate_text(rate: f64) -> String {
    let digits = if rate >= 100.0 || rate == 0.0 { 0 } else { 1 + usize::from(rate < 10.0) };
    format!("{rate:.digits$}/s")
}

/// What a column says of a region.
type Cell = fn(&Row) -> String;

/// What is shown of each region.
#[derive(Clone, Copy)]
struct Column {
    head: &'static str,
    align: Align,
    cell: Cell,
}

const COLUMNS: [Column; 9] = [
    Column::left("NAME", |row| plain(&row.name)),
    Column::left("RECORD", |row| plain(&row.record)),
    Column::left("STATE", |row| row.state.clone()),
    Column::right("RATE", |row| or_dash(row.rate.map(rate_text))),
    Column::right("AGE", |row| {
        let age = row.age_ns.map(|age| u64::try_from(age).unwrap_or(u64::MAX));
        or_dash(age.map(|age| age_text(Duration::from_nanos(age))))
    }),
    Column::right("SEQUENCE", |row| row.sequence.to_string()),
    Column::right("INSTANCES", |row| or_dash(row.instances)),
    Column::right("SIZE", |row| format!("{} B", row.record_size)),
    Column::left("WRITER", |row| or_dash(row.writer.as_ref().map(Writer::text))),
];

/// What a terminal has no room for, the first one first: a column, or all of it but this.
const NARROWER: [(&str, Option<Cell>); 8] = [
    ("WRITER", Some(|row| or_dash(row.writer.as_ref().map(Writer::process_and_user)))),
    ("WRITER", Some(|row| or_dash(row.writer.as_ref().map(|writer| writer.pid)))),
    ("SIZE", None),
    ("INSTANCES", None),
    ("SEQUENCE", None),
    ("WRITER", None),
    ("RATE", None),
    ("RECORD", None),
];

impl Column {
    const fn left(head: &'static str, cell: Cell) -> Self {
        Self { head, align: Align::Left, cell }
    }

    const fn right(head: &'static str, cell: Cell) -> Self {
        Self { head, align: Align::Right, cell }
    }
}

fn or_dash(cell: Option<impl ToString>) -> String {
    cell.map_or_else(|| "-".to_owned(), |cell| cell.to_string())
}

/// The table, at most so `wide` if there is a column that can be left out.
fn as_text(rows: &[Row], directories: &[PathBuf], wide: Option<u16>) -> String {
    if rows.is_empty() {
        let looked: Vec<_> = directories.iter().map(|dir| plain(&dir.to_string_lossy())).collect();
        return format!("no regions in {}\n", looked.join(", "));
    }
    let mut shown = COLUMNS.to_vec();
    let mut text = drawn(&shown, rows);
    for (head, cell) in NARROWER {
        if wide.is_none_or(|wide| text.lines().all(|line| line.width() <= wide.into())) {
            break;
        }
        match cell {
            None => shown.retain(|column| column.head != head),
            Some(cell) => {
                let column = shown.iter_mut().find(|column| column.head == head);
                column.expect("it is left out later").cell = cell;
            }
        }
        text = drawn(&shown, rows);
    }
    text
}

fn drawn(columns: &[Column], rows: &[Row]) -> String {
    let heads: Vec<_> = columns.iter().map(|column| (column.head, column.align)).collect();
    let cells = |row: &Row| columns.iter().map(|column| (column.cell)(row)).collect::<Vec<_>>();
    table(&heads, &rows.iter().map(cells).collect::<Vec<_>>())
}

fn as_json(rows: &[Row]) -> String {
    rows.iter().map(json_line).collect()
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::{Row, as_text};
    use crate::writer::Writer;

    fn row(name: &str) -> Row {
        Row {
            name: name.to_owned(),
            path: "/run/mapcast/x.region".into(),
            record: "HOST".to_owned(),
            state: "stalled".to_owned(),
            rate: Some(12.5),
            age_ns: Some(518_000_000),
            sequence: 123_456,
            instances: Some(30),
            max_instances: Some(64),
            lineage: 1,
            epoch: 1,
            record_size: 200,
            file_size: 4096,
            writer: Some(Writer {
                pid: 5877,
                user: Some("mapcast".to_owned()),
                unit: Some("mapcast-producer@host.service".to_owned()),
            }),
        }
    }

    #[test]
    fn a_terminal_gets_the_columns_that_it_has_room_for_and_a_pipe_gets_all() {
        let rows = [row("host"), row("\u{5c0f}\u{660e}")];
        let all = as_text(&rows, &[], None);
        assert!(all.contains("5877 (mapcast, mapcast-producer@host.service)\n"), "{all}");
        assert_eq!(as_text(&rows, &[], Some(u16::MAX)), all);
        for (wide, has, has_not) in [
            (100, "5877 (mapcast)\n", "service"),
            (80, "WRITER\n", "(mapcast"),
            (60, "SEQUENCE", "INSTANCES"),
            (40, "AGE", "WRITER"),
            (25, "STATE", "RECORD"),
        ] {
            let text = as_text(&rows, &[], Some(wide));
            assert!(text.lines().all(|line| line.width() <= wide.into()), "{wide}:\n{text}");
            assert!(text.contains(has) && !text.contains(has_not), "{wide}:\n{text}");
        }
        let least = as_text(&rows, &[], Some(1));
        assert!(least.starts_with("NAME  STATE") && least.contains("AGE\n"), "{least}");
    }
}
