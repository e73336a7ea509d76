//! Another host: whether it is there, and which of its records are the newest.
//!
//! Invariant: digests are taken in the order in which they were sent; what an older one has is not used. Whoever may
//! publish can forge one that pretends to be newer than all that will come: where the true ones do not follow what is
//! believed, and nothing follows it for [`FORGET`], their count is taken again.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use daemon::Monotonic;

use super::pull::Pull;
use crate::namesake::Namesake;
use crate::wire::{Announcement, Digest, DigestKind};

/// Silence after which a bridge that was started with a clock set back is accepted, and a count that does not follow the
/// one before. With a digest and a full one after it that is less than two full digests.
const FORGET: Duration = Duration::from_millis(1500);
/// Most digests of a bridge in a second, and some more: its number cannot be further ahead.
const MOST_A_SECOND: u64 = 128;

/// What is known of another host.
#[derive(Debug)]
pub(super) struct Remote {
    /// When it came to be known.
    since: Monotonic,
    /// When its last digest came.
    heard: Option<Monotonic>,
    incarnation: u64,
    number: u32,
    /// The number of the last digest of this incarnation that did not follow the one before.
    refused: Option<u32>,
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
    /// The version that it speaks, if it is another one than this bridge's.
    pub(super) other_version: Option<u16>,
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
            refused: None,
            announced: HashMap::new(),
            full: Full::default(),
            behind: HashMap::new(),
            pull: Pull::new(),
            describe: Pull::new(),
            namesake: Namesake::default(),
            other_version: None,
        }
    }

    /// Whether a digest came within `silence` before `now`.
    pub(super) fn is_heard(&self, now: Monotonic, silence: Duration) -> bool {
        self.heard.is_some_and(|heard| now.since(heard) < silence)
    }

    /// When its last digest came.
    pub(super) fn last_heard(&self) -> Option<Monotonic> {
        self.heard
    }

    /// For how long nothing was heard of it.
    pub(super) fn silence(&self, now: Monotonic) -> Duration {
        now.since(self.heard.unwrap_or(self.since))
    }

    /// Takes a digest that came at `now`.
    pub(super) fn take(&mut self, digest: Digest, now: Monotonic) -> News {
        let is_new = digest.incarnation != self.incarnation;
        let is_next = match digest.incarnation.cmp(&self.incarnation) {
            Ordering::Greater => true,
            Ordering::Equal => self.follows(digest.number, now),
            Ordering::Less => self.is_forgotten(now),
        };
        if !is_next {
            if is_new {
                self.namesake.hear(now);
            }
            return News::default();
        }
        self.refused = None;
        self.heard = Some(now);
        (self.incarnation, self.number) = (digest.incarnation, digest.number);
        if is_new {
            self.full = Full::default();
        }
        let gone = if digest.kind == DigestKind::Full { self.take_full(&digest) } else { None };
        let full = (digest.kind == DigestKind::Full).then_some(digest.number);
        News { entries: digest.entries, gone, is_new, full }
    }

    /// Whether digests of another count may be believed.
    fn is_forgotten(&self, now: Monotonic) -> bool {
        !self.is_heard(now, FORGET)
    }

    /// Whether a digest of the same incarnation is taken: one that its bridge can have sent after the last one, or the
    /// second of a count that goes on while that of the last one does not.
    fn follows(&mut self, number: u32, now: Monotonic) -> bool {
        let seconds = self.silence(now).as_secs();
        let most = seconds.saturating_add(2).saturating_mul(MOST_A_SECOND);
        if is_ahead(number, self.number, most) {
            return true;
        }
        let before = self.refused.replace(number);
        let goes_on = before
            .is_some_and(|before| number != before && is_ahead(number, before, 2 * MOST_A_SECOND));
        goes_on && self.is_forgotten(now)
    }

    /// Takes the newest digest of a path, which is part of a full one if `is_full`.
    pub(super) fn announce(&mut self, entry: Announcement, is_full: bool) {
        if is_full && !self.full.is_whole {
            self.full.paths.insert(entry.path.clone());
        }
        self.announced.insert(entry.path.clone(), entry);
    }

    /// Records that a path is gone.
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

/// Whether `number` was given after `other`, or with it, and at most `most` numbers later; they begin again after the
/// greatest one.
fn is_ahead(number: u32, other: u32, most: u64) -> bool {
    let ahead = number.wrapping_sub(other);
    ahead <= u32::MAX / 2 && u64::from(ahead) <= most
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
        let is_ahead = |number, other| is_ahead(number, other, 9);
        assert!(is_ahead(2, 1) && is_ahead(0, u32::MAX) && is_ahead(3, 3) && is_ahead(10, 1));
        assert!(!is_ahead(1, 2) && !is_ahead(u32::MAX, 0) && !is_ahead(11, 1));
    }

    /// Takes one digest a quarter of a second from `number` on, after the forged one; returns how long none was used.
    fn recovery(forged: u32, number: u32) -> Option<Duration> {
        let mut remote = Remote::new(at(0));
        remote.take(digest(DigestKind::Full, 5, number, &["a"]), at(10));
        remote.take(digest(DigestKind::Changes, 5, forged, &[]), at(10));
        (1..=40).find_map(|turn| {
            let pause = Duration::from_millis(250) * turn;
            let next = digest(DigestKind::Full, 5, number.wrapping_add(turn), &["a"]);
            (!remote.take(next, at(10).after(pause)).entries.is_empty()).then_some(pause)
        })
    }

    #[test]
    fn a_forged_number_keeps_true_digests_out_for_less_than_two_seconds() {
        for number in [7, u32::MAX - 3] {
            for ahead in [100, 0x7fff_ff00, 0x8000_0000, u32::MAX] {
                let found = recovery(number.wrapping_add(ahead), number);
                let found = found.expect("true digests are used again");
                assert!(found < Duration::from_secs(2), "{number} {ahead:x}: {found:?}");
            }
        }
    }

    #[test]
    fn a_number_that_no_bridge_can_have_come_to_is_not_believed() {
        let second = Some(Duration::from_millis(250));
        assert_eq!(recovery(7 + 0x7fff_ff00, 7), second);
        let mut remote = Remote::new(at(0));
        remote.take(digest(DigestKind::Full, 5, 7, &["a"]), at(10));
        let after_an_hour = digest(DigestKind::Full, 5, 7 + 360_000, &["a"]);
        assert_eq!(remote.take(after_an_hour, at(3610)).entries.len(), 1, "a hundred a second");
    }

    #[test]
    fn a_digest_that_was_under_way_for_long_does_not_set_the_count_back() {
        let mut remote = Remote::new(at(0));
        remote.take(digest(DigestKind::Full, 5, 9, &["a"]), at(10));
        for _ in 0..2 {
            assert!(remote.take(digest(DigestKind::Full, 5, 4, &["a"]), at(20)).entries.is_empty());
        }
        assert_eq!(remote.take(digest(DigestKind::Full, 5, 10, &["a"]), at(20)).entries.len(), 1);
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
