//! The reader of a region of instances: one of them, or all.
//!
//! Invariant: a record is returned as one of the instance that published it, or not at all; for each
//! instance the records returned and those reported missed leave no gap, also if it is retired meanwhile.
//!
//! ```text
//!   latest  the block of the handle: see `latest`
//!   next    what has changed: see `following` and `counting`
//! ```
//!
//! Price: two loads more for each record than in a plain region; about 150 bytes for each block.

mod counting;
mod following;
mod latest;
mod typed;

pub use typed::InstanceReader;

use super::{Begin, DynReader, Refreshed};
use crate::address::ToPlace;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::follow::Follow;
use crate::instances::{Instance, MappedBlocks};
use channel::{Blocks, ChangeTail, Seen};
use counting::Counted;
use following::{Cursor, Start, Work};
use layout::InstanceName;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::ops::Deref;
use std::path::Path;
use std::time::Duration;

/// Reads the instances of a region whose schema the region itself describes.
///
/// It derefs to [`DynReader`] for the state of the writer, the schema and the path. For a Rust struct
/// use [`InstanceReader`].
pub struct DynInstanceReader {
    inner: DynReader,
    changes: ChangeTail,
    work: Work,
    /// While every block is read: the newest record of the present one when its turn came.
    until: u64,
    cursors: Vec<Option<Cursor>>,
    /// What was counted of each block; `None`: it was not looked at yet.
    counted: Vec<Option<Counted>>,
    /// While every block is read: the block of each instance that is followed.
    followed: BTreeMap<InstanceName, u16>,
    /// The newest record of each block that was returned or reported missed, and of which generation.
    newest: Vec<(u64, u64)>,
    /// The instances of the files before this one, by block, until that is looked at here.
    former: BTreeMap<u16, (Cursor, u32)>,
    /// The same of a file with more blocks, by name: a writer moves those that the new file has no block
    /// for. Until they are found here, or every block has been read.
    carried: BTreeMap<InstanceName, (Instance, u64)>,
    /// How many files were attached before.
    file: u32,
    start: Start,
}

impl DynInstanceReader {
    /// Attaches to the region at `at`. Following begins with the newest record of each instance.
    ///
    /// # Errors
    /// As [`DynReader::open`]; [`Kind::NoInstances`] if the region has one record.
    pub fn open(at: impl ToPlace) -> Result<Self, RegionError> {
        Self::over(DynReader::attach(at)?)
    }

    /// Attaches to the region in `file`, a descriptor opened by another process: see
    /// [`DynReader::open_file`].
    ///
    /// # Errors
    /// As [`DynReader::open_file`]; [`Kind::NoInstances`] if the region has one record.
    pub fn open_file(file: &File, label: &Path) -> Result<Self, RegionError> {
        Self::over(DynReader::attach_file(file, label)?)
    }

    pub(crate) fn over(inner: DynReader) -> Result<Self, RegionError> {
        let Some(blocks) = inner.mapped().blocks() else {
            return Err(RegionError::new(inner.path(), Kind::NoInstances));
        };
        let count = blocks.count();
        let mut reader = Self {
            inner,
            changes: ChangeTail::after(0),
            work: Work::Change,
            until: 0,
            cursors: Vec::new(),
            counted: vec![None; count],
            followed: BTreeMap::new(),
            newest: vec![(0, 0); count],
            former: BTreeMap::new(),
            carried: BTreeMap::new(),
            file: 0,
            start: Start::At(Begin::Newest),
        };
        reader.follow_all(count);
        Ok(reader)
    }

    /// Makes [`next`](Self::next) and [`follow`](Self::follow) begin with another record of each instance
    /// than the newest: see [`DynReader::begin`]. Every instance that is there joins first. Records
    /// before those that the file can hold are not counted as missed: they may be of another instance.
    pub fn begin(&mut self, with: Begin) {
        self.start = Start::At(with);
        self.counted = vec![None; self.max()];
        self.former.clear();
        self.follow_all(self.max());
    }

    /// Makes [`next`](Self::next) look at every block, and follow what is in it from the beginning.
    fn follow_all(&mut self, count: usize) {
        let newest = self.blocks().map_or(0, |blocks| blocks.changes().newest());
        self.changes = ChangeTail::after(newest);
        self.cursors = vec![None; count];
        self.read_every_block();
    }

    /// The handle of an instance; `None` if there is none of this name (yet) in the attached file. Looks at
    /// every name.
    ///
    /// A loop that waits for an instance calls [`refresh`](Self::refresh) too, or reads by
    /// [`latest_all`](Self::latest_all) or [`next`](Self::next): those go over to the region's next file.
    pub fn find(&self, name: &str) -> Option<Instance> {
        self.all().find(|(_, found)| **found == *name).map(|(instance, _)| instance)
    }

    /// All instances of the attached file and their names, in the order of their blocks: see
    /// [`find`](Self::find).
    pub fn all(&self) -> impl Iterator<Item = (Instance, InstanceName)> {
        let blocks = self.blocks();
        blocks.into_iter().flat_map(MappedBlocks::all).filter_map(|block| self.named(block))
    }

    /// The instance that a block has.
    fn named(&self, block: u16) -> Option<(Instance, InstanceName)> {
        let (named, name) = self.blocks()?.read(block)?;
        Some((Instance { block, generation: named.generation, file: self.file }, name?))
    }

    /// Makes the next [`wait`](DynReader::wait) sleep until something changes after this call: for a
    /// reader that does not take what is there by [`next`](Self::next).
    pub fn catch_up(&mut self) {
        self.inner.catch_up();
    }

    /// How many instances the region can have.
    pub fn max(&self) -> usize {
        self.cursors.len()
    }

