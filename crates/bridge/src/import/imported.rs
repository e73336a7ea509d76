//! One mirror, its source's state, and what is known of both.

use std::time::Duration;

use daemon::Monotonic;
use layout::InstanceName;
use region::State;
use settings::{Address, Import};

use super::mirror::{Mirror, Received};
use super::remote::Remote;
use super::room::Memory;
use super::trouble::Trouble;
use crate::keys::{self, Source};
use crate::wire::RecordId;

/// A mirror and what its source's host says.
#[derive(Debug)]
pub(super) struct Imported {
    pub(super) mirror: Mirror,
    import: Import,
    /// The state of the source, by the last digest; `None`: it is gone.
    pub(super) state: Option<State>,
    /// How many full digests in a row have announced an older lineage than the one that is held, and the number of
    /// the last one.
    lower: (u32, u32),
}

/// What is known of a mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorStatus {
    /// Which region it is a mirror of.
    pub source: Source,
    /// Its name or path here.
    pub address: String,
    /// Whether there is news of the source, and its state.
    pub link: LinkState,
    /// The newest record, as the source calls it.
    pub id: RecordId,
    /// When it was published there, in nanoseconds since 1970 by that host's clock.
    pub time: u64,
    /// When it came here, in nanoseconds since 1970.
    pub received_at: u64,
    /// Its sequence here.
    pub sequence: u64,
    /// What was done for it.
    pub received: Received,
    /// The hosts over which its records have come here, that of their writer first; none if they are not known.
    pub route: Vec<String>,
}

/// Whether there is news of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Its host is heard of, and this is the region's state there.
    Source(State),
    /// Its host is heard of, and has no such region any more.
    SourceGone,
    /// There is a link, but its host's bridge is not heard of.
    HostLost,
    /// There is no link to any other host.
    LinkLost,
    /// Its records have come over this host before, and are not published.
    Loop,
    /// Two bridges call themselves by the name of its host.
    TwoHosts,
    /// No import has it any more.
    NotImported,
    /// The mirror cannot be written, whatever the source does.
    Unwritten(Trouble),
}

impl MirrorStatus {
    /// Of what has no mirror: its row, and the state of its link.
    pub(super) fn without_mirror(address: String, source: Source, link: LinkState) -> Self {
        Self {
            source,
            address,
            link,
            id: RecordId::default(),
            time: 0,
            received_at: 0,
            sequence: 0,
            received: Received::default(),
            route: Vec::new(),
        }
    }
}

impl Imported {
    /// That of an import at this address; records that wait have room in `memory`.
    pub(super) fn new(address: Address, import: &Import, memory: &Memory) -> Self {
        let mirror = Mirror::new(address, import, memory);
        Self { mirror, import: import.clone(), state: None, lower: (0, 0) }
    }

    /// Whether it is what this import says.
    pub(super) fn is_of(&self, import: &Import) -> bool {
        let of = |import: &Import| (import.stale_after, import.lossless, import.mode);
        of(&self.import) == of(import)
    }

    /// The name of its row.
    pub(super) fn row(&self) -> Option<InstanceName> {
        keys::row(&self.mirror.address().to_string())
    }

    /// The hosts over which the records of its source have come here, if they are known.
    pub(super) fn route(&self, source: &Source) -> Option<Vec<String>> {
        let route = self.mirror.route()?.iter();
        Some(route.chain([&source.host]).cloned().collect())
    }

    pub(super) fn stale_after(&self) -> Duration {
        self.import.stale_after
    }

    pub(super) fn status(
        &self,
        source: &Source,
        remote: Option<&Remote>,
        now: Monotonic,
        is_linked: bool,
    ) -> MirrorStatus {
        let last = self.mirror.last;
        MirrorStatus {
            source: source.clone(),
            address: self.mirror.address().to_string(),
            link: self.link(remote, now, is_linked),
            id: last.map(|last| last.id).unwrap_or_default(),
            time: last.map_or(0, |last| last.time),
            received_at: self.mirror.received_at,
            sequence: last.map_or(0, |last| last.sequence),
            received: self.mirror.traffic,
            route: self.route(source).unwrap_or_default(),
        }
    }

    fn link(&self, remote: Option<&Remote>, now: Monotonic, is_linked: bool) -> LinkState {
        let is_heard = remote.is_some_and(|remote| remote.is_heard(now, self.stale_after()));
        if let Some(trouble) = self.mirror.trouble() {
            return LinkState::Unwritten(trouble);
        }
        match self.state {
            _ if self.mirror.is_loop() => LinkState::Loop,
            _ if !is_heard && !is_linked => LinkState::LinkLost,
            _ if !is_heard => LinkState::HostLost,
            _ if remote.is_some_and(|remote| remote.namesake.is_there(now)) => LinkState::TwoHosts,
            Some(state) => LinkState::Source(state),
            None => LinkState::SourceGone,
        }
    }

    /// Forgets what came if the source has gone back to an older lineage, as it does when its clock was set back
    /// and its region deleted. `announced` is the lineage of the region itself, 0 if it is not known: instances have no
    /// other. Two full digests have to agree: one may have been overtaken by a record.
    pub(super) fn note_lineage(&mut self, announced: u64, full: Option<u32>) {
        if announced == 0 {
            return;
        }
        let is_lower = announced < self.mirror.newest_lineage();
        match full {
            _ if !is_lower => self.lower = (0, 0),
            Some(number) if self.lower.1 != number => self.lower = (self.lower.0 + 1, number),
            _ => {}
        }
        if self.lower.0 >= 2 {
            self.mirror.forget_after(announced);
            self.lower = (0, 0);
        }
    }
}
