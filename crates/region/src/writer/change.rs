//! Checks a writer's file while it publishes, and switches to another one.
//!
//! Invariant: a name is taken only from the writer's own file, or when it is free, after everything
//! that can fail. The old file is marked retired afterwards.
//!
//! ```text
//!   check -> named
//!            deleted, cut short --> recreate: a new file, epoch + 1, the sequence continues; a new
//!                                     lineage if it was deleted
//!            replaced               an error: another writer's file, or any other, has the name
//!   change   the same record and shape, no right taken away: the file stays
//!            otherwise          --> as recreate
//! ```

use super::inherited;
use super::open::{self, Fresh, Opened, TRIES, Wanted};
use super::origin::Why;
use super::succession::Succession;
use super::{DynWriter, Home, passed};
use crate::clock::{self, BootTime};
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file_id::FileId;
use crate::lineage;
use crate::location::Location;
use crate::options::Options;
use crate::rights::{self, Rights};
use crate::wall;
use crate::writer_status::WriterStatus;
use layout::Schema;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

/// The state of the name of a region that is being published to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileStatus {
    /// It has its name and its length.
    Named,
    /// The name is gone: new readers find nothing.
    Deleted,
    /// The name belongs to another file.
    Replaced,
    /// The file was cut short: published records may be lost.
    Truncated,
}

/// The result of [`DynWriter::change`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Changed {
    /// The region stays.
    Kept,
    /// The region was retired; a new one has its name.
    Replaced,
}

impl FileStatus {
    /// The state of `file`, which should be named `at` and have `len` bytes; `None`: its mapping has
    /// lost some already.
    pub(crate) fn of(file: &File, at: &Location, len: Option<u64>) -> Result<Self, RegionError> {
        let meta = file.metadata().map_err(|err| RegionError::io(at.path(), "fstat", err))?;
        Ok(match at.leads_to()? {
            None => Self::Deleted,
            Some(named) if named != FileId::of_metadata(&meta) => Self::Replaced,
            Some(_) if len.is_none_or(|len| meta.len() < len) => Self::Truncated,
            Some(_) => Self::Named,
        })
    }
}

/// The time of the next check after one at `now`.
pub(super) fn next_check(now: BootTime, options: &Options) -> u64 {
    now.as_nanos().saturating_add(clock::duration_nanos(options.check_every))
}

impl DynWriter {
    /// Whether the region is still the one at its path, and not truncated. Three system calls, a
    /// few us.
    ///
    /// # Errors
    /// [`Kind::Io`] if the path cannot be checked; [`Kind::UnsafeDirectory`] if it leads to a
    /// directory that may not be used in place of the region's own, in which the writer keeps
    /// publishing.
    pub fn check(&self) -> Result<FileStatus, RegionError> {
        self.expect_here()?;
        let mapped = self.mapped();
        let len = mapped.is_whole().then_some(mapped.header().file_len);
        match &self.home {
            Home::Named(at) => FileStatus::of(&self.file, at, len),
            // It has no name to lose.
            Home::Passed | Home::Memfd if len.is_some() => Ok(FileStatus::Named),
            Home::Passed | Home::Memfd => Ok(FileStatus::Truncated),
        }
    }

    /// Makes a new file under the same name, after the old one was deleted or cut short. The epoch
    /// rises by one and the sequence continues; readers find the new file by themselves. After a
    /// deletion its records are of a new lineage, because another writer may have used the name
    /// meanwhile.
    ///
    /// # Errors
    /// [`Kind::Replaced`] if another file has taken the name; [`Kind::CannotReplace`] if the
    /// region was passed as a descriptor; as [`DynWriter::open`] else.
    pub fn recreate(&mut self) -> Result<(), RegionError> {
        let why = match self.check()? {
            FileStatus::Named => return Ok(()),
            FileStatus::Deleted => Why::Deleted,
            FileStatus::Truncated => Why::Truncated,
            FileStatus::Replaced => return Err(RegionError::new(&self.path, Kind::Replaced)),
        };
        let (schema, options) = (Arc::clone(&self.schema), self.options.clone());
        let opened = self.successor(Wanted { schema: &schema, options: &options }, why)?;
        self.move_to(opened)
    }

    /// Checks the process and the file before a publish, and recreates a region that lost its name.
    #[cold]
    #[inline(never)]
    pub(super) fn check_and_recreate(&mut self) -> Result<(), RegionError> {
        self.expect_here()?;
        // The time that the caller gave may lie ahead, and would put the next look off as far.
        let now = BootTime::now();
        if now.as_nanos() < self.next_check {
            return Ok(());
        }
        self.next_check = next_check(now, &self.options);
        wall::update(&self.publisher);
        if !self.home.is_named() {
            return Ok(()); // it has no name to lose
        }
        self.recreate()
    }

    /// Publishes a record again, in a new file, after the old one was truncated. Its number is not
    /// reused: a reader may have read it.
    #[cold]
    #[inline(never)]
    pub(super) fn publish_anew(
        &mut self,
        record: &[u8],
        now: BootTime,
    ) -> Result<u64, RegionError> {
        self.recreate_cut()?;
        let sequence = self.put(record, now);
        // `None`: cut once more in the moment since.
        sequence.ok_or_else(|| self.mapped().truncated(&self.path, &self.file))
    }

