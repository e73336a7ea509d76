//! Following all instances: what has changed, in the order in which it did.
//!
//! Invariant: for each change one thing that happened in its block is returned, if there is one; so a
//! reader that has come to the newest change has everything. What is read of a retired instance is its own to the end.
//!
//! ```text
//!   the change after the last one   its block: joined, a record, missed, retired
//!   lapped, or just attached        the same of every block, until there is nothing more
//! ```

use super::DynInstanceReader;
use crate::error::RegionError;
use crate::instances::{Instance, InstanceChange, InstanceEvent};
use crate::mapping;
use crate::publication::{Publication, Step};
use crate::reader::Begin;
use channel::{Blocks, Change, Tail};
use layout::InstanceName;

/// The most looks at a block in one call, if none shows anything new: a hostile writer can announce
/// changes without end.
const LOOKS: u32 = 1 << 18;

/// What is being read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    /// The next change.
    Change,
    /// The block of a change.
    Block(u16),
    /// Every block, this one next.
    All(u32),
}

/// Where following an instance begins that was not followed before.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    /// Where the reader asked for: it was there when the region was attached.
    At(Begin),
    /// With its first record.
    First,
}

/// An instance that is followed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    pub(super) generation: u64,
    pub(super) name: InstanceName,
    pub(super) tail: Tail,
    /// Records that went by between two files, not yet reported.
    pub(super) missed: u64,
}

impl Cursor {
    fn event<T>(&self, block: u16, file: u32, what: InstanceChange<T>) -> InstanceEvent<T> {
        let instance = Instance { block, generation: self.generation, file };
        InstanceEvent { instance, name: self.name, what }
    }

    /// What the next file has to know of it.
    pub(super) fn carried(self, block: u16, file: u32) -> (InstanceName, (Instance, u64)) {
        let instance = Instance { block, generation: self.generation, file };
        (self.name, (instance, self.tail.last().saturating_sub(self.missed)))
    }
}

impl DynInstanceReader {
    /// The next thing that has happened to any instance; the bytes of a record are in `record`. Does
    /// not wait. Never [`Step::Missed`]: what is missed is missed of one instance. [`Step::Pending`] also
    /// comes when every block has been read; [`wait`](crate::DynReader::wait) then knows whether there is more.
    ///
    /// Records come in the order of their publication, unless the reader was lapped in the ring of
    /// changes: then in the order of their blocks. There is no promise that records of different
    /// instances were there at one time.
    ///
    /// # Errors
    /// As [`DynReader::next`](crate::DynReader::next).
    pub fn next(
        &mut self,
        record: &mut [u8],
    ) -> Result<Step<InstanceEvent<Publication>>, RegionError> {
        self.inner.expect_size(record.len())?;
        self.refresh_if_due()?;
        for _ in 0..LOOKS {
            if matches!(self.work, Work::Change) && !self.next_change()? {
                return Ok(Step::Pending);
            }
            let block = match self.work {
                Work::Change => continue,
                Work::Block(block) => Some(block),
                Work::All(next) => u16::try_from(next).ok(),
            };
            let block = block.filter(|block| usize::from(*block) < self.cursors.len());
            let Some(block) = block else {
                self.followed.clear();
                // What joins from now on was not followed before, whatever its name.
                if let Some((name, (instance, _))) = self.carried.pop_first() {
                    let what = InstanceChange::Retired;
                    return Ok(Step::Record(InstanceEvent { instance, name, what }));
                }
                (self.work, self.start) = (Work::Change, Start::First);
                return Ok(Step::Pending);
            };
            if let Some(event) = self.step_of_former(block, record)? {
                return Ok(Step::Record(event));
            }
            let event = self.step(block, record)?;
            self.advance(event.as_ref());
            if let Some(event) = event {
                return Ok(Step::Record(event));
            }
        }
        Ok(Step::Pending)
    }

    /// Decides what is read after `event`, or after a block without one.
    fn advance(&mut self, event: Option<&InstanceEvent<Publication>>) {
        match (self.work, event.map(|event| &event.what)) {
            (Work::All(block), None) => self.turn_to(block + 1),
            // The changes announce what is newer: an instance that is published to without pause does
            // not keep the reader from the others.
            (Work::All(block), Some(InstanceChange::Record(record)))
                if record.sequence >= self.until =>
            {
                self.turn_to(block + 1);
            }
            // Each other event was a change of its own.
            (Work::All(_), Some(_)) | (Work::Block(_), Some(InstanceChange::Missed(_))) => {}
            (Work::Block(_) | Work::Change, _) => self.work = Work::Change,
        }
    }

    /// Makes [`next`](Self::next) look at every block.
    pub(super) fn read_every_block(&mut self) {
        let followed = |(block, cursor): (usize, &Option<Cursor>)| {
            Some((cursor.as_ref()?.name, u16::try_from(block).ok()?))
        };
        self.followed = self.cursors.iter().enumerate().filter_map(followed).collect();
        self.turn_to(0);
    }

