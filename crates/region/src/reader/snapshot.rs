//! A consistent copy of a region that is being published to: a file that is a region itself.
//!
//! Invariant: the path names the file it named before, or a complete, synced region with one whole
//! record and its name and time. No user may read it who may not read the original region.
//!
//! ```text
//!   latest --> this process's memory --> a file beside the path --> fsync --> the name --> fsync
//!   (stamps)                             header, record, closed
//! ```
//!
//! `cp` cannot do that. It reads a slot's stamp in one system call and its words in another, so a copy may
//! hold a torn record under a stamp of a whole one: stamps protect mappings.
//!
//! Price: a file as long as the region's, written and synced. The writer notices nothing.

use super::DynReader;
use crate::address::ToPlace;
use crate::boot;
use crate::create;
use crate::directory;
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file_id::FileId;
use crate::fork::OwnFile;
use crate::lineage::Lineage;
use crate::location::Location;
use crate::lock;
use crate::mapped_region::MappedRegion;
use crate::mapping::Access;
use crate::options::Options;
use crate::publication::Publication;
use crate::rights::without_group;
use crate::unnamed::Unnamed;
use crate::wall;
use crate::writer;
use crate::writer_status::WriterStatus;
use layout::header::MIN_SLOTS;
use rustix::fs::{Gid, Mode};
use rustix::io::Errno;
use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// The message about a region with a writer, or with a reader's lock.
const HELD: &str = "is a region that another process holds";
/// A snapshot keeps the number of slots up to this length, whatever the region's file really takes.
const UNQUESTIONED: u64 = 64 << 20;

impl DynReader {
    /// Writes the newest record to a region of its own at `at`, and returns which one it is;
    /// `None`, and no file, if nothing has been published yet.
    ///
    /// The new region is closed: readers can attach to it, and a writer can continue from it, in a
    /// lineage of its own. Its mode is that of this region, less the umask; 0600 if this region has no
    /// name. An earlier snapshot, or any other region without a writer, is replaced in one step.
    ///
    /// # Errors
    /// As [`latest`](Self::latest); [`Kind::InTheWay`] if something else has the name;
    /// [`Kind::NotAFile`], [`Kind::UnsafeDirectory`]; [`Kind::Io`], for example if there is no
    /// space: a failed snapshot leaves no file.
    pub fn snapshot(&mut self, at: impl ToPlace) -> Result<Option<Publication>, RegionError> {
        let mut record = vec![0; self.mapped().record_size()];
        let Some(publication) = self.latest(&mut record)? else { return Ok(None) };
        // Before any work; and once more, with its lock, when it is done.
        let at = Location::open(&at.place().to_write()?)?;
        self.earlier(&at)?;
        let unnamed = self.copy(&publication, &record, &at)?;
        self.share(&unnamed.file, at.path())?;
        self.name(unnamed, &at)?;
        Ok(Some(publication))
    }

    /// A complete, closed region without a name that holds this record alone.
    fn copy(
        &self,
        publication: &Publication,
        record: &[u8],
        at: &Location,
    ) -> Result<Unnamed, RegionError> {
        let wakes = self.mapped().wakes();
        let options = Options::new().slots(self.slots()).wake(wakes).mode(0o600);
        let beginning = create::Beginning {
            lineage: Lineage::of(self.mapped().header()),
            base_sequence: publication.sequence.wrapping_sub(1),
            // The record's time is one of its boot. On tmpfs no id is needed to know which that is.
            boot_id: match self.mapped().is_of_this_boot() {
                Some(true) => boot::id(),
                _ => self.mapped().header().boot_id,
            },
            // No file has it: a writer that continues from the copy begins a lineage.
            inode: Some(0),
        };
        let (unnamed, header) = create::region(at, &self.schema, &options, beginning)?;
        let mapped = MappedRegion::map(&unnamed.file, at.path(), &header, Access::Write)?;
        let mut publisher = writer::publisher_over(mapped, at.path())?;
        publisher.publish(publication.published_at.as_nanos(), record);
        let mapped = publisher.ring().memory();
        let offset = wall::offset_at(self.mapped(), publication.published_at);
        wall::set(mapped, offset.ok_or_else(|| self.truncated())?);
        WriterStatus::of(mapped).close_as(WriterStatus::of(self.mapped()));
        let is_whole = mapped.is_whole();
        if is_whole { Ok(unnamed) } else { Err(mapped.truncated(at.path(), &unnamed.file)) }
    }

