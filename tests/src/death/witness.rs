//! Checks what readers and the next writer find after a death.
//!
//! Invariant: every record and state that a reader returns is checked here.
//!
//! ```text
//!   n        the newest record that any reader can have read before the first mark
//!   newest   the newest that any reader has read after the death: n or n + 1
//!   then     the successor publishes newest + 1, and no other number
//! ```

use std::path::PathBuf;

use layout::header::StateWord;
use region::{DynReader, DynWriter, Refreshed, State};

use super::reader::{Authors, Judged, Reader, expect};
use super::route::{Deed, Watch, Writer};
use super::scene::Scene;
use super::sleeper::Sleeper;
use crate::region_dump::RegionDump;
use crate::torn;

/// What became of the dead writer's operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// No reader sees its effect.
    Undone,
    /// Followers have read the record, though head does not name it.
    Unannounced,
    /// All readers see it.
    Done,
}

/// The readers.
#[derive(Debug)]
pub(super) struct Witness<'a> {
    scene: &'a Scene<'a>,
    path: PathBuf,
    /// Attached before the death; `None` if there was no region.
    before: Option<Reader>,
    sleeper: Option<Sleeper>,
}

impl<'a> Witness<'a> {
    /// Attaches while the writer is at its first mark.
    pub(super) fn attach(scene: &'a Scene<'a>) -> Judged<Self> {
        let (route, path) = (scene.route, scene.path());
        let before = match DynReader::open(&path) {
            Err(err) if err.is_not_there() && route.deed == Deed::Create => None,
            attached => Some(Reader::over(attached.map_err(|err| err.to_string())?)),
        };
        let sleeper = (route.watch == Watch::Asleep).then(|| Sleeper::lie_down(&path));
        let mut witness = Self { scene, path, before, sleeper };
        witness.glance()?;
        let newest = witness.before.as_ref().map_or(0, |reader| reader.newest);
        expect(newest == route.newest_before(), || format!("record {newest} before the mark"))?;
        Ok(witness)
    }

    /// Reads while the writer works.
    pub(super) fn glance(&mut self) -> Judged<()> {
        let authors = self.authors(None);
        if let Some(reader) = &mut self.before {
            reader.follow(authors)?;
            let latest = reader.latest(authors)?;
            expect(latest == reader.newest, || format!("latest gave {latest}"))?;
        }
        Ok(())
    }

    fn authors(&self, successors: Option<u64>) -> Authors {
        Authors { route: self.scene.route, successors }
    }

    /// Checks what the death has left, and what the next writer makes of it.
    pub(super) fn judge(mut self) -> Judged<Fate> {
        let mut after = self.attach_after()?;
        self.glance()?;
        let fate = self.find_fate(after.as_mut())?;
        let known = self.before.as_ref().into_iter().chain(&after).map(|reader| reader.newest);
        let newest = known.max().unwrap_or(0);
        self.judge_succession(after, newest)?;
        Ok(fate)
    }

    /// A reader that attaches after the death; `None` if there is no region.
    fn attach_after(&self) -> Judged<Option<Reader>> {
        match DynReader::open(&self.path) {
            Err(err) if err.is_not_there() && self.scene.route.deed == Deed::Create => Ok(None),
            attached => Ok(Some(Reader::over(attached.map_err(|err| err.to_string())?))),
        }
    }

    fn find_fate(&mut self, after: Option<&mut Reader>) -> Judged<Fate> {
        let (route, authors) = (self.scene.route, self.authors(None));
        let Some(after) = after else { return Ok(Fate::Undone) };
        let closed = self.judge_states(after)?;
        // Before it follows, so this is the record that head names.
        let announced = after.latest(authors)?;
        after.follow(authors)?;
        if let Some(before) = &mut self.before {
            if before.inner.refresh().map_err(|err| err.to_string())? == Refreshed::Reattached {
                expect(route.deed == Deed::Replace, || "another file has the name".to_owned())?;
            }
            before.follow(authors)?;
            let (old, new) = (before.newest, after.newest);
            expect(old == new, || format!("{old} for the old reader, {new} for the new one"))?;
        }
        let (n, head) = (route.newest_before(), route.announced_before());
        expect(announced >= head || self.is_without_record(), || "the value is lost".to_owned())?;
        expect(after.newest <= n + 1, || format!("record {} out of nothing", after.newest))?;
        Ok(match () {
            () if closed || announced == n + 1 => Fate::Done,
            () if after.newest == n + 1 => Fate::Unannounced,
            () => Fate::Undone,
        })
    }

