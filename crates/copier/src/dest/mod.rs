//! The copy: created without its name, named when it is complete.
//!
//! Invariant: before [`Dest::name`] the name leads to what it led to before, and a process that is
//! killed leaves nothing beside it (where a file can be made without a name; else a temporary file
//! whose name begins with ".copier-"). Only the file that was checked is replaced.
//!
//! ```text
//!   O_TMPFILE --> copy --> look, mode, times, fsync --+--> linkat(NAME)              NAME is free
//!                           ^                         '--> linkat(aside)             NAME is taken
//!                           |                              renameat2(aside <-> NAME)
//!                           '-- exchanged back: not what was checked <----'--> unlink(aside)
//! ```
//!
//! The two files are exchanged in one step, so nothing is removed before it was checked. On a file
//! system that cannot exchange (NFS, FUSE), or has neither hard links nor `RENAME_NOREPLACE`, a file that takes the name between the last check and
//! the rename is replaced unchecked. A process that is killed between the last two steps leaves the
//! file
//! that had the name as ".copier-".

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use shared::special_file;

use crate::advice::Op;
use crate::error::Kind;
use crate::place::{Found, Place};
use crate::rights;
use crate::source::Source;

/// How temporary names begin.
const ASIDE: &str = ".copier-";
/// Random characters after that.
const ASIDE_LEN: usize = 8;
const OWNER_ONLY: Mode = Mode::from_raw_mode(0o600);
/// How often to retry while the file with the name keeps changing, before that is an error.
const LOOKS: u32 = 8;

/// A file that will have a name.
#[derive(Debug)]
pub(crate) struct Dest {
    pub(crate) file: File,
    place: Place,
    /// The group that it was made with.
    gid: u32,
    /// Its temporary name, where a file needs one; removed by Drop.
    aside: Option<OsString>,
}

/// How the copy gets its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naming<'a> {
    pub(crate) source: &'a Source,
    /// Mode, times and owner of the source.
    pub(crate) preserve: bool,
    /// The bytes on the disk first, then the name.
    pub(crate) sync: bool,
    /// A file that has the name is left alone.
    pub(crate) no_clobber: bool,
}

/// The result of an attempt to name the copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    Done,
    /// The name belongs to a different file than the one checked.
    Changed,
}

impl Dest {
    /// Makes a file of holes, as long as `source`, where `path` leads.
    pub(crate) fn create(path: &Path, source: &Source, no_clobber: bool) -> Result<Self, Kind> {
        let (place, former) = Place::of(path).map_err(|err| match err {
            Kind::NoName(path) if path.is_dir() => directory(&path, source),
            err => err,
        })?;
        expect_replaceable(&place, former.as_ref(), source, no_clobber)?;
        let (file, aside) = unnamed(&place)?;
        let mut dest = Self { file, place, gid: 0, aside };
        dest.gid = dest.meta()?.gid();
        dest.set_len(source.len())?;
        Ok(dest)
    }

    /// Sets its length; what is added is a hole.
    pub(crate) fn set_len(&self, len: u64) -> Result<(), Kind> {
        self.file.set_len(len).map_err(Kind::io(self.path(), Op::Truncate))
    }

    /// What the user called it.
    pub(crate) fn path(&self) -> &Path {
        self.place.path()
    }

    /// Sets mode and owner, and replaces the file with its name; syncs both if `--sync` is given.
    pub(crate) fn name(mut self, naming: Naming<'_>) -> Result<(), Kind> {
        for _ in 0..LOOKS {
            let former = self.place.occupant()?;
            expect_replaceable(&self.place, former.as_ref(), naming.source, naming.no_clobber)?;
            self.finish(naming, former.as_ref())?;
            let attempt = match &former {
                None => self.take_free_name()?,
                Some(former) => self.replace(former)?,
            };
            if attempt == Attempt::Done {
                return if naming.sync { self.place.sync() } else { Ok(()) };
            }
        }
        Err(Kind::Unsettled(self.path().to_owned()))
    }

    /// Sets the mode for the file it replaces, then syncs.
    fn finish(&self, naming: Naming<'_>, former: Option<&Found>) -> Result<(), Kind> {
        if naming.preserve {
            rights::preserve(&self.file, naming.source, &self.place)?;
        } else {
            rights::take_mode(&self.file, self.gid, naming.source, &self.place, former)?;
        }
        if naming.sync {
            self.file.sync_all().map_err(Kind::io(self.path(), Op::Sync))?;
        }
        Ok(())
    }

