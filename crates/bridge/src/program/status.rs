//! The bridge's own region: an instance for each mirror, each export and each endpoint that it connects to.
//!
//! Invariant: what a row has of a mirror is from one moment, and `mirror_sequence` is the sequence of the record that
//! it is about. A row is published when it has changed, at most once in [`EVERY`].
//!
//! Price: a comparison of 400 bytes for each of them, four times a second.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use daemon::{Monotonic, OnChange};
use layout::header::MAX_INSTANCES;
use layout::{InstanceName, Record, Schema};
use region::{DynInstanceWriter, InstanceReader, Options, RegionError, RegionErrorKind};

use super::row::Row;
use crate::import::Resumed;
use crate::keys::{self, Source};
use crate::wall_clock;

/// Shortest time between two records of one row.
const EVERY: Duration = Duration::from_millis(250);
/// Instances of a new region; there will be more when they are needed.
const INSTANCES: u32 = 256;

/// The region of rows.
#[derive(Debug)]
pub(crate) struct Status {
    name: String,
    schema: Schema,
    writer: Option<DynInstanceWriter>,
    max: u32,
    /// The rows that there are; `None`: one of an earlier bridge.
    published: BTreeMap<InstanceName, Option<Row>>,
    due: Monotonic,
    trouble: OnChange<String>,
}

impl Status {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            schema: Row::schema(),
            writer: None,
            max: INSTANCES,
            published: BTreeMap::new(),
            due: Monotonic::from_nanos(0),
            trouble: OnChange::new(),
        }
    }

    /// What mirrors that are still there held when an earlier bridge had them: source, row and record.
    pub(crate) fn resumed(&self) -> Vec<(Source, InstanceName, Option<Resumed>)> {
        let mut held = Vec::new();
        let Ok(mut reader) = InstanceReader::<Row>::open(&*self.name) else { return held };
        let names: BTreeSet<_> = region::names().into_iter().collect();
        let is_there = |row: &InstanceName| {
            keys::is_cut(row) || names.contains(&**row) || Path::new(&**row).exists()
        };
        // A region that cannot be read holds nothing to continue from.
        let _ = reader.latest_all(|name, row| {
            if let Some((source, resumed)) = row.mirror().filter(|_| is_there(name)) {
                held.push((source, *name, resumed));
            }
        });
        held
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn due(&self) -> Monotonic {
        self.due
    }

    /// Publishes the rows that have changed, each with its name: the address of a mirror, HOST/NAME of an export, or an
    /// endpoint. Of one name the last row has it: mirrors come last, since a restart needs theirs.
    pub(crate) fn publish(&mut self, now: Monotonic, rows: impl Iterator<Item = (String, Row)>) {
        self.due = now.after(EVERY);
        let rows: BTreeMap<_, _> =
            rows.filter_map(|(name, row)| Some((keys::row(&name)?, row))).collect();
        match self.publish_rows(rows) {
            Ok(()) => {
                self.trouble.clear();
            }
            Err(error) => {
                if let Some(text) = self.trouble.update(daemon::with_next_step(&error)) {
                    tracing::warn!("status region {}: {text}", self.name);
                }
                self.due = now.after(Duration::from_secs(1));
            }
        }
    }

    fn publish_rows(&mut self, rows: BTreeMap<InstanceName, Row>) -> Result<(), RegionError> {
        self.open()?;
        let gone: BTreeSet<_> =
            self.published.keys().filter(|name| !rows.contains_key(*name)).copied().collect();
        for name in gone {
            // One that cannot be retired now is tried again.
            self.retire(&name)?;
            self.published.remove(&name);
        }
        let now = wall_clock::now();
        for (name, row) in rows {
            let before = self.published.get(&name).and_then(Option::as_ref);
            let row = row.since(before, now);
            if self.published.get(&name) != Some(&Some(row)) {
                self.publish_row(&name, &row)?;
                self.published.insert(name, Some(row));
            }
        }
        self.writer.as_mut().map_or(Ok(()), DynInstanceWriter::heartbeat)
    }

    fn open(&mut self) -> Result<(), RegionError> {
        if self.writer.is_none() {
            let opened =
                DynInstanceWriter::open_with(&*self.name, &self.schema, &options(), self.max)?;
            // What an earlier bridge has published: true no more until it is published again, else retired.
            let former = opened.all().into_iter().map(|(_, name)| (name, None));
            self.published = former.collect();
            self.writer = Some(opened);
        }
        Ok(())
    }

    fn retire(&mut self, name: &str) -> Result<(), RegionError> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writer.find(name).map_or(Ok(()), |instance| writer.retire(instance))
    }

    fn publish_row(&mut self, name: &str, row: &Row) -> Result<(), RegionError> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let instance = match writer.instance(name) {
            Err(error)
                if matches!(error.kind(), RegionErrorKind::TooManyInstances { .. })
                    && self.max < MAX_INSTANCES =>
            {
                self.max = (2 * self.max).min(MAX_INSTANCES);
                writer.change(&self.schema, &options(), self.max)?;
                writer.instance(name)?
            }
            found => found?,
        };
        writer.publish(instance, bytemuck::bytes_of(row)).map(drop)
    }
}

fn options() -> Options {
    // Of an earlier bridge there may be more rows than a new one begins with: those of the newest records stay, and there
    // will be room for all when they are published again.
    Options::new().slots(4).period(4 * EVERY).retire_oldest()
}
