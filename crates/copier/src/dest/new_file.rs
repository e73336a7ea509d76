//! A file that has no name yet, and how it gets one.
//!
//! ```text
//!   O_TMPFILE ------+--> linkat(NAME)                      NAME is free
//!   or .copier-     '--> linkat(aside)                     NAME is taken
//!                        renameat2(aside <-> NAME)
//!                        exchanged back: not what was checked, or unlink(aside)
//! ```
//!
//! The two files are exchanged in one step, so nothing is removed before it was checked. On a file
//! system that cannot exchange (NFS, FUSE), or has neither hard links nor `RENAME_NOREPLACE`, a file
//! that takes the name between the last check and the rename is replaced unchecked. A process that is
//! killed between the last two steps leaves the file that had the name as ".copier-".

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::os::fd::AsRawFd;

use region::FileId;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::advice::Op;
use crate::error::Kind;
use crate::place::{Found, Place, is_same};

/// How temporary names begin.
const ASIDE: &str = ".copier-";
/// Random characters after that.
const ASIDE_LEN: usize = 8;
const OWNER_ONLY: Mode = Mode::from_raw_mode(0o600);

/// A file that will have the name of its place.
#[derive(Debug)]
pub(super) struct NewFile {
    pub(super) file: File,
    pub(super) place: Place,
    /// Its temporary name, where a file needs one; removed by Drop.
    aside: Option<OsString>,
}

/// The result of an attempt to name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    Done,
    /// The name belongs to a different file than the one checked.
    Changed,
}

