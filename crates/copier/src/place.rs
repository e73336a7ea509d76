//! Where the copy goes: a directory, held open, and a name in it.
//!
//! Invariant: no path is resolved twice. The directory is opened once; every later stat, link,
//! rename and unlink is relative to it, even if it is renamed or a link put in its place meanwhile.
//!
//! ```text
//!   path --kernel, O_PATH--> the file, or none      refused: what the kernel refuses to follow
//!     '----- link by link --> directory + name      each directory opened from the one before
//!                               '--> the same file  else refused
//! ```
//!
//! Price: four system calls; four more for each symbolic link.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use region::{FileId, special_file};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, StatxAttributes, StatxFlags};
use rustix::io::Errno;

use crate::advice::Op;
use crate::error::Kind;

/// As many links as the kernel follows.
const MOST_LINKS: usize = 40;
/// The sticky bit: every user may create names, and only owners remove them.
const SHARED_AND_STICKY: u32 = 0o1002;
/// Write permission of the group and of others.
const OTHERS_MAY_WRITE: u32 = 0o022;

/// A name in an open directory.
#[derive(Debug)]
pub(crate) struct Place {
    dir: OwnedFd,
    name: OsString,
    /// The path that the user gave, for messages.
    path: PathBuf,
}

/// The file with a name, held open so that its inode number is not reused.
#[derive(Debug)]
pub(crate) struct Found {
    file: File,
    pub(crate) meta: Metadata,
}

impl Found {
    fn new(file: File) -> std::io::Result<Self> {
        file.metadata().map(|meta| Self { file, meta })
    }

    /// Whether it is the file with this metadata.
    pub(crate) fn is(&self, meta: &Metadata) -> bool {
        FileId::of_metadata(&self.meta) == FileId::of_metadata(meta)
    }
}

impl AsFd for Found {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Place {
    /// Resolves `path`; returns its place, and the file that has the name now.
    pub(crate) fn of(path: &Path) -> Result<(Self, Option<Found>), Kind> {
        let reached = reach(path).or_else(|err| {
            // The kernel refused; following the links may find the reason.
            Self::behind_links(path)?;
            Err(err)
        })?;
        let place = match reached {
            Some(_) => Self::behind_links(path)?,
            None => Self::of_no_link(path)?,
        };
        let found = place.look(&place.name)?;
        if is_same(reached.as_ref(), found.as_ref()) {
            return Ok((place, found));
        }
        Err(no_name_of_it(path, reached.as_ref()))
    }

    /// Follows the links at the end of `path`, as the kernel does, from directory to directory.
    fn behind_links(path: &Path) -> Result<Self, Kind> {
        let mut place = Self::named_by(CWD, path, path)?;
        for _ in 0..MOST_LINKS {
            let Some(link) = place.link()? else { return Ok(place) };
            place.expect_own_link(&link)?;
            let target = rustix::fs::readlinkat(&place.dir, &place.name, Vec::new())
                .map_err(Kind::io(path, Op::ReadLink))?;
            let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
            place = Self::named_by(place.dir.as_fd(), &target, path)?;
        }
        Err(Kind::io(path, Op::ReadLink)(Errno::LOOP))
    }

    /// The place of `path`, which leads to no file: its last name is free, or that of a link to nothing.
    fn of_no_link(path: &Path) -> Result<Self, Kind> {
        let place = Self::named_by(CWD, path, path)?;
        match place.link()? {
            None => Ok(place),
            Some(_) => Err(Kind::DanglingLink(path.to_owned())),
        }
    }