    /// Whether the region is new and has no record yet.
    fn is_without_record(&self) -> bool {
        let fresh = self.scene.route.deed == Deed::Create;
        fresh && RegionDump::of(&self.path).is_some_and(|dump| dump.head() == dump.base())
    }

    /// Checks the states; returns whether the region is closed.
    fn judge_states(&self, after: &Reader) -> Judged<bool> {
        let mark = RegionDump::of(&self.path).ok_or("there is no whole region")?.mark();
        let closed = mark == StateWord::Closed && self.scene.route.deed == Deed::Close;
        let want = if closed { State::Closed } else { State::Dead };
        let state = after.inner.state();
        expect(state == want, || format!("state {state}, not {want}, for the new reader"))?;
        if let Some(before) = &self.before {
            let state = before.inner.state();
            let replaced = state == State::Retired && self.scene.route.deed == Deed::Replace;
            expect(state == want || replaced, || format!("state {state} for the old reader"))?;
        }
        Ok(closed)
    }

    /// Lets a new writer take over; checks that both readers and the sleeper see its record.
    fn judge_succession(&mut self, after: Option<Reader>, newest: u64) -> Judged<()> {
        let epoch = RegionDump::of(&self.path).map_or(0, |dump| dump.epoch());
        let (schema, options) = (self.scene.schema(), self.scene.options());
        let successor = DynWriter::open_with(&self.path, &schema, &options);
        let mut successor = successor.map_err(|err| format!("no successor: {err}"))?;
        let (base, new_epoch) = (successor.sequence(), successor.epoch());
        expect(base == newest, || {
            format!("the successor continues after {base}, readers got {newest}")
        })?;
        expect(new_epoch == epoch + 1, || format!("epoch {new_epoch} after {epoch}"))?;

        let mut record = vec![0; schema.size() as usize];
        let signature = Writer::Successor.signature();
        torn::fill(&mut record, torn::signed(newest + 1, signature));
        let published = successor.publish(&record).map_err(|err| err.to_string())?;
        expect(published == newest + 1, || format!("it published {published} after {newest}"))?;
        let after = match after {
            Some(reader) => reader,
            None => self.attach_after()?.ok_or("the successor's region is not there")?,
        };
        for mut reader in self.before.take().into_iter().chain([after]) {
            self.judge_reader(&mut reader, published)?;
        }
        self.judge_sleeper(published)?;
        drop(successor);
        self.judge_directory()
    }

    /// Checks that a reader sees record `published` of the live successor.
    fn judge_reader(&self, reader: &mut Reader, published: u64) -> Judged<()> {
        let authors = self.authors(Some(published));
        reader.inner.refresh().map_err(|err| err.to_string())?;
        reader.follow(authors)?;
        let latest = reader.latest(authors)?;
        expect(latest == published, || format!("{latest}, where {published} was published"))?;
        let state = reader.inner.state();
        expect(state == State::Live, || format!("state {state} under the successor"))
    }

    fn judge_sleeper(&self, published: u64) -> Judged<()> {
        let Some(sleeper) = &self.sleeper else { return Ok(()) };
        let authors = self.authors(Some(published));
        let mut last = self.scene.route.newest_before();
        for given in sleeper.given_until(published)? {
            // It was attached before the marks, and begins with the newest record of that time.
            let next = given.sequence == last + 1 || given.sequence == last;
            expect(next, || format!("the sleeper got {} after {last}", given.sequence))?;
            authors.judge(&given.bytes, given.sequence)?;
            last = given.sequence;
        }
        Ok(())
    }

    /// Checks that no file but the region is left.
    fn judge_directory(&self) -> Judged<()> {
        let entries = std::fs::read_dir(self.scene.place.dir()).map_err(|err| err.to_string())?;
        let names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        expect(names.len() == 1, || format!("left behind: {names:?}"))
    }
}
