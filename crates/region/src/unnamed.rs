//! A file that has no name until it is complete: no process sees an incomplete one.
//!
//! A temporary file in the same directory is locked, allocated (so that a full disk is an error now and
//! not SIGBUS later), given its mode and its whole content, and only then its name. A creator that is
//! killed in between leaves a temporary file without a lock: the next one sweeps it away.

use crate::aside::{self, Aside};
use crate::error::RegionError;
use crate::file;
use crate::file_id::FileId;
use crate::fork::OwnFile;
use crate::location::Location;
use crate::lock;
use crate::options::Options;
use crate::rights::admit;
use rustix::fd::AsFd;
use rustix::fs::{AtFlags, FallocateFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;

/// How many names are tried for a temporary file.
const TRIES: usize = 100;

/// A locked, complete file that has no name yet. Removed if it never gets one.
#[derive(Debug)]
pub(crate) struct Unnamed {
    // First, so that it is dropped first: the name goes while the lock is still held.
    aside: Aside,
    pub(crate) file: OwnFile,
}

/// The result of [`Unnamed::succeed`].
#[derive(Debug)]
pub(crate) enum Succeeded {
    Named(OwnFile),
    /// The old file has lost its name, and no other has it.
    NameIsFree(Unnamed),
    /// Another file has the name.
    NameIsTaken,
}

impl Unnamed {
    /// A file of `len` zeros, each of them really allocated, with mode and group as asked.
    pub(crate) fn new(at: &Location, options: &Options, len: u64) -> Result<Self, RegionError> {
        let unnamed = Self::empty(at, options)?;
        allocate(&unnamed.file, at.path(), len)?;
        Ok(unnamed)
    }

    /// An empty file, with mode and group as asked.
    pub(crate) fn empty(at: &Location, options: &Options) -> Result<Self, RegionError> {
        let unnamed = Self::beside(at)?;
        admit(&unnamed.file, at.path(), options)?;
        Ok(unnamed)
    }

    /// A locked, empty file beside `at` that only its owner may open.
    fn beside(at: &Location) -> Result<Self, RegionError> {
        aside::sweep(at);
        Self::try_names(at, || Self::create(aside::new_name(at), at, lock::try_take))
    }

    /// The first file that `create` makes: what takes each name from it is another process, or broken.
    fn try_names(
        at: &Location,
        create: impl Fn() -> Result<Option<Self>, RegionError>,
    ) -> Result<Self, RegionError> {
        for _ in 0..TRIES {
            if let Some(unnamed) = create()? {
                return Ok(unnamed);
            }
        }
        Err(RegionError::io(at.path(), "create", Errno::EXIST))
    }

    /// A locked, empty file called `name`; `None` if the name is taken, or the file was swept away.
    fn create(
        name: OsString,
        at: &Location,
        try_lock: impl FnOnce(&File) -> io::Result<bool>,
    ) -> Result<Option<Self>, RegionError> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let dir = Arc::clone(at.dir());
        let create = || match rustix::fs::openat(&dir, &name, flags, Mode::from_raw_mode(0o600)) {
            Ok(descriptor) => Ok(Some(File::from(descriptor))),
            Err(Errno::EXIST) => Ok(None),
            Err(err) => Err(RegionError::io(at.path(), "create", err).on_file_system_of(&dir)),
        };
        let Some(file) = OwnFile::open_if(at.path(), create)? else { return Ok(None) };
        let locked = try_lock(&file);
        // Between creation and lock, another creator may have swept the file away: then the name
        // is free, or another file's.
        let named = FileId::at(dir.as_fd(), name.as_ref());
        let named = named.is_ok_and(|named| named == FileId::of(&file).ok());
        // Dropped with the error, after which no process would sweep it: none can lock it.
        let aside = named.then(|| Aside::new(dir, name));
        let locked = locked.map_err(|err| RegionError::io(at.path(), "lock", err))?;
        Ok(aside.filter(|_| locked).map(|aside| Self { aside, file }))
    }

    /// The file once more, for its writer's mapping: see [`file::open_to_map`].
    pub(crate) fn open_to_map(&self, at: &Location) -> Result<File, RegionError> {
        let (dir, name) = self.aside.parts();
        file::open_to_map(&self.file, Some((dir.as_fd(), name.as_ref())), at.path())
    }

    /// Gives the file its name; `None` if another file has it already.
    pub(crate) fn claim(self, at: &Location) -> Result<Option<OwnFile>, RegionError> {
        let (dir, name) = self.aside.parts();
        match rustix::fs::renameat_with(dir, name, dir, at.name(), RenameFlags::NOREPLACE) {
            Ok(()) => Ok(Some(self.file)),
            Err(Errno::EXIST) => Ok(None),
            // A file system without the flag, or a sandbox without the call.
            Err(Errno::INVAL | Errno::NOSYS | Errno::PERM | Errno::OPNOTSUPP) => {
                self.claim_by_link(at)
            }
            Err(err) => Err(RegionError::io(at.path(), "rename", err)),
        }
    }

    /// Where there is no `RENAME_NOREPLACE`: `link` never replaces.
    fn claim_by_link(self, at: &Location) -> Result<Option<OwnFile>, RegionError> {
        let (dir, name) = self.aside.parts();
        match rustix::fs::linkat(dir, name, dir, at.name(), AtFlags::empty()) {
            Ok(()) => Ok(Some(self.file)),
            Err(Errno::EXIST) => Ok(None),
            Err(err) => Err(RegionError::io(at.path(), "link", err)),
        }
    }

    /// Gives the file its name, in place of `old` or, if that has lost it, of nothing; `None` if
    /// another file has taken it.
    pub(crate) fn replace(self, at: &Location, old: &File) -> Result<Option<OwnFile>, RegionError> {
        match self.succeed(at, old)? {
            Succeeded::Named(file) => Ok(Some(file)),
            Succeeded::NameIsFree(unnamed) => unnamed.claim(at),
            Succeeded::NameIsTaken => Ok(None),
        }
    }

    /// Gives the file its name, in place of `old`, which must have it until then.
    ///
    /// Both files change names at once, and what had the name is checked again: another writer may
    /// have taken it since the first look, and then gets it back.
    pub(crate) fn succeed(self, at: &Location, old: &File) -> Result<Succeeded, RegionError> {
        let io = |call| move |err| RegionError::io(at.path(), call, err);
        let old = FileId::of(old).map_err(io("fstat"))?;
        match at.named()? {
            None => return Ok(Succeeded::NameIsFree(self)),
            Some(named) if named != old => return Ok(Succeeded::NameIsTaken),
            Some(_) => {}
        }
        match self.exchange(at) {
            Ok(()) if self.beside_now() == Some(old) => Ok(Succeeded::Named(self.file)),
            Ok(()) => {
                self.give_back(at);
                Ok(Succeeded::NameIsTaken)
            }
            Err(Errno::NOENT) => Ok(Succeeded::NameIsFree(self)), // deleted since
            // As in `claim`.
            Err(Errno::INVAL | Errno::NOSYS | Errno::PERM | Errno::OPNOTSUPP) => {
                self.replace_unseen(at)
            }
            Err(err) => Err(RegionError::io(at.path(), "rename", err)),
        }
    }

    /// Where there is no `RENAME_EXCHANGE`: whatever has the name loses it.
    fn replace_unseen(self, at: &Location) -> Result<Succeeded, RegionError> {
        let (dir, name) = self.aside.parts();
        rustix::fs::renameat(dir, name, dir, at.name())
            .map_err(|err| RegionError::io(at.path(), "rename", err))?;
        Ok(Succeeded::Named(self.file))
    }

    /// The file with the region's name and the one with the temporary name change places.
    fn exchange(&self, at: &Location) -> Result<(), Errno> {
        let (dir, name) = self.aside.parts();
        rustix::fs::renameat_with(dir, name, dir, at.name(), RenameFlags::EXCHANGE)
    }

    /// Which file has the temporary name.
    fn beside_now(&self) -> Option<FileId> {
        let (dir, name) = self.aside.parts();
        FileId::at(dir.as_fd(), name.as_ref()).ok().flatten()
    }

    /// Undoes an [`exchange`](Self::exchange) that took the name from another file than it was for.
    fn give_back(&self, at: &Location) {
        let (dir, name) = self.aside.parts();
        if self.exchange(at) == Err(Errno::NOENT) {
            // Ours was deleted meanwhile. If this rename fails too, the other file is lost, as if it had
            // been deleted.
            let _ = rustix::fs::renameat_with(dir, name, dir, at.name(), RenameFlags::NOREPLACE);
        }
    }
}

