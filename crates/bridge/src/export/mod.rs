//! The source's side: regions of this host, sent to those who import them.
//!
//! Invariant: the region is the only buffer. What is sent is its newest record when its turn comes; nothing is
//! queued here, and the writer of the region never waits. Of a lossless export each record is sent, and the newest
//! ones are kept for those who ask for what the network has lost.
//!
//! ```text
//!   each 1/max_hz   newest record of each region, if it is another one   -> put; else a thread waits for one
//!   an instance is retired                                               -> put in a digest of its own
//!   each digest     what has changed, each 8th or each 2 s everything    -> put
//!   a get           the newest records and descriptions that it asks for -> reply
//!   each second     which regions a pattern matches, and those that are not there yet
//! ```
//!
//! Price: a read of each region that has news, `max_hz` times a second; digests: 28 bytes and its name for each region in two seconds.

mod exported;
mod idle;
mod kept;
mod source;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use daemon::Monotonic;
use region::State;
use settings::{Address, BridgeSettings, Export};

use crate::keys::{Key, Source};
use crate::transport::{Message, Query, Transport};
use crate::wire::{Announcement, DigestKind, RecordId, encode_digests};
use exported::{Due, Exported, route};
pub use exported::{Mirrors, Traffic};
use idle::Idle;
use source::Region;

/// Most digests from one full one to the next, and the longest time, unless each is full.
const FULL_EVERY: u32 = 8;
const FULL_WITHIN: Duration = Duration::from_secs(2);
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
    /// Regions that a pattern matches, whose names cannot be sent. Each is logged once.
    unnameable: BTreeSet<String>,
    /// The regions that were there at the last look for those that patterns match; `None`: there was no look.
    there: Option<BTreeSet<String>>,
    incarnation: u64,
    digest_every: Duration,
    digest: Due,
    look: Due,
    digests: u32,
    /// What waits for regions without news; `None`: they are read again and again.
    idle: Option<Idle>,
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
            unnameable: BTreeSet::new(),
            there: None,
            incarnation,
            digest_every: settings.digest,
            digest: Due(now),
            look: Due(now),
            digests: 0,
            idle: None,
        }
    }

    /// Exports what other settings say. A region whose export is in both stays open, with the records that are kept of it.
    pub fn change(&mut self, settings: &BridgeSettings, incarnation: u64, now: Monotonic) {
        let before = std::mem::replace(self, Self::new(settings, incarnation, now));
        let Self { host, mut regions, mirrors, idle, .. } = before;
        regions.retain(|name, exported| {
            let new = self.exported(name);
            let stays = host == self.host && new.is_some_and(|new| exported.is_as(&new));
            if !stays {
                exported.close(idle.as_ref());
            }
            stays
        });
        (self.regions, self.mirrors, self.idle) = (regions, mirrors, idle);
    }

    /// What exports the region that other hosts call `name`, if anything does.
    fn exported(&self, name: &str) -> Option<Exported> {
        let mut exports = self.exports.iter();
        if let Some(export) = exports.find(|export| export.name.name() == Some(name)) {
            return Some(Exported::new(export.region.clone(), export, false));
        }
        let export = matching(&self.exports, name)?;
        Some(Exported::new(Address::Name(name.to_owned()), export, true))
    }

    /// Lets threads wait for regions without news; `wake` is called when there is some.
    pub fn wait_with(&mut self, wake: impl Fn() + Send + Sync + 'static) {
        self.idle = Some(Idle::new(wake));
    }

    /// Sets which mirrors this bridge has: they are exported only where an export allows for as many hops.
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
        self.send_retirements(network);
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
                state: region.and_then(Region::state),
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
        let names: BTreeSet<_> = region::names().into_iter().collect();
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
        for name in &names {
            let export = matching(&self.exports, name);
            let Some(export) = export.filter(|export| is_there(name, export.hops)) else {
                continue;
            };
            if settings::is_wire_name(name) {
                let was_missing = self.there.as_ref().is_some_and(|there| !there.contains(name));
                let new = || {
                    let mut new = Exported::new(Address::Name(name.clone()), export, true);
                    new.was_missing = was_missing;
                    new
                };
                self.regions.entry(name.clone()).or_insert_with(new);
            } else if self.unnameable.insert(name.clone()) {
                tracing::warn!(
                    "{name} is not exported: other hosts can have no such name (1 to 64 bytes, no @ in front); \
                     give it another one by an [[export]] of its own, with name"
                );
            }
        }
        self.there = Some(names);
    }

    /// Sends which instances were retired, at once: where there are no more, others have taken their places.
    fn send_retirements(&mut self, network: &impl Transport) {
        let regions = self.regions.iter_mut();
        let retired = regions.flat_map(|(name, exported)| exported.retirements(name));
        let retired: Vec<_> = retired.collect();
        if !retired.is_empty() {
            self.put_digest(DigestKind::Changes, &retired, network);
        }
    }

    fn send_digest(&mut self, network: &impl Transport) {
        let kind = if self.digests.is_multiple_of(full_every(self.digest_every)) {
            DigestKind::Full
        } else {
            DigestKind::Changes
        };
        let mut entries = Vec::new();
        for (name, exported) in &mut self.regions {
            exported.announce(name, kind, &mut entries);
        }
        self.put_digest(kind, &entries, network);
        self.digests = self.digests.wrapping_add(1);
    }

    fn put_digest(&self, kind: DigestKind, entries: &[Announcement], network: &impl Transport) {
        let key = Key::Digest(self.host.clone());
        for chunk in encode_digests(kind, self.incarnation, self.digests, entries) {
            // What is lost is in the next full digest.
            let _ = network.put(&key, &Message::Other(&chunk));
        }
    }
}

