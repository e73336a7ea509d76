//! Another host: whether it is there, and which of its records are the newest.
//!
//! Invariant: digests are taken in the order in which they were sent; what an older one has is not used.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use daemon::Monotonic;

use super::pull::Pull;
use crate::namesake::Namesake;
use crate::wire::{Announcement, Digest, DigestKind};

/// Silence after which a bridge that was started with a clock set back is accepted.
const FORGET: Duration = Duration::from_secs(2);

/// What is known of another host.
#[derive(Debug)]
pub(super) struct Remote {
    /// When it came to be known.
    since: Monotonic,
    /// When its last digest came.
    heard: Option<Monotonic>,
    incarnation: u64,
    number: u32,
    /// The newest digest of each path.
    pub(super) announced: HashMap<String, Announcement>,
    full: Full,
    /// Paths of which a newer record is announced than is held, and since when nothing newer came.
    pub(super) behind: HashMap<String, Monotonic>,
    pub(super) pull: Pull,
    /// The attempts to get descriptions.
    pub(super) describe: Pull,
    /// Another bridge of this name.
    pub(super) namesake: Namesake,
}

/// The chunks of a full digest that have come, and which of the known paths they have.
#[derive(Debug, Default)]
struct Full {
    number: u32,
    chunks: HashSet<u16>,
    paths: HashSet<String>,
    /// Whether all chunks have come: one that comes twice says nothing then.
    is_whole: bool,
}

/// What a digest has shown.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Its entries, unless it is older than one that came before.
    pub(super) entries: Vec<Announcement>,
    /// What a full digest has not any more; `None` unless all its chunks have come.
    pub(super) gone: Option<Vec<Announcement>>,
    /// Whether the bridge of that host has been started again, or for the first time.
    pub(super) is_new: bool,
    /// The number of the full digest that it is part of.
    pub(super) full: Option<u32>,
}

impl Remote {
    /// One that is heard of at `now` for the first time.
    pub(super) fn new(now: Monotonic) -> Self {
        Self {
            since: now,
            heard: None,
            incarnation: 0,
            number: 0,
            announced: HashMap::new(),
            full: Full::default(),
            behind: HashMap::new(),
            pull: Pull::new(),
            describe: Pull::new(),
            namesake: Namesake::default(),
        }
    }

    /// Whether a digest came within `silence` before `now`.
    pub(super) fn is_heard(&self, now: Monotonic, silence: Duration) -> bool {
        self.heard.is_some_and(|heard| now.since(heard) < silence)
    }

    /// For how long nothing was heard of it.
    pub(super) fn silence(&self, now: Monotonic) -> Duration {
        now.since(self.heard.unwrap_or(self.since))
    }

    /// Takes a digest that came at `now`.
    pub(super) fn take(&mut self, digest: Digest, now: Monotonic) -> News {
        let is_new = digest.incarnation != self.incarnation;
        if is_new && digest.incarnation < self.incarnation && self.is_heard(now, FORGET) {
            self.namesake.hear(now);
            return News::default();
        }
        let is_older = !is_new && is_before(digest.number, self.number);
        if is_older {
            return News::default();
        }
        self.heard = Some(now);
        (self.incarnation, self.number) = (digest.incarnation, digest.number);
        if is_new {
            self.full = Full::default();
        }
        let gone = if digest.kind == DigestKind::Full { self.take_full(&digest) } else { None };
        let full = (digest.kind == DigestKind::Full).then_some(digest.number);
        News { entries: digest.entries, gone, is_new, full }
    }

    /// Takes the newest digest of a path, which is part of a full one if `is_full`.
    pub(super) fn announce(&mut self, entry: Announcement, is_full: bool) {
        if is_full && !self.full.is_whole {
            self.full.paths.insert(entry.path.clone());
        }
        self.announced.insert(entry.path.clone(), entry);
    }

    /// Takes that a path is gone.
    pub(super) fn forget(&mut self, path: &str) {
        self.announced.remove(path);
        self.behind.remove(path);
        self.full.paths.remove(path);
    }

