//! The reader: read-only, invisible to the writer, and never goes back to an older record.

mod any;
mod begin;
mod expected;
mod field;
mod instances;
mod latest;
mod refresh;
mod refresh_timer;
mod snapshot;
mod typed;
mod watch;

pub use any::AnyReader;
pub use begin::Begin;
pub use field::FieldOf;
pub use instances::{DynInstanceReader, InstanceReader};
pub use refresh::Refreshed;
pub use typed::{Reader, Sample};
pub use watch::{Bell, MAX_WATCHED, Watch, wait_any};

use crate::address::{Address, ToPlace};
use crate::clock::BootTime;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file::{self, Content};
use crate::file_id::FileId;
use crate::follow::Follow;
use crate::mapped_region::{MappedRegion, Preamble};
use crate::mapping::Access;
use crate::publication::{Publication, Step};
use crate::state::{self, State};
use crate::wall;
use crate::writer_status::WriterStatus;
use channel::{Part, Ring, Tail};
use layout::Schema;
use layout::header::Header;
use refresh_timer::RefreshTimer;
use std::fmt;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Reads records of a schema that the region itself describes.
///
/// Its mapping is `PROT_READ` of an `O_RDONLY` descriptor: nothing a reader does reaches the
/// writer. For a Rust struct use [`Reader`].
///
/// Attaching installs a SIGBUS handler for the process: see the [crate](crate#sigbus)'s page if the
/// program has one too, or blocks signals.
pub struct DynReader {
    ring: Ring<MappedRegion>,
    tail: Tail,
    /// Records that went by between two files of one region, not yet reported.
    missed: u64,
    /// The last records read of the lineages before: see `refresh`.
    passed: Vec<(u64, u64)>,
    file: File,
    address: Address,
    /// `None`: an anonymous region has no name that could go to another file.
    id: Option<FileId>,
    schema: Arc<Schema>,
    timer: RefreshTimer,
    /// The newest change that a reader of instances has seen.
    seen_change: u64,
    retries: u64,
}

impl DynReader {
    /// Attaches to the region at `at`: a name, a path or an [`Address`]. Following begins with the
    /// newest record, unless [`begin`](Self::begin) says otherwise.
    ///
    /// The file is opened read-only, every sum in its header is checked, then it is mapped. A relative
    /// path keeps its start in the present working directory.
    ///
    /// # Errors
    /// [`Kind::NotThere`] if there is no such file; [`Kind::NotAFile`], [`Kind::NotARegion`],
    /// [`Kind::UnsupportedVersion`], [`Kind::Damaged`], [`Kind::Truncated`] if it is none that can
    /// be read; [`Kind::HasInstances`] if it is for an [`InstanceReader`]; [`Kind::Io`], for example if
    /// the region's mode keeps this user out.
    pub fn open(at: impl ToPlace) -> Result<Self, RegionError> {
        Self::attach(at)?.expect_plain()
    }

    /// Attaches to a region of either kind.
    pub(crate) fn attach(at: impl ToPlace) -> Result<Self, RegionError> {
        let address = at.place().to_read()?.held()?;
        let file = address.open_to_read()?;
        let id = FileId::of(&file).map_err(|err| RegionError::io(address.path(), "fstat", err))?;
        Self::over(file, address, Some(id))
    }

    /// Attaches to the region in `file`, a descriptor opened by another process; messages call it
    /// `label`.
    ///
    /// The mapping is `PROT_READ` even if the descriptor is open for writing too, and wherever the
    /// kernel allows it, it is one of an `O_RDONLY` descriptor of this reader's own. Such a region
    /// has no name that could go to another file: [`refresh`](Self::refresh) finds none.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`Kind::NotThere`] if the file is empty, or not yet filled by its
    /// writer; [`Kind::WrongAccess`].
    pub fn open_file(file: &File, label: &Path) -> Result<Self, RegionError> {
        Self::attach_file(file, label)?.expect_plain()
    }

    /// Attaches to a region of either kind in `file`.
    pub(crate) fn attach_file(file: &File, label: &Path) -> Result<Self, RegionError> {
        file::expect_passed(file, label, Access::Read)?;
        // Its own open file description also sees a writer's lock on the one that was passed.
        let file = file::open_again(file, Access::Read)
            .or_else(|_| file.try_clone())
            .map_err(|err| RegionError::io(label, "dup", err))?;
        match Content::of(&file, label)? {
            Content::Region => Self::over(file, label.into(), None),
            Content::Empty | Content::Unfinished(_) => Err(RegionError::new(label, Kind::NotThere)),
        }
    }

    /// Attaches to the region in `file`, which has this address.
    pub(crate) fn over(
        file: File,
        address: Address,
        id: Option<FileId>,
    ) -> Result<Self, RegionError> {
        let path = address.path();
        let Preamble { header, schema } = Preamble::read(&file, path)?;
        let mapped = MappedRegion::map(&file, path, &header, Access::Read)?;
        let ring = Ring::new(mapped, header.slots)
            .map_err(|err| RegionError::new(path, Kind::Damaged(err.to_string())))?;
        let newest_next = ring.head().saturating_sub(1).max(header.base_sequence);
        let tail = Tail::after(newest_next);
        let timer = RefreshTimer::new();
        let reader = Self {
            ring,
            tail,
            missed: 0,
            passed: Vec::new(),
            file,
            address,
            id,
            schema,
            timer,
            seen_change: 0,
            retries: 0,
        };
        // It may have been cut since its header was read.
        if reader.mapped().is_whole() { Ok(reader) } else { Err(reader.truncated()) }
    }

