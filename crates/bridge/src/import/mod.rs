//! The sink's side: mirrors of regions of other hosts.
//!
//! Invariant: a mirror's records are ids in rising order, whatever the network loses, doubles or delays; and while
//! messages arrive at all, a mirror comes to hold the newest record of its source.
//!
//! ```text
//!   a record       newer than what is held?          -> published to the mirror
//!   a digest       newer records than those held?    -> behind; after 100 ms without progress: get
//!                  which regions, which state        -> heartbeats of the mirror, or none
//!   a description  the one that records wait for?    -> the mirror is made or changed, they are published
//! ```
//!
//! Price: for each record two look-ups by name and a publish.

mod digests;
mod former;
mod hosts;
mod imported;
mod in_order;
mod mirror;
mod mirror_region;
mod missing;
mod pull;
mod remote;
mod room;
mod trouble;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use daemon::Monotonic;
use layout::InstanceName;
use settings::{Address, BridgeSettings, Import};

use crate::export::Mirrors;
use crate::keys::{self, Key, Source};
use crate::transport::Incoming;
use crate::wire::{Attachment, Description};
use former::Former;
use hosts::Hosts;
use imported::Imported;
pub use imported::{LinkState, MirrorStatus};
use mirror::Outcome;
pub use mirror::{Received, Resumed};
use remote::Remote;
use room::Memory;
pub use trouble::Trouble;

/// Most mirrors: whoever may publish could announce names without end.
const MAX_MIRRORS: usize = 65_536;

/// The mirrors, and what is known of their hosts.
#[derive(Debug)]
pub struct Importer {
    imports: Vec<Import>,
    host: String,
    remotes: BTreeMap<String, Remote>,
    mirrors: BTreeMap<Source, Imported>,
    hosts: Hosts,
    former: Former,
    /// Regions that have no mirror, because another one has its address.
    refused: BTreeSet<Source>,
    /// Whether there were more than [`MAX_MIRRORS`], which is logged once.
    were_too_many: bool,
    /// The bridge's own region.
    own: String,
    /// For records that wait.
    memory: Memory,
    next: Monotonic,
    /// Whether the last turn left it to the next one to say which hosts are lost.
    has_put_off: bool,
    /// Digests that could not be decoded, since they were counted last.
    undecoded: u64,
    /// Whether mirrors have come or gone, or were described, since the routes were asked for.
    has_new_routes: bool,
}

impl Importer {
    /// Imports what `settings` say.
    pub fn new(settings: &BridgeSettings) -> Self {
        let mut importer = Self {
            imports: settings.imports.clone(),
            host: settings.host.clone(),
            remotes: BTreeMap::new(),
            mirrors: BTreeMap::new(),
            hosts: Hosts::default(),
            former: Former::default(),
            refused: BTreeSet::new(),
            were_too_many: false,
            own: settings.status.clone(),
            memory: Memory::default(),
            next: Monotonic::from_nanos(0),
            has_put_off: false,
            undecoded: 0,
            has_new_routes: true,
        };
        importer.expect_named();
        importer
    }

    /// Continues after these records, which mirrors of these regions hold that have these rows. Until there is news of
    /// a region, its mirror is reported without. What no import has any more is still known to be no region of this host.
    pub fn resume(
        &mut self,
        held: impl IntoIterator<Item = (Source, InstanceName, Option<Resumed>)>,
    ) {
        for (source, row, resumed) in held {
            let imported = self.imported(&source).filter(|imported| imported.row() == Some(row));
            match (imported, resumed) {
                (Some(imported), Some(resumed)) => imported.mirror.resume(resumed),
                // What is in its file, if anything is, has come from another source.
                (Some(imported), None) => imported.mirror.begin_anew(),
                (None, _) => self.note_former(row, None, source, resumed),
            }
        }
    }

    /// Records that the region with this row was a mirror, unless it is one again or the bridge's own.
    fn note_former(
        &mut self,
        row: InstanceName,
        address: Option<Address>,
        source: Source,
        held: Option<Resumed>,
    ) {
        let has_row = |(_, imported): &(&Source, &mut Imported)| imported.row() == Some(row);
        match self.mirrors.iter_mut().find(has_row) {
            // It has another source since the bridge was stopped.
            Some((now, imported)) if *now != source => imported.mirror.begin_anew(),
            Some(_) => {}
            None if *row == *self.own => {}
            None => self.former.note(row, address, source, held),
        }
    }

    /// Makes the mirrors of imports of one region, whose sources may never be heard of.
    fn expect_named(&mut self) {
        let sources: Vec<_> = self.imports.iter().filter_map(Import::source).collect();
        for (host, name) in sources {
            self.imported(&Source { host, name });
        }
    }

