//! The copy: made aside, named when it is complete.
//!
//! Invariant: before [`Dest::name`] the name leads to what it led to before, and a process that is
//! killed leaves nothing beside it (where the file system has files without names; else a
//! temporary file whose name begins with ".copier-").
//!
//! ```text
//!   open(O_TMPFILE) --> copy, mode, times, fsync --+--> linkat(NAME)            NAME was free
//!                                                  '--> linkat(aside), rename   NAME is replaced
//! ```

use std::fs::{File, Metadata};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Gid, Mode, OFlags, Timespec, Timestamps, Uid, linkat};
use rustix::io::Errno;
use tempfile::{NamedTempFile, TempPath};

use crate::error::Kind;
use crate::source::{Source, not_a_file};

/// How temporary names begin.
const ASIDE: &str = ".copier-";
const OWNER_ONLY: Mode = Mode::from_raw_mode(0o600);
const PERMISSIONS: u32 = 0o777;
const ALL_MODE_BITS: u32 = 0o7777;
/// Bits that give a program its owner's or group's rights.
const SET_ID: u32 = 0o6000;

/// A file that will have a name.
#[derive(Debug)]
pub(crate) struct Dest {
    pub(crate) file: File,
    /// The name it will have.
    pub(crate) path: PathBuf,
    dir: PathBuf,
    /// The name it has meanwhile, where a file needs one; removed by Drop.
    aside: Option<TempPath>,
    /// What has the name now.
    former: Option<Metadata>,
}

impl Dest {
    /// Makes a file of holes, as long as `source`, beside `path`.
    pub(crate) fn create(path: &Path, source: &Source, no_clobber: bool) -> Result<Self, Kind> {
        let path = followed(path)?;
        let former = look_at(&path, source, no_clobber)?;
        let dir = directory_of(&path);
        let (file, aside) = unnamed(&dir, &path)?;
        file.set_len(source.len()).map_err(Kind::io(&path, "ftruncate"))?;
        Ok(Self { file, path, dir, aside, former })
    }

    /// Gives it the mode of the file that it replaces, or else of the source less the umask.
    pub(crate) fn take_mode(&self, source: &Source) -> Result<(), Kind> {
        let mode = match &self.former {
            Some(former) => former.mode() & ALL_MODE_BITS & !SET_ID,
            None => source.meta.mode() & PERMISSIONS & !umask(),
        };
        self.chmod(mode)
    }

    /// Gives it mode, times and owner of the source.
    pub(crate) fn preserve(&self, source: &Source) -> Result<(), Kind> {
        let meta = &source.meta;
        let mut mode = meta.mode() & ALL_MODE_BITS;
        let owner = (Some(Uid::from_raw(meta.uid())), Some(Gid::from_raw(meta.gid())));
        match rustix::fs::fchown(&self.file, owner.0, owner.1) {
            Ok(()) => {}
            // Only root may give files away. Without its owner, a set-user-ID program would run
            // with somebody else's rights.
            Err(Errno::PERM) if !rustix::process::geteuid().is_root() => mode &= !SET_ID,
            Err(err) => return Err(Kind::io(&self.path, "fchown")(err)),
        }
        // After the owner: changing that takes set-ID bits away.
        self.chmod(mode)?;
        let time = |tv_sec, nsec: i64| Timespec { tv_sec, tv_nsec: nsec };
        let times = Timestamps {
            last_access: time(meta.atime(), meta.atime_nsec()),
            last_modification: time(meta.mtime(), meta.mtime_nsec()),
        };
        rustix::fs::futimens(&self.file, &times).map_err(Kind::io(&self.path, "futimens"))
    }

    fn chmod(&self, mode: u32) -> Result<(), Kind> {
        rustix::fs::fchmod(&self.file, Mode::from_raw_mode(mode))
            .map_err(Kind::io(&self.path, "fchmod"))
    }

    /// Waits until the bytes are on the disk.
    pub(crate) fn sync(&self) -> Result<(), Kind> {
        self.file.sync_all().map_err(Kind::io(&self.path, "fsync"))
    }

    /// Gives it its name, in place of what has it; on the disk too, if asked.
    pub(crate) fn name(mut self, no_clobber: bool, sync: bool) -> Result<(), Kind> {
        match self.link(&self.path, self.aside.as_deref()) {
            Ok(()) => {}
            Err(Errno::EXIST) if no_clobber => return Err(Kind::Exists(self.path)),
            Err(Errno::EXIST) => self.replace()?,
            Err(err) => return Err(Kind::io(&self.path, "linkat")(err)),
        }
        if sync {
            let dir = File::open(&self.dir).and_then(|dir| dir.sync_all());
            dir.map_err(Kind::io(&self.dir, "fsync"))?;
        }
        Ok(())
    }

    /// Names the file `name`, which must be free. It keeps the name that it has aside, if any.
    fn link(&self, name: &Path, aside: Option<&Path>) -> Result<(), Errno> {
        if let Some(aside) = aside {
            return linkat(CWD, aside, CWD, name, AtFlags::empty());
        }
        let descriptor = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        linkat(CWD, descriptor, CWD, name, AtFlags::SYMLINK_FOLLOW)
    }

