//! Where a writer's region is: a directory that is held open, and a name in it.
//!
//! Invariant: a writer does everything to its region's file relative to that descriptor. Renaming
//! the directory, or putting a symbolic link in its place, does not redirect the writer.
//!
//! ```text
//!   open                      the path, links followed by the kernel; the directory is held open
//!   its path leads here       names in the held directory
//!   its path leads to         followed, if no link is on the way and the new one lets no more
//!   users
//!     another directory         in than the old one did: an administrator has replaced it
//!   its path leads nowhere    a default directory is recreated; any other must come back
//! ```
//!
//! The path that is resolved again is the one without symbolic links that led here at the start.
//!
//! Price: one descriptor for each writer; a `stat` of the path for each look at the file.

use crate::address::Address;
use crate::directory::{self, Directory, OTHERS_WRITE};
use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file;
use crate::file_id::FileId;
use crate::fork::OwnFile;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::ffi::OsString;
use std::fmt;
use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The sticky bit: others may create files, but not rename or remove those of other users.
const STICKY: u32 = 0o1000;

/// A directory, held open, and a name in it.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    address: Address,
    name: OsString,
    dir: Arc<OwnedFd>,
    permissions: Permissions,
    identity: FileId,
    /// The path that led to the directory, without symbolic links. `None` if there is none to
    /// resolve again.
    canonical: Option<PathBuf>,
}

/// Who may put files into a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Permissions {
    owner: u32,
    mode: u32,
}

/// Where the path of a held directory leads now.
enum Leads {
    Here,
    Nowhere,
    /// To another one that may be used in its place.
    To(Location),
}

/// Which other users may replace a region's file. Displays as `in a directory of ...`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// The directory's owner, if neither this user nor root.
    stranger: Option<u32>,
    mode: u32,
}

impl Location {
    /// Opens the directory of `address`; a default one that is not there is made.
    pub(crate) fn open(address: &Address) -> Result<Self, RegionError> {
        Self::open_by(address, Directory::open_or_make)?
            .ok_or_else(|| not_opened(address.path(), Errno::NOENT))
    }

    /// The same without making anything; `None` if a default directory is not there.
    pub(crate) fn existing(address: &Address) -> Result<Option<Self>, RegionError> {
        Self::open_by(address, Directory::open)
    }

    /// Opens the directory of `address`: a default one by `open_default`.
    fn open_by(
        address: &Address,
        open_default: impl FnOnce(&Directory) -> Result<Option<OwnedFd>, RegionError>,
    ) -> Result<Option<Self>, RegionError> {
        let name = address.name()?.to_owned();
        let directory = address.directory();
        let dir = if directory.is_of_path() {
            let opened = rustix::fs::open(directory.path(), directory::OPEN, Mode::empty());
            opened.map_err(|err| not_opened(address.path(), err))?
        } else {
            let Some(dir) = open_default(directory)? else { return Ok(None) };
            dir
        };
        let mut location = Self::over(dir, address.clone(), name, None)?;
        location.canonical = canonical(directory.path(), location.identity);
        Ok(Some(location))
    }

    fn over(
        dir: OwnedFd,
        address: Address,
        name: OsString,
        canonical: Option<PathBuf>,
    ) -> Result<Self, RegionError> {
        let stat =
            rustix::fs::fstat(&dir).map_err(|err| RegionError::io(address.path(), "fstat", err))?;
        let permissions = Permissions { owner: stat.st_uid, mode: stat.st_mode & 0o7777 };
        let identity = FileId::of_stat(&stat);
        Ok(Self { address, name, dir: Arc::new(dir), permissions, identity, canonical })
    }

    /// The region's file, for people.
    pub(crate) fn path(&self) -> &Path {
        self.address.path()
    }

    /// What the region's file is called in its directory.
    pub(crate) fn name(&self) -> &Path {
        self.name.as_ref()
    }

