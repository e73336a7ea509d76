//! Records of a lossless mirror that wait for those before them.
//!
//! Invariant: a record is next if the one before it is held, or if that one can come no more: its source's bridge has
//! missed it, or keeps it no longer, or more than `lossless` records are waiting.
//!
//! ```text
//!   held 5    waiting 8, 9    the source's bridge has 7 and later    6 is missed; 7 is asked for
//! ```
//!
//! Price: a copy of each record that waits, in a sorted map.

use std::collections::BTreeMap;

use daemon::Monotonic;
use region::Numbering;

use super::pull::Pull;
use super::room::{Memory, Room};
use crate::wire::{Attachment, History, RecordId};

/// The records, and what their source says that can still come.
#[derive(Debug)]
pub(super) struct InOrder {
    most: usize,
    records: BTreeMap<RecordId, (Attachment, Vec<u8>)>,
    room: Room,
    /// Of which lineage the source's newest record is, and which of that lineage can be asked for.
    announced: Option<(u64, Option<History>)>,
    pull: Pull,
    /// What was held when the source was asked last.
    asked: RecordId,
}

/// What is to be published next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    pub(super) attachment: Attachment,
    /// Where the mirror's numbers begin if its region is not of this lineage yet.
    pub(super) numbering: Numbering,
}

impl InOrder {
    /// Of a mirror that is up to `most` records behind, and has room in `memory`.
    pub(super) fn new(most: u32, memory: &Memory) -> Self {
        Self {
            most: usize::try_from(most).unwrap_or(usize::MAX),
            records: BTreeMap::new(),
            room: Room::of(memory),
            announced: None,
            pull: Pull::new(),
            asked: RecordId::default(),
        }
    }

    /// Records what a digest says of the source.
    pub(super) fn announce(&mut self, lineage: u64, history: Option<History>) {
        self.announced = Some((lineage, history));
    }

    /// Keeps a record that is not held yet. Where there is no room, the newest ones are asked for again: they can be
    /// for the longest.
    pub(super) fn insert(&mut self, mut attachment: Attachment, record: Vec<u8>) {
        if let Some((known, before)) = self.records.remove(&attachment.id) {
            attachment.missed = attachment.missed.max(known.missed);
            self.room.give_back(&before);
        }
        while !self.room.take(&record) {
            match self.records.last_entry().filter(|newest| *newest.key() > attachment.id) {
                Some(newest) => self.room.give_back(&newest.remove().1),
                None => return,
            }
        }
        self.records.insert(attachment.id, (attachment, record));
    }

    /// Forgets all records, and what was asked for.
    pub(super) fn forget(&mut self) {
        self.records.clear();
        self.room.clear();
        self.asked = RecordId::default();
    }

    /// Forgets those that are described in none of these ways.
    pub(super) fn keep_described(&mut self, ways: [Option<u64>; 2]) {
        let room = &mut self.room;
        self.records.retain(|_, (attachment, record)| {
            let is_described = ways.contains(&Some(attachment.description));
            if !is_described {
                room.give_back(record);
            }
            is_described
        });
    }

    /// The greatest lineage of those that wait.
    pub(super) fn lineage(&self) -> u64 {
        self.records.keys().map(|id| id.lineage).max().unwrap_or(0)
    }

    /// Forgets the records up to this one.
    pub(super) fn forget_to(&mut self, held: RecordId) {
        while self.records.first_key_value().is_some_and(|(id, _)| *id <= held) {
            self.pop();
        }
    }

    /// Takes out the first record.
    pub(super) fn pop(&mut self) -> Option<(Attachment, Vec<u8>)> {
        let (_, (attachment, record)) = self.records.pop_first()?;
        self.room.give_back(&record);
        Some((attachment, record))
    }

    /// Whether a record waits of another description than this one, and comes next.
    pub(super) fn wants_other(&self, description: u64, held: RecordId) -> bool {
        self.next(held).is_some_and(|next| next.attachment.description != description)
    }

    /// What is to be published after `held`, if it is here or if it can come no more.
    pub(super) fn next(&self, held: RecordId) -> Option<Next> {
        let (id, (attachment, _)) = self.records.first_key_value()?;
        let after = self.begin(*id, held)?;
        let is_full = self.records.len() > self.most;
        let before = id.sequence.saturating_sub(1).saturating_sub(attachment.missed);
        (before <= after || is_full || !self.can_come(*id)).then(|| Next {
            attachment: *attachment,
            numbering: Numbering {
                lineage: id.lineage,
                first_lineage: self
                    .history(*id)
                    .map_or(id.lineage, |history| history.first_lineage),
                // What its source's bridge has missed of a region that is new is missed by a new mirror, too.
                after: after.min(before),
            },
        })
    }

    /// Where the numbers of a mirror continue that holds what an earlier bridge has published; `None`: they do not, as
    /// far as is known.
    pub(super) fn continued(&self, held: RecordId) -> Option<Numbering> {
        let history = self.history(held)?;
        let RecordId { lineage, sequence: after, .. } = held;
        Some(Numbering { lineage, first_lineage: history.first_lineage, after })
    }