    /// The newest record of an instance that this reader has returned, or reported missed.
    #[inline]
    fn seen(&self, instance: Instance) -> Result<Seen, RegionError> {
        let newest = self.newest.get(usize::from(instance.block));
        let (generation, newest) = *newest.ok_or_else(|| self.no_such_instance())?;
        Ok(Seen::record(if generation == instance.generation { newest } else { 0 }))
    }

    /// Keeps how far an instance was followed.
    fn keep(&mut self, block: u16, cursor: Cursor) {
        let (generation, newest) = self.newest[usize::from(block)];
        let before = if generation == cursor.generation { newest } else { 0 };
        let newest = cursor.tail.newest().max(before);
        self.newest[usize::from(block)] = (cursor.generation, newest);
        self.cursors[usize::from(block)] = Some(cursor);
    }

    /// Everything that happens to the region and its instances from now on: see [`Follow`].
    pub fn follow(&mut self) -> Follow<'_, &mut Self> {
        Follow::new(self)
    }

    /// Sleeps until this instance has a record newer than the last one returned: see
    /// [`DynReader::wait`]. It is not woken when the instance is retired.
    ///
    /// # Errors
    /// As [`DynReader::wait`]; [`Kind::NoSuchInstance`].
    pub fn wait_for(&self, instance: Instance, timeout: Duration) -> Result<(), RegionError> {
        let blocks = self.blocks_of(instance)?;
        let head = self.inner.ring.over(blocks.at(instance.block)).head();
        let is_its = blocks.cells(instance.block).is(instance.generation);
        if !is_its && self.inner.mapped().is_whole() {
            return Err(self.no_such_instance());
        }
        let word = blocks.futex_word_of(instance.block);
        self.inner.wait_on(word, head, self.seen(instance)?.sequence(), timeout)
    }

    /// Maps the file at the path, if it is a different one: see [`DynReader::refresh`]. The handles of
    /// the old file lead to nothing then; [`next`](Self::next) begins with the instances of the new one.
    ///
    /// # Errors
    /// As [`DynReader::refresh`].
    pub fn refresh(&mut self) -> Result<Refreshed, RegionError> {
        self.refresh_by(DynReader::refresh)
    }

    /// How often at most the region's name is checked: see [`DynReader::refresh_every`].
    pub fn refresh_every(&mut self, every: Duration) -> Duration {
        self.inner.refresh_every(every)
    }

    /// Refreshes by `refresh`, and begins anew if that has attached another file.
    pub(super) fn refresh_by(
        &mut self,
        refresh: impl FnOnce(&mut DynReader) -> Result<Refreshed, RegionError>,
    ) -> Result<Refreshed, RegionError> {
        let before = self.inner.first_lineage();
        let refreshed = refresh(&mut self.inner)?;
        if refreshed == Refreshed::Reattached {
            self.begin_anew(before);
        }
        Ok(refreshed)
    }

    #[inline]
    fn refresh_if_due(&mut self) -> Result<(), RegionError> {
        if self.inner.timer.is_due() { self.refresh_if_time() } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn refresh_if_time(&mut self) -> Result<(), RegionError> {
        self.refresh_by(DynReader::refreshed_if_time).map(drop)
    }

    /// Begins with a file that was attached in place of one whose sequences began in `first_lineage`.
    fn begin_anew(&mut self, first_lineage: u64) {
        let count = self.blocks().map_or(0, |blocks| blocks.count());
        let cursors = (0..=u16::MAX).zip(std::mem::take(&mut self.cursors));
        let followed = cursors.filter_map(|(block, cursor)| Some((block, (cursor?, self.file))));
        // Those of a file before that were not found in the last one are still there.
        self.former.extend(followed);
        if self.inner.first_lineage() != first_lineage {
            self.former.clear();
            self.carried.clear();
            self.counted.clear();
        } else if count < self.counted.len() {
            // What is in a block may be of another one.
            let former = std::mem::take(&mut self.former).into_iter();
            self.carried.extend(former.map(|(block, (cursor, file))| cursor.carried(block, file)));
            self.counted.clear();
        }
        let new = if self.counted.is_empty() { None } else { Some(Counted::NOTHING) };
        self.counted.resize(count, new);
        self.newest = vec![(0, 0); count];
        self.file = self.file.wrapping_add(1);
        // What continues is followed from where it was, all else from its first record.
        self.start = Start::First;
        self.follow_all(count);
    }

    fn blocks(&self) -> Option<MappedBlocks<'_>> {
        self.inner.mapped().blocks()
    }

    /// The blocks, if the handle is of this file.
    #[inline]
    fn blocks_of(&self, instance: Instance) -> Result<MappedBlocks<'_>, RegionError> {
        let is_here = instance.file == self.file;
        let blocks = self.blocks().filter(|blocks| is_here && blocks.has(instance.block));
        blocks.ok_or_else(|| self.no_such_instance())
    }

    /// Whether the file is whole after what was read.
    #[inline]
    fn expect_whole(&mut self) -> Result<(), RegionError> {
        if self.inner.mapped().is_whole() {
            return Ok(());
        }
        self.inner.timer.cut_short();
        Err(self.inner.truncated())
    }

    #[cold]
    fn no_such_instance(&self) -> RegionError {
        RegionError::new(self.inner.path(), Kind::NoSuchInstance)
    }
}

impl Deref for DynInstanceReader {
    type Target = DynReader;

    fn deref(&self) -> &DynReader {
        &self.inner
    }
}

impl fmt::Debug for DynInstanceReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceReader")
            .field("path", &self.inner.path())
            .field("instances", &self.all().count())
            .field("state", &self.inner.state())
            .finish_non_exhaustive()
    }
}