    /// The directory.
    pub(crate) fn dir(&self) -> &Arc<OwnedFd> {
        &self.dir
    }

    /// Opens the region's file for a writer.
    pub(crate) fn open_to_write(&self) -> Result<OwnFile, RegionError> {
        OwnFile::open(self.path(), || {
            file::open(self.fd(), self.name(), OFlags::RDWR, self.path())
                .map_err(|err| err.on_file_system_of(self.fd()))
        })
    }

    /// Opens the region's file to look at it, as [`open_to_write`](Self::open_to_write) would find it; `None` if
    /// there is none.
    pub(crate) fn open_to_look(&self) -> Result<Option<File>, RegionError> {
        match file::open(self.fd(), self.name(), OFlags::RDONLY, self.path()) {
            Err(err) if err.is_not_there() => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// Refuses a file of another user, to whom the region's directory does not belong either: its
    /// owner could change what is published.
    ///
    /// Only root gets so far with it; the directory's owner may be a service's user whose work root
    /// does by hand.
    pub(crate) fn expect_own(&self, file: &File) -> Result<(), RegionError> {
        let meta = file.metadata().map_err(|err| RegionError::io(self.path(), "fstat", err))?;
        let owner = meta.uid();
        let is_ours = [0, geteuid().as_raw(), self.permissions.owner].contains(&owner);
        if is_ours { Ok(()) } else { Err(RegionError::new(self.path(), Kind::NotOurs(owner))) }
    }

    /// The region's file, which is `file`, once more for a writer's mapping: see
    /// [`file::open_to_map`].
    pub(crate) fn open_to_map(&self, file: &File) -> Result<File, RegionError> {
        file::open_to_map(file, Some((self.fd(), self.name())), self.path())
    }

    /// The file that has the region's name in the held directory; `None` if none has.
    pub(crate) fn named(&self) -> Result<Option<FileId>, RegionError> {
        FileId::at(self.fd(), self.name()).map_err(|err| RegionError::io(self.path(), "stat", err))
    }

    /// The file at the region's path now; `None` if there is none.
    ///
    /// # Errors
    /// [`Kind::UnsafeDirectory`] if it leads to a directory that may not be used in place of the held
    /// one.
    pub(crate) fn leads_to(&self) -> Result<Option<FileId>, RegionError> {
        match self.leads()? {
            Leads::Here => self.named(),
            Leads::Nowhere => Ok(None),
            Leads::To(other) => other.named(),
        }
    }

    /// Switches to the directory at the path now; recreates a default one that is missing.
    ///
    /// # Errors
    /// As [`leads_to`](Self::leads_to); [`Kind::NoDirectory`] if there is none any more.
    pub(crate) fn renew(&mut self) -> Result<(), RegionError> {
        match self.leads()? {
            Leads::Here => {}
            Leads::Nowhere => *self = self.made_anew()?,
            Leads::To(other) => *self = other,
        }
        Ok(())
    }

    /// Which other users may replace this region's file; only for a region given by path, whose
    /// directory was not checked.
    pub(crate) fn exposure(&self) -> Option<Exposure> {
        let permissions = self.directory().is_of_path().then_some(self.permissions)?;
        Exposure::by(permissions)
    }

    fn fd(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }

    fn leads(&self) -> Result<Leads, RegionError> {
        let Some(path) = &self.canonical else { return Ok(Leads::Here) };
        // Any path to the held directory is valid: links are followed here, and a relative path is
        // valid while the working directory exists, under any name.
        if self.is_reached_by(self.directory().path()) || self.is_reached_by(path) {
            return Ok(Leads::Here);
        }
        let dir = match directory::walk(path) {
            Ok(Some(dir)) => dir,
            Ok(None) => return Ok(Leads::Nowhere),
            Err(Errno::NOTDIR | Errno::LOOP) => {
                return Err(self.is_elsewhere("a symbolic link is on the way to it"));
            }
            Err(err) => return Err(RegionError::io(self.path(), "open", err)),
        };
        self.directory().check(&dir)?;
        let other = self.moved_to(dir)?;
        if other.permissions.owner != self.permissions.owner {
            let owner = other.permissions.owner;
            return Err(self.is_elsewhere(&format!("one of uid {owner} is in its place")));
        }
        if other.permissions.let_in_more_than(self.permissions) {
            let mode = other.permissions.mode;
            return Err(self.is_elsewhere(&format!("one of mode {mode:04o} is in its place")));
        }
        Ok(Leads::To(other))
    }

    fn is_reached_by(&self, path: &Path) -> bool {
        matches!(FileId::of_directory(path), Ok(Some(there)) if there == self.identity)
    }

    /// A new directory in place of the old one.
    fn made_anew(&self) -> Result<Self, RegionError> {
        let gone = |err| not_opened(self.path(), err);
        let path = self.canonical.as_deref().filter(|_| !self.directory().is_of_path());
        let Some((parent, name)) = path.and_then(|path| path.parent().zip(path.file_name())) else {
            return Err(gone(Errno::NOENT));
        };
        let parent = directory::walk(parent).map_err(gone)?.ok_or_else(|| gone(Errno::NOENT))?;
        match self.directory().make_in(&parent, name.as_ref())? {
            Some(dir) => self.moved_to(dir),
            None => Err(self.is_elsewhere("another one has just been put in its place")),
        }
    }

    fn moved_to(&self, dir: OwnedFd) -> Result<Self, RegionError> {
        Self::over(dir, self.address.clone(), self.name.clone(), self.canonical.clone())
    }

    fn directory(&self) -> &Directory {
        self.address.directory()
    }

    fn is_elsewhere(&self, fact: &str) -> RegionError {
        let what = format!("its directory was moved away, and {fact}");
        RegionError::new(self.path(), Kind::UnsafeDirectory(what))
    }
}

impl Permissions {
    /// Whether more users can create files here than there, or rename files of other users.
    fn let_in_more_than(self, other: Self) -> bool {
        let others = self.mode & OTHERS_WRITE;
        others & !other.mode != 0 || (others != 0 && other.mode & STICKY & !self.mode != 0)
    }
}

impl Exposure {
    /// That of a file in the directory of `meta`.
    pub(crate) fn in_directory(meta: &Metadata) -> Option<Self> {
        Self::by(Permissions { owner: meta.uid(), mode: meta.mode() & 0o7777 })
    }

    fn by(Permissions { owner, mode }: Permissions) -> Option<Self> {
        let is_stranger = owner != 0 && owner != geteuid().as_raw();
        let exposure = Self { stranger: is_stranger.then_some(owner), mode };
        (is_stranger || mode & OTHERS_WRITE != 0).then_some(exposure)
    }
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("in a directory of ")?;
        if let Some(uid) = self.stranger {
            write!(f, "uid {uid}, ")?;
        }
        let others = self.mode & OTHERS_WRITE != 0;
        let who = match self.stranger {
            Some(_) if !others || self.mode & STICKY != 0 => "that user may delete and replace it",
            None if self.mode & STICKY != 0 => "others may take its name before it",
            _ => "others may delete and replace it",
        };
        write!(f, "mode {:04o}: {who}", self.mode)
    }
}

/// The error that the directory of the region at `path` cannot be opened.
fn not_opened(path: &Path, err: Errno) -> RegionError {
    match err {
        Errno::NOENT => RegionError::new(path, Kind::NoDirectory),
        err => RegionError::io(path, "open", err),
    }
}

/// `path` without symbolic links, if it leads to the directory `held`.
fn canonical(path: &Path, held: FileId) -> Option<PathBuf> {
    let canonical = path.canonicalize().ok()?;
    let leads_here = FileId::of_directory(&canonical).ok()? == Some(held);
    leads_here.then_some(canonical)
}
