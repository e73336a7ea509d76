//! `[producer]` and `[consumer]`: how often, from where, and how a record is printed.

use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;

use crate::document::{Entry, Section};
use crate::error::SettingsError;
use crate::keys::{CONSUMER, PRODUCER};

/// Longest duration a setting may have: a year, so that nanoseconds always fit 64 bits.
pub const MAX_DURATION: Duration = Duration::from_hours(365 * 24);
/// Least and most that `max_line` may be, in bytes: 64 B and 64 MiB.
pub const MAX_LINE_RANGE: (u64, u64) = (64, 64 << 20);

/// How the producer runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerSettings {
    /// Time from one record to the next; never zero, at most [`MAX_DURATION`].
    pub tick: Duration,
    /// The named pipe that `input` sources read; `None` is standard input.
    pub input: Option<PathBuf>,
    /// Longest line of input, in bytes; longer ones are bad lines.
    pub max_line: u64,
}

/// How the consumer runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerSettings {
    /// Time from one look at the latest record to the next; never zero, at most [`MAX_DURATION`].
    pub poll: Duration,
    /// How a record is printed as a line. It is part of the schema too, so that a consumer
    /// without a configuration prints the same.
    pub line: Option<String>,
}

impl Default for ProducerSettings {
    fn default() -> Self {
        Self { tick: Duration::from_secs(1), input: None, max_line: 64 << 10 }
    }
}

impl Default for ConsumerSettings {
    fn default() -> Self {
        Self { poll: Duration::from_secs(2), line: None }
    }
}

impl ProducerSettings {
    pub(crate) fn read(top: &Section<'_>) -> Result<Self, SettingsError> {
        let default = Self::default();
        let Some(entry) = top.get("producer") else { return Ok(default) };
        let producer = entry.section(&PRODUCER)?;
        Ok(Self {
            tick: producer.get("tick").map_or(Ok(default.tick), |entry| duration(&entry))?,
            input: producer.get("input").map(|entry| path(&entry)).transpose()?,
            max_line: producer.get("max_line").map_or(Ok(default.max_line), |e| size(&e))?,
        })
    }
}

impl ConsumerSettings {
    pub(crate) fn read(top: &Section<'_>) -> Result<Self, SettingsError> {
        let default = Self::default();
        let Some(entry) = top.get("consumer") else { return Ok(default) };
        let consumer = entry.section(&CONSUMER)?;
        Ok(Self {
            poll: consumer.get("poll").map_or(Ok(default.poll), |entry| duration(&entry))?,
            line: consumer.get("line").map(|e| e.text()).transpose()?.map(str::to_owned),
        })
    }
}

/// A duration as people write it, "250ms" or "1m 30s": longer than zero, at most a year.
pub(crate) fn duration(entry: &Entry<'_>) -> Result<Duration, SettingsError> {
    let text = entry.value().as_str().ok_or_else(|| entry.wrong_type("a duration in quotes"))?;
    let duration = humantime::parse_duration(text)
        .map_err(|error| entry.bad_value(wanted_duration(&error)))?;
    if duration.is_zero() {
        return Err(entry.bad_value("a duration longer than zero"));
    }
    if duration > MAX_DURATION {
        return Err(entry.bad_value("a duration of at most 365 days"));
    }
    Ok(duration)
}

/// What belongs in place of a text that is no duration.
fn wanted_duration(error: &humantime::DurationError) -> &'static str {
    use humantime::DurationError as E;
    match error {
        E::UnknownUnit { unit, .. } if unit.is_empty() => "a duration with a unit",
        E::UnknownUnit { .. } => "a duration in ns, us, ms, s, min, h or days",
        E::NumberOverflow => "a duration of 1ns to 365 days",
        _ => "a duration",
    }
}

/// A path that the kernel can be given.
pub(crate) fn path(entry: &Entry<'_>) -> Result<PathBuf, SettingsError> {
    match entry.text()? {
        "" => Err(entry.bad_value("a path")),
        text if text.contains('\0') => Err(entry.bad_value("a path, which holds no NUL")),
        text => Ok(text.into()),
    }
}

/// A size as people write it, "64KiB", or a number of bytes.
fn size(entry: &Entry<'_>) -> Result<u64, SettingsError> {
    let (min, max) = MAX_LINE_RANGE;
    let bytes = if entry.value().is_integer() {
        u64::try_from(entry.whole()?).ok()
    } else {
        let text = entry.value().as_str().ok_or_else(|| entry.wrong_type("a size in quotes"))?;
        Some(text.parse::<ByteSize>().map_err(|_| entry.bad_value("a size"))?.as_u64())
    };
    bytes
        .filter(|bytes| (min..=max).contains(bytes))
        .ok_or_else(|| entry.bad_value("a size from 64B to 64MiB"))
}
