//! The writer: at most one per region, wait-free, independent of its readers.

mod change;
mod copies;
mod inherited;
mod instances;
mod open;
mod origin;
mod passed;
mod preflight;
mod standby;
mod succession;
mod takeover_lock;
mod typed;
mod would_open;

pub use change::{Changed, FileStatus};
pub use instances::{DynInstanceWriter, InstanceStandby, InstanceWriter};
pub(crate) use open::{at_name, is_named, publisher_over};
pub use origin::{Origin, Why};
pub use standby::{Holder, Standby};
pub(crate) use succession::first_beginning;
pub(crate) use takeover_lock::take_lock;
pub use typed::Writer;

use crate::address::ToPlace;
use crate::clock::BootTime;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::fork::OwnFile;
use crate::instances::InstanceTable;
use crate::last_record::LastRecord;
use crate::location::Location;
use crate::lock;
use crate::mapped_region::MappedRegion;
use crate::options::Options;
use crate::surroundings::Surroundings;
use crate::wait;
use crate::wall;
use crate::writer_status::WriterStatus;
use channel::Publisher;
use layout::header::StateWord;
use layout::{InstanceName, Schema};
use open::{Opened, Wanted};
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Publishes records of a schema that is known at run time only.
///
/// Dropping it closes the region, as [`DynWriter::close`] does; a panic or a kill does not, and
/// readers then see [`State::Dead`](crate::State::Dead). It belongs to the process that opened it: in
/// a forked child its methods are errors ([`Kind::Forked`]), and dropping it there changes nothing. For a Rust struct use [`Writer`].
pub struct DynWriter {
    publisher: Publisher<MappedRegion>,
    file: OwnFile,
    twin: Option<File>,
    path: PathBuf,
    home: Home,
    schema: Arc<Schema>,
    options: Options,
    epoch: u64,
    origin: Origin,
    /// When the next publish checks the file, in nanoseconds since the boot.
    next_check: u64,
    /// `None` for a plain region.
    instances: Option<Box<InstanceTable>>,
    /// The instances that the region had before it was opened or changed, and not any more.
    gone: Vec<InstanceName>,
}

/// Where a region's file is.
#[derive(Debug)]
enum Home {
    /// At a name in a directory.
    Named(Box<Location>),
    /// Unknown: the writer was given a descriptor.
    Passed,
    /// In memory alone, made by this writer or kept for it.
    Memfd,
}

impl Home {
    fn is_named(&self) -> bool {
        matches!(self, Self::Named(_))
    }
}

impl DynWriter {
    /// Creates the region at `at` (a name, a path or an [`Address`](crate::Address)), resumes the one that
    /// is there, or replaces it.
    ///
    /// The same schema and shape: lineage and sequence continue and the epoch rises by one. Another:
    /// the old region is retired and a new one takes its name, with the same lineage and the next
    /// epoch and sequence. If only the shape differs, the last record is in the new one, too.
    ///
    /// # Errors
    /// [`Kind::Busy`] if another writer has the region; [`Kind::NotOurs`] if its file belongs to
    /// another user, to whom its directory does not belong; [`Kind::NotARegion`],
    /// [`Kind::UnsupportedVersion`], [`Kind::NotAFile`] if the file is not ours to replace;
    /// [`Kind::BadOptions`]; [`Kind::Io`].
    pub fn open(at: impl ToPlace, schema: &Schema) -> Result<Self, RegionError> {
        Self::open_with(at, schema, &Options::new())
    }

