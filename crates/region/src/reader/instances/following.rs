//! Following all instances: what has changed, in the order in which it did.
//!
//! Invariant: for each change one thing that happened in its block is returned, if there is one; so a
//! reader that has come to the newest change has everything. What is read of a retired instance is its own to the end,
//! and what is gone of it is counted.
//!
//! ```text
//!   the change after the last one   its block: joined, a record, missed, retired
//!   lapped, or just attached        the same of every block, until there is nothing more
//! ```

use super::DynInstanceReader;
use super::counting::Past;
use crate::error::RegionError;
use crate::instances::{Instance, InstanceChange, InstanceEvent};
use crate::mapping;
use crate::publication::{Publication, Step};
use crate::reader::Begin;
use channel::{Blocks, Change, Named, Tail};
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

/// What a look at a block has found.
type Found = Step<InstanceEvent<Publication>>;

/// Whether records are missed.
fn is_gap(found: &Found) -> bool {
    match found {
        Step::Missed(_) => true,
        Step::Record(event) => matches!(event.what, InstanceChange::Missed(_)),
        Step::Pending => false,
    }
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
    /// not wait. [`Step::Pending`] also comes when every block has been read; [`wait`](crate::DynReader::wait)
    /// then knows whether there is more.
    ///
    /// Each record that is published after the first [`Step::Pending`] is returned or counted: by
    /// [`InstanceChange::Missed`] before the next record of its instance, or before its end. [`Step::Missed`] counts
    /// those of instances that joined a block and were retired from it between two looks at it; if three or more were
    /// retired, also what was missed of the instance before them. A file for fewer instances than the one before it
    /// breaks the count.
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
            let found = self.step_of_former(block, record)?;
            if !matches!(found, Step::Pending) {
                return Ok(found);
            }
            let found = self.step(block, record)?;
            self.advance(&found);
            if !matches!(found, Step::Pending) {
                return Ok(found);
            }
        }
        Ok(Step::Pending)
    }

    /// Decides what is read after what was `found` in a block.
    fn advance(&mut self, found: &Found) {
        let is_newest = |found: &Found| {
            let Step::Record(event) = found else { return false };
            matches!(&event.what, InstanceChange::Record(record) if record.sequence >= self.until)
        };
        match self.work {
            Work::All(block) if matches!(found, Step::Pending) => self.turn_to(block + 1),
            // The changes announce what is newer: an instance that is published to without pause does
            // not keep the reader from the others. They may have announced its end before.
            Work::All(block) if is_newest(found) && self.is_there(found) => self.turn_to(block + 1),
            // Each other event was a change of its own.
            Work::All(_) => {}
            Work::Block(_) if is_gap(found) => {}
            Work::Block(_) | Work::Change => self.work = Work::Change,
        }
    }

    /// Whether the instance of an event is not retired.
    fn is_there(&self, found: &Found) -> bool {
        let Step::Record(event) = found else { return false };
        self.has(event.instance.block, event.instance.generation)
    }

    /// Makes [`next`](Self::next) look at every block.
    pub(super) fn read_every_block(&mut self) {
        let followed =
            |(block, cursor): (u16, &Option<Cursor>)| Some((cursor.as_ref()?.name, block));
        self.followed = (0..=u16::MAX).zip(&self.cursors).filter_map(followed).collect();
        self.followed.extend(self.former.iter().map(|(block, (cursor, _))| (cursor.name, *block)));
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
    fn step_of_former(&mut self, block: u16, record: &mut [u8]) -> Result<Found, RegionError> {
        if self.followed.is_empty() || self.cursors[usize::from(block)].is_some() {
            return Ok(Step::Pending);
        }
        let name = self.blocks().and_then(|blocks| blocks.read(block)?.1);
        self.expect_whole()?;
        let Some(name) = name else { return Ok(Step::Pending) };
        let has_it = |at: &u16| {
            let cursor = self.cursors[usize::from(*at)];
            let cursor = cursor.or_else(|| self.former.get(at).map(|(cursor, _)| *cursor));
            cursor.is_some_and(|cursor| cursor.name == name)
        };
        match self.followed.get(&name).copied().filter(has_it) {
            Some(former) => self.step(former, record),
            None => Ok(Step::Pending),
        }
    }

    /// The next thing in one block.
    fn step(&mut self, block: u16, record: &mut [u8]) -> Result<Found, RegionError> {
        let Some(cursor) = self.cursors[usize::from(block)] else { return self.look(block) };
        let file = self.file;
        let event = |what| Ok(Step::Record(cursor.event(block, file, what)));
        if cursor.missed > 0 {
            let missed = cursor.missed;
            self.keep(block, Cursor { missed: 0, ..cursor });
            return event(InstanceChange::Missed(missed));
        }
        let Some(blocks) = self.blocks() else { return Ok(Step::Pending) };
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
            channel::Step::Missed(count) if self.has(block, cursor.generation) => {
                InstanceChange::Missed(count)
            }
            // Head may be that of the next instance, which is joining.
            channel::Step::Missed(count) if is_its => return self.end(block, cursor, count),
            channel::Step::Pending if !is_retired => return Ok(Step::Pending),
            _ => return self.end(block, cursor, u64::MAX),
        };
        self.keep(block, Cursor { tail, ..cursor });
        event(what)
    }

    /// The next thing of an instance that is retired: see [`ended`](Self::ended).
    fn end(&mut self, block: u16, mut cursor: Cursor, gap: u64) -> Result<Found, RegionError> {
        let what = self.ended(block, &mut cursor, gap)?;
        let is_over = what == InstanceChange::Retired;
        self.cursors[usize::from(block)] = (!is_over).then_some(cursor);
        Ok(Step::Record(cursor.event(block, self.file, what)))
    }

    /// The same of an instance of a file before, that ended in it or while it was replaced.
    fn end_of_former(
        &mut self,
        block: u16,
        mut cursor: Cursor,
        file: u32,
    ) -> Result<Found, RegionError> {
        let missed = std::mem::take(&mut cursor.missed);
        let what = match missed {
            0 => self.ended(block, &mut cursor, u64::MAX)?,
            missed => InstanceChange::Missed(missed),
        };
        if what == InstanceChange::Retired {
            self.former.remove(&block);
        } else {
            self.former.insert(block, (cursor, file));
        }
        Ok(Step::Record(cursor.event(block, file, what)))
    }

    /// Whether a block has the instance of this generation.
    fn has(&self, block: u16, generation: u64) -> bool {
        self.blocks().is_some_and(|blocks| blocks.cells(block).is(generation))
    }

    /// Looks at a block whose instance is not followed: what was missed there, then the instance, if it
    /// has one.
    fn look(&mut self, block: u16) -> Result<Found, RegionError> {
        let Some(blocks) = self.blocks() else { return Ok(Step::Pending) };
        let found = blocks.read(block);
        if let Some((cursor, file)) = self.former.get(&block).copied() {
            let is_it = |(named, name): &(Named, Option<InstanceName>)| {
                named.generation == cursor.generation && *name == Some(cursor.name)
            };
            if !found.as_ref().is_some_and(is_it) {
                return self.end_of_former(block, cursor, file);
            }
        }
        let past = match &found {
            Some((named, _)) => Some(Past::of(named)),
            None => {
                blocks.cells(block).total().map(|(retirement, total)| Past::free(retirement, total))
            }
        };
        self.expect_whole()?;
        let unseen = past.map_or(0, |past| self.unseen(block, past));
        match found {
            _ if unseen > 0 => Ok(Step::Missed(unseen)),
            Some((named, Some(name))) => self.join(block, named, name),
            _ => Ok(Step::Pending),
        }
    }

    /// Begins to follow the instance that a block has.
    fn join(&mut self, block: u16, named: Named, name: InstanceName) -> Result<Found, RegionError> {
        let Some(blocks) = self.blocks() else { return Ok(Step::Pending) };
        let ring = self.inner.ring.over(blocks.at(block));
        let head = ring.head();
        let asked_for = match self.start {
            Start::At(begin) => begin.place(&ring, named.base).0,
            Start::First => named.base,
        };
        self.expect_whole()?;
        let uncounted = self.uncounted(block, Past::of(&named));
        let former = self.former.remove(&block).map(|(cursor, file)| cursor.carried(block, file).1);
        let carried = former.or_else(|| self.carried.remove(&name));
        if let Some((instance, _)) = carried
            && !self.is_same(instance, block, named.generation)
        {
            let what = InstanceChange::Retired;
            return Ok(Step::Record(InstanceEvent { instance, name, what }));
        }
        let (after, missed) = match carried {
            Some((_, last)) if last < named.base => (named.base, named.base - last),
            Some((_, last)) if last <= head => (last, 0),
            Some(_) => (named.base, 0),
            None => (asked_for, uncounted),
        };
        let (generation, tail) = (named.generation, Tail::after(after));
        let cursor = Cursor { generation, name, tail, missed };
        self.keep(block, cursor);
        if matches!(self.work, Work::All(_)) {
            self.followed.insert(name, block);
        }
        Ok(Step::Record(cursor.event(block, self.file, InstanceChange::Joined)))
    }

    /// Whether the instance of a file before is the one that `block` has now: a writer keeps the block and
    /// the generation, and moves only those that the new file has no block for.
    fn is_same(&self, before: Instance, block: u16, generation: u64) -> bool {
        let was_moved = usize::from(before.block) >= self.cursors.len();
        before.generation == generation && (before.block == block || was_moved)
    }
}
