//! A parsed line of `consumer --format json`.

use std::time::{Duration, SystemTime};

use serde_json::Value;

/// The content of one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Lineage of the record: with the number its name.
    pub lineage: u64,
    /// Number of the record.
    pub sequence: u64,
    /// How many writers and files the region had when the line was printed.
    pub epoch: u64,
    /// State of the writer, as it was when the line was printed.
    pub state: String,
    /// The record's members by name.
    pub record: Value,
    /// The whole line.
    pub line: Value,
}

impl Reading {
    /// Reads `line`.
    ///
    /// # Panics
    /// If it is not one of a region's lines.
    #[track_caller]
    pub fn of(line: &str) -> Self {
        match Self::parse(line) {
            Some(reading) => reading,
            None => panic!("not a line of a region: {line}"),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let line: Value = serde_json::from_str(text).ok()?;
        Some(Self {
            lineage: line["lineage"].as_u64()?,
            sequence: line["sequence"].as_u64()?,
            epoch: line["epoch"].as_u64()?,
            state: line["state"].as_str()?.to_owned(),
            record: line.get("record")?.clone(),
            line,
        })
    }

    /// Whether a writer held the region. On a busy machine it may have looked stalled.
    pub fn is_held(&self) -> bool {
        self.state == "live" || self.state == "stalled"
    }

    /// Whether it was published at `moment` or later, by a writer that holds the region. Earlier
    /// lines may still arrive from the pipe.
    pub fn is_fresh(&self, moment: SystemTime) -> bool {
        self.is_held() && self.published_at() >= moment
    }

    /// The order of records, in which a reader must never go back.
    pub fn order(&self) -> (u64, u64) {
        (self.lineage, self.sequence)
    }

    /// How old the record was when the line was printed.
    ///
    /// # Panics
    /// If the line does not have it.
    #[track_caller]
    pub fn age(&self) -> Duration {
        let nanos = self.line["age_ns"].as_u64();
        Duration::from_nanos(nanos.unwrap_or_else(|| panic!("no age in {}", self.line)))
    }

    /// When the record was published, by the wall clock.
    ///
    /// # Panics
    /// If the line does not have it.
    #[track_caller]
    pub fn published_at(&self) -> SystemTime {
        let text = self.line["published_at"].as_str().unwrap_or_default();
        humantime::parse_rfc3339(text).unwrap_or_else(|err| panic!("{err}: {}", self.line))
    }

    /// The whole number in the record's member `name`.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn number(&self, name: &str) -> i64 {
        let value = &self.record[name];
        value.as_i64().unwrap_or_else(|| panic!("no number {name} in {}", self.line))
    }
}
