//! What a follower has counted of each block: how many records were returned or reported missed.
//!
//! Invariant: of each block, what was returned and reported missed is, in all, the total of the block
//! when it was looked at last. So what is reported when an instance has ended is the rest of its records, and
//! what is reported of instances that have come and gone meanwhile is all of theirs.
//!
//! ```text
//!   block      | a: 9 records | b: 5 records | c: 2 records ...       totals 9, 14
//!   follower     a 1 .. a 3                    c is there
//!              a missed 6, a retired, missed 5, c joined
//! ```
//!
//! Price: 32 bytes for each block, looked at when an instance joins or ends.

use super::DynInstanceReader;
use super::following::Cursor;
use crate::error::RegionError;
use crate::instances::InstanceChange;
use crate::publication::Publication;
use channel::Named;

/// What is counted of one block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    /// Up to which retirement of the block.
    retirement: u64,
    /// How many records, up to number `at` of the instance that is followed.
    records: u64,
    at: u64,
}

impl Counted {
    /// All of a block at this retirement; of the instance that it has then, up to number `at`.
    pub(super) fn all(retirement: u64, records: u64, at: u64) -> Self {
        Self { retirement, records, at }
    }

    /// All of a block that was never used.
    pub(super) const NOTHING: Self = Self { retirement: 0, records: 0, at: 0 };

    /// How many records, up to this number of the instance.
    fn up_to(self, sequence: u64) -> u64 {
        self.records.saturating_add(sequence.saturating_sub(self.at))
    }
}

/// What a block has had when it is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Past {
    retirement: u64,
    /// Records of the instances that are retired.
    of_retired: u64,
    /// The same and those of the present instance up to its base.
    all: u64,
    base: u64,
}

impl Past {
    /// Of a block that has an instance.
    pub(super) fn of(named: &Named) -> Self {
        let Named { generation, base, total, former_total, .. } = *named;
        Self { retirement: generation / 2, of_retired: former_total, all: total, base }
    }

    /// Of a block that has none.
    pub(super) fn free(retirement: u64, total: u64) -> Self {
        Self { retirement, of_retired: total, all: total, base: 0 }
    }
}

impl DynInstanceReader {
    /// What is reported next of an instance that was retired, of which `gap` records at most are to be
    /// skipped: records that are gone, or its end. The cursor is moved.
    pub(super) fn ended(
        &mut self,
        block: u16,
        cursor: &mut Cursor,
        gap: u64,
    ) -> Result<InstanceChange<Publication>, RegionError> {
        let (retirement, last) = (cursor.generation / 2 + 1, cursor.tail.last());
        let total = self.blocks().and_then(|blocks| blocks.cells(block).total_at(retirement));
        self.expect_whole()?;
        let Some(counted) = &mut self.counted[usize::from(block)] else {
            return Ok(InstanceChange::Retired);
        };
        let records = counted.up_to(last);
        let rest = total.map_or(0, |total| total.saturating_sub(records)).min(gap);
        if rest > 0 {
            cursor.tail = cursor.tail.moved_after(last.saturating_add(rest));
            return Ok(InstanceChange::Missed(rest));
        }
        // Without a total, the rest is counted with the instances that came after it.
        *counted = Counted::all(retirement, records, 0);
        Ok(InstanceChange::Retired)
    }

    /// How many records the instances had that have come and gone in a block since it was counted. They are
    /// counted now; at the first look, all is.
    pub(super) fn unseen(&mut self, block: u16, past: Past) -> u64 {
        let first = Counted::all(past.retirement, past.all, past.base);
        let counted = self.counted[usize::from(block)].get_or_insert(first);
        let before = *counted;
        if before.retirement != past.retirement {
            *counted = Counted::all(past.retirement, past.of_retired, 0);
        }
        let is_later = before.retirement < past.retirement;
        if is_later { past.of_retired.saturating_sub(before.records) } else { 0 }
    }

    /// How many records of the present instance were in a file before, and not counted. They are counted now.
    pub(super) fn uncounted(&mut self, block: u16, past: Past) -> u64 {
        let now = Counted::all(past.retirement, past.all, past.base);
        let before = self.counted[usize::from(block)].replace(now);
        before.map_or(0, |before| past.all.saturating_sub(before.records))
    }
}
