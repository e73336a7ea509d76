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

mod imported;
mod mirror;
mod pull;
mod remote;
mod waiting;

use std::collections::BTreeMap;
use std::time::Duration;

use daemon::Monotonic;
use layout::InstanceName;
use region::State;
use settings::{BridgeSettings, Import};

use crate::keys::{Key, PREFIX, Source};
use crate::transport::{Incoming, Transport};
use crate::wire::{Announcement, Attachment, Description, Digest};
use imported::Imported;
pub use imported::{LinkState, MirrorStatus};
use mirror::{Mirror, Taken};
pub use mirror::{Received, Resumed};
use remote::Remote;

/// Time without a newer record of a region after which the source is asked for it.
const GRACE: Duration = Duration::from_millis(100);
/// Records that are asked for one by one; more are asked for by a pattern.
const FEW: usize = 8;
/// Most regions and instances of one host.
const MAX_PATHS: usize = 1 << 18;
/// Most mirrors: whoever may publish could announce names without end.
const MAX_MIRRORS: usize = 65_536;

/// The mirrors, and what is known of their hosts.
#[derive(Debug)]
pub struct Importer {
    imports: Vec<Import>,
    host: String,
    remotes: BTreeMap<String, Remote>,
    mirrors: BTreeMap<Source, Imported>,
    /// What mirrors held when the bridge was stopped.
    resumed: BTreeMap<String, Resumed>,
    next: Monotonic,
}

impl Importer {
    /// Imports what `settings` say.
    pub fn new(settings: &BridgeSettings) -> Self {
        Self {
            imports: settings.imports.clone(),
            host: settings.host.clone(),
            remotes: BTreeMap::new(),
            mirrors: BTreeMap::new(),
            resumed: BTreeMap::new(),
            next: Monotonic::from_nanos(0),
        }
    }

    /// Continues after these records, which mirrors at these addresses hold.
    pub fn resume(&mut self, held: BTreeMap<String, Resumed>) {
        self.resumed = held;
    }

    /// Imports what other settings say; mirrors that are in both stay open.
    pub fn change(&mut self, settings: &BridgeSettings) {
        self.imports.clone_from(&settings.imports);
        self.host.clone_from(&settings.host);
        let imports = &self.imports;
        self.mirrors.retain(|source, imported| {
            let import = imports.iter().find(|import| import.matches(&source.host, &source.name));
            import.is_some_and(|import| {
                import.stale_after == imported.stale_after()
                    && import.target(&source.host, &source.name).as_ref()
                        == Some(imported.mirror.address())
            })
        });
        self.remotes.clear();
    }

    /// Which hosts and names are to be watched, as chunks of key patterns.
    pub fn watched(settings: &BridgeSettings) -> impl Iterator<Item = (String, String)> {
        settings.imports.iter().map(|import| {
            let chunk = |pattern: &settings::NamePattern| {
                pattern.to_string().replace('*', "$*").replace("$*$*", "$*")
            };
            let whole = |chunk: String| if chunk == "$*" { "*".to_owned() } else { chunk };
            (whole(chunk(&import.from)), whole(chunk(&import.name)))
        })
    }

    /// How many mirrors there are.
    pub fn count(&self) -> usize {
        self.mirrors.len()
    }

    /// The mirrors by name that there are.
    pub fn mirror_names(&self) -> impl Iterator<Item = String> {
        self.mirrors.values().map(|imported| imported.mirror.address().to_string())
    }

    /// When [`turn`](Self::turn) has something to do.
    pub fn due(&self) -> Monotonic {
        self.next
    }

    /// Takes what has come in.
    pub fn take(&mut self, incoming: Incoming, now: Monotonic) {
        match incoming {
            Incoming::Record(Key::Record(source, instance), attachment, bytes) => {
                self.take_record(&source, instance, attachment, bytes, now);
            }
            Incoming::Other(Key::Description(source), bytes) => {
                self.take_description(&source, &bytes, now);
            }
            Incoming::Other(Key::Digest(host), bytes) => self.take_digest(&host, &bytes, now),
            Incoming::Alive(host, is_alive) => self.take_alive(&host, is_alive),
            Incoming::Record(..) | Incoming::Other(..) | Incoming::Query(_) => {}
        }
    }