    /// The slots of the copy: those of this region. A hostile writer can claim terabytes that its file does
    /// not take, so a large file gets no more slots than this region has room for.
    fn slots(&self) -> u32 {
        let header = self.mapped().header();
        let taken = self.file.metadata().map_or(0, |meta| meta.blocks().saturating_mul(512));
        let most = taken.max(UNQUESTIONED);
        let mut slots = header.slots;
        while slots > MIN_SLOTS && u64::from(slots) * u64::from(header.slot_stride) > most {
            slots /= 2;
        }
        slots
    }

    /// Lets those read `file` who may read this region, less the umask.
    fn share(&self, file: &File, path: &Path) -> Result<(), RegionError> {
        let io = |call| move |err: std::io::Error| RegionError::io(path, call, err);
        let ours = self.file.metadata().map_err(io("fstat"))?;
        let given = if ours.nlink() == 0 { 0 } else { ours.mode() & 0o666 & !umask() };
        let own_group = file.metadata().map_err(io("fstat"))?.gid();
        let same_group = own_group == ours.gid()
            || rustix::fs::fchown(file, None, Some(Gid::from_raw(ours.gid()))).is_ok();
        let mode = if same_group { given } else { without_group(given) };
        rustix::fs::fchmod(file, Mode::from_raw_mode(0o600 | mode))
            .map_err(|err| RegionError::io(path, "fchmod", err))
    }

    /// Gives the synced file its name.
    fn name(&self, unnamed: Unnamed, at: &Location) -> Result<(), RegionError> {
        let path = at.path();
        unnamed.file.sync_all().map_err(|err| RegionError::io(path, "fsync", err))?;
        let file = match self.earlier(at)? {
            Some(earlier) => {
                // Held until the new file has the name: no writer resumes a file that is about to lose it.
                take_lock(&earlier, path)?;
                unnamed.replace(at, &earlier)?
            }
            None => unnamed.claim(at)?,
        };
        let file = file.ok_or_else(|| in_the_way(path, "was made just now"))?;
        lock::release(&file);
        sync_directory(at)
    }

    /// The region that a snapshot may replace; `None` if nothing is there.
    fn earlier(&self, at: &Location) -> Result<Option<OwnFile>, RegionError> {
        let path = at.path();
        let file = match at.open_to_write() {
            Ok(file) => file,
            Err(err) if err.is_not_there() => return Ok(None),
            Err(err) => return Err(err),
        };
        let io = |call| move |err: std::io::Error| RegionError::io(path, call, err);
        if FileId::of(&file).map_err(io("fstat"))? == FileId::of(&self.file).map_err(io("fstat"))? {
            return Err(in_the_way(path, "is the region itself"));
        }
        if !is_region(&file).map_err(io("pread"))? {
            return Err(in_the_way(path, "is a file that is not a region"));
        }
        // Only probed: taking the lock even for a moment could keep a starting writer out.
        match lock::holder(&file).map_err(io("lock"))? {
            None => Ok(Some(file)),
            Some(_) => Err(in_the_way(path, HELD)),
        }
    }
}

/// Puts the new name on the disk, too, where this user may ask for that.
fn sync_directory(at: &Location) -> Result<(), RegionError> {
    match directory::open_to_list(at.dir()).and_then(rustix::fs::fsync) {
        // The directory may not be readable, or the file system may not sync directories.
        Ok(()) | Err(Errno::ACCESS | Errno::INVAL) => Ok(()),
        Err(err) => Err(RegionError::io(at.path(), "fsync", err)),
    }
}

fn take_lock(file: &File, path: &Path) -> Result<(), RegionError> {
    let is_taken = lock::try_take(file).map_err(|err| RegionError::io(path, "lock", err))?;
    if is_taken { Ok(()) } else { Err(in_the_way(path, HELD)) }
}

/// Whether `file` begins with a region's magic, of any version.
fn is_region(file: &File) -> std::io::Result<bool> {
    let mut magic = [0; layout::header::MAGIC_BYTES.len()];
    let read = file.read_at(&mut magic, 0)?;
    Ok(read == magic.len() && magic == layout::header::MAGIC_BYTES)
}

/// This process's umask, read without setting it, which would affect other threads.
fn umask() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    mask.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok()).unwrap_or(0o077)
}

fn in_the_way(path: &Path, what: &'static str) -> RegionError {
    RegionError::new(path, Kind::InTheWay(what))
}