    /// The reader, if its region has one record.
    pub(crate) fn expect_plain(self) -> Result<Self, RegionError> {
        match &self.mapped().header().instances {
            None => Ok(self),
            Some(instances) => {
                let kind = Kind::HasInstances { max: instances.max };
                Err(RegionError::new(self.path(), kind))
            }
        }
    }

    /// Everything that happens to the region from now on: see [`Follow`].
    pub fn follow(&mut self) -> Follow<'_, &mut Self> {
        Follow::new(self)
    }

    /// Copies the next record to `record`, or returns why not. Does not wait. While it returns
    /// `Pending`, it checks the region's name as [`latest`](Self::latest) does.
    ///
    /// # Errors
    /// As [`DynReader::latest`].
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `latest`
    pub fn next(&mut self, record: &mut [u8]) -> Result<Step, RegionError> {
        self.next_part(&mut Part::whole(record))
    }

    /// [`next`](Self::next), of which the caller wants a part only.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `latest`
    fn next_part(&mut self, part: &mut Part<'_>) -> Result<Step, RegionError> {
        self.expect_size(part.record_len())?;
        self.next_sized(part)
    }

    /// [`next_part`](Self::next_part) of a record that is known to have the region's size.
    #[inline(always)]
    #[allow(clippy::inline_always)] // as `latest`
    fn next_sized(&mut self, part: &mut Part<'_>) -> Result<Step, RegionError> {
        debug_assert_eq!(part.record_len(), self.mapped().record_size());
        if self.timer.is_due() {
            self.refresh_if_time()?;
        }
        if self.missed > 0 {
            return Ok(Step::Missed(std::mem::take(&mut self.missed)));
        }
        let end = self.mapped().end_mark();
        let step = self.ring.next_part(self.tail.last(), part);
        if !end.is_there() {
            self.timer.cut_short();
            return Err(self.truncated());
        }
        let Ok(step) = step else { return Err(self.unstable()) };
        self.tail.advance(step);
        Ok(match step {
            channel::Step::Record(found) => Step::Record(self.publication(found)),
            channel::Step::Missed(missed) => Step::Missed(missed),
            channel::Step::Pending => {
                self.count_pending();
                Step::Pending
            }
        })
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // as `latest`
    fn publication(&self, record: channel::Publication) -> Publication {
        Publication::new(record, self.mapped().origin())
    }

    /// The state of the writer. One system call, about 0.2 us.
    pub fn state(&self) -> State {
        state::of(&self.file, self.mapped())
    }

    /// How long ago `publication` was; `None` if the region is left
    /// over from an earlier boot.
    pub fn age(&self, publication: &Publication) -> Option<Duration> {
        publication.age()
    }

    /// The wall time of `publication`, a record of this region, by its writer's clock: the same for every
    /// reader, always. Ask for it before the record's slot has been reused: after that, and two steps of the clock, it
    /// may be off by the first.
    pub fn wall_time(&self, publication: &Publication) -> SystemTime {
        wall::time_of(self.mapped(), publication.published_at)
    }

    /// The record's description, out of the region.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The region's fixed header: sizes, offsets and times, as they were checked when it was attached.
    pub fn header(&self) -> &Header {
        self.mapped().header()
    }

    /// The region's file.
    pub fn path(&self) -> &Path {
        self.address.path()
    }

    /// The mode of the attached file now: its permission bits.
    ///
    /// # Errors
    /// [`Kind::Io`].
    pub fn mode(&self) -> Result<u32, RegionError> {
        let meta = self.file.metadata();
        let meta = meta.map_err(|err| RegionError::io(self.path(), "fstat", err))?;
        Ok(meta.mode() & 0o7777)
    }

    /// How many copies [`latest`](Self::latest) has discarded because the writer had reused the slot
    /// meanwhile: 0, but beside a writer that publishes several records while one is copied.
    pub fn retries(&self) -> u64 {
        self.retries
    }

    /// The lineage of the records in the attached file: with its sequence number the name of each.
    #[inline]
    pub fn lineage(&self) -> u64 {
        self.mapped().header().lineage
    }

    /// How many writers and files the region has had.
    pub fn epoch(&self) -> u64 {
        WriterStatus::of(self.mapped()).epoch()
    }

    /// The process id that the writer wrote down, for people: it may lie in another pid namespace.
    pub fn writer_pid(&self) -> u64 {
        WriterStatus::of(self.mapped()).pid()
    }

    /// The longest time between two heartbeats that the writer promises.
    pub fn period(&self) -> Option<Duration> {
        WriterStatus::of(self.mapped()).period()
    }

    /// The writer's last heartbeat, or the time of its newest record if that is later: a publish is one.
    pub fn heartbeat(&self) -> BootTime {
        state::last_sign(self.mapped())
    }

    #[inline]
    pub(crate) fn mapped(&self) -> &MappedRegion {
        self.ring.memory()
    }

    #[inline]
    fn expect_size(&self, have: usize) -> Result<(), RegionError> {
        let want = self.mapped().record_size();
        if have == want { Ok(()) } else { Err(self.mapped().wrong_size(self.path(), have)) }
    }

    #[cold]
    fn truncated(&self) -> RegionError {
        self.mapped().truncated(self.path(), &self.file)
    }

    #[cold]
    fn unstable(&self) -> RegionError {
        RegionError::new(self.path(), Kind::Unstable)
    }
}

impl fmt::Debug for DynReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("path", &self.path())
            .field("record", &self.schema.name())
            .field("sequence", &self.ring.head())
            .field("epoch", &self.epoch())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
