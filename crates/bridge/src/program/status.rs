//! The bridge's own region: an instance for each mirror and each export.
//!
//! Invariant: what a row has of a mirror is from one moment, and `mirror_sequence` is the sequence of the record that
//! it is about. A row is published when it has changed, at most once in [`EVERY`].
//!
//! Price: a comparison of 296 bytes for each mirror and export, four times a second.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use daemon::{Monotonic, OnChange};
use layout::header::MAX_INSTANCES;
use layout::{InstanceName, Labels, MAX_INSTANCE_NAME, Record, Schema};
use region::{DynInstanceWriter, InstanceReader, Options, RegionError, RegionErrorKind, State};

use crate::export::ExportStatus;
use crate::import::{LinkState, MirrorStatus, Resumed};
use crate::keys::Source;
use crate::wire::RecordId;

/// Shortest time between two records of one row.
const EVERY: Duration = Duration::from_millis(250);
/// Instances of a new region; there will be more when they are needed.
const INSTANCES: u32 = 256;

/// Which way the records go.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
#[record(crate = layout)]
enum Direction {
    #[record(label = "import")]
    Import,
    #[record(label = "export")]
    Export,
}

/// Whether there is news of the source, and in which state it is.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
#[record(crate = layout)]
enum Link {
    #[record(label = "not there")]
    NotThere,
    #[record(label = "live")]
    Live,
    #[record(label = "stalled")]
    Stalled,
    #[record(label = "dead")]
    Dead,
    #[record(label = "closed")]
    Closed,
    #[record(label = "retired")]
    Retired,
    #[record(label = "stale")]
    Stale,
    #[record(label = "host lost")]
    HostLost,
    #[record(label = "link lost")]
    Disconnected,
    #[record(label = "loop")]
    Loop,
}