    /// As [`open`](Self::open), with other settings than the usual ones.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(
        at: impl ToPlace,
        schema: &Schema,
        options: &Options,
    ) -> Result<Self, RegionError> {
        let at = Location::open(&at.place().to_write()?)?;
        let opened = open::open(&at, Wanted { schema, options })?;
        Self::named(opened, at, schema, options)
    }

    /// Publishes to the region that is in `file` already, called `path` in messages.
    pub(crate) fn adopt(
        file: OwnFile,
        path: &Path,
        schema: &Schema,
        options: &Options,
    ) -> Result<Self, RegionError> {
        let opened = open::adopt(file, path, options)?;
        let schema = Arc::new(schema.clone());
        Self::with(opened, path, Home::Passed, schema, options.clone())
    }

    fn named(
        opened: Opened,
        at: Location,
        schema: &Schema,
        options: &Options,
    ) -> Result<Self, RegionError> {
        let path = at.path().to_owned();
        Self::with(
            opened,
            &path,
            Home::Named(Box::new(at)),
            Arc::new(schema.clone()),
            options.clone(),
        )
    }

    fn with(
        opened: Opened,
        path: &Path,
        home: Home,
        schema: Arc<Schema>,
        options: Options,
    ) -> Result<Self, RegionError> {
        let Opened { publisher, file, twin, epoch, origin, before } = opened;
        let path = path.to_owned();
        let next_check = change::next_check(BootTime::now(), &options);
        let instances = inherited::instances_of(&publisher, &path)?.map(Box::new);
        let gone = inherited::gone(before, instances.as_deref());
        Ok(Self {
            publisher,
            file,
            twin,
            path,
            home,
            schema,
            options,
            epoch,
            origin,
            next_check,
            instances,
            gone,
        })
    }

    /// Publishes one record, stamped with the current time; returns its sequence number.
    ///
    /// Once a second it checks that the region still has its name ([`Options::check_every`]). One
    /// that was deleted or cut short is recreated, as by [`DynWriter::recreate`], and the record is
    /// published there; without the check a truncation is [`Kind::Truncated`].
    ///
    /// # Errors
    /// [`Kind::WrongSize`] if `record` is not [`Schema::size`] bytes long, and nothing is
    /// published; [`Kind::Forked`], likewise, in a process that was forked from the one that opened
    /// the writer; [`Kind::Replaced`], likewise, if another file has taken the region's name; as
    /// [`DynWriter::recreate`] if there has to be a new file and cannot be.
    #[inline(always)]
    #[allow(clippy::inline_always)] // a record of a known size is then a few stores
    pub fn publish(&mut self, record: &[u8]) -> Result<u64, RegionError> {
        self.publish_at(record, BootTime::now())
    }

    /// As [`DynWriter::publish`], stamped with a time that the caller has read: reading the clock
    /// takes longer than publishing a small record. It also checks the file at this time.
    ///
    /// # Errors
    /// As [`DynWriter::publish`].
    #[inline(always)]
    #[allow(clippy::inline_always)] // a record of a known size is then a few stores
    pub fn publish_at(&mut self, record: &[u8], now: BootTime) -> Result<u64, RegionError> {
        if record.len() != self.mapped().record_size() {
            return Err(self.mapped().wrong_size(&self.path, record.len()));
        }
        self.publish_sized(record, now)
    }

    /// As [`DynWriter::publish_at`], of a record that is known to have the region's size.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `publish`
    fn publish_sized(&mut self, record: &[u8], now: BootTime) -> Result<u64, RegionError> {
        self.check_if_due(now)?;
        match self.put(record, now) {
            Some(sequence) => Ok(sequence),
            None => self.publish_anew(record, now),
        }
    }

    /// Publishes a record of the region's size to the file as it is, and wakes readers; `None`: it was cut.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `publish`
    fn put(&mut self, record: &[u8], now: BootTime) -> Option<u64> {
        debug_assert_eq!(record.len(), self.mapped().record_size());
        let turn = self.publisher.turn();
        let mapped = turn.memory();
        let end = mapped.end_mark();
        let sequence = turn.publish(now.as_nanos(), record);
        if self.options.wake {
            wait::wake_all(mapped.head_futex_word());
        }
        end.is_there().then_some(sequence)
    }

    /// Whether this process may publish, and once in a while whether the file is still there.
    #[inline]
    fn check_if_due(&mut self, now: BootTime) -> Result<(), RegionError> {
        // `|`: one branch for both, which are hardly ever true.
        let is_due = !self.file.is_here() | (now.as_nanos() >= self.next_check);
        if is_due { self.check_and_recreate() } else { Ok(()) }
    }

    /// Stores a heartbeat without a publish, and the offset of the wall clock, if that was set. Due once in
    /// each [period](Options::period) in which nothing is published.
    ///
    /// # Errors
    /// [`Kind::Forked`] in a process that was forked from the one that opened the writer; as
    /// [`DynWriter::publish`], which checks the file in the same way.
    pub fn heartbeat(&mut self) -> Result<(), RegionError> {
        let now = BootTime::now();
        self.check_if_due(now)?;
        WriterStatus::of(self.mapped()).set_heartbeat(now);
        wall::update(&self.publisher);
        Ok(())
    }

    /// Closes the region: readers see [`State::Closed`](crate::State::Closed) at once, and the
    /// last record stays.
    pub fn close(self) {
        // Drop does it.
    }

    /// The record's description.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The region's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many writers and files the region has had, these included.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The lineage of the records that this writer publishes: with its sequence number the name of
    /// each. Another one after the region's file was deleted.
    pub fn lineage(&self) -> u64 {
        self.mapped().header().lineage
    }

    /// The number of the newest record; the first of a new region is 1. Of a region of instances, the
    /// greatest of all.
    pub fn sequence(&self) -> u64 {
        self.instances.as_deref().map_or(self.publisher.sequence(), InstanceTable::greatest)
    }

    /// Copies the newest record into `record`, which has the record's size, and returns when it was published;
    /// `None`: there is none. A writer that resumes a region has that of the writer before.
    ///
    /// # Errors
    /// [`Kind::WrongSize`]; [`Kind::Truncated`].
    pub fn latest(&self, record: &mut [u8]) -> Result<Option<BootTime>, RegionError> {
        self.copy_last(record, |mapped| {
            LastRecord::of(self.publisher.ring(), self.publisher.sequence(), mapped.record_size())
        })
    }

    fn copy_last(
        &self,
        record: &mut [u8],
        last: impl FnOnce(&MappedRegion) -> Option<LastRecord>,
    ) -> Result<Option<BootTime>, RegionError> {
        let mapped = self.mapped();
        if record.len() != mapped.record_size() {
            return Err(mapped.wrong_size(&self.path, record.len()));
        }
        let last = last(mapped);
        if !mapped.is_whole() {
            return Err(mapped.truncated(&self.path, &self.file));
        }
        let last = last.inspect(|last| record.copy_from_slice(&last.bytes));
        Ok(last.map(|last| BootTime::from_nanos(last.published_at)))
    }

    /// How this writer got its region.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The instances that were retired when this writer last opened, changed or recreated the region:
    /// those that are not to stay ([`Options::only_instances`]), or all if it has none any more.
    pub fn gone(&self) -> &[InstanceName] {
        &self.gone
    }

    /// The longest time between two heartbeats.
    pub fn period(&self) -> Option<Duration> {
        self.options.period
    }

    /// Whether the region is at a path, rather than in a passed descriptor or a memfd.
    pub fn is_named(&self) -> bool {
        self.home.is_named()
    }

    /// What is worth a warning about where the region is.
    pub fn surroundings(&self) -> Surroundings {
        let exposure = match &self.home {
            Home::Named(at) => at.exposure(),
            Home::Passed | Home::Memfd => None,
        };
        Surroundings::new(exposure, self.mapped().medium())
    }

    #[inline]
    fn expect_here(&self) -> Result<(), RegionError> {
        if self.file.is_here() { Ok(()) } else { Err(RegionError::new(&self.path, Kind::Forked)) }
    }

    #[inline]
    fn mapped(&self) -> &MappedRegion {
        self.publisher.ring().memory()
    }
}

impl Drop for DynWriter {
    fn drop(&mut self) {
        // After a panic readers see the writer as dead. In a forked child the region stays the
        // parent's.
        if !std::thread::panicking() && self.file.is_here() {
            let status = WriterStatus::of(self.mapped());
            status.set_heartbeat(BootTime::now());
            wall::update(&self.publisher);
            status.set_mark(StateWord::Closed);
            wait::wake_all(self.mapped().futex_word());
            if self.home.is_named() {
                lock::release(&self.file); // one that was passed may be the passer's
            }
        }
    }
}

impl fmt::Debug for DynWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("path", &self.path)
            .field("record", &self.schema.name())
            .field("sequence", &self.sequence())
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}