    /// The last name of `leads`, in its directory, which is found from `dir`.
    fn named_by(dir: BorrowedFd<'_>, leads: &Path, path: &Path) -> Result<Self, Kind> {
        let (Some(name), false) = (leads.file_name(), ends_as_a_directory(leads)) else {
            return Err(Kind::NoName(path.to_owned()));
        };
        let parent = match leads.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::openat(dir, parent, flags, Mode::empty()) {
            Ok(dir) => Ok(Self { dir, name: name.to_owned(), path: path.to_owned() }),
            Err(Errno::NOENT) => Err(Kind::NoDirectory(path.to_owned())),
            Err(err) => Err(Kind::io(path, Op::OpenDirectory)(err)),
        }
    }

    /// The symbolic link that has the name, if one has.
    fn link(&self) -> Result<Option<Stat>, Kind> {
        match rustix::fs::statat(&self.dir, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode).is_symlink() => Ok(Some(stat)),
            Ok(_) | Err(Errno::NOENT) => Ok(None),
            Err(err) => Err(Kind::io(&self.path, Op::Stat)(err)),
        }
    }

    /// Refuses a link that another user has put into a directory such as `/tmp`: its owner would
    /// choose which file is replaced. It is the kernel's rule (`fs.protected_symlinks`), here also
    /// where it is switched off.
    fn expect_own_link(&self, link: &Stat) -> Result<(), Kind> {
        let dir = self.directory()?;
        let is_foreign = link.st_uid != own_uid() && link.st_uid != dir.uid();
        if is_foreign && dir.mode() & SHARED_AND_STICKY == SHARED_AND_STICKY {
            return Err(Kind::ForeignLink { path: self.path.clone(), uid: link.st_uid });
        }
        Ok(())
    }

    fn directory(&self) -> Result<Metadata, Kind> {
        let dir = self.dir.try_clone().map_err(Kind::io(&self.path, Op::OpenDirectory))?;
        File::from(dir).metadata().map_err(Kind::io(&self.path, Op::Stat))
    }

    /// Whether only this user and root can change which file has the name.
    pub(crate) fn is_private(&self) -> Result<bool, Kind> {
        let dir = self.directory()?;
        Ok([0, own_uid()].contains(&dir.uid()) && dir.mode() & OTHERS_MAY_WRITE == 0)
    }

    /// What has the name now; a symbolic link is not followed.
    pub(crate) fn occupant(&self) -> Result<Option<Found>, Kind> {
        self.look(&self.name)
    }

    /// What is called `name` in the directory; a symbolic link is not followed.
    pub(crate) fn look(&self, name: &OsStr) -> Result<Option<Found>, Kind> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.dir, name, flags, Mode::empty()) {
            Ok(there) => Found::new(there.into()).map(Some).map_err(Kind::io(&self.path, Op::Stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(err) => Err(Kind::io(&self.path, Op::Stat)(err)),
        }
    }

    /// Whether something is mounted on the name, which can then not be replaced. `false` where the
    /// kernel does not tell (before Linux 5.8).
    pub(crate) fn is_mounted(&self) -> bool {
        let (flags, wanted) = (AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty());
        rustix::fs::statx(&self.dir, &self.name, flags, wanted)
            .is_ok_and(|stat| stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
    }

    /// The directory, for calls that take one.
    pub(crate) fn dir(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }

    /// The name in it.
    pub(crate) fn name(&self) -> &OsStr {
        &self.name
    }

    /// The path that the user gave.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where `name` in the directory is, wherever links have led; without `/proc` the name alone.
    pub(crate) fn real_path(&self, name: &OsStr) -> PathBuf {
        let dir = std::fs::read_link(format!("/proc/self/fd/{}", self.dir.as_raw_fd()));
        dir.unwrap_or_default().join(name)
    }

    /// The directory, open for [`sync`](Self::sync): that needs a right that naming a file there does not.
    pub(crate) fn open_to_sync(&self) -> Result<OwnedFd, Kind> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::openat(&self.dir, ".", flags, Mode::empty())
            .map_err(Kind::io(&self.path, Op::OpenToSync))
    }

    /// Waits until the directory is on the disk, which was [opened](Self::open_to_sync) for that.
    pub(crate) fn sync(&self, dir: &OwnedFd) -> Result<(), Kind> {
        rustix::fs::fsync(dir).map_err(Kind::io(&self.path, Op::SyncDirectory))
    }
}

