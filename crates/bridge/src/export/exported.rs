//! One exported region: opened, read, its records put, gets answered.
//!
//! Invariant: a region that is not there, or that a thread waits for, is not read.
//!
//! Price: a read of the region for each turn that it is due at.

use std::collections::BTreeMap;
use std::time::Duration;

use daemon::{Monotonic, OnChange};
use layout::InstanceName;
use settings::{Address, Export};

use super::idle::Idle;
use super::source::{self, Opened, Region};
use crate::keys::{self, Key, Source};
use crate::transport::{Message, Query, Transport};
use crate::wire::{Announcement, DigestKind};

/// Time between two looks at a lossless export: a region keeps seven records, if its writer says nothing else.
const FOLLOW: Duration = Duration::from_millis(1);
/// When a region is read that is not there, or that a thread waits for.
const NEVER: Monotonic = Monotonic::from_nanos(u64::MAX);

/// The hosts over which the records of each mirror have come, by the [row](keys::row) of its address; `None`: not known.
pub type Mirrors = BTreeMap<InstanceName, Option<Vec<String>>>;

/// What a turn is due at.
#[derive(Debug)]
pub(super) struct Due(pub(super) Monotonic);

impl Due {
    /// Whether it is due; if so, the next time is `every` after `now`.
    pub(super) fn take(&mut self, now: Monotonic, every: Duration) -> bool {
        let is_due = self.0 <= now;
        if is_due {
            self.0 = now.after(every);
        }
        is_due
    }
}

/// One region that is exported, whether it is there or not.
#[derive(Debug)]
pub(super) struct Exported {
    pub(super) address: Address,
    pub(super) period: Duration,
    /// How many records are kept, of a lossless export.
    lossless: Option<u32>,
    /// Over how many hosts its records may have come.
    pub(super) hops: u32,
    /// Whether a pattern has matched it, so that it goes when the region goes.
    pub(super) is_matched: bool,
    pub(super) region: Option<Region>,
    /// Whether there was a look for it, or for what its pattern matches, when there was none.
    pub(super) was_missing: bool,
    pub(super) poll: Due,
    /// The number under which a thread waits for it.
    pub(super) given: Option<u64>,
    trouble: OnChange<String>,
    announced: BTreeMap<String, Announcement>,
    pub(super) traffic: Traffic,
}

/// What was done for one region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Records that were put.
    pub sent: u64,
    /// Records that were published and not put, because a newer one was there, or no session.
    pub skipped: u64,
    /// Records and descriptions that were replied to a get.
    pub replies: u64,
}

/// The hosts over which the records of the region at `address` have come, none if it is no mirror; `None`: they are
/// more than `hops`, or not known yet.
pub(super) fn route(mirrors: &Mirrors, address: &str, hops: u32) -> Option<Vec<String>> {
    match keys::row(address).and_then(|row| mirrors.get(&row)) {
        None => Some(Vec::new()),
        Some(route) => {
            let is_near =
                |route: &&Vec<String>| u32::try_from(route.len()).is_ok_and(|len| len <= hops);
            route.as_ref().filter(is_near).cloned()
        }
    }
}

impl Exported {
    pub(super) fn new(address: Address, export: &Export, is_matched: bool) -> Self {
        Self {
            address,
            period: export.lossless.map_or(Duration::from_secs(1) / export.max_hz, |_| FOLLOW),
            lossless: export.lossless,
            hops: export.hops,
            is_matched,
            region: None,
            was_missing: false,
            poll: Due(NEVER),
            given: None,
            trouble: OnChange::new(),
            announced: BTreeMap::new(),
            traffic: Traffic::default(),
        }
    }

