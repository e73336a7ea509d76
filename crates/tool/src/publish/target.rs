//! What is published, and where.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use mapcast::dynamic::{RecordBuf, Schema};
use mapcast::{Address, ErrorKind, State, ToPlace as _};
use producer::Feed;
use settings::{Format, InputKey, MAX_LINE_RANGE, RecordSettings, Settings, Source};

use super::assignment::Assignment;
use super::{Args, PublishError, field_option};
use crate::ToolError;
use crate::compared::Compared;
use crate::observed::Observed;
use crate::region_argument::RegionArgument;
use crate::schema::{Language, text};

/// Most differences that a message lists.
const LISTED: usize = 5;

/// A record to be published, as settings of a producer, and its region.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) settings: Settings,
    pub(super) address: Address,
    /// The region as it is now.
    pub(super) existing: Option<Observed>,
    /// The record to continue with.
    newest: Option<RecordBuf>,
}

impl Target {
    pub(super) fn of(args: &Args) -> Result<Self, ToolError> {
        if matches!(&args.region, RegionArgument::Region(settings::Address::Name(name)) if name == "-")
        {
            return Err(PublishError::NoRegion.into());
        }
        let configured = configured(args)?;
        let address = match (&args.region, &configured) {
            (RegionArgument::Region(address), _) => address.place().to_write()?,
            (RegionArgument::Config(_), Some(settings)) => {
                settings.region.address.place().to_write()?
            }
            (RegionArgument::Config(path), None) => path.as_path().into(),
        };
        let opened = Observed::open(&address);
        let (settings, mut existing) = match (configured, opened) {
            // A file that is no region is the writer's to refuse.
            (Some(settings), opened) => (settings, opened.ok()),
            (None, Ok(region)) => (of_region(&region)?, Some(region)),
            (None, Err(error)) => return Err(not_there(args, error)),
        };
        if let Some(region) = &existing {
            expect_record(region, &settings, args)?;
            expect_kind(region, args)?;
        }
        expect_values(&settings, &address, args)?;
        let newest = match &mut existing {
            Some(region) => newest(region, &settings.record.schema, args.instance.as_deref())?,
            None => None,
        };
        Ok(Self { settings, address, existing, newest })
    }

    /// Whether `region` has the record that is published, and so keeps its own.
    pub(super) fn resumes(&self, region: &Observed) -> bool {
        **region.reader().schema() == *self.settings.record.schema
    }

    /// Whether `region` also has the slots and the wakes that are asked for, and so keeps its file.
    pub(super) fn keeps_shape(&self, region: &Observed) -> bool {
        let (header, wanted) = (region.reader().header(), &self.settings.region);
        self.resumes(region) && (header.slots, header.wakes()) == (wanted.slots, wanted.wake)
    }

    /// Makes records of lines, by the keys of the settings.
    pub(super) fn feed(&self) -> Feed {
        self.continued(Feed::new(&self.settings))
    }

    /// Makes records of lines whose keys are the names of fields. Some of them are assigned to.
    pub(super) fn feed_by_field(&self, assigned: &[Assignment]) -> Result<Feed, ToolError> {
        let mut settings = self.settings.clone();
        settings.producer.max_line = MAX_LINE_RANGE.1;
        let record = &mut settings.record;
        for (field, source) in record.schema.fields().iter().zip(&mut record.sources) {
            match source {
                Source::Input(input) => input.key = InputKey::Member(field.name().to_owned()),
                _ if assigned.iter().any(|assigned| assigned.field() == field.name()) => {
                    return Err(PublishError::OwnSource(field.name().to_owned()).into());
                }
                _ => {}
            }
        }
        Ok(self.continued(Feed::new(&settings)))
    }

    fn continued(&self, feed: Feed) -> Feed {
        match &self.newest {
            Some(newest) => feed.continuing(newest),
            None => feed,
        }
    }
}