    /// Notes which paths there are; returns those that are gone, once all chunks have come.
    fn take_full(&mut self, digest: &Digest) -> Option<Vec<Announcement>> {
        if self.full.number != digest.number {
            self.full = Full { number: digest.number, ..Full::default() };
        }
        self.full.chunks.insert(digest.chunk);
        let known = digest.entries.iter().filter(|entry| self.announced.contains_key(&entry.path));
        self.full.paths.extend(known.map(|entry| entry.path.clone()));
        if self.full.is_whole || self.full.chunks.len() < usize::from(digest.chunks) {
            return None;
        }
        self.full.is_whole = true;
        let paths = std::mem::take(&mut self.full.paths);
        let (there, gone) = std::mem::take(&mut self.announced)
            .into_iter()
            .partition(|(path, _)| paths.contains(path));
        self.announced = there;
        Some(gone.into_values().collect())
    }
}

/// Whether `number` was given before `other`; numbers begin again after the greatest one.
fn is_before(number: u32, other: u32) -> bool {
    number.wrapping_sub(other) > u32::MAX / 2
}

#[cfg(test)]
mod tests {
    use region::State;

    use super::*;
    use crate::wire::{Readers, RecordId};

    fn digest(kind: DigestKind, incarnation: u64, number: u32, paths: &[&str]) -> Digest {
        let entries = paths.iter().map(|path| {
            let id = RecordId { lineage: 1, order: 0, sequence: 1 };
            let path = (*path).to_owned();
            let readers = Readers::default();
            Announcement { path, state: Some(State::Live), id, history: None, readers }
        });
        Digest { kind, incarnation, number, chunk: 0, chunks: 1, entries: entries.collect() }
    }

    fn at(second: u64) -> Monotonic {
        Monotonic::from_nanos(second * 1_000_000_000)
    }

    #[test]
    fn an_older_digest_and_one_of_an_earlier_start_are_not_used() {
        let mut remote = Remote::new(at(0));
        assert!(remote.take(digest(DigestKind::Changes, 5, 7, &["a"]), at(10)).is_new);
        assert!(remote.take(digest(DigestKind::Changes, 5, 6, &["a"]), at(10)).entries.is_empty());
        assert!(remote.take(digest(DigestKind::Changes, 4, 9, &["a"]), at(11)).entries.is_empty());
        assert_eq!(remote.take(digest(DigestKind::Changes, 5, 7, &["a"]), at(11)).entries.len(), 1);
        let back = remote.take(digest(DigestKind::Changes, 4, 9, &["a"]), at(20));
        assert!(back.is_new, "its clock was set back");
    }

    #[test]
    fn numbers_begin_again_after_the_greatest() {
        assert!(
            is_before(1, 2)
                && is_before(u32::MAX, 0)
                && !is_before(0, u32::MAX)
                && !is_before(3, 3)
        );
    }

    #[test]
    fn what_a_whole_full_digest_does_not_have_is_gone() {
        let mut remote = Remote::new(at(0));
        for path in ["a", "b"] {
            remote
                .announced
                .insert(path.to_owned(), digest(DigestKind::Full, 1, 1, &[path]).entries.remove(0));
        }
        let half = |chunk, paths: &[&str]| Digest {
            chunk,
            chunks: 2,
            ..digest(DigestKind::Full, 1, 2, paths)
        };
        assert_eq!(remote.take(half(0, &["a", "c"]), at(1)).gone, None);
        remote.announce(half(0, &["c"]).entries.remove(0), true);
        let gone = remote.take(half(1, &["a"]), at(1)).gone.expect("all chunks have come");
        assert_eq!(gone.iter().map(|entry| &*entry.path).collect::<Vec<_>>(), ["b"]);
        assert_eq!(remote.take(half(1, &["a"]), at(1)).gone, None, "it comes twice");
        assert!(remote.announced.contains_key("a") && remote.announced.contains_key("c"));
    }
}
