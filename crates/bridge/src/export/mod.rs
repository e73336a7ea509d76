//! The source's side: regions of this host, sent to those who import them.
//!
//! Invariant: the region is the only buffer. What is sent is its newest record when its turn comes; nothing is
//! queued here, and the writer of the region never waits. Of a lossless export each record is sent, and the newest
//! ones are kept for those who ask for what the network has lost.
//!
//! ```text
//!   each 1/max_hz   newest record of each region, if it is another one   -> put; else a thread waits for one
//!   each digest     what has changed, every eighth time everything       -> put
//!   a get           the newest records and descriptions that it asks for -> reply
//!   each second     which regions a pattern matches, and those that are not there yet
//! ```
//!
//! Price: a read of each region that has news, `max_hz` times a second; digests: 28 bytes and its name for each region in two seconds.

mod idle;
mod kept;
mod source;

use std::collections::BTreeMap;
use std::time::Duration;

use daemon::{Monotonic, OnChange};
use region::State;
use settings::{Address, BridgeSettings, Export};

use crate::keys::{Key, Source};
use crate::transport::{Message, Query, Transport};
use crate::wire::{Announcement, DigestKind, RecordId, encode_digests};
use idle::Idle;
use source::{Opened, Region};

/// Digests from one full one to the next.
const FULL_EVERY: u32 = 8;
/// Time between two looks at a lossless export: a region keeps seven records, if its writer says nothing else.
const FOLLOW: Duration = Duration::from_millis(1);
/// When a region is read that is not there, or that a thread waits for.
const NEVER: Monotonic = Monotonic::from_nanos(u64::MAX);
/// Time between two looks for regions that are not there.
const LOOK: Duration = Duration::from_secs(1);

/// The regions that are exported.
#[derive(Debug)]
pub struct Exporter {
    host: String,
    exports: Vec<Export>,
    /// The bridge's own region, which a pattern must not match.
    own: String,
    /// The mirrors of this bridge, by their addresses.
    mirrors: Mirrors,
    regions: BTreeMap<String, Exported>,
    incarnation: u64,
    digest_every: Duration,
    digest: Due,
    look: Due,
    digests: u32,
    /// What waits for regions without news; `None`: they are read again and again.
    idle: Option<Idle>,
}

/// The hosts over which the records of each mirror have come, by its address; `None`: not known yet.
pub type Mirrors = BTreeMap<String, Option<Vec<String>>>;

/// What a turn is due at.
#[derive(Debug)]
struct Due(Monotonic);

impl Due {
    /// Whether it is due; if so, the next time is `every` after `now`.
    fn take(&mut self, now: Monotonic, every: Duration) -> bool {
        let is_due = self.0 <= now;
        if is_due {
            self.0 = now.after(every);
        }
        is_due
    }
}

/// One region that is exported, whether it is there or not.
#[derive(Debug)]
struct Exported {
    address: Address,
    period: Duration,
    /// How many records are kept, of a lossless export.
    lossless: Option<u32>,
    /// Over how many hosts its records may have come.
    hops: u32,
    /// Whether a pattern has matched it, so that it goes when the region goes.
    is_matched: bool,
    region: Option<Region>,
    poll: Due,
    /// The number under which a thread waits for it.
    given: Option<u64>,
    trouble: OnChange<String>,
    announced: BTreeMap<String, Announcement>,
    traffic: Traffic,
}

/// What was done for one region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Records that were put.
    pub sent: u64,
    /// Records that were published and not put, because a newer one was there.
    pub skipped: u64,
    /// Records and descriptions that were replied to a get.
    pub replies: u64,
}

/// What is known of a region that is exported.
#[derive(Clone, Copy, Debug)]
pub struct ExportStatus<'a> {
    /// What it is called on other hosts.
    pub name: &'a str,
    /// Where it is.
    pub address: &'a Address,
    /// The state of the region; `None` if it is not there.
    pub state: Option<State>,
    /// Its newest record that was put, and its time; of a region of instances, that of any.
    pub newest: (RecordId, u64),
    /// What was done for it.
    pub traffic: Traffic,
    /// The hosts over which the records of a mirror have come here.
    pub route: &'a [String],
}

impl Exporter {
    /// Exports what `settings` say. Later starts have a greater `incarnation`.
    pub fn new(settings: &BridgeSettings, incarnation: u64, now: Monotonic) -> Self {
        Self {
            host: settings.host.clone(),
            exports: settings.exports.clone(),
            own: settings.status.clone(),
            mirrors: Mirrors::new(),
            regions: BTreeMap::new(),
            incarnation,
            digest_every: settings.digest,
            digest: Due(now),
            look: Due(now),
            digests: 0,
            idle: None,
        }
    }