    /// Begins with a block while every block is read.
    pub(super) fn turn_to(&mut self, block: u32) {
        self.work = Work::All(block);
        let index = u16::try_from(block).ok().filter(|at| usize::from(*at) < self.cursors.len());
        let head = |at| Some(self.inner.ring.over(self.blocks()?.at(at)).head());
        self.until = index.and_then(head).unwrap_or(0);
    }

    /// Takes the next change; `false` if there is none.
    fn next_change(&mut self) -> Result<bool, RegionError> {
        let mut changes = self.changes;
        let Some(blocks) = self.blocks() else { return Ok(false) };
        let change = changes.next(&blocks.changes());
        self.expect_whole()?;
        self.changes = changes;
        self.inner.seen_change = changes.last();
        match change {
            Change::Pending => self.inner.count_pending(),
            Change::Block(block) => self.work = Work::Block(block),
            Change::Lapped(_) => self.read_every_block(),
        }
        Ok(change != Change::Pending)
    }

    /// While every block is read: the next thing of the instance that had the name of the one in `block`
    /// before it, and is followed. It is read to its end before the other joins, as the changes have it.
    fn step_of_former(
        &mut self,
        block: u16,
        record: &mut [u8],
    ) -> Result<Option<InstanceEvent<Publication>>, RegionError> {
        if self.followed.is_empty() || self.cursors[usize::from(block)].is_some() {
            return Ok(None);
        }
        let name = self.blocks().and_then(|blocks| blocks.read(block)?.1);
        self.expect_whole()?;
        let Some(name) = name else { return Ok(None) };
        let has_it =
            |at: &u16| self.cursors[usize::from(*at)].is_some_and(|cursor| cursor.name == name);
        match self.followed.get(&name).copied().filter(has_it) {
            Some(former) => self.step(former, record),
            None => Ok(None),
        }
    }

    /// The next thing in one block.
    fn step(
        &mut self,
        block: u16,
        record: &mut [u8],
    ) -> Result<Option<InstanceEvent<Publication>>, RegionError> {
        let Some(cursor) = self.cursors[usize::from(block)] else { return self.join(block) };
        let file = self.file;
        let event = |what| Ok(Some(cursor.event(block, file, what)));
        if cursor.missed > 0 {
            let missed = cursor.missed;
            self.keep(block, Cursor { missed: 0, ..cursor });
            return event(InstanceChange::Missed(missed));
        }
        let Some(blocks) = self.blocks() else { return Ok(None) };
        let (cells, mut tail) = (blocks.cells(block), cursor.tail);
        // Asked before, and with a fence behind it (that of `peek`): a retired instance has no record
        // after those that are found now.
        let is_retired = mapping::peek(cells.generation_word()) != cursor.generation;
        let step = tail.next(&self.inner.ring.over(blocks.at(block)), record);
        let is_its = cells.has_been(cursor.generation);
        self.expect_whole()?;
        let what = match step.map_err(|_| self.inner.unstable())? {
            channel::Step::Record(found) if is_its => {
                InstanceChange::Record(self.inner.publication(found))
            }
            channel::Step::Missed(count) if is_its => InstanceChange::Missed(count),
            channel::Step::Pending if !is_retired => return Ok(None),
            _ => {
                self.cursors[usize::from(block)] = None;
                return event(InstanceChange::Retired);
            }
        };
        self.keep(block, Cursor { tail, ..cursor });
        event(what)
    }

    /// Begins to follow the instance that a block has, if it has one.
    fn join(&mut self, block: u16) -> Result<Option<InstanceEvent<Publication>>, RegionError> {
        let Some(blocks) = self.blocks() else { return Ok(None) };
        let found = blocks.read(block);
        let ring = self.inner.ring.over(blocks.at(block));
        let head = ring.head();
        let at_start = |base| match self.start {
            Start::At(begin) => begin.place(&ring, base).0,
            Start::First => base,
        };
        let asked_for = found.as_ref().map_or(0, |(named, _)| at_start(named.base));
        self.expect_whole()?;
        let Some((named, Some(name))) = found else { return Ok(None) };
        let carried = self.carried.remove(&name);
        if let Some((instance, _)) = carried
            && !self.is_same(instance, block, named.generation)
        {
            let what = InstanceChange::Retired;
            return Ok(Some(InstanceEvent { instance, name, what }));
        }
        let (after, missed) = match carried {
            Some((_, last)) if last < named.base => (named.base, named.base - last),
            Some((_, last)) if last <= head => (last, 0),
            Some(_) => (named.base, 0),
            None => (asked_for, 0),
        };
        let (generation, tail) = (named.generation, Tail::after(after));
        let cursor = Cursor { generation, name, tail, missed };
        self.keep(block, cursor);
        if matches!(self.work, Work::All(_)) {
            self.followed.insert(name, block);
        }
        Ok(Some(cursor.event(block, self.file, InstanceChange::Joined)))
    }

    /// Whether the instance of a file before is the one that `block` has now: a writer keeps the block and
    /// the generation, and moves only those that the new file has no block for.
    fn is_same(&self, before: Instance, block: u16, generation: u64) -> bool {
        let was_moved = usize::from(before.block) >= self.cursors.len();
        before.generation == generation && (before.block == block || was_moved)
    }
}