    /// Imports what other settings say; mirrors that are in both stay open.
    pub fn change(&mut self, settings: &BridgeSettings) {
        self.imports.clone_from(&settings.imports);
        self.host.clone_from(&settings.host);
        self.own.clone_from(&settings.status);
        self.refused.clear();
        self.were_too_many = false;
        let (imports, own) = (&self.imports, Address::Name(self.own.clone()));
        let stays = |(source, imported): &(Source, Imported)| {
            let import = imports.iter().find(|import| import.matches(&source.host, &source.name));
            let address = imported.mirror.address();
            *address != own
                && import.is_some_and(|import| {
                    imported.is_of(import)
                        && import.target(&source.host, &source.name).as_ref() == Some(address)
                })
        };
        let (stay, gone): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.mirrors).into_iter().partition(stays);
        self.mirrors = stay.into_iter().collect();
        for (source, imported) in gone {
            if let Some(row) = imported.row() {
                let address = Some(imported.mirror.address().clone());
                self.note_former(row, address, source, imported.mirror.last);
            }
        }
        self.remotes.clear();
        self.has_new_routes = true;
        self.expect_named();
    }

    /// Which hosts and names are to be watched, as chunks of key patterns.
    pub fn watched(settings: &BridgeSettings) -> impl Iterator<Item = (String, String)> {
        settings
            .imports
            .iter()
            .map(|import| (keys::chunk_of(&import.from), keys::chunk_of(&import.name)))
    }

    /// How many mirrors there are.
    pub fn count(&self) -> usize {
        self.mirrors.len()
    }

    /// The mirrors that there are or were, by their rows, and over which hosts their records have come.
    pub fn routes(&self) -> Mirrors {
        let former = self.former.rows().map(|row| (row, None));
        let mirrors = self
            .mirrors
            .iter()
            .filter_map(|(source, imported)| Some((imported.row()?, imported.route(source))));
        former.chain(mirrors).collect()
    }

    /// The same, if that has changed since the last call.
    pub fn new_routes(&mut self) -> Option<Mirrors> {
        std::mem::take(&mut self.has_new_routes).then(|| self.routes())
    }

    /// How many digests could not be decoded since the last call.
    pub fn take_undecoded(&mut self) -> u64 {
        std::mem::take(&mut self.undecoded)
    }

    /// When [`turn`](Self::turn) has something to do.
    pub fn due(&self) -> Monotonic {
        self.next
    }

    /// Handles what has come in.
    pub fn take(&mut self, incoming: Incoming, now: Monotonic) {
        match incoming {
            Incoming::Record(Key::Record(source, instance), attachment, bytes) => {
                self.take_record(&source, instance, attachment, bytes, now);
            }
            Incoming::Other(Key::Description(source), bytes) => {
                self.take_description(&source, &bytes, now);
            }
            Incoming::Other(Key::Digest(host), bytes) => self.take_digest(&host, &bytes, now),
            Incoming::Alive(host) => self.take_alive(&host, now),
            Incoming::Record(..) | Incoming::Other(..) | Incoming::Query(_) => {}
        }
    }

    fn take_alive(&mut self, host: &str, now: Monotonic) {
        if let Some(remote) = self.remote(host, now) {
            remote.pull.reset();
        }
    }

    fn take_record(
        &mut self,
        source: &Source,
        instance: Option<InstanceName>,
        attachment: Attachment,
        bytes: Vec<u8>,
        now: Monotonic,
    ) {
        let Some(imported) = self.imported(source) else { return };
        imported.mirror.narrow(attachment.readers);
        let taken = imported.mirror.take(instance, attachment, bytes, now);
        if taken != Outcome::Published {
            return;
        }
        let held = imported.mirror.held(instance.as_ref());
        let path = crate::keys::path(&source.name, instance.as_ref());
        let Some(remote) = self.remotes.get_mut(&source.host) else { return };
        if remote.announced.get(&path).is_none_or(|entry| entry.id <= held) {
            remote.behind.remove(&path);
        } else if let Some(since) = remote.behind.get_mut(&path) {
            *since = now;
        }
    }

    /// The mirror of a region that is imported; made if it is not there.
    fn imported(&mut self, source: &Source) -> Option<&mut Imported> {
        if !self.mirrors.contains_key(source) {
            let imported = self.new_mirror(source)?;
            self.mirrors.insert(source.clone(), imported);
            self.has_new_routes = true;
        }
        self.mirrors.get_mut(source)
    }

    fn new_mirror(&mut self, source: &Source) -> Option<Imported> {
        if source.host == self.host || self.refused.contains(source) {
            return None;
        }
        let import =
            self.imports.iter().find(|import| import.matches(&source.host, &source.name))?;
        if self.mirrors.len() + self.refused.len() >= MAX_MIRRORS {
            if !std::mem::replace(&mut self.were_too_many, true) {
                tracing::warn!(
                    "{source} and others are not imported: there are {MAX_MIRRORS} mirrors; narrow the patterns in [[import]]"
                );
            }
            return None;
        }
        let Some(address) = import.target(&source.host, &source.name) else {
            tracing::warn!(
                "{source} is not imported: its mirror would have no possible name; give it another region in [[import]]"
            );
            self.refused.insert(source.clone());
            return None;
        };
        if let Some(owner) = self.owner(&address) {
            tracing::warn!(
                "{source} is not imported: {address} is {owner}; give it another region in [[import]]"
            );
            self.refused.insert(source.clone());
            return None;
        }
        let mut imported = Imported::new(address, import, &self.memory);
        match self.former.take(imported.mirror.address()) {
            Some((former, Some(held))) if former == *source => imported.mirror.resume(held),
            Some(_) => imported.mirror.begin_anew(),
            None => {}
        }
        Some(imported)
    }

    /// What has this address, if it is not free. A mirror keeps its address while its import is there, also if the
    /// bridge is restarted and its source is not heard of.
    fn owner(&self, address: &Address) -> Option<String> {
        if *address == Address::Name(self.own.clone()) {
            return Some("the bridge's own region".to_owned());
        }
        let has_address = |(_, imported): &(_, &Imported)| imported.mirror.address() == address;
        let (other, _) = self.mirrors.iter().find(has_address)?;
        Some(format!("the mirror of {other}"))
    }

    fn take_description(&mut self, source: &Source, bytes: &[u8], now: Monotonic) {
        let Some(imported) = self.mirrors.get_mut(source) else { return };
        match Description::decode(bytes) {
            Ok(description) if description.route.contains(&self.host) => {
                if imported.mirror.note_loop(Description::hash(bytes)) {
                    let route = description.route.join(", ");
                    tracing::warn!(
                        "{source} has come over {route}: not imported, which would be a loop"
                    );
                }
            }
            Ok(description) => {
                self.has_new_routes = true;
                imported.mirror.describe(Description::hash(bytes), description, now);
            }
            Err(_) => imported.mirror.traffic.refused += 1,
        }
    }

    /// What is known of each mirror.
    pub fn status(&self, now: Monotonic, is_linked: bool) -> impl Iterator<Item = MirrorStatus> {
        let mirrors = self.mirrors.iter().map(move |(source, imported)| {
            imported.status(source, self.remotes.get(&source.host), now, is_linked)
        });
        self.former.status().chain(self.unseen(now, is_linked)).chain(mirrors)
    }
}

