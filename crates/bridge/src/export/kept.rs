//! The newest records of a lossless export: importers ask for those that the network has lost.
//!
//! Invariant: all of one lineage and one description, in rising order; so many and [`MOST_BYTES`] at the most.
//!
//! Price: a copy of each record, and the memory for all of them.

use std::collections::VecDeque;

use crate::wire::{Attachment, History};

/// Most bytes of all records.
const MOST_BYTES: usize = 64 << 20;
/// Most records and bytes of one reply: more would wait in the network for longer than it keeps them.
const PAGE: usize = 256;
const PAGE_BYTES: usize = 64 << 10;

/// The records.
#[derive(Debug)]
pub(super) struct Kept {
    most: usize,
    records: VecDeque<(Attachment, Box<[u8]>)>,
    bytes: usize,
    /// Where the region's numbers begin.
    first_lineage: u64,
    base: u64,
}

impl Kept {
    /// Of the newest `most` records.
    pub(super) fn new(most: u32) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Self { most, records: VecDeque::new(), bytes: 0, first_lineage: 0, base: 0 }
    }

    /// Keeps a record of a region whose numbers begin after `base`, in `first_lineage`.
    pub(super) fn push(
        &mut self,
        attachment: Attachment,
        record: &[u8],
        first_lineage: u64,
        base: u64,
    ) {
        let is_other = |(kept, _): &(Attachment, _)| {
            kept.id.lineage != attachment.id.lineage || kept.description != attachment.description
        };
        if self.records.back().is_some_and(is_other) {
            self.records.clear();
            self.bytes = 0;
        }
        (self.first_lineage, self.base) = (first_lineage, base);
        self.bytes += record.len();
        self.records.push_back((attachment, record.into()));
        while self.records.len() > 1 && (self.records.len() > self.most || self.bytes > MOST_BYTES)
        {
            self.bytes -= self.records.pop_front().map_or(0, |(_, record)| record.len());
        }
    }

    /// The newest record.
    pub(super) fn newest(&self) -> Option<(&Attachment, &[u8])> {
        self.records.back().map(|(attachment, record)| (attachment, &**record))
    }

    /// The records after that of this lineage and sequence, as many as one reply takes.
    pub(super) fn after(
        &self,
        (lineage, sequence): (u64, u64),
    ) -> impl Iterator<Item = (&Attachment, &[u8])> {
        let is_before = |(kept, _): &(Attachment, _)| {
            (kept.id.lineage, kept.id.sequence) <= (lineage, sequence)
        };
        let from = self.records.partition_point(is_before);
        let mut left = PAGE_BYTES;
        self.records.range(from..).take(PAGE).map_while(move |(attachment, record)| {
            let is_first = left == PAGE_BYTES;
            left = left.checked_sub(record.len()).or(is_first.then_some(0))?;
            Some((attachment, &**record))
        })
    }

    /// What a digest says of them; `None` if there is none.
    pub(super) fn history(&self) -> Option<History> {
        let oldest = self.records.front()?.0.id.sequence;
        let base = self.base.min(oldest.saturating_sub(1));
        Some(History { first_lineage: self.first_lineage, base, oldest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Readers, RecordId};

    fn attachment(lineage: u64, sequence: u64) -> Attachment {
        let id = RecordId { lineage, order: 0, sequence };
        Attachment { len: 4, description: 7, id, time: 0, missed: 0, readers: Readers::default() }
    }

    fn numbers(kept: &Kept, after: (u64, u64)) -> Vec<u64> {
        kept.after(after).map(|(attachment, _)| attachment.id.sequence).collect()
    }

    #[test]
    fn the_newest_are_kept_and_given_from_any_number_on() {
        let mut kept = Kept::new(3);
        assert!(kept.history().is_none() && kept.newest().is_none());
        for sequence in 1..=5 {
            kept.push(attachment(1, sequence), &[0; 4], 1, 0);
        }
        assert_eq!(kept.history(), Some(History { first_lineage: 1, base: 0, oldest: 3 }));
        assert_eq!(numbers(&kept, (1, 0)), [3, 4, 5]);
        assert_eq!(numbers(&kept, (1, 4)), [5]);
        assert!(numbers(&kept, (1, 5)).is_empty() && numbers(&kept, (2, 1)).is_empty());
    }

    #[test]
    fn another_lineage_begins_anew() {
        let mut kept = Kept::new(3);
        kept.push(attachment(1, 9), &[0; 4], 1, 0);
        kept.push(attachment(2, 10), &[0; 4], 1, 9);
        assert_eq!(kept.history(), Some(History { first_lineage: 1, base: 9, oldest: 10 }));
        assert_eq!(numbers(&kept, (1, 9)), [10]);
    }

    #[test]
    fn a_reply_is_a_page_and_large_records_are_few() {
        let mut kept = Kept::new(10_000);
        for sequence in 1..=1000 {
            kept.push(attachment(1, sequence), &[0; 4], 1, 0);
        }
        assert_eq!(numbers(&kept, (1, 0)).len(), PAGE);
        let (mut kept, large) = (Kept::new(10_000), vec![0; 1 << 20]);
        for sequence in 1..=100 {
            kept.push(attachment(1, sequence), &large, 1, 0);
        }
        assert_eq!(numbers(&kept, (1, 0)).len(), 1, "one record is more than a page");
        assert_eq!(kept.records.len(), MOST_BYTES >> 20);
    }
}