    /// Lets threads wait for regions without news; `wake` is called when there is some.
    pub fn wait_with(&mut self, wake: impl Fn() + Send + Sync + 'static) {
        self.idle = Some(Idle::new(wake));
    }

    /// Takes which mirrors this bridge has: they are exported only where an export allows for as many hops.
    pub fn know_mirrors(&mut self, mirrors: Mirrors) {
        self.mirrors = mirrors;
    }

    /// When [`turn`](Self::turn) has something to do.
    pub fn due(&self) -> Monotonic {
        let polls = self.regions.values().map(|exported| exported.poll.0);
        polls.chain([self.look.0, self.digest.0]).min().unwrap_or(self.look.0)
    }

    /// Sends what is due at `now`.
    pub fn turn(&mut self, now: Monotonic, network: &impl Transport) {
        if self.exports.is_empty() {
            self.look.0 = now.after(LOOK);
            self.digest.0 = now.after(LOOK);
            return;
        }
        if self.look.take(now, LOOK) {
            self.look_for_regions();
        }
        self.take_back(now);
        for (name, exported) in &mut self.regions {
            if exported.poll.take(now, exported.period) {
                exported.send(&Source::new(&self.host, name), network, self.idle.as_mut());
            }
        }
        if self.digest.take(now, self.digest_every) {
            self.send_digest(network);
        }
    }

    /// Reads the regions again that threads have waited for.
    fn take_back(&mut self, now: Monotonic) {
        let back = self.idle.as_ref().map(Idle::back).unwrap_or_default();
        if back.is_empty() {
            return;
        }
        for exported in self.regions.values_mut() {
            if exported.given.take_if(|number| back.contains(number)).is_some() {
                exported.poll.0 = now;
            }
        }
    }

    /// Answers a get of another bridge.
    pub fn answer(&mut self, query: &dyn Query) {
        for (name, exported) in &mut self.regions {
            exported.answer(&Source::new(&self.host, name), query);
        }
    }

    /// How many regions are exported, also of those that are not there.
    pub fn count(&self) -> usize {
        self.regions.len()
    }

    /// What is known of each region.
    pub fn status(&self) -> impl Iterator<Item = ExportStatus<'_>> {
        self.regions.iter().map(|(name, exported)| {
            let region = exported.region.as_ref();
            ExportStatus {
                name,
                address: &exported.address,
                state: region.map(Region::state),
                newest: region.map(Region::newest).unwrap_or_default(),
                traffic: exported.traffic,
                route: region.map_or(&[], Region::route),
            }
        })
    }

    fn look_for_regions(&mut self) {
        for export in &self.exports {
            if let Some(name) = export.name.name() {
                self.regions
                    .entry(name.to_owned())
                    .or_insert_with(|| Exported::new(export.region.clone(), export, false));
            }
        }
        if self.exports.iter().any(|export| export.name.is_pattern()) {
            self.match_patterns();
        }
        for exported in self.regions.values_mut() {
            exported.look(&self.mirrors, self.idle.as_ref());
        }
    }

    fn match_patterns(&mut self) {
        let names = region::names();
        let is_there = |name: &String, hops| {
            *name != self.own && names.contains(name) && route(&self.mirrors, name, hops).is_some()
        };
        let idle = self.idle.as_ref();
        self.regions.retain(|name, exported| {
            let stays = !exported.is_matched || is_there(name, exported.hops);
            if !stays {
                exported.close(idle);
            }
            stays
        });
        for name in names.iter().filter(|name| settings::is_wire_name(name)) {
            let export = self.exports.iter().find(|export| export.name.matches(name));
            let export = export.filter(|export| is_there(name, export.hops));
            if let Some(export) = export {
                let new = || Exported::new(Address::Name(name.clone()), export, true);
                self.regions.entry(name.clone()).or_insert_with(new);
            }
        }
    }

    fn send_digest(&mut self, network: &impl Transport) {
        let kind = if self.digests.is_multiple_of(FULL_EVERY) {
            DigestKind::Full
        } else {
            DigestKind::Changes
        };
        let mut entries = Vec::new();
        for (name, exported) in &mut self.regions {
            exported.announce(name, kind, &mut entries);
        }
        let key = Key::Digest(self.host.clone());
        for chunk in encode_digests(kind, self.incarnation, self.digests, &entries) {
            // A network that is closed is opened again by the loop.
            let _ = network.put(&key, &Message::Other(&chunk));
        }
        self.digests = self.digests.wrapping_add(1);
    }
}

