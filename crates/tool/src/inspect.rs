//! `mapcast inspect`: one region in full, except for its values.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use daemon::plain;
use mapcast::dynamic::Field;
use serde::Serialize;

use crate::ToolError;
use crate::age::age_text;
use crate::cli::Format;
use crate::error::print;
use crate::file_facts::FileFacts;
use crate::observed::{Observed, Seen};
use crate::region_argument::RegionArgument;
use crate::table::{Align, table};
use crate::writer::Writer;

/// The command line of `inspect`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// A region (name or path) or a .toml
    #[arg(value_parser = RegionArgument::parser())]
    pub region: RegionArgument,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: Format,
}

pub(crate) fn run(args: &Args) -> Result<(), ToolError> {
    let mut region = Observed::open(args.region.located()?)?;
    let seen = region.look()?;
    let facts = Facts::of(&region, &seen);
    print(&match args.format {
        Format::Text => facts.text(),
        Format::Json => serde_json::to_string(&facts).expect("strings and numbers") + "\n",
    })
}

/// Everything that is printed, as JSON has it.
#[derive(Debug, Serialize)]
struct Facts {
    path: PathBuf,
    record: String,
    record_size: u32,
    record_align: u32,
    fingerprint: String,
    state: String,
    sequence: u64,
    published_at: Option<String>,
    age_ns: Option<u64>,
    epoch: u64,
    base_sequence: u64,
    writer: Option<Writer>,
    heartbeat_age_ns: u64,
    period_ns: Option<u64>,
    created_at: String,
    slots: u32,
    slot_size: u32,
    wakes: bool,
    file: FileFacts,
    line: Option<String>,
    fields: Vec<FieldFacts>,
    warnings: Vec<String>,
}

/// One field, as JSON has it.
#[derive(Debug, Serialize)]
pub(crate) struct FieldFacts {
    name: String,
    #[serde(rename = "type")]
    ctype: String,
    offset: u32,
    size: u32,
    unit: String,
    help: String,
    labels: BTreeMap<i64, String>,
}

impl Facts {
    fn of(region: &Observed, seen: &Seen) -> Self {
        let (reader, header) = (&region.reader, region.reader.header());
        let schema = reader.schema();
        let file = FileFacts::of(reader.path());
        let published = seen.publication.as_ref();
        Self {
            path: reader.path().to_owned(),
            record: schema.name().to_owned(),
            record_size: schema.size(),
            record_align: schema.align(),
            fingerprint: format!("{:016x}", header.fingerprint),
            state: seen.state.to_string(),
            sequence: seen.sequence(),
            published_at: published.map(|record| wall_time(reader.wall_time(record))),
            age_ns: seen.age().map(nanos),
            epoch: reader.epoch(),
            base_sequence: header.base_sequence,
            writer: region.writer(seen),
            heartbeat_age_ns: nanos(reader.heartbeat().elapsed()),
            period_ns: reader.period().map(nanos),
            created_at: wall_time(UNIX_EPOCH + Duration::from_nanos(header.created_at)),
            slots: header.slots,
            slot_size: header.slot_stride,
            wakes: header.wakes(),
            warnings: file.warnings(seen.state),
            file,
            line: schema.line().map(|line| line.text().to_owned()),
            fields: schema.fields().iter().map(FieldFacts::of).collect(),
        }
    }

    fn text(&self) -> String {
        let age = |nanos: u64| age_text(Duration::from_nanos(nanos));
        let ago = |nanos: u64| format!("{} ago", age(nanos));
        let mut facts = vec![
            ("file", plain(&self.path.to_string_lossy())),
            (
                "record",
                format!(
                    "{}, {}, aligned to {}",
                    self.record,
                    daemon::counted(self.record_size, "byte"),
                    self.record_align
                ),
            ),
            ("state", self.state.clone()),
        ];
        facts.extend(self.writer.as_ref().map(|writer| ("writer", writer.text())));
        let promise = self.period_ns.map_or_else(
            || "no period promised".into(),
            |period| format!("at least every {}", age(period)),
        );
        facts.push(("heartbeat", format!("{}, {promise}", ago(self.heartbeat_age_ns))));
        facts.push((
            "newest record",
            match &self.published_at {
                None => "none yet".into(),
                Some(at) => format!(
                    "sequence {}, published {at}{}",
                    self.sequence,
                    self.age_ns.map_or_else(String::new, |age| format!(" ({})", ago(age)))
                ),
            },
        ));
        facts.push(("writers", format!("{} so far (epoch)", self.epoch)));
        facts.push(("created", self.created_at.clone()));
        let wakes = if self.wakes { "wakes readers" } else { "does not wake readers" };
        let size = daemon::counted(self.slot_size, "byte");
        facts.push(("slots", format!("{} of {size}, {wakes}", self.slots)));
        facts.push(("on disk as", self.file.text()));
        facts.extend(self.line.as_ref().map(|line| ("line", plain(line))));
        let mut text = String::new();
        for (name, fact) in facts {
            let _ = writeln!(text, "{name:<15}{fact}");
        }
        for warning in &self.warnings {
            let _ = writeln!(text, "{:<15}{warning}", "warning");
        }
        text.push('\n');
        text + &self.field_table()
    }

    fn field_table(&self) -> String {
        let (left, right) = (Align::Left, Align::Right);
        let heads =
            [("OFFSET", right), ("TYPE", left), ("NAME", left), ("UNIT", left), ("HELP", left)];
        table(heads, &self.fields.iter().map(FieldFacts::cells).collect::<Vec<_>>())
    }
}

impl FieldFacts {
    pub(crate) fn of(field: &Field) -> Self {
        Self {
            name: field.name().to_owned(),
            ctype: field.ctype().to_string(),
            offset: field.offset(),
            size: field.ctype().size(),
            unit: field.unit().to_owned(),
            help: field.help().to_owned(),
            labels: field.labels().iter().map(|label| (label.value, label.text.clone())).collect(),
        }
    }

    fn cells(&self) -> [String; 5] {
        let labels: Vec<_> =
            self.labels.iter().map(|(value, text)| format!("{value} = {text}")).collect();
        let help: Vec<_> = [self.help.as_str(), &labels.join(", ")]
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(plain)
            .collect();
        [
            self.offset.to_string(),
            self.ctype.clone(),
            plain(&self.name),
            plain(&self.unit),
            help.join("; "),
        ]
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn wall_time(time: SystemTime) -> String {
    humantime::format_rfc3339_micros(time).to_string()
}