/// The lock that allows one process to replace the region `at` without the writer's lock: a locked
/// file with a fixed name, which only users who may write to it can lock. `None` if another process
/// has it.
///
/// Dropping it removes the file; one that a killed process left is swept away by the next.
pub(crate) fn replace_lock(at: &Location) -> Result<Option<Unnamed>, RegionError> {
    aside::sweep(at);
    Unnamed::create(aside::replace_lock_name(at), at, lock::try_take)
}

/// Makes the file `len` bytes long with room for each of them.
pub(crate) fn allocate(file: &File, path: &Path, len: u64) -> Result<(), RegionError> {
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, len) {
        Ok(()) => Ok(()),
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::PERM) => {
            write_zeros(file, len).map_err(|err| file::refused(file, path, "pwrite", err))
        }
        Err(err) => Err(file::refused(file, path, "fallocate", err.into())),
    }
}

/// What takes the place of `fallocate` where a file system has none.
fn write_zeros(file: &File, len: u64) -> std::io::Result<()> {
    const ZEROS: [u8; 4096] = [0; 4096];
    let mut at = 0;
    while at < len {
        let step = usize::try_from(len - at).map_or(ZEROS.len(), |left| left.min(ZEROS.len()));
        file.write_all_at(&ZEROS[..step], at)?;
        at += step as u64;
    }
    Ok(())
}

