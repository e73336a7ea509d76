//! One TOML file for region, record, producer and consumer.
//!
//! Invariant: [`Settings`] are consistent. The record is a valid schema, every source fits its
//! field, every number is in its range. An error is one line that names file, line, column and key and ends
//! with the next step. A key that no setting has is an error, with the key that was probably meant.
//!
//! ```text
//!   stu.toml --toml--> Node --serde--> tables --checks--> Settings
//!                      places          keys, types        region    RegionSettings
//!                                                         record    Schema + one Source per field
//!                                                         producer  ProducerSettings
//!                                                         consumer  ConsumerSettings
//! ```
//!
//! A bridge has a file of its own, [`BridgeSettings`].
//!
//! This is the only crate that knows TOML. It opens no file but the configuration, and it does not
//! know whether the region or the files of a source exist. Every key is described in
//! `docs/configuration.md`.
//!
//! Price: a load parses the whole file and tries each constant in a scratch record.
//!
//! ```
//! use settings::{Address, Settings};
//!
//! let settings = Settings::embedded();
//! assert_eq!(settings.region.address, Address::Name("stu".into()));
//! assert_eq!(settings.record.schema.size(), 28);
//!
//! let text = "[region]\nname = \"stu\"\nslot = 8\n";
//! let error = Settings::parse(text, "my.toml").unwrap_err();
//! assert_eq!(error.to_string(), "my.toml:3:1: region.slot: unknown key; did you mean slots?");
//! ```

mod address;
mod bridge;
mod daemons;
mod error;
mod examples;
mod fault;
mod file;
mod instances;
mod line_limit;
mod message;
mod node;
mod record;
mod region;
mod source;
mod values;

use std::path::Path;

use layout::Field;
use serde::Deserialize;
use toml::de::{DeTable, DeValue};

pub use address::{Address, AddressError};
pub use bridge::{
    BridgeMode, BridgeSettings, Endpoint, Export, Import, MAX_HOPS, NamePattern, TlsProblem,
    TlsSettings, is_wire_name,
};
pub use daemons::{ConsumerSettings, ProducerSettings};
pub use error::{Place, SettingsError, SettingsErrorKind};
pub use file::is_stdin;
pub use instances::{DEFAULT_MAX, GlobInstances, InputInstances, Instances, WhenFull};
pub use query::nearest;
pub use record::RecordSettings;
pub use region::{DEFAULT_MODE, DEFAULT_SLOTS, Format, RegionSettings};
pub use render::duration_text;
pub use source::{
    ClockKind, ClockSource, Constant, Counter, DiskFigure, DiskSource, Expr, FileSource, InputKey,
    InputSource, LeavesFolder, Pattern, Random, Range, Source, Take, TimeUnit, Wave, WaveShape,
    Words, is_pattern, is_separator, words,
};
pub use values::{DurationError, MAX_DURATION, MAX_LINE_RANGE, duration};

use fault::{Fault, Problem};
use line_limit::line_limit;
use node::Node;
use record::RecordTable;
use region::RegionTable;

/// The default configuration, `config/stu.toml`, as both daemons carry it.
pub const EMBEDDED: &str = include_str!("../../../config/stu.toml");

/// What messages call the embedded configuration.
pub const EMBEDDED_ORIGIN: &str = "config/stu.toml (embedded)";

/// One configuration, read and checked.
///
/// Two are equal if a daemon would do the same with both; comments, order and spelling of the file do
/// not matter. A daemon that reloads changes nothing if they are equal.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where the region is and what its file is like.
    pub region: RegionSettings,
    /// What the record holds.
    pub record: RecordSettings,
    /// How the producer runs.
    pub producer: ProducerSettings,
    /// How the consumer runs.
    pub consumer: ConsumerSettings,
}

/// The tables of the file, as serde fills them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    region: RegionTable,
    record: RecordTable,
    #[serde(default)]
    producer: ProducerSettings,
    #[serde(default)]
    consumer: ConsumerSettings,
}