/// The settings that the command line gives: a configuration, or the options `--field`.
fn configured(args: &Args) -> Result<Option<Settings>, ToolError> {
    let path = match (&args.config, &args.region) {
        (Some(path), _) | (None, RegionArgument::Config(path)) => path,
        (None, RegionArgument::Region(_)) if args.fields.is_empty() => return Ok(None),
        (None, RegionArgument::Region(address)) => {
            let name = address.to_string();
            let stem = Path::new(&name).file_stem().unwrap_or_default().to_string_lossy();
            let schema = field_option::schema(&stem, &args.fields).map_err(PublishError::Schema)?;
            return Ok(Some(of_schema(&schema)?));
        }
    };
    let mut settings = Settings::load(path)?;
    if settings.region.format == Format::Bare {
        return Err(PublishError::Bare(path.clone()).into());
    }
    if settings.record.instances.is_some() {
        return Err(PublishError::Instances(path.clone()).into());
    }
    if settings.record.sources.is_empty() {
        let by_name = of_schema(&settings.record.schema)?;
        settings.record.sources = by_name.record.sources;
        settings.producer.max_line = settings.producer.max_line.max(by_name.producer.max_line);
    }
    Ok(Some(settings))
}

/// Settings in which each field is filled from the member of its name.
fn of_schema(schema: &Schema) -> Result<Settings, ToolError> {
    Ok(Settings::parse(&text(Language::Toml, schema, "region"), "the record")?)
}

/// The settings with which a region stays as it is.
fn of_region(region: &Observed) -> Result<Settings, ToolError> {
    let reader = region.reader();
    let mut settings = of_schema(reader.schema())?;
    settings.region.slots = reader.header().slots;
    settings.region.wake = reader.header().wakes();
    if let Ok(file) = fs::metadata(reader.path()) {
        settings.region.mode = file.mode() & 0o777;
    }
    Ok(settings)
}

fn not_there(args: &Args, error: mapcast::Error) -> ToolError {
    let is_missing = matches!(error.kind(), ErrorKind::NotThere);
    match args.region.explained(error) {
        ToolError::Region(error) if is_missing => PublishError::NotDescribed(error).into(),
        explained => explained,
    }
}

/// An error if `region` holds another record than `settings` describe, unless it may be replaced.
pub(super) fn expect_record(
    region: &Observed,
    settings: &Settings,
    args: &Args,
) -> Result<(), PublishError> {
    let (reader, wanted) = (region.reader(), &settings.record.schema);
    if args.replace || reader.schema().fingerprint() == wanted.fingerprint() {
        return Ok(());
    }
    let origin = match (&args.config, &args.region) {
        (Some(path), _) | (None, RegionArgument::Config(path)) => path.to_string_lossy(),
        (None, RegionArgument::Region(_)) => "--field".into(),
    };
    let mut differences = Compared { file: &origin }.records(reader.schema(), wanted);
    let more = differences.split_off(differences.len().min(LISTED)).len();
    if more > 0 {
        differences.push(daemon::counted(more, "more difference"));
    }
    let is_written = matches!(reader.state(), State::Live | State::Stalled);
    Err(PublishError::OtherRecord {
        path: reader.path().to_owned(),
        differences: differences.join("; "),
        pid: is_written.then(|| reader.writer_pid()),
    })
}

/// An error unless `--instance` is given for a region of instances, and for no other.
fn expect_kind(region: &Observed, args: &Args) -> Result<(), PublishError> {
    match (region, &args.instance) {
        _ if args.replace => Ok(()),
        (Observed::One(reader), Some(_)) => Err(PublishError::Plain(reader.path().into())),
        (Observed::Many(reader), None) => Err(PublishError::NeedsInstance(reader.path().into())),
        _ => Ok(()),
    }
}

/// An error if there are no values, unless each field has a source of its own.
fn expect_values(settings: &Settings, at: &Address, args: &Args) -> Result<(), PublishError> {
    let RecordSettings { schema, sources, .. } = &settings.record;
    let takes_value = |source: &Source| matches!(source, Source::Input(_));
    match sources.iter().position(takes_value) {
        Some(index) if args.values.is_empty() => {
            let field = schema.fields()[index].name().to_owned();
            Err(PublishError::NoValues { path: at.path().to_owned(), field })
        }
        _ => Ok(()),
    }
}

/// The newest record of the region, or of its instance; none if it is to be replaced by one of another `schema`.
fn newest(
    region: &mut Observed,
    schema: &Arc<Schema>,
    instance: Option<&str>,
) -> Result<Option<RecordBuf>, ToolError> {
    if region.reader().schema().fingerprint() != schema.fingerprint() {
        return Ok(None);
    }
    let mut record = RecordBuf::new(schema.clone());
    let found = match region {
        Observed::One(reader) => reader.latest(record.bytes_mut())?,
        Observed::Many(reader) => match instance.and_then(|name| reader.find(name)) {
            Some(instance) => reader.latest(instance, record.bytes_mut())?,
            None => None,
        },
    };
    Ok(found.map(|_| record))
}
