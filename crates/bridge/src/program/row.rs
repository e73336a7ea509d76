//! What the bridge's own region says of a mirror, an export or a link.

use layout::{Labels, Record};
use region::State;
use settings::is_wire_name;

use super::links::LinkStatus;
use crate::export::ExportStatus;
use crate::import::{LinkState, MirrorStatus, Resumed, Trouble};
use crate::keys::Source;
use crate::wire::RecordId;

/// What a row is about.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
#[record(crate = layout)]
enum Direction {
    #[record(label = "import")]
    Import,
    #[record(label = "export")]
    Export,
    /// No records: a link, to an endpoint of `connect`.
    #[record(label = "connect")]
    Connect,
}

/// Whether there is news of the source, and in which state it is, or why the mirror cannot be written.
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
    #[record(label = "two hosts")]
    TwoHosts,
    #[record(label = "connecting")]
    Connecting,
    #[record(label = "spare")]
    Spare,
    #[record(label = "name taken")]
    NameTaken,
    #[record(label = "no space")]
    NoSpace,
    #[record(label = "no rights")]
    NoRights,
    #[record(label = "not written")]
    NotWritten,
    #[record(label = "not imported")]
    NotImported,
}

/// Bytes of `why`.
const WHY: usize = 128;

/// What the bridge knows of a mirror, an export or a link.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Record)]
#[record(crate = layout, name = "BRIDGE", line = "{direction} {host} {name}: {link}, sequence {sequence} {why}")]
pub(crate) struct Row {
    /// the host of the source, or this one
    #[record(text)]
    host: [u8; 64],
    /// what the region is called there, or the endpoint
    #[record(text)]
    name: [u8; 64],
    /// the host that the records were published at first
    #[record(text)]
    origin: [u8; 64],
    /// why a link is lost, and what to do about it
    #[record(text)]
    why: [u8; WHY],
    /// since when `link` is what it is, since 1970
    #[record(unit = "ns")]
    since: u64,
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
    /// import, export or connect
    #[record(labels = Direction)]
    direction: u8,
    /// state of the source, or why there is no news of it; of a link, whether it is there
    #[record(labels = Link)]
    link: u8,
    /// hosts that the records have come over
    hops: u8,
    #[record(padding)]
    reserved: [u8; 5],
}

/// A text, NUL-padded, or as much of it as there is room for.
fn text<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let len = text.floor_char_boundary(N);
    bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
    bytes
}

/// The name in NUL-padded bytes.
fn of_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}

impl Row {
    pub(super) fn of_mirror(mirror: &MirrorStatus) -> Self {
        let link = match mirror.link {
            LinkState::Source(state) => Link::of(state),
            LinkState::SourceGone => Link::NotThere,
            LinkState::HostLost => Link::HostLost,
            LinkState::LinkLost => Link::Disconnected,
            LinkState::Loop => Link::Loop,
            LinkState::TwoHosts => Link::TwoHosts,
            LinkState::NotImported => Link::NotImported,
            LinkState::Unwritten(Trouble::NameTaken) => Link::NameTaken,
            LinkState::Unwritten(Trouble::NoSpace) => Link::NoSpace,
            LinkState::Unwritten(Trouble::NoRights) => Link::NoRights,
            LinkState::Unwritten(Trouble::Other) => Link::NotWritten,
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
            hops: u8::try_from(mirror.route.len()).unwrap_or(u8::MAX),
            ..Self::empty(Direction::Import, link)
        }
    }

    pub(super) fn of_export(host: &str, export: &ExportStatus<'_>) -> Self {
        let (id, published) = export.newest;
        let link = export.state.map_or(Link::NotThere, Link::of);
        Self {
            host: text(host),
            name: text(export.name),
            origin: text(export.route.first().map_or("", |host| host)),
            lineage: id.lineage,
            sequence: id.sequence,
            published,
            records: export.traffic.sent,
            skipped: export.traffic.skipped,
            pulls: export.traffic.replies,
            hops: u8::try_from(export.route.len()).unwrap_or(u8::MAX),
            ..Self::empty(Direction::Export, link)
        }
    }

    pub(super) fn of_link(host: &str, endpoint: &str, status: &LinkStatus) -> Self {
        let (link, why) = match status {
            LinkStatus::Connecting => (Link::Connecting, String::new()),
            LinkStatus::Up => (Link::Live, String::new()),
            LinkStatus::Spare => (Link::Spare, String::new()),
            LinkStatus::Down(cause) => (Link::Disconnected, cause.within(WHY)),
        };
        let (host, name, why) = (text(host), text(endpoint), text(&why));
        Self { host, name, why, ..Self::empty(Direction::Connect, link) }
    }

    fn empty(direction: Direction, link: Link) -> Self {
        let (direction, link) = (direction.into(), link.into());
        Self { direction, link, ..bytemuck::Zeroable::zeroed() }
    }

    /// The same, which says since when its link is what it is: that of `before`, or `now`.
    pub(super) fn since(self, before: Option<&Self>, now: u64) -> Self {
        let same = before.filter(|before| before.link == self.link);
        Self { since: same.map_or(now, |before| before.since), ..self }
    }

    /// The mirror that it is about, and the record that this held, if any; `None`: it is about something else.
    pub(super) fn mirror(&self) -> Option<(Source, Option<Resumed>)> {
        let is_mirror = self.direction == u8::from(Direction::Import);
        let id = RecordId { lineage: self.lineage, order: 0, sequence: self.sequence };
        let resumed = Resumed { id, time: self.published, sequence: self.mirror_sequence };
        let source = Source::new(&of_text(&self.host), &of_text(&self.name));
        // The row of a pattern is none of a mirror.
        (is_mirror && is_wire_name(&source.name))
            .then(|| (source, (self.mirror_sequence > 0).then_some(resumed)))
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