/// Whether both are the same file, or neither is one.
pub(crate) fn is_same(one: Option<&Found>, other: Option<&Found>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is(&other.meta),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// The file at `path`, resolved by the kernel with its own checks.
fn reach(path: &Path) -> Result<Option<Found>, Kind> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(there) => Found::new(there.into()).map(Some).map_err(Kind::io(path, Op::Stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(err) => Err(Kind::io(path, Op::Find)(err)),
    }
}

/// Why the name that the links lead to is not the file's: a link of `/proc/self/fd` (`/dev/stdout`)
/// leads to what may have no name, and otherwise the names keep changing.
fn no_name_of_it(path: &Path, reached: Option<&Found>) -> Kind {
    match reached.and_then(|reached| special_file(reached.meta.file_type())) {
        Some(what) => Kind::NotAFile { path: path.to_owned(), what },
        None if reached.is_some_and(|reached| reached.meta.nlink() == 0) => {
            Kind::Nameless(path.to_owned())
        }
        None => Kind::Unsettled(path.to_owned()),
    }
}

/// `dir/`, `dir/.` and `dir/..` name directories.
fn ends_as_a_directory(path: &Path) -> bool {
    let path = path.as_os_str().as_bytes();
    path.ends_with(b"/") || path.ends_with(b"/.")
}

/// The user whose rights the kernel applies.
pub(crate) fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_chain_of_links_leads_to_the_directory_of_the_last_one() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("below")).unwrap();
        fs::write(dir.path().join("below/file"), "x").unwrap();
        symlink("below/second", dir.path().join("first")).unwrap();
        symlink("../below/./file", dir.path().join("below/second")).unwrap();
        let (place, found) = Place::of(&dir.path().join("first")).unwrap();
        assert_eq!(place.name(), "file");
        assert!(found.unwrap().is(&fs::metadata(dir.path().join("below/file")).unwrap()));
        let below = fs::canonicalize(dir.path().join("below")).unwrap();
        assert_eq!(place.real_path("aside".as_ref()), below.join("aside"));
    }

    #[test]
    fn the_directory_is_the_one_that_was_found_wherever_its_name_leads_later() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::create_dir(path("d")).unwrap();
        fs::create_dir(path("victim")).unwrap();
        fs::write(path("victim/out"), "x").unwrap();
        let (place, found) = Place::of(&path("d/out")).unwrap();
        assert!(found.is_none());
        fs::rename(path("d"), path("e")).unwrap();
        symlink("victim", path("d")).unwrap();
        assert!(place.occupant().unwrap().is_none());
    }

    #[test]
    fn what_is_no_name_of_a_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        symlink("loop", path("loop")).unwrap();
        symlink("nothing", path("dangling")).unwrap();
        let kind = |name: &str| Place::of(&path(name)).unwrap_err();
        assert!(matches!(kind("new/"), Kind::NoName(_)));
        assert!(matches!(kind("none/new"), Kind::NoDirectory(_)));
        assert!(matches!(kind("dangling"), Kind::DanglingLink(_)));
        assert!(kind("loop").to_string().contains("circle"));
    }

    #[test]
    fn an_open_file_without_a_name_is_called_what_it_is() {
        let (_reader, pipe) = std::io::pipe().unwrap();
        let removed = tempfile::tempfile().unwrap();
        let kind = |fd: &dyn AsRawFd| {
            let path = PathBuf::from(format!("/proc/self/fd/{}", fd.as_raw_fd()));
            Place::of(&path).unwrap_err()
        };
        assert!(matches!(kind(&pipe), Kind::NotAFile { what: "a named pipe", .. }));
        assert!(matches!(kind(&removed), Kind::Nameless(_)));
    }
}
