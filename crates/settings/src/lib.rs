//! One TOML file for region, record, producer and consumer.
//!
//! Invariant: [`Settings`] in hand are consistent. The record is a valid schema, every source fits its
//! field, every number is in its range. What is wrong with a file is said once, in one line that
//! names file, line, column and key and ends with the next step; a key that no setting has is an
//! error, with the key that was probably meant.
//!
//! ```text
//!   stu.toml --Document--> Section, Entry --read--> Settings
//!               spans       keys, types              region    RegionSettings
//!                                                    record    Schema + one Source per field
//!                                                    producer  ProducerSettings
//!                                                    consumer  ConsumerSettings
//! ```
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
mod daemons;
mod document;
mod error;
mod keys;
mod nearest;
mod record;
mod region;
mod source;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

pub use address::{Address, AddressError, MAX_REGION_NAME};
pub use daemons::{ConsumerSettings, MAX_DURATION, MAX_LINE_RANGE, ProducerSettings};
pub use error::{Advice, Place, SettingsError, SettingsErrorKind};
pub use record::RecordSettings;
pub use region::{DEFAULT_MODE, DEFAULT_SLOTS, Format, RegionSettings};
pub use source::{
    ClockKind, ClockSource, Constant, Counter, FileSource, FileSourceError, InputKey, Random,
    Range, Reading, Source, Take, TimeUnit, Wave, WaveShape,
};

use document::Document;
use layout::text::plain;

/// The default configuration, `config/stu.toml`, as both daemons carry it.
pub const EMBEDDED: &str = include_str!("../../../config/stu.toml");

/// What messages call the embedded configuration.
pub const EMBEDDED_ORIGIN: &str = "config/stu.toml (embedded)";

/// Longest configuration that is read, in bytes: 128 for each of 4,096 fields. The parser takes up to
/// 48 MiB for it.
const MAX_FILE: u64 = 512 << 10;

/// Everything one configuration says.
///
/// Two are equal when a daemon would do the same with both; comments, order and spelling of the file
/// do not count. A daemon that is told to reload compares, and goes on untouched if nothing changed.
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

impl Settings {
    /// Reads the configuration at `path`.
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        let origin = plain(&path.to_string_lossy());
        let whole = |kind| SettingsError::whole(&origin, kind);
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
            .map_err(|error| whole(SettingsErrorKind::Unreadable(error)))?;
        if bytes.starts_with(&layout::header::MAGIC_BYTES) {
            return Err(whole(SettingsErrorKind::Region));
        }
        if bytes.len() as u64 > MAX_FILE {
            return Err(whole(SettingsErrorKind::TooLong { limit: MAX_FILE }));
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => Self::parse(text, path),
            Err(error) => {
                let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
                let place = Document::new(&origin, &valid).place(valid.len());
                Err(SettingsError::at(&origin, place, SettingsErrorKind::NotUtf8))
            }
        }
    }

    /// Reads a configuration that is already in memory; messages call it `origin`.
    pub fn parse(text: &str, origin: impl AsRef<Path>) -> Result<Self, SettingsError> {
        let origin = plain(&origin.as_ref().to_string_lossy());
        let document = Document::new(&origin, text);
        let table = document.parse()?;
        let top = document.top(&table)?;
        let region = RegionSettings::read(&top)?;
        let consumer = ConsumerSettings::read(&top)?;
        let record = RecordSettings::read(&top, consumer.line.as_deref())?;
        let producer = ProducerSettings::read(&top)?;
        let settings = Self { region, record, producer, consumer };
        settings.check_input(&top)?;
        Ok(settings)
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

    /// An error unless the record can be published from this configuration: one without sources
    /// only describes what somebody else publishes. `origin` is what the message calls the file.
    pub fn check_publishable(&self, origin: impl AsRef<Path>) -> Result<(), SettingsError> {
        if !self.record.sources.is_empty() {
            return Ok(());
        }
        let origin = plain(&origin.as_ref().to_string_lossy());
        let error = SettingsError::whole(&origin, SettingsErrorKind::NoSources);
        Err(error.key_named("record".to_owned()))
    }

    /// Refuses an input that nothing would read.
    fn check_input(&self, top: &document::Section<'_>) -> Result<(), SettingsError> {
        let Some(producer) = top.get("producer").filter(|_| !self.reads_input()) else {
            return Ok(());
        };
        let producer = producer.section(&keys::PRODUCER)?;
        match producer.get("input") {
            Some(entry) => {
                let why = "no field has an input source";
                Err(entry.error(SettingsErrorKind::NoEffect { why }))
            }
            None => Ok(()),
        }
    }
}