    /// Makes a new file in place of one that was cut short, unless the caller checks the file itself.
    pub(super) fn recreate_cut(&mut self) -> Result<(), RegionError> {
        self.expect_own_recreation()?;
        self.recreate()
    }

    /// The error for a file that was cut short, if it is not this writer that makes a new one.
    pub(super) fn expect_own_recreation(&self) -> Result<(), RegionError> {
        let recreates = self.options.check_every != Duration::MAX && self.home.is_named();
        if recreates { Ok(()) } else { Err(self.mapped().truncated(&self.path, &self.file)) }
    }

    /// Changes the schema or options. If the region's file cannot stay, the region is retired and a
    /// new one takes its name. A mode or group that takes permissions away needs a new file too,
    /// because processes that have the old one open keep access to it.
    ///
    /// # Errors
    /// [`Kind::Replaced`] if another file has taken the name; as [`DynWriter::open`] else, without
    /// `Busy`, and [`Kind::CannotReplace`] if the region was passed as a descriptor. This writer is
    /// then unchanged.
    pub fn change(&mut self, schema: &Schema, options: &Options) -> Result<Changed, RegionError> {
        if self.check()? == FileStatus::Replaced {
            return Err(RegionError::new(&self.path, Kind::Replaced));
        }
        let Some(why) = self.why_change(schema, options)? else {
            if self.home.is_named() {
                rights::admit(&self.file, &self.path, options)?;
            }
            WriterStatus::of(self.mapped()).set_period(options.period);
            self.gone.clear();
            self.adopt_options(options);
            return Ok(Changed::Kept);
        };
        let opened = self.successor(Wanted { schema, options }, why)?;
        self.schema = Arc::new(schema.clone());
        self.adopt_options(options);
        self.move_to(opened)?;
        Ok(Changed::Replaced)
    }

    fn adopt_options(&mut self, options: &Options) {
        self.options = options.clone();
        self.next_check = next_check(BootTime::now(), options);
    }

    /// Why the region cannot stay with `schema` and `options`, if so.
    fn why_change(&self, schema: &Schema, options: &Options) -> Result<Option<Why>, RegionError> {
        if options.numbering.is_some_and(|numbering| numbering.lineage != self.lineage()) {
            return Ok(Some(Why::OtherLineage));
        }
        let shape = |options: &Options| (options.slots, options.wake, options.instances);
        let same_shape = shape(options) == shape(&self.options);
        if !same_shape || *schema != *self.schema {
            return Ok(Some(if same_shape { Why::OtherSchema } else { Why::OtherShape }));
        }
        if !self.home.is_named() {
            return Ok(None); // its mode opens nothing
        }
        let narrower = Rights::of(options, &self.path)?.narrow(&self.file, &self.path)?;
        // A new file gets the group of the system's choice, the old one keeps the one it was given.
        let gives_up_group = self.options.group.is_some() && options.group.is_none();
        Ok((narrower || gives_up_group).then_some(Why::Narrowed))
    }

    /// A new region in place of this one. Only a name and a memfd can get one.
    fn successor(&mut self, wanted: Wanted<'_>, why: Why) -> Result<Opened, RegionError> {
        self.successor_after(wanted, why, None)
    }

    /// The same, whose next number is the one after `sequence`; `None`: the one after that of this region.
    pub(super) fn successor_after(
        &mut self,
        wanted: Wanted<'_>,
        why: Why,
        sequence: Option<u64>,
    ) -> Result<Opened, RegionError> {
        let ours = FileId::of(&self.file);
        let ours = ours.map_err(|err| RegionError::io(&self.path, "fstat", err))?;
        for _ in 0..TRIES {
            let Home::Named(at) = &mut self.home else {
                return match sequence {
                    None => self.unnamed_successor(wanted, why),
                    Some(_) => Err(passed::cannot_replace(&self.path, &why)),
                };
            };
            at.renew()?;
            let why = match at.named()? {
                None => Why::Deleted,
                Some(named) if named == ours => why.clone(),
                Some(_) => break,
            };
            // The epoch and the numbers are in this process's own memory: the file may have lost its pages.
            let (old, epoch, known) = (&self.publisher, self.epoch + 1, lineage::last_change(at));
            let next = Succession::in_new_file(old, epoch, &why, wanted, known);
            let next = next.by_same_writer(old);
            let next = next.ending_with(sequence);
            let earlier = inherited::earlier(old, self.instances.as_deref(), &why, wanted);
            let fresh = Fresh::make(at, wanted, &next)?.with(earlier, wanted.options, at.path())?;
            if let Some(opened) = fresh.put(at, &self.file, why)? {
                let before = inherited::names_in(self.instances.as_deref());
                return Ok(Opened { before, ..opened });
            }
        }
        Err(RegionError::new(&self.path, Kind::Replaced))
    }

    /// Publishes to `opened` from now on; marks the old file retired for its readers.
    pub(super) fn move_to(&mut self, opened: Opened) -> Result<(), RegionError> {
        let instances = inherited::instances_of(&opened.publisher, &self.path)?;
        let old = std::mem::replace(&mut self.publisher, opened.publisher);
        open::retire(&old);
        self.gone = inherited::gone(opened.before, instances.as_ref());
        let instances = instances.map(|table| table.in_place_of(self.instances.as_deref()));
        self.instances = instances.map(Box::new);
        self.file = opened.file;
        self.twin = opened.twin;
        self.epoch = opened.epoch;
        self.origin = opened.origin;
        Ok(())
    }
}