    fn is_imported(&self, host: &str) -> bool {
        host != self.host && self.imports.iter().any(|import| import.from.matches(host))
    }

    fn remote(&mut self, host: &str) -> Option<&mut Remote> {
        if !self.is_imported(host) {
            return None;
        }
        Some(self.remotes.entry(host.to_owned()).or_insert_with(Remote::new))
    }

    fn take_alive(&mut self, host: &str, is_alive: bool) {
        if let Some(remote) = self.remote(host) {
            remote.is_alive = is_alive;
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
        let taken = imported.mirror.take(instance, attachment, bytes, now);
        if taken != Taken::Published {
            return;
        }
        let path = crate::keys::path(&source.name, instance.as_ref());
        let Some(remote) = self.remotes.get_mut(&source.host) else { return };
        if remote.announced.get(&path).is_none_or(|entry| entry.id <= attachment.id) {
            remote.behind.remove(&path);
        } else if let Some(since) = remote.behind.get_mut(&path) {
            *since = now;
        }
    }

    /// The mirror of a region that is imported; made if it is not there.
    fn imported(&mut self, source: &Source) -> Option<&mut Imported> {
        if !self.mirrors.contains_key(source) {
            if source.host == self.host || self.mirrors.len() >= MAX_MIRRORS {
                return None;
            }
            let import =
                self.imports.iter().find(|import| import.matches(&source.host, &source.name))?;
            let address = import.target(&source.host, &source.name)?;
            if self.mirrors.values().any(|other| *other.mirror.address() == address) {
                return None;
            }
            let mut mirror = Mirror::new(address, import.stale_after);
            if let Some(resumed) = self.resumed.remove(&mirror.address().to_string()) {
                mirror.resume(resumed);
            }
            let imported = Imported::new(mirror, import.stale_after);
            self.mirrors.insert(source.clone(), imported);
        }
        self.mirrors.get_mut(source)
    }

    fn take_description(&mut self, source: &Source, bytes: &[u8], now: Monotonic) {
        let Some(imported) = self.mirrors.get_mut(source) else { return };
        match Description::decode(bytes) {
            Ok(description) => {
                imported.mirror.describe(Description::hash(bytes), description, now);
            }
            Err(_) => imported.mirror.traffic.refused += 1,
        }
    }

    fn take_digest(&mut self, host: &str, bytes: &[u8], now: Monotonic) {
        let Ok(digest) = Digest::decode(bytes) else { return };
        let Some(remote) = self.remote(host) else { return };
        let news = remote.take(digest, now);
        if news.is_new {
            tracing::info!("host {host} is there");
            remote.pull.reset();
        }
        let is_whole = news.gone.is_some();
        for entry in news.gone.into_iter().flatten() {
            self.take_gone(host, &entry);
        }
        for entry in news.entries {
            match entry.state {
                None => self.take_gone(host, &entry),
                Some(state) => self.take_entry(host, entry, state, news.full, now),
            }
        }
        if is_whole {
            self.retire_unannounced(host);
        }
    }

    /// Retires instances of mirrors that their source has not: those that went while this bridge was stopped.
    fn retire_unannounced(&mut self, host: &str) {
        let Some(remote) = self.remotes.get(host) else { return };
        for (source, imported) in self.mirrors.iter_mut().filter(|(source, _)| source.host == host)
        {
            let path = |name: &InstanceName| crate::keys::path(&source.name, Some(name));
            imported.mirror.retain(|name| remote.announced.contains_key(&path(name)));
        }
    }

    fn take_gone(&mut self, host: &str, entry: &Announcement) {
        if let Some(remote) = self.remotes.get_mut(host) {
            remote.announced.remove(&entry.path);
            remote.behind.remove(&entry.path);
        }
        let Some(Key::Record(source, instance)) = Key::of_path(host, &entry.path) else { return };
        let Some(imported) = self.mirrors.get_mut(&source) else { return };
        match instance {
            Some(name) => imported.mirror.retire(name, entry.id),
            None => imported.state = None,
        }
    }

    fn take_entry(
        &mut self,
        host: &str,
        entry: Announcement,
        state: State,
        full: Option<u32>,
        now: Monotonic,
    ) {
        let Some(Key::Record(source, instance)) = Key::of_path(host, &entry.path) else { return };
        let Some(imported) = self.imported(&source) else { return };
        imported.state = Some(state);
        imported.note_lineage(instance.as_ref(), entry.id, full);
        let held = imported.mirror.held(instance.as_ref());
        let Some(remote) = self.remotes.get_mut(host) else { return };
        if remote.announced.len() >= MAX_PATHS && !remote.announced.contains_key(&entry.path) {
            return;
        }
        if entry.id > held && entry.id.sequence > 0 {
            remote.behind.entry(entry.path.clone()).or_insert(now);
        } else {
            remote.behind.remove(&entry.path);
        }
        remote.announced.insert(entry.path.clone(), entry);
    }

    /// Asks for what is missing, and stores heartbeats.
    pub fn turn(&mut self, now: Monotonic, network: &impl Transport) {
        if now < self.next {
            return;
        }
        let mut is_waiting = false;
        for (host, remote) in &mut self.remotes {
            let of_host = self.mirrors.iter().filter(|(source, _)| source.host == *host);
            let undescribed: Vec<_> = of_host
                .filter(|(_, imported)| imported.mirror.needs_description())
                .map(|(source, _)| source)
                .collect();
            if undescribed.is_empty() {
                remote.describe.reset();
            } else if remote.describe.take(now, undescribed.len()) {
                ask_for_descriptions(host, &undescribed, network);
            }
            is_waiting |= !undescribed.is_empty() || !remote.behind.is_empty();
            let due = remote.behind.iter().filter(|(_, since)| now.since(**since) >= GRACE);
            let due: Vec<String> = due.map(|(path, _)| path.clone()).collect();
            if due.is_empty() {
                remote.pull.reset();
            } else if remote.pull.take(now, due.len()) {
                ask(host, &due, network);
                count_pulls(&mut self.mirrors, host, &due);
            }
        }
        for (source, imported) in &mut self.mirrors {
            let silence = imported.stale_after() / 3;
            let is_heard =
                self.remotes.get(&source.host).is_some_and(|remote| remote.is_heard(now, silence));
            imported.mirror.turn(now, is_heard && imported.state == Some(State::Live));
        }
        self.next = now.after(if is_waiting { GRACE / 4 } else { GRACE });
    }

    /// What is known of each mirror.
    pub fn status(&self, now: Monotonic, is_linked: bool) -> impl Iterator<Item = MirrorStatus> {
        self.mirrors.iter().map(move |(source, imported)| {
            imported.status(source, self.remotes.get(&source.host), now, is_linked)
        })
    }
}

fn count_pulls(mirrors: &mut BTreeMap<Source, Imported>, host: &str, paths: &[String]) {
    for path in paths {
        if let Some(Key::Record(source, _)) = Key::of_path(host, path)
            && let Some(imported) = mirrors.get_mut(&source)
        {
            imported.mirror.traffic.pulls += 1;
        }
    }
}

/// Gets what describes these regions of a host.
fn ask_for_descriptions(host: &str, sources: &[&Source], network: &impl Transport) {
    // A network that is closed is opened again by the loop.
    if sources.len() > FEW {
        let _ = network.get(&format!("{PREFIX}/{host}/*/@schema"));
        return;
    }
    for source in sources {
        let _ = network.get(&Key::Description((*source).clone()).to_string());
    }
}

/// Gets the newest records of these paths of a host.
fn ask(host: &str, paths: &[String], network: &impl Transport) {
    // A network that is closed is opened again by the loop.
    if paths.len() > FEW {
        let _ = network.get(&format!("{PREFIX}/{host}/**"));
        return;
    }
    for path in paths {
        let _ = network.get(&format!("{PREFIX}/{host}/{path}"));
    }
}