/// How many names `file`, a region `at` its name, has, those not counted that killed creators left.
pub(crate) fn links(file: &File, at: &Location) -> Result<u64, RegionError> {
    let count = || file.metadata().map(|meta| meta.nlink());
    let io = |err| RegionError::io(at.path(), "fstat", err);
    if count().map_err(io)? > 1 {
        aside::sweep(at); // a creator without `RENAME_NOREPLACE` may have died between `link` and `unlink`
    }
    count().map_err(io)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use std::path::PathBuf;

    fn at(path: &Path) -> Location {
        Location::open(&Address::from(path)).unwrap()
    }

    /// Where a temporary name beside `path` is.
    fn beside(path: &Path, name: OsString) -> PathBuf {
        path.with_file_name(name)
    }

    #[test]
    fn only_files_of_killed_creators_are_swept() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["stu.region", &"x".repeat(255)] {
            let path = dir.path().join(name);
            let at = at(&path);
            let abandoned = beside(&path, aside::new_name(&at));
            std::fs::write(&abandoned, "half").unwrap();
            let living = Unnamed::beside(&at).unwrap();
            assert!(!abandoned.exists());
            let other = Unnamed::beside(&at).unwrap();
            for unnamed in [living, other] {
                assert!(beside(&path, unnamed.aside.parts().1.to_owned()).exists());
            }
        }
    }

    #[test]
    fn no_creator_sweeps_a_file_that_another_has_just_locked() {
        let dir = tempfile::tempdir().unwrap();
        let at = at(&dir.path().join("stu.region"));
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    for _ in 0..6_000 {
                        let unnamed = Unnamed::beside(&at).unwrap();
                        aside::sweep(&at);
                        let ours = FileId::of(&unnamed.file).unwrap();
                        assert_eq!(unnamed.beside_now(), Some(ours));
                    }
                });
            }
        });
    }

    #[test]
    fn a_file_that_took_the_name_meanwhile_gets_it_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stu.region");
        let at = at(&path);
        std::fs::write(&path, "another writer's").unwrap();
        let unnamed = Unnamed::beside(&at).unwrap();
        unnamed.exchange(&at).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"");
        unnamed.give_back(&at);
        assert_eq!(std::fs::read(&path).unwrap(), b"another writer's");
        unnamed.exchange(&at).unwrap();
        std::fs::remove_file(&path).unwrap();
        unnamed.give_back(&at);
        assert_eq!(std::fs::read(&path).unwrap(), b"another writer's");
        drop(unnamed);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_locked_is_not_left_behind() {
        let dir = tempfile::tempdir().unwrap();
        let at = at(&dir.path().join("stu.region"));
        let no_locks = |_: &File| Err(io::Error::from(Errno::NOLCK));
        let err = Unnamed::create(aside::new_name(&at), &at, no_locks).unwrap_err();
        assert!(err.to_string().contains("lock"), "{err}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_creator_gives_up_when_every_name_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stu.region");
        let at = at(&path);
        let name = aside::new_name(&at);
        std::fs::write(beside(&path, name.clone()), "").unwrap();
        let taken = || Unnamed::create(name.clone(), &at, lock::try_take);
        let err = Unnamed::try_names(&at, taken).unwrap_err();
        assert!(err.to_string().contains("create: File exists"), "{err}");
    }

    #[test]
    fn an_existing_temporary_name_is_not_reused() {
        let dir = tempfile::tempdir().unwrap();
        let (path, letter) = (dir.path().join("stu.region"), dir.path().join("letter"));
        std::fs::write(&letter, "somebody's letter").unwrap();
        let at = at(&path);
        let lock = aside::replace_lock_name(&at);
        let name = beside(&path, lock.clone());
        for put in [std::os::unix::fs::symlink::<&Path, &Path>, std::fs::hard_link] {
            put(&letter, &name).unwrap();
            assert!(Unnamed::create(lock.clone(), &at, lock::try_take).unwrap().is_none());
            assert!(name.exists(), "and nothing of it is removed");
            assert_eq!(std::fs::read(&letter).unwrap(), b"somebody's letter");
            std::fs::remove_file(&name).unwrap();
        }
    }
}