/// The hosts over which the records of the region at `address` have come, none if it is no mirror; `None`: they are
/// more than `hops`, or not known yet.
fn route(mirrors: &Mirrors, address: &str, hops: u32) -> Option<Vec<String>> {
    match mirrors.get(address) {
        None => Some(Vec::new()),
        Some(route) => {
            let is_near =
                |route: &&Vec<String>| u32::try_from(route.len()).is_ok_and(|len| len <= hops);
            route.as_ref().filter(is_near).cloned()
        }
    }
}

impl Exported {
    fn new(address: Address, export: &Export, is_matched: bool) -> Self {
        Self {
            address,
            period: export.lossless.map_or(Duration::from_secs(1) / export.max_hz, |_| FOLLOW),
            lossless: export.lossless,
            hops: export.hops,
            is_matched,
            region: None,
            poll: Due(NEVER),
            given: None,
            trouble: OnChange::new(),
            announced: BTreeMap::new(),
            traffic: Traffic::default(),
        }
    }

    /// Opens the region if it is not open, or another file or another route has its name; closes one that is not to be
    /// exported.
    fn look(&mut self, mirrors: &Mirrors, idle: Option<&Idle>) {
        let Some(route) = route(mirrors, &self.address.to_string(), self.hops) else {
            return self.close(idle);
        };
        let is_other = |region: &mut Region| region.route() != route || region.was_replaced();
        if self.region.as_mut().is_none_or(is_other) {
            self.close(idle);
            self.open(&route);
        }
    }

    fn close(&mut self, idle: Option<&Idle>) {
        self.region = None;
        self.poll.0 = NEVER;
        if let (Some(number), Some(idle)) = (self.given.take(), idle) {
            idle.forget(number);
        }
    }

    fn open(&mut self, route: &[String]) {
        match Region::open(&self.address, self.lossless, route) {
            Ok(Opened::Region(region)) => {
                tracing::info!("exporting {}", self.address);
                self.trouble.clear();
                self.region = Some(*region);
                self.poll.0 = Monotonic::from_nanos(0);
            }
            Ok(Opened::NotThere) => {}
            Err(error) => {
                if let Some(text) = self.trouble.update(daemon::with_next_step(&error)) {
                    tracing::warn!("cannot export {}: {text}", self.address);
                }
            }
        }
    }

    /// Puts the newest records, if they are others than before; if not, lets a thread wait for one.
    fn send(&mut self, source: &Source, network: &impl Transport, idle: Option<&mut Idle>) {
        let (Some(region), traffic) = (&mut self.region, &mut self.traffic) else { return };
        // Before the read: what is published after it is news.
        let watch = idle.as_ref().and_then(|_| region.watch());
        let mut has_news = false;
        let put = |record: source::Newest<'_>| {
            has_news = true;
            let key = Key::Record(source.clone(), record.instance);
            if network.put(&key, &Message::Record(&record.attachment, record.bytes)).is_ok() {
                traffic.sent += 1;
                traffic.skipped += record.skipped;
            }
        };
        if let Err(error) = region.changed(put) {
            tracing::debug!("{}: {error}; opened again", self.address);
            return self.close(None);
        }
        if let (Some(idle), Some((watch, known)), false) = (idle, watch, has_news) {
            self.given = idle.give(&watch, known);
        }
        if self.given.is_some() {
            self.poll.0 = NEVER;
        }
    }

    fn answer(&mut self, source: &Source, query: &dyn Query) {
        let (Some(region), traffic) = (&mut self.region, &mut self.traffic) else { return };
        let key = Key::Description(source.clone());
        let mut reply = |key: &Key, message: &Message<'_>| {
            traffic.replies += u64::from(query.reply(key, message).is_ok());
        };
        if query.asks_for(&key) {
            reply(&key, &Message::Other(region.description()));
        }
        let mut reply_record = |record: source::Newest<'_>| {
            let key = Key::Record(source.clone(), record.instance);
            if query.asks_for(&key) {
                reply(&key, &Message::Record(&record.attachment, record.bytes));
            }
        };
        match query.after() {
            Some(after) => region.after(after, reply_record),
            None => region.each(&mut reply_record),
        }
    }

    /// Adds to `entries` what a digest of this kind has of the region.
    fn announce(&mut self, name: &str, kind: DigestKind, entries: &mut Vec<Announcement>) {
        let Some(region) = &mut self.region else { return };
        let now: BTreeMap<_, _> =
            region.announcements(name).map(|entry| (entry.path.clone(), entry)).collect();
        entries.extend(region.retirements(name));
        let is_news = |entry: &&Announcement| self.announced.get(&entry.path) != Some(entry);
        entries.extend(
            now.values().filter(|entry| kind == DigestKind::Full || is_news(entry)).cloned(),
        );
        self.announced = now;
    }
}