/// What the bridge knows of a mirror or an export.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Record)]
#[record(crate = layout, name = "BRIDGE", line = "{direction} {host} {name}: {link}, sequence {sequence}")]
pub(crate) struct Row {
    /// the host of the source
    #[record(text)]
    host: [u8; 64],
    /// what the region is called there
    #[record(text)]
    name: [u8; 64],
    /// the host that the records were published at first
    #[record(text)]
    origin: [u8; 64],
    /// lineage of the newest record at its source
    lineage: u64,
    /// sequence of the newest record at its source
    sequence: u64,
    /// when its source published it, by the clock of that host, since 1970
    #[record(unit = "ns")]
    published: u64,
    /// when it came here, since 1970
    #[record(unit = "ns")]
    received: u64,
    /// its sequence in the mirror
    mirror_sequence: u64,
    /// records that were published to the mirror, or sent
    records: u64,
    /// records of the source that were not, because a newer one was there
    skipped: u64,
    /// records that did not fit their description
    refused: u64,
    /// times that the source was asked for a record, or that one was replied
    pulls: u64,
    /// import or export
    #[record(labels = Direction)]
    direction: u8,
    /// state of the source, or why there is no news of it
    #[record(labels = Link)]
    link: u8,
    /// hosts that the records have come over
    hops: u8,
    #[record(padding)]
    reserved: [u8; 5],
}

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

    /// What mirrors that are still there held when an earlier bridge had them: source, address and record.
    pub(crate) fn resumed(&self) -> Vec<(Source, String, Resumed)> {
        let mut held = Vec::new();
        let Ok(mut reader) = InstanceReader::<Row>::open(&*self.name) else { return held };
        let names: BTreeSet<_> = region::names().into_iter().collect();
        let is_there = |address: &str| names.contains(address) || Path::new(address).exists();
        // A region that cannot be read holds nothing to continue from.
        let _ = reader.latest_all(|name, row| {
            let is_mirror = row.direction == u8::from(Direction::Import) && row.mirror_sequence > 0;
            if is_mirror && is_there(&name) {
                let id = RecordId { lineage: row.lineage, order: 0, sequence: row.sequence };
                let resumed = Resumed { id, time: row.published, sequence: row.mirror_sequence };
                let source = Source::new(&of_text(&row.host), &of_text(&row.name));
                held.push((source, name.to_string(), resumed));
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

    /// Publishes what has changed.
    pub(crate) fn publish(
        &mut self,
        now: Monotonic,
        mirrors: impl Iterator<Item = MirrorStatus>,
        exports: impl Iterator<Item = (String, [u8; 64], Row)>,
    ) {
        self.due = now.after(EVERY);
        let imports =
            mirrors.map(|mirror| (instance_name(&mirror.address), Row::of_mirror(&mirror)));
        let exports =
            exports.map(|(address, host, row)| (instance_name(&address), Row { host, ..row }));
        let rows: BTreeMap<_, _> =
            imports.chain(exports).filter_map(|(name, row)| Some((name?, row))).collect();
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
            self.published.remove(&name);
            self.retire(&name)?;
        }
        for (name, row) in rows {
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
    Options::new().slots(4).period(4 * EVERY)
}

/// The address of a region as the name of an instance: all of it, or its end.
fn instance_name(address: &str) -> Option<InstanceName> {
    let from = address.len().saturating_sub(MAX_INSTANCE_NAME);
    let from = (from..address.len()).find(|at| address.is_char_boundary(*at))?;
    InstanceName::new(&address[from..]).ok()
}

/// A name, NUL-padded; names are not longer.
pub(crate) fn text(name: &str) -> [u8; 64] {
    let mut bytes = [0; 64];
    let len = name.len().min(bytes.len());
    bytes[..len].copy_from_slice(&name.as_bytes()[..len]);
    bytes
}

/// The name in NUL-padded bytes.
fn of_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}

impl Row {
    fn of_mirror(mirror: &MirrorStatus) -> Self {
        let link = match mirror.link {
            LinkState::Source(state) => Link::of(state),
            LinkState::SourceGone => Link::NotThere,
            LinkState::HostLost => Link::HostLost,
            LinkState::LinkLost => Link::Disconnected,
            LinkState::Loop => Link::Loop,
        };
        Self {
            host: text(&mirror.source.host),
            name: text(&mirror.source.name),
            origin: text(mirror.route.first().map_or("", |host| host)),
            lineage: mirror.id.lineage,
            sequence: mirror.id.sequence,
            published: mirror.time,
            received: mirror.received_at,
            mirror_sequence: mirror.sequence,
            records: mirror.received.records,
            skipped: mirror.received.skipped,
            refused: mirror.received.refused,
            pulls: mirror.received.pulls,
            direction: Direction::Import.into(),
            link: link.into(),
            hops: u8::try_from(mirror.route.len()).unwrap_or(u8::MAX),
            reserved: [0; 5],
        }
    }

    pub(crate) fn of_export(export: &ExportStatus<'_>) -> Self {
        let (id, published) = export.newest;
        Self {
            host: [0; 64],
            name: text(export.name),
            origin: text(export.route.first().map_or("", |host| host)),
            lineage: id.lineage,
            sequence: id.sequence,
            published,
            received: 0,
            mirror_sequence: 0,
            records: export.traffic.sent,
            skipped: export.traffic.skipped,
            refused: 0,
            pulls: export.traffic.replies,
            direction: Direction::Export.into(),
            link: export.state.map_or(Link::NotThere, Link::of).into(),
            hops: u8::try_from(export.route.len()).unwrap_or(u8::MAX),
            reserved: [0; 5],
        }
    }
}

impl Link {
    fn of(state: State) -> Self {
        match state {
            State::Live => Self::Live,
            State::Stalled => Self::Stalled,
            State::Closed => Self::Closed,
            State::Retired => Self::Retired,
            State::Stale => Self::Stale,
            _ => Self::Dead,
        }
    }
}