    fn take_free_name(&mut self) -> Result<Attempt, Kind> {
        match self.link(self.place.name()) {
            Ok(()) => self.expect_named(),
            Err(Errno::EXIST) => Ok(Attempt::Changed),
            Err(err) => match self.aside.clone() {
                Some(aside) if is_unknown(err) => self.rename_to_free_name(&aside),
                _ => Err(Kind::io(self.path(), Op::Link)(err)),
            },
        }
    }

    /// For file systems without hard links (FAT, many of FUSE).
    fn rename_to_free_name(&mut self, aside: &OsStr) -> Result<Attempt, Kind> {
        let (dir, name) = (self.place.dir(), self.place.name());
        match rustix::fs::renameat_with(dir, aside, dir, name, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            Err(Errno::EXIST) => return Ok(Attempt::Changed),
            Err(err) if is_unknown(err) => return self.rename_after_a_look(aside),
            Err(err) => return Err(Kind::io(self.path(), Op::Rename)(err)),
        }
        self.aside = None;
        self.expect_named()
    }

    /// Where a rename always replaces.
    fn rename_after_a_look(&mut self, aside: &OsStr) -> Result<Attempt, Kind> {
        if self.place.occupant()?.is_some() {
            return Ok(Attempt::Changed);
        }
        self.rename(aside)
    }

    /// Names the file `name`, which must be free. It keeps its temporary name, if any.
    fn link(&self, name: &OsStr) -> Result<(), Errno> {
        let dir = self.place.dir();
        match &self.aside {
            Some(aside) => rustix::fs::linkat(dir, aside, dir, name, AtFlags::empty()),
            None => rustix::fs::linkat(
                CWD,
                own_descriptor(&self.file),
                dir,
                name,
                AtFlags::SYMLINK_FOLLOW,
            ),
        }
    }

    /// Takes the name of `former`.
    fn replace(&mut self, former: &Found) -> Result<Attempt, Kind> {
        let aside = self.name_aside()?;
        let dir = self.place.dir();
        match rustix::fs::renameat_with(dir, &aside, dir, self.place.name(), RenameFlags::EXCHANGE)
        {
            Ok(()) => self.settle(&aside, former),
            Err(Errno::NOENT) => Ok(Attempt::Changed),
            Err(err) if is_unknown(err) => self.rename_over(&aside, former),
            Err(err) => Err(Kind::io(self.path(), Op::Rename)(err)),
        }
    }

    /// Gives the file a temporary name.
    fn name_aside(&mut self) -> Result<OsString, Kind> {
        loop {
            if let Some(aside) = &self.aside {
                return Ok(aside.clone());
            }
            let aside = random_name();
            match self.link(&aside) {
                Ok(()) => self.aside = Some(aside),
                Err(Errno::EXIST) => {}
                Err(err) => return Err(Kind::io(self.path(), Op::Link)(err)),
            }
        }
    }

    /// After an exchange: removes the old file if it is `former`; otherwise exchanges back.
    fn settle(&mut self, aside: &OsStr, former: &Found) -> Result<Attempt, Kind> {
        let there = self.place.look(aside)?;
        if there.is_none_or(|there| there.is(&former.meta)) {
            // Nothing there: its owner has removed it first.
            let _ = rustix::fs::unlinkat(self.place.dir(), aside, AtFlags::empty());
            self.aside = None;
            return self.expect_named();
        }
        let dir = self.place.dir();
        let back =
            rustix::fs::renameat_with(dir, aside, dir, self.place.name(), RenameFlags::EXCHANGE);
        back.map(|()| Attempt::Changed).map_err(|_| Kind::Displaced {
            path: self.path().to_owned(),
            aside: self.path().with_file_name(aside),
        })
    }

    /// For file systems that cannot exchange two files.
    fn rename_over(&mut self, aside: &OsStr, former: &Found) -> Result<Attempt, Kind> {
        if !self.place.occupant()?.is_some_and(|there| there.is(&former.meta)) {
            return Ok(Attempt::Changed);
        }
        self.rename(aside)
    }

    /// Moves the file from its name aside to its name, whatever has that.
    fn rename(&mut self, aside: &OsStr) -> Result<Attempt, Kind> {
        let dir = self.place.dir();
        rustix::fs::renameat(dir, aside, dir, self.place.name())
            .map_err(Kind::io(self.path(), Op::Rename))?;
        self.aside = None;
        self.expect_named()
    }