    /// The number of its lineage after which record `id` is missed unless it comes; `None`: not known yet.
    fn begin(&self, id: RecordId, held: RecordId) -> Option<u64> {
        if id.lineage == held.lineage {
            return Some(held.sequence);
        }
        self.announced.filter(|(lineage, _)| *lineage >= id.lineage)?;
        Some(match self.history(id) {
            // What was published before a new mirror is no part of it.
            Some(history) if held.lineage == 0 => history.oldest - 1,
            Some(history) => history.base,
            None => id.sequence - 1,
        })
    }

    /// Whether a record before `id` that is not here can still come.
    fn can_come(&self, id: RecordId) -> bool {
        match self.announced {
            None => true,
            Some((lineage, _)) if lineage < id.lineage => true,
            Some(_) => self.history(id).is_some_and(|history| history.oldest < id.sequence),
        }
    }

    /// What can be asked for of the lineage of a record.
    fn history(&self, id: RecordId) -> Option<History> {
        self.announced.filter(|(lineage, _)| *lineage == id.lineage)?.1
    }

    /// Whether records wait for one that can be asked for.
    pub(super) fn is_blocked(&self, held: RecordId) -> bool {
        !self.records.is_empty() && self.next(held).is_none()
    }

    /// Whether to ask at `now` for what comes after `held`: at once if something has come since the last question, else
    /// after its pause.
    pub(super) fn asks(&mut self, held: RecordId, now: Monotonic) -> bool {
        if held > self.asked {
            self.asked = held;
            self.pull = Pull::new();
        }
        self.pull.take(now, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Readers;

    fn id(lineage: u64, sequence: u64) -> RecordId {
        RecordId { lineage, order: 0, sequence }
    }

    fn insert(order: &mut InOrder, id: RecordId, missed: u64) {
        let readers = Readers::default();
        let attachment = Attachment { len: 1, description: 7, id, time: 0, missed, readers };
        order.insert(attachment, vec![0]);
    }

    fn next(order: &InOrder, held: RecordId) -> Option<(u64, u64)> {
        order.next(held).map(|next| (next.attachment.id.sequence, next.numbering.after))
    }

    fn history(base: u64, oldest: u64) -> History {
        History { first_lineage: 1, base, oldest }
    }

    #[test]
    fn a_record_waits_for_the_one_before_it_while_that_can_come() {
        let mut order = InOrder::new(100, &Memory::default());
        order.announce(1, Some(history(0, 3)));
        insert(&mut order, id(1, 6), 0);
        assert_eq!(next(&order, id(1, 4)), None);
        assert!(order.is_blocked(id(1, 4)));
        assert_eq!(next(&order, id(1, 5)), Some((6, 5)));
        order.announce(1, Some(history(0, 6)));
        assert_eq!(next(&order, id(1, 4)), Some((6, 4)), "5 is kept no longer");
    }

    #[test]
    fn what_the_source_itself_has_missed_is_not_waited_for() {
        let mut order = InOrder::new(100, &Memory::default());
        order.announce(1, Some(history(0, 1)));
        insert(&mut order, id(1, 6), 2);
        assert_eq!(next(&order, id(1, 3)), Some((6, 3)));
        assert_eq!(next(&order, id(1, 2)), None, "3 is there");
        insert(&mut order, id(1, 6), 0);
        assert_eq!(next(&order, id(1, 3)), Some((6, 3)), "it is known already");
    }

    #[test]
    fn a_new_mirror_begins_with_the_oldest_record_and_another_lineage_with_its_first() {
        let mut order = InOrder::new(100, &Memory::default());
        insert(&mut order, id(2, 6), 0);
        assert_eq!(next(&order, RecordId::default()), None, "no digest yet");
        order.announce(2, Some(history(1, 6)));
        assert_eq!(next(&order, RecordId::default()), Some((6, 5)));
        assert_eq!(next(&order, id(1, 9)), Some((6, 1)), "2 to 5 are missed");
        order.announce(1, Some(history(0, 1)));
        assert_eq!(next(&order, id(1, 9)), None, "an older digest");
    }

    #[test]
    fn no_more_wait_than_the_mirror_may_be_behind() {
        let mut order = InOrder::new(2, &Memory::default());
        order.announce(1, Some(history(0, 1)));
        for sequence in [5, 6] {
            insert(&mut order, id(1, sequence), 0);
        }
        assert_eq!(next(&order, id(1, 3)), None);
        insert(&mut order, id(1, 7), 0);
        assert_eq!(next(&order, id(1, 3)), Some((5, 3)));
        order.forget_to(id(1, 6));
        assert_eq!(order.records.len(), 1);
    }

    #[test]
    fn records_of_a_lineage_that_is_none_of_its_source_are_forgotten() {
        let mut order = InOrder::new(2, &Memory::default());
        order.announce(1, Some(history(0, 1)));
        insert(&mut order, id(9, 5), 0);
        assert_eq!((next(&order, id(1, 3)), order.lineage()), (None, 9));
        order.forget();
        insert(&mut order, id(1, 4), 0);
        assert_eq!((next(&order, id(1, 3)), order.lineage()), (Some((4, 3)), 1));
    }

    #[test]
    fn an_export_that_keeps_nothing_is_not_waited_for() {
        let mut order = InOrder::new(2, &Memory::default());
        order.announce(1, None);
        insert(&mut order, id(1, 5), 0);
        assert_eq!(next(&order, id(1, 3)), Some((5, 3)));
        assert_eq!(next(&order, RecordId::default()), Some((5, 4)));
    }
}