    /// A name aside, if it has none, and then one step from there to its own.
    fn replace(&mut self) -> Result<(), Kind> {
        let aside = match self.aside.take() {
            Some(aside) => aside,
            None => tempfile::Builder::new()
                .prefix(ASIDE)
                .make_in(&self.dir, |name| Ok(self.link(name, None)?))
                .map_err(Kind::io(&self.path, "linkat"))?
                .into_temp_path(),
        };
        aside.persist(&self.path).map_err(|err| Kind::io(&self.path, "rename")(err.error))
    }
}

/// What `path` leads to, if it is a symbolic link.
fn followed(path: &Path) -> Result<PathBuf, Kind> {
    let is_link = path.symlink_metadata().is_ok_and(|meta| meta.is_symlink());
    match path.canonicalize() {
        Ok(followed) if is_link => Ok(followed),
        Err(err) if is_link && err.kind() == std::io::ErrorKind::NotFound => {
            Err(Kind::DanglingLink(path.to_owned()))
        }
        Err(err) if is_link => Err(Kind::io(path, "realpath")(err)),
        _ => Ok(path.to_owned()),
    }
}

/// Refuses a name that belongs to something that a copy must not replace.
fn look_at(path: &Path, source: &Source, no_clobber: bool) -> Result<Option<Metadata>, Kind> {
    let meta = match path.metadata() {
        Ok(meta) => meta,
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(err) => return Err(Kind::io(path, "stat")(err)),
    };
    let identity = |meta: &Metadata| (meta.dev(), meta.ino());
    if meta.is_dir() {
        let name = source.path.file_name().unwrap_or(source.path.as_os_str());
        return Err(Kind::DestIsDirectory(path.to_owned(), path.join(name)));
    }
    if let Some(what) = not_a_file(&meta) {
        return Err(Kind::NotAFile { path: path.to_owned(), what });
    }
    if identity(&meta) == identity(&source.meta) {
        return Err(Kind::SameFile(path.to_owned()));
    }
    if no_clobber {
        return Err(Kind::Exists(path.to_owned()));
    }
    // A file that may not be written is not replaced either, though its directory would allow it.
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).map_err(Kind::io(path, "access"))?;
    Ok(Some(meta))
}

fn directory_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// An empty file in `dir`, without a name if possible.
fn unnamed(dir: &Path, path: &Path) -> Result<(File, Option<TempPath>), Kind> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    match rustix::fs::open(dir, flags, OWNER_ONLY) {
        Ok(descriptor) => Ok((descriptor.into(), None)),
        Err(Errno::NOENT) => Err(Kind::NoDirectory(path.to_owned())),
        // open(2): what file systems and kernels without O_TMPFILE answer.
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => named(dir, path),
        Err(err) => Err(Kind::io(path, "open")(err)),
    }
}

fn named(dir: &Path, path: &Path) -> Result<(File, Option<TempPath>), Kind> {
    let made: NamedTempFile = tempfile::Builder::new()
        .prefix(ASIDE)
        .tempfile_in(dir)
        .map_err(Kind::io(path, "create"))?;
    let (file, aside) = made.into_parts();
    Ok((file, Some(aside)))
}

/// The bits that new files of this process do not get. It can only be read by setting it; there is
/// no second thread that could make a file meanwhile.
fn umask() -> u32 {
    let umask = rustix::process::umask(Mode::empty());
    rustix::process::umask(umask);
    umask.as_raw_mode()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn source_in(dir: &Path) -> Source {
        fs::write(dir.join("source"), "12345").unwrap();
        Source::open(&dir.join("source")).unwrap()
    }

    fn names(dir: &Path) -> Vec<String> {
        let names =
            fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_is_to_be_seen_before_the_name_is_given() {
        let dir = tempfile::tempdir().unwrap();
        let source = source_in(dir.path());
        let path = dir.path().join("dest");
        let dest = Dest::create(&path, &source, false).unwrap();
        assert_eq!(names(dir.path()), ["source"]);
        dest.name(false, true).unwrap();
        assert_eq!(names(dir.path()), ["dest", "source"]);
        assert_eq!(path.metadata().unwrap().len(), 5);
    }

    /// What a file system without `O_TMPFILE` makes of it.
    #[test]
    fn a_file_with_a_name_aside_is_renamed_or_removed() {
        let dir = tempfile::tempdir().unwrap();
        let source = source_in(dir.path());
        for clobbered in [false, true] {
            let path = dir.path().join("dest");
            let make = || {
                let mut dest = Dest::create(&path, &source, false).unwrap();
                (dest.file, dest.aside) = named(dir.path(), &path).unwrap();
                dest
            };
            drop(make());
            assert_eq!(names(dir.path()).len(), 1 + usize::from(clobbered), "removed");
            make().name(false, false).unwrap();
            assert_eq!(names(dir.path()), ["dest", "source"]);
        }
    }

    #[test]
    fn a_name_that_was_taken_meanwhile_is_replaced_unless_that_is_forbidden() {
        let dir = tempfile::tempdir().unwrap();
        let source = source_in(dir.path());
        let path = dir.path().join("dest");
        for no_clobber in [false, true] {
            let dest = Dest::create(&path, &source, false).unwrap();
            fs::write(&path, "taken").unwrap();
            let named = dest.name(no_clobber, false);
            assert_eq!(named.is_err(), no_clobber, "{named:?}");
            let expected: &[u8] = if no_clobber { b"taken" } else { &[0; 5] };
            assert_eq!(fs::read(&path).unwrap(), expected);
            assert_eq!(names(dir.path()), ["dest", "source"]);
        }
    }
}