impl Importer {
    /// A row for each import of a pattern of names from a host that is named, while it has no mirror: of a host that was never
    /// heard of nothing else would tell.
    fn unseen(&self, now: Monotonic, is_linked: bool) -> impl Iterator<Item = MirrorStatus> {
        let hosts = self.imports.iter().filter_map(|import| Some((import, import.from.name()?)));
        let has_none = |import: &Import, host: &str| {
            import.name.is_pattern()
                && !of_host(&self.mirrors, host)
                    .any(|(source, _)| import.matches(host, &source.name))
        };
        hosts.filter(move |(import, host)| has_none(import, host)).map(move |(import, host)| {
            let source = Source::new(host, &import.name.to_string());
            let remote = self.remotes.get(host);
            let is_heard = remote.is_some_and(|remote| remote.is_heard(now, import.stale_after));
            let link = match () {
                () if is_heard => LinkState::SourceGone,
                () if is_linked => LinkState::HostLost,
                () => LinkState::LinkLost,
            };
            MirrorStatus::without_mirror(source.to_string(), source, link)
        })
    }
}

type Mirrored = BTreeMap<Source, Imported>;

/// The mirrors of regions of one host.
fn of_host<'a>(
    mirrors: &'a Mirrored,
    host: &'a str,
) -> impl Iterator<Item = (&'a Source, &'a Imported)> {
    mirrors.range(Source::new(host, "")..).take_while(move |(source, _)| source.host == host)
}

fn of_host_mut<'a>(
    mirrors: &'a mut Mirrored,
    host: &'a str,
) -> impl Iterator<Item = (&'a Source, &'a mut Imported)> {
    mirrors.range_mut(Source::new(host, "")..).take_while(move |(source, _)| source.host == host)
}