    /// Whether both are of one region and export it in the same way.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        let of = |exported: &Self| {
            (exported.period, exported.lossless, exported.hops, exported.is_matched)
        };
        self.address == other.address && of(self) == of(other)
    }

    /// Opens the region if it is not open, or another file or another route has its name; closes one that is not to be
    /// exported.
    pub(super) fn look(&mut self, mirrors: &Mirrors, idle: Option<&Idle>) {
        let Some(route) = route(mirrors, &self.address.to_string(), self.hops) else {
            return self.close(idle);
        };
        let is_other = |region: &mut Region| region.route() != route || region.was_replaced();
        if self.region.as_mut().is_none_or(is_other) {
            self.close(idle);
            self.open(&route);
        } else if self.given.is_some() && !self.region.as_ref().is_some_and(Region::is_watched) {
            // Its reader has gone on to the next file, and a thread waits for the one before.
            self.stop_waiting(idle);
            self.poll.0 = Monotonic::from_nanos(0);
        }
    }

    pub(super) fn close(&mut self, idle: Option<&Idle>) {
        self.region = None;
        self.poll.0 = NEVER;
        self.stop_waiting(idle);
    }

    /// No thread waits for it any more.
    fn stop_waiting(&mut self, idle: Option<&Idle>) {
        if let (Some(number), Some(idle)) = (self.given.take(), idle) {
            idle.forget(number);
        }
    }

    fn open(&mut self, route: &[String]) {
        match Region::open(&self.address, self.lossless, route) {
            Ok(Opened::Region(mut region)) => {
                tracing::info!("exporting {}", self.address);
                if std::mem::take(&mut self.was_missing) {
                    region.begin_with_its_first_record();
                }
                if self.lossless.is_some() && !region.keeps_each() {
                    tracing::warn!(
                        "{} has instances, of which the newest records are sent; lossless is for regions of one record",
                        self.address
                    );
                }
                self.trouble.clear();
                self.region = Some(*region);
                self.poll.0 = Monotonic::from_nanos(0);
            }
            Ok(Opened::NotThere) => self.was_missing = true,
            Err(error) => {
                if let Some(text) = self.trouble.update(daemon::with_next_step(&error)) {
                    tracing::warn!("cannot export {}: {text}", self.address);
                }
            }
        }
    }

    /// Puts the newest records, if they are others than before; if not, lets a thread wait for one.
    pub(super) fn send(
        &mut self,
        source: &Source,
        network: &impl Transport,
        idle: Option<&mut Idle>,
    ) {
        let (Some(region), traffic) = (&mut self.region, &mut self.traffic) else { return };
        // Before the read: what is published after it is news.
        let watch = idle.as_ref().and_then(|_| region.watch());
        let mut has_news = false;
        let put = |record: source::Newest<'_>| {
            has_news = true;
            let key = Key::Record(source.clone(), record.instance);
            let sent = network.put(&key, &Message::Record(&record.attachment, record.bytes));
            let is_sent = u64::from(sent.is_ok());
            traffic.sent += is_sent;
            // Without a session it is left out, as those before it are.
            let skipped = record.skipped.saturating_add(1 - is_sent);
            traffic.skipped = traffic.skipped.saturating_add(skipped);
        };
        if let Err(error) = region.changed(put) {
            tracing::debug!("{}: {error}; opened again", self.address);
            return self.close(None);
        }
        // The read may have attached another file than the one to wait for.
        let can_wait = !has_news && region.is_watched();
        if let (Some(idle), Some((watch, known)), true) = (idle, watch, can_wait) {
            self.given = idle.give(&watch, known);
        }
        if self.given.is_some() {
            self.poll.0 = NEVER;
        }
    }

    pub(super) fn answer(&mut self, source: &Source, query: &dyn Query) {
        let (Some(region), traffic) = (&mut self.region, &mut self.traffic) else { return };
        let key = Key::Description(source.clone());
        let mut reply = |key: &Key, message: &Message<'_>| {
            traffic.replies += u64::from(query.reply(key, message).is_ok());
        };
        if query.asks_for(&key) {
            reply(&key, &Message::Other(region.description()));
        }
        // Before it is read.
        let is_wanted = |instance| query.asks_for(&Key::Record(source.clone(), instance));
        let reply_record = |record: source::Newest<'_>| {
            let key = Key::Record(source.clone(), record.instance);
            reply(&key, &Message::Record(&record.attachment, record.bytes));
        };
        match query.after() {
            Some(after) if region.keeps_each() => {
                if is_wanted(None) {
                    region.after(after, reply_record);
                }
            }
            // Who asks an export that keeps none for those after a record gets the newest.
            _ => region.each(is_wanted, reply_record),
        }
    }

    /// What a digest has of the instances that were retired since the last call.
    pub(super) fn retirements(&mut self, name: &str) -> impl Iterator<Item = Announcement> {
        self.region.iter_mut().flat_map(move |region| region.retirements(name))
    }

    /// Adds to `entries` what a digest of this kind has of the region.
    pub(super) fn announce(
        &mut self,
        name: &str,
        kind: DigestKind,
        entries: &mut Vec<Announcement>,
    ) {
        let Some(region) = &mut self.region else { return };
        let now: BTreeMap<_, _> =
            region.announcements(name).map(|entry| (entry.path.clone(), entry)).collect();
        let is_news = |entry: &&Announcement| self.announced.get(&entry.path) != Some(entry);
        entries.extend(
            now.values().filter(|entry| kind == DigestKind::Full || is_news(entry)).cloned(),
        );
        self.announced = now;
    }
}