/// Digests from one full one to the next: who joins later waits for it.
fn full_every(digest: Duration) -> u32 {
    let fit = FULL_WITHIN.as_millis() / digest.as_millis().max(1);
    u32::try_from(fit).unwrap_or(FULL_EVERY).clamp(1, FULL_EVERY)
}

/// The export with the narrowest pattern that matches `name`: the one with the most characters besides its stars, then
/// the one with the fewest stars, then the first. A broader one before it in the file does not hide it.
fn matching<'a>(exports: &'a [Export], name: &str) -> Option<&'a Export> {
    let breadth = |export: &&Export| {
        let pattern = export.name.to_string();
        let stars = pattern.matches('*').count();
        (Reverse(pattern.len() - stars), stars)
    };
    exports.iter().filter(|export| export.name.matches(name)).min_by_key(breadth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_patterns_that_match_a_region_the_narrowest_exports_it_wherever_it_is_in_the_file() {
        let patterns = ["*", "cpu*", "*cpu*", "cpu.*", "c*", "*.load"];
        let text = |order: &[&str]| {
            let exports =
                order.iter().map(|pattern| format!("[[export]]\nregion = \"{pattern}\"\n"));
            format!(
                "[bridge]\nhost = \"a\"\nlisten = \"tcp/127.0.0.1:1\"\n{}",
                exports.collect::<String>()
            )
        };
        let mut backwards = patterns;
        backwards.reverse();
        for order in [patterns, backwards] {
            let settings = BridgeSettings::parse(&text(&order), "exports").expect("settings");
            let by = |name: &str| {
                matching(&settings.exports, name).map(|export| export.name.to_string())
            };
            for (name, pattern) in [
                ("x", "*"),
                ("cpu", "cpu*"),
                ("xcpu", "*cpu*"),
                ("cpu.0", "cpu.*"),
                ("cx", "c*"),
                ("x.load", "*.load"),
            ] {
                assert_eq!(by(name).as_deref(), Some(pattern), "{name}");
            }
        }
    }
}
