//! `mapcast inspect`: one region in full, except for its values.

mod fields;
mod instances;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use daemon::plain;
use serde::Serialize;

use crate::ToolError;
use crate::age::age_text;
use crate::cli::Format;
use crate::error::print;
use crate::file_facts::FileFacts;
use crate::json_line::{self, json_line};
use crate::observed::{Observed, Seen};
use crate::region_argument::RegionArgument;
use crate::writer::Writer;

pub(crate) use fields::FieldFacts;
use fields::field_table;
use instances::{InstanceFacts, instance_table};

const EXAMPLES: &str = "\
Examples:
  mapcast inspect host                   one region
  mapcast inspect ./host.region          one at a path
  mapcast inspect /etc/mapcast/host.toml  the region of a configuration
  mapcast inspect host --format json | jq .fields

Times are those of this machine's clock. Readers cannot be counted: they leave no trace in the file.";

/// The command line of `inspect`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// A region (name or path) or a .toml
    #[arg(value_parser = RegionArgument::parser(), add = daemon::cli::regions(&["toml"]))]
    pub region: RegionArgument,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: Format,
}

pub(crate) fn run(args: &Args) -> Result<(), ToolError> {
    let mut region = args.region.observed()?;
    let seen = region.look()?;
    let facts = Facts::of(&region, &seen);
    print(&match args.format {
        Format::Text => facts.text(),
        Format::Json => json_line(&facts),
    })
}

/// Everything that is printed, as JSON has it.
#[derive(Debug, Serialize)]
struct Facts {
    #[serde(serialize_with = "json_line::path")]
    path: PathBuf,
    record: String,
    record_size: u32,
    record_align: u32,
    fingerprint: String,
    state: String,
    sequence: u64,
    published_at: Option<String>,
    age_ns: Option<u64>,
    lineage: u64,
    epoch: u64,
    base_sequence: u64,
    max_instances: Option<u32>,
    writer: Option<Writer>,
    heartbeat_age_ns: u64,
    period_ns: Option<u64>,
    created_at: String,
    slots: u32,
    slot_size: u32,
    slots_offset: u64,
    schema_offset: u64,
    schema_size: u32,
    mapped_size: u64,
    wakes: bool,
    file: FileFacts,
    line: Option<String>,
    fields: Vec<FieldFacts>,
    instances: Vec<InstanceFacts>,
    warnings: Vec<String>,
}

impl Facts {
    fn of(region: &Observed, seen: &Seen) -> Self {
        let reader = region.reader();
        let header = reader.header();
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
            lineage: reader.lineage(),
            epoch: reader.epoch(),
            base_sequence: header.base_sequence,
            max_instances: header.instances.map(|instances| instances.max),
            writer: region.writer(seen),
            heartbeat_age_ns: nanos(reader.heartbeat().elapsed()),
            period_ns: reader.period().map(nanos),
            created_at: wall_time(UNIX_EPOCH + Duration::from_nanos(header.created_at)),
            slots: header.slots,
            slot_size: header.slot_stride,
            slots_offset: header.slots_offset,
            schema_offset: header.schema_offset,
            schema_size: header.schema_len,
            mapped_size: header.file_len,
            wakes: header.wakes(),
            warnings: file.warnings(seen.state),
            file,
            line: schema.line().map(|line| line.text().to_owned()),
            fields: schema.fields().iter().map(FieldFacts::of).collect(),
            instances: seen.instances.iter().map(InstanceFacts::of).collect(),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let facts = self.about_the_record().into_iter().chain(self.about_the_file());
        let warnings = self.warnings.iter().map(|warning| ("warning", warning.clone()));
        for (name, fact) in facts.chain(warnings) {
            let _ = writeln!(text, "{name:<15}{fact}");
        }
        text = text + "\n" + &field_table(&self.fields);
        if self.max_instances.is_some() {
            text = text + "\n" + &instance_table(&self.instances);
        }
        text
    }

    fn about_the_record(&self) -> Vec<(&'static str, String)> {
        let size = daemon::counted(self.record_size, "byte");
        let promise = self.period_ns.map_or_else(
            || "no period promised".into(),
            |period| format!("at least every {}", age(period)),
        );
        let newest = self.published_at.as_ref().map_or_else(
            || "none yet".into(),
            |at| {
                let ago = self.age_ns.map_or_else(String::new, |age| format!(" ({})", ago(age)));
                format!("sequence {}, published {at}{ago}", self.sequence)
            },
        );
        let mut facts = vec![
            ("file", plain(&self.path.to_string_lossy())),
            ("record", format!("{}, {size}, aligned to {}", self.record, self.record_align)),
            ("state", self.state.clone()),
        ];
        facts.extend(self.writer.as_ref().map(|writer| ("writer", writer.text())));
        facts.push(("heartbeat", format!("{}, {promise}", ago(self.heartbeat_age_ns))));
        facts.push(("newest record", newest));
        facts.extend(
            self.max_instances
                .map(|max| ("instances", format!("{} of at most {max}", self.instances.len()))),
        );
        facts.push(("lineage", self.lineage_text()));
        facts.push(("epoch", format!("{}, the number of writers and files so far", self.epoch)));
        facts
    }

    /// When the lineage began, and with which record this file did.
    fn lineage_text(&self) -> String {
        let began = wall_time(UNIX_EPOCH + Duration::from_micros(self.lineage));
        let first = self.base_sequence.saturating_add(1);
        format!("{}, began {began}; this file from record {first}", self.lineage)
    }

    fn about_the_file(&self) -> Vec<(&'static str, String)> {
        let (mapped, slot) = (self.mapped_size, self.slot_size);
        let [mapped, slot] = [mapped, slot.into()].map(|size| daemon::counted(size, "byte"));
        let wakes = if self.wakes { "wakes readers" } else { "does not wake readers" };
        let mut facts = vec![
            ("created", self.created_at.clone()),
            ("slots", format!("{} of {slot}, {wakes}", self.slots)),
            (
                "mapping",
                format!(
                    "{mapped}: slots from byte {}, schema from byte {} ({})",
                    self.slots_offset,
                    self.schema_offset,
                    daemon::counted(self.schema_size, "byte")
                ),
            ),
            ("on disk as", self.file.text()),
            ("readers", "cannot be counted: they leave no trace in the file".into()),
        ];
        facts.extend(self.line.as_ref().map(|line| ("line", plain(line))));
        facts
    }
}

fn age(nanos: u64) -> String {
    age_text(Duration::from_nanos(nanos))
}

fn ago(nanos: u64) -> String {
    format!("{} ago", age(nanos))
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn wall_time(time: SystemTime) -> String {
    humantime::format_rfc3339_micros(time).to_string()
}