impl NewFile {
    /// An empty file in the directory of `place`, without a name if it can be given one later.
    pub(super) fn create(place: Place) -> Result<Self, Kind> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        match rustix::fs::openat(place.dir(), ".", flags, OWNER_ONLY).map(File::from) {
            Ok(file) if can_be_named(&file) => Ok(Self { file, place, aside: None }),
            // open(2): what file systems and kernels without O_TMPFILE return.
            Ok(_) | Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOENT) => {
                Self::create_aside(place)
            }
            Err(err) => Err(Kind::io(place.path(), Op::Create)(err)),
        }
    }

    /// The same with a temporary name.
    pub(super) fn create_aside(place: Place) -> Result<Self, Kind> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        loop {
            let name = random_name();
            match rustix::fs::openat(place.dir(), &name, flags, OWNER_ONLY) {
                Ok(file) => return Ok(Self { file: file.into(), place, aside: Some(name) }),
                Err(Errno::EXIST) => {}
                Err(err) => return Err(Kind::io(place.path(), Op::Create)(err)),
            }
        }
    }

    /// Takes the name if no file has it.
    pub(super) fn take_free_name(&mut self) -> Result<Attempt, Kind> {
        match self.link(self.place.name()) {
            Ok(()) => self.expect_named(),
            Err(Errno::EXIST) => Ok(Attempt::Changed),
            Err(err) => match self.aside.clone() {
                Some(aside) if is_unknown(err) => self.rename_to_free_name(&aside),
                _ => Err(Kind::io(self.place.path(), Op::Link)(err)),
            },
        }
    }

    /// For file systems without hard links (FAT, many of FUSE).
    pub(super) fn rename_to_free_name(&mut self, aside: &OsStr) -> Result<Attempt, Kind> {
        match self.rename_with(aside, RenameFlags::NOREPLACE) {
            Ok(()) => {
                self.aside = None;
                self.expect_named()
            }
            Err(Errno::EXIST) => Ok(Attempt::Changed),
            Err(err) if is_unknown(err) => self.rename_over(aside, None),
            Err(err) => Err(Kind::io(self.place.path(), Op::Rename)(err)),
        }
    }

    /// Takes the name of `former`.
    pub(super) fn replace(&mut self, former: &Found) -> Result<Attempt, Kind> {
        let aside = self.name_aside()?;
        match self.rename_with(&aside, RenameFlags::EXCHANGE) {
            Ok(()) => self.settle(&aside, former),
            Err(Errno::NOENT) => Ok(Attempt::Changed),
            Err(err) if is_unknown(err) => self.rename_over(&aside, Some(former)),
            Err(err) => Err(Kind::io(self.place.path(), Op::Rename)(err)),
        }
    }

    /// Gives the file a temporary name.
    pub(super) fn name_aside(&mut self) -> Result<OsString, Kind> {
        loop {
            if let Some(aside) = &self.aside {
                return Ok(aside.clone());
            }
            let aside = random_name();
            match self.link(&aside) {
                Ok(()) => self.aside = Some(aside),
                Err(Errno::EXIST) => {}
                Err(err) => return Err(Kind::io(self.place.path(), Op::Link)(err)),
            }
        }
    }

    /// After an exchange: removes the old file if it is `former`; otherwise exchanges back.
    fn settle(&mut self, aside: &OsStr, former: &Found) -> Result<Attempt, Kind> {
        let there = self.place.look(aside)?;
        if there.is_none_or(|there| there.is(&former.meta)) {
            // Nothing there: its owner has removed it first.
            self.remove(aside);
            self.aside = None;
            return self.expect_named();
        }
        let back = self.rename_with(aside, RenameFlags::EXCHANGE);
        back.map(|()| Attempt::Changed).map_err(|_| Kind::Displaced {
            path: self.place.path().to_owned(),
            aside: self.place.real_path(aside),
        })
    }

    /// For file systems where a rename always replaces: does so if the name is still `former`'s.
    pub(super) fn rename_over(
        &mut self,
        aside: &OsStr,
        former: Option<&Found>,
    ) -> Result<Attempt, Kind> {
        if !is_same(self.place.occupant()?.as_ref(), former) {
            return Ok(Attempt::Changed);
        }
        self.rename_with(aside, RenameFlags::empty())
            .map_err(Kind::io(self.place.path(), Op::Rename))?;
        self.aside = None;
        self.expect_named()
    }

    /// Names the file `name`, which must be free. It keeps its temporary name, if any.
    fn link(&self, name: &OsStr) -> Result<(), Errno> {
        let dir = self.place.dir();
        if let Some(aside) = &self.aside {
            return rustix::fs::linkat(dir, aside, dir, name, AtFlags::empty());
        }
        let own = own_descriptor(&self.file);
        rustix::fs::linkat(CWD, own, dir, name, AtFlags::SYMLINK_FOLLOW)
    }

    fn rename_with(&self, aside: &OsStr, flags: RenameFlags) -> Result<(), Errno> {
        let (dir, name) = (self.place.dir(), self.place.name());
        if flags.is_empty() {
            return rustix::fs::renameat(dir, aside, dir, name);
        }
        rustix::fs::renameat_with(dir, aside, dir, name, flags)
    }

    /// Ignores errors: a failure was reported by another call, or the copy has its name.
    fn remove(&self, aside: &OsStr) {
        let _ = rustix::fs::unlinkat(self.place.dir(), aside, AtFlags::empty());
    }

    /// A user who may rename files in the directory could have replaced the one at a temporary
    /// name.
    fn expect_named(&self) -> Result<Attempt, Kind> {
        if self.has_name(self.place.name())? {
            Ok(Attempt::Done)
        } else {
            Err(Kind::Unsettled(self.place.path().to_owned()))
        }
    }

    fn has_name(&self, name: &OsStr) -> Result<bool, Kind> {
        let own = self.meta()?;
        Ok(self.place.look(name)?.is_some_and(|there| there.is(&own)))
    }

    pub(super) fn meta(&self) -> Result<Metadata, Kind> {
        self.file.metadata().map_err(Kind::io(self.place.path(), Op::Stat))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(aside) = &self.aside
            && self.has_name(aside).unwrap_or(false)
        {
            self.remove(aside);
        }
    }
}

/// The errors of file systems, filters and old kernels for a call, or flags, that they do not support.
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
    let link = std::fs::metadata(own_descriptor(file));
    link.is_ok_and(|link| FileId::of(file).is_ok_and(|own| own == FileId::of_metadata(&link)))
}

fn own_descriptor(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}