    /// A user who may rename files in the directory could have replaced the one at a temporary
    /// name.
    fn expect_named(&self) -> Result<Attempt, Kind> {
        if self.has_name(self.place.name())? {
            Ok(Attempt::Done)
        } else {
            Err(Kind::Unsettled(self.path().to_owned()))
        }
    }

    fn meta(&self) -> Result<Metadata, Kind> {
        self.file.metadata().map_err(Kind::io(self.path(), Op::Stat))
    }

    fn has_name(&self, name: &OsStr) -> Result<bool, Kind> {
        let own = self.meta()?;
        Ok(self.place.look(name)?.is_some_and(|there| there.is(&own)))
    }
}

impl Drop for Dest {
    fn drop(&mut self) {
        if let Some(aside) = &self.aside
            && self.has_name(aside).unwrap_or(false)
        {
            // A failure was reported by another call, or the copy has its name.
            let _ = rustix::fs::unlinkat(self.place.dir(), aside, AtFlags::empty());
        }
    }
}

/// Refuses a name that belongs to something that a copy must not replace.
fn expect_replaceable(
    place: &Place,
    former: Option<&Found>,
    source: &Source,
    no_clobber: bool,
) -> Result<(), Kind> {
    let Some(former) = former else { return Ok(()) };
    let path = place.path();
    expect_file(path, &former.meta, source)?;
    if former.is(&source.meta) {
        return Err(Kind::SameFile(path.to_owned()));
    }
    if no_clobber {
        return Err(Kind::Exists(path.to_owned()));
    }
    // A file that may not be written is not replaced either, though its directory would allow it.
    let may_write = rustix::fs::Access::WRITE_OK;
    rustix::fs::accessat(place.dir(), place.name(), may_write, AtFlags::empty())
        .map_err(Kind::io(path, Op::Access))
}

fn expect_file(path: &Path, meta: &Metadata, source: &Source) -> Result<(), Kind> {
    if meta.is_dir() {
        return Err(directory(path, source));
    }
    if meta.is_symlink() {
        return Err(Kind::Unsettled(path.to_owned()));
    }
    match special_file(meta.file_type()) {
        Some(what) => Err(Kind::NotAFile { path: path.to_owned(), what }),
        None => Ok(()),
    }
}

/// Refuses a directory, with the name that the copy could have in it.
fn directory(path: &Path, source: &Source) -> Kind {
    let name = source.path.file_name().unwrap_or(source.path.as_os_str());
    Kind::DestIsDirectory(path.to_owned(), path.join(name))
}

/// An empty file in the directory of `place`, without a name if it can be given one later.
fn unnamed(place: &Place) -> Result<(File, Option<OsString>), Kind> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    match rustix::fs::openat(place.dir(), ".", flags, OWNER_ONLY).map(File::from) {
        Ok(file) if can_be_named(&file) => Ok((file, None)),
        // open(2): what file systems and kernels without O_TMPFILE answer.
        Ok(_) | Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOENT) => named(place),
        Err(err) => Err(Kind::io(place.path(), Op::Create)(err)),
    }
}

fn named(place: &Place) -> Result<(File, Option<OsString>), Kind> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    loop {
        let name = random_name();
        match rustix::fs::openat(place.dir(), &name, flags, OWNER_ONLY) {
            Ok(descriptor) => return Ok((descriptor.into(), Some(name))),
            Err(Errno::EXIST) => {}
            Err(err) => return Err(Kind::io(place.path(), Op::Create)(err)),
        }
    }
}

/// What file systems, filters and old kernels answer to a call, or to flags, that they do not have.
const fn is_unknown(err: Errno) -> bool {
    matches!(err, Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM)
}

fn random_name() -> OsString {
    let random = std::iter::repeat_with(fastrand::alphanumeric).take(ASIDE_LEN);
    ASIDE.chars().chain(random).collect::<String>().into()
}

/// A file without a name is named by its link in `/proc`. Is it mounted, for this process's pid
/// namespace?
fn can_be_named(file: &File) -> bool {
    let link = std::fs::metadata(own_descriptor(file)).and_then(|link| {
        let own = file.metadata()?;
        Ok((link.dev(), link.ino()) == (own.dev(), own.ino()))
    });
    link.unwrap_or(false)
}

fn own_descriptor(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

#[cfg(test)]
mod tests;
