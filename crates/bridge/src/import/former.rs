//! Regions that were mirrors: no import has them any more, and they hold what other hosts have sent.
//!
//! Invariant: one is known, also over a restart (by its row), until its file is gone, another program writes it, or an
//! import has it again. It is not exported meanwhile: over which hosts its records have come may be forgotten.
//!
//! Price: each is opened once a second.

use std::collections::BTreeMap;
use std::time::Duration;

use daemon::Monotonic;
use layout::InstanceName;
use region::{AnyReader, State};
use settings::Address;

use super::{LinkState, MirrorStatus, Resumed};
use crate::keys::{self, Source};

/// Time between two looks at them.
const LOOK: Duration = Duration::from_secs(1);

/// The regions, by the names of their rows.
#[derive(Debug, Default)]
pub(super) struct Former {
    regions: BTreeMap<InstanceName, Was>,
    look: Option<Monotonic>,
}

/// What a region was a mirror of.
#[derive(Debug)]
struct Was {
    source: Source,
    held: Option<Resumed>,
    /// Where it is; `None`: its row has only the end of that.
    address: Option<Address>,
}

impl Former {
    /// Records that the region with this row was a mirror, which held this record; at `address`, if that is known.
    pub(super) fn note(
        &mut self,
        row: InstanceName,
        address: Option<Address>,
        source: Source,
        held: Option<Resumed>,
    ) {
        let address = address.or_else(|| address_of(&row));
        self.regions.insert(row, Was { source, held, address });
    }

    /// Forgets the region at `address`, which has a mirror again; returns what it was a mirror of, and what it held.
    pub(super) fn take(&mut self, address: &Address) -> Option<(Source, Option<Resumed>)> {
        let was = self.regions.remove(&keys::row(&address.to_string())?)?;
        Some((was.source, was.held))
    }

    /// The rows of all of them.
    pub(super) fn rows(&self) -> impl Iterator<Item = InstanceName> {
        self.regions.keys().copied()
    }

    /// Forgets those that are gone or that others write; returns whether there were any.
    pub(super) fn look(&mut self, now: Monotonic) -> bool {
        if self.look.is_some_and(|due| now < due) {
            return false;
        }
        self.look = Some(now.after(LOOK));
        let before = self.regions.len();
        self.regions.retain(|_, was| was.address.as_ref().is_none_or(is_left));
        self.regions.len() < before
    }

    /// What is known of each.
    pub(super) fn status(&self) -> impl Iterator<Item = MirrorStatus> {
        self.regions.iter().map(|(row, was)| MirrorStatus {
            id: was.held.map(|held| held.id).unwrap_or_default(),
            time: was.held.map_or(0, |held| held.time),
            sequence: was.held.map_or(0, |held| held.sequence),
            ..MirrorStatus::without_mirror(
                row.to_string(),
                was.source.clone(),
                LinkState::NotImported,
            )
        })
    }
}

/// The address that a row is about: its name, or that of the region whose name is cut to it.
fn address_of(row: &InstanceName) -> Option<Address> {
    if !keys::is_cut(row) {
        return row.parse().ok();
    }
    let name = region::names().into_iter().find(|name| keys::row(name) == Some(*row))?;
    Some(Address::Name(name))
}

/// Whether it is there as its bridge has left it: one that has a writer is another program's.
fn is_left(address: &Address) -> bool {
    match AnyReader::open(address) {
        Ok(reader) => !matches!(reader.state(), State::Live | State::Stalled),
        Err(error) => !error.is_not_there(),
    }
}