/// Reads a configuration by `checked`, which is given its root.
fn read<T>(
    text: &str,
    origin: &Path,
    checked: impl FnOnce(&Node<'_>) -> Result<T, Problem>,
) -> Result<T, SettingsError> {
    let table =
        DeTable::parse(text).map_err(|error| SettingsError::syntax(origin, text, &error))?;
    let file = DeValue::Table(table.into_inner());
    checked(&Node::root(&file)).map_err(|problem| {
        SettingsError::whole(origin, SettingsErrorKind::Invalid(problem.message))
            .at(text, problem.at)
            .key_named(problem.key)
    })
}

impl Settings {
    /// Reads the configuration at `path`: a regular file, or standard input if [`is_stdin`].
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        let (origin, text) = file::text(path)?;
        Self::parse(&text, origin)
    }

    /// Reads a configuration that is already in memory; messages call it `origin`.
    pub fn parse(text: &str, origin: impl AsRef<Path>) -> Result<Self, SettingsError> {
        read(text, origin.as_ref(), |root| Self::read(root, text))
    }

    fn read(root: &Node<'_>, text: &str) -> Result<Self, Problem> {
        let Tables { region, record, producer, consumer } = root.read()?;
        let region = region.checked(&root.at_key("region"))?;
        let record = record.checked(root, text, consumer.line.as_deref())?;
        let mut settings = Self { region, record, producer, consumer };
        if root.at_key("producer").get("max_line").is_none() {
            settings.producer.max_line = line_limit(&settings.record);
        }
        settings.check_instances(&root.at_key("record"))?;
        settings.check_input(&root.at_key("producer"))?;
        Ok(settings)
    }

    /// An error if the region cannot have the instances, or its input does not name them.
    fn check_instances(&self, record: &Node<'_>) -> Result<(), Problem> {
        let (Some(instances), Some(node)) = (&self.record.instances, record.get("instances"))
        else {
            return Ok(());
        };
        let why = match instances {
            Instances::Glob(_) | Instances::Input(_) if self.region.format == Format::Bare => {
                "a bare file has a fixed number of records; write instances = 30, or a list of names"
            }
            Instances::Named(_) | Instances::Glob(_) if self.reads_input() => {
                "a line of input has to name its instance; write instances = { input = \"symbol\" }, \
                 or remove the input sources"
            }
            Instances::Input(_) if !self.reads_input() && !self.record.sources.is_empty() => {
                "has no effect: no field has an input source; give one, or list the instances"
            }
            _ => return Ok(()),
        };
        Err(node.problem(Fault::Other(why.to_owned())))
    }

    /// An error if `producer` has a key for an input that has no effect.
    fn check_input(&self, producer: &Node<'_>) -> Result<(), Problem> {
        let key = ["input", "ignore_unknown", "input_deadline"]
            .into_iter()
            .find_map(|key| producer.get(key));
        if let Some(key) = key.filter(|_| !self.reads_input()) {
            let why = "has no effect: no field has an input source; remove it";
            return Err(key.problem(Fault::Other(why.to_owned())));
        }
        match producer.get("input_deadline") {
            Some(key) if self.region.format == Format::Bare => {
                let why = "has no effect: a bare file has no state; remove it";
                Err(key.problem(Fault::Other(why.to_owned())))
            }
            _ => Ok(()),
        }
    }

    /// The default configuration, `config/stu.toml`.
    ///
    /// # Panics
    /// Never: a test reads it.
    pub fn embedded() -> Self {
        Self::parse(EMBEDDED, EMBEDDED_ORIGIN).expect("a test reads the embedded configuration")
    }

    /// Whether any field takes its value from the input stream.
    pub fn reads_input(&self) -> bool {
        self.record.sources.iter().any(|source| matches!(source, Source::Input(_)))
    }

    /// The settings of a producer that publishes recorded records again: the lines of a consumer's JSON.
    ///
    /// Each field is filled from the member of its name in the member `record`, which must be there, and
    /// other members are skipped, except that `instance` names the instance if there are any.
    #[must_use]
    pub fn replaying(mut self) -> Self {
        let source = |field: &Field| {
            let key = InputKey::Pointer(format!("/record/{}", field.name()));
            Source::Input(InputSource { required: true, ..key.into() })
        };
        self.record.sources = self.record.schema.fields().iter().map(source).collect();
        self.record.computed.clear();
        self.record.instances = self.record.instances.as_ref().map(Instances::replaying);
        self.producer.ignore_unknown = true;
        self.producer.max_line = MAX_LINE_RANGE.1;
        self
    }

    /// Whether that is standard input.
    pub fn reads_stdin(&self) -> bool {
        self.reads_input() && self.producer.input.is_none()
    }

    /// An error unless the record can be published from this configuration: one without sources
    /// only describes what another program publishes. It was read from `origin`.
    pub fn check_publishable(&self, origin: impl AsRef<Path>) -> Result<(), SettingsError> {
        if !self.record.sources.is_empty() {
            return Ok(());
        }
        let why = "no field has a source, so there is nothing to publish; give each field a source";
        let kind = SettingsErrorKind::Invalid(why.to_owned());
        Err(SettingsError::whole(file::origin(origin.as_ref()), kind)
            .key_named("record".to_owned()))
    }
}
