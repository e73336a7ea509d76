//! The directory of regions that are given by name, and the rules for it.
//!
//! A region whose name another user can create cannot be trusted, so only the directory's owner may
//! create files in it. It is chosen here only:
//! 1. `$MAPCAST_DIR`, if that is set: the choice of a service or a test. Empty is unset; a relative
//!    path is an error, because producer and consumer would look in different places;
//! 2. `/run/mapcast` for root, and for any reader if it has the region; `/dev/shm/mapcast` where `/run`
//!    is not in memory, as in many containers;
//! 3. `$XDG_RUNTIME_DIR/mapcast`, if that is an absolute path, as its specification demands;
//! 4. `/dev/shm/mapcast-UID`, mode 0700.
//!
//! Never `/tmp`: it is cleaned up, `PrivateTmp=` hides it, and any user can create the directory
//! first.
//!
//! Invariant: a directory is opened first and checked through its descriptor, so the directory that
//! was checked is the one that is used. Only the directory of a region given by path is not
//! checked: the caller chose it.

use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::medium::Medium;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The directory of the system's services.
const SYSTEM: &str = "/run/mapcast";
/// The same where `/run` is not in memory.
const SHARED: &str = "/dev/shm/mapcast";
/// Overrides all other default directories.
const VARIABLE: &str = "MAPCAST_DIR";
/// Opens a directory as a place to start from; neither listing nor changing it takes more.
pub(crate) const OPEN: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// Permission bits that let others create files.
pub(crate) const OTHERS_WRITE: u32 = 0o022;

/// A directory and how it was chosen, which decides the checks on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directory {
    path: PathBuf,
    chosen: Chosen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chosen {
    /// It is part of a region's path: no checks.
    ByPath,
    /// `$MAPCAST_DIR`: only its owner, any user, may write to it.
    ByVariable,
    /// `/run/mapcast`: the same; its owner may be a service's user.
    System,
    /// `/dev/shm/mapcast`: any user could have made it, so it has to be root's.
    Root,
    /// A user's own: only its owner may write to it, and that is this user.
    User,
}

impl Directory {
    /// The directory in which a region's path says it is.
    pub(crate) fn of_path(path: PathBuf) -> Self {
        Self { path, chosen: Chosen::ByPath }
    }

    /// The directory of the system's services.
    fn system() -> Self {
        Self::system_by(|path| Medium::at(Path::new(path)))
    }

    /// The same on a machine whose paths are on such media.
    fn system_by(medium: impl Fn(&str) -> Option<Medium>) -> Self {
        let memory = Some(Medium::Memory);
        if medium(SYSTEM).or_else(|| medium("/run")) != memory && medium("/dev/shm") == memory {
            return Self { path: SHARED.into(), chosen: Chosen::Root };
        }
        Self { path: SYSTEM.into(), chosen: Chosen::System }
    }

    /// Where a reader looks for a region of the system: also in `/run/mapcast` where that is on a disk,
    /// because a service may have been given it.
    pub(crate) fn of_system() -> [Self; 2] {
        [Self::system(), Self { path: SYSTEM.into(), chosen: Chosen::System }]
    }

    /// Where a reader looks for a name, in this order.
    ///
    /// # Errors
    /// [`Kind::RelativeDirectory`].
    pub(crate) fn searched() -> Result<Vec<Self>, RegionError> {
        let own = Self::in_force()?;
        let mut all = if own.yields_to_system() { Self::of_system().to_vec() } else { Vec::new() };
        all.insert(0, own);
        // The system's may be this user's own.
        all.dedup_by(|one, other| one.path == other.path);
        Ok(all)
    }

    /// The default directory of this process.
    ///
    /// # Errors
    /// [`Kind::RelativeDirectory`].
    pub(crate) fn in_force() -> Result<Self, RegionError> {
        Self::choose(env::var_os(VARIABLE), env::var_os("XDG_RUNTIME_DIR"), geteuid().as_raw())
    }

    /// The default directory of user `uid` with these values of `MAPCAST_DIR` and `XDG_RUNTIME_DIR`.
    fn choose(
        variable: Option<OsString>,
        runtime: Option<OsString>,
        uid: u32,
    ) -> Result<Self, RegionError> {
        if let Some(given) = variable.filter(|value| !value.is_empty()).map(PathBuf::from) {
            if !given.is_absolute() {
                let given = given.to_string_lossy().into_owned();
                return Err(RegionError::new(Path::new(VARIABLE), Kind::RelativeDirectory(given)));
            }
            // Without a slash at its end, which would let it be a symbolic link.
            return Ok(Self { path: given.components().collect(), chosen: Chosen::ByVariable });
        }
        if uid == 0 {
            return Ok(Self::system());
        }
        let path = match runtime.map(PathBuf::from).filter(|dir| dir.is_absolute()) {
            Some(dir) => dir.join("mapcast"),
            None => format!("/dev/shm/mapcast-{uid}").into(),
        };
        Ok(Self { path, chosen: Chosen::User })
    }

    /// Its path, as it was given or chosen.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Is it part of a region's path?
    pub(crate) fn is_of_path(&self) -> bool {
        self.chosen == Chosen::ByPath
    }

    /// Whether a region that is missing here may be among the system's.
    pub(crate) fn yields_to_system(&self) -> bool {
        matches!(self.chosen, Chosen::User | Chosen::Root)
    }

    /// Opens and checks a default directory; `None` if it does not exist.
    pub(crate) fn open(&self) -> Result<Option<OwnedFd>, RegionError> {
        let dir = match rustix::fs::open(&self.path, OPEN | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(dir) => dir,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::NOTDIR | Errno::LOOP) => return Err(self.is_no_dir()),
            Err(err) => return Err(RegionError::io(&self.path, "open", err)),
        };
        self.check(&dir)?;
        Ok(Some(dir))
    }

    /// As [`open`](Self::open), after it was made if it was not there.
    pub(crate) fn open_or_make(&self) -> Result<Option<OwnedFd>, RegionError> {
        let is_new = self.make(CWD, &self.path)?;
        let dir = self.open()?;
        if is_new && let Some(dir) = &dir {
            self.finish(dir)?;
        }
        Ok(dir)
    }

    /// Makes a default directory, called `name`, in `parent`; `None` if something has that name.
    pub(crate) fn make_in(
        &self,
        parent: &OwnedFd,
        name: &Path,
    ) -> Result<Option<OwnedFd>, RegionError> {
        if !self.make(parent.as_fd(), name)? {
            return Ok(None);
        }
        let dir = rustix::fs::openat(parent, name, OPEN | OFlags::NOFOLLOW, Mode::empty())
            .map_err(|err| RegionError::io(&self.path, "open", err))?;
        self.check(&dir)?;
        self.finish(&dir)?;
        Ok(Some(dir))
    }

    /// Checks `dir`: a real directory that only its owner may write to, with an acceptable owner.
    pub(crate) fn check(&self, dir: &OwnedFd) -> Result<(), RegionError> {
        if self.is_of_path() {
            return Ok(());
        }
        let stat =
            rustix::fs::fstat(dir).map_err(|err| RegionError::io(&self.path, "fstat", err))?;
        let mode = stat.st_mode & 0o7777;
        if mode & OTHERS_WRITE != 0 {
            let what = format!("has mode {mode:04o}: others may create files in it");
            return Err(self.is_unsafe(what));
        }
        match self.chosen {
            Chosen::User => self.expect_owner(stat.st_uid),
            Chosen::Root if stat.st_uid != 0 => {
                Err(self.is_unsafe(format!("belongs to uid {}, not to root", stat.st_uid)))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a directory of another user than this one.
    ///
    /// Inside a user namespace (`PrivateUsers=`) every other owner reads as the overflow uid, so
    /// this is checked only for a directory that this user would have made.
    fn expect_owner(&self, owner: u32) -> Result<(), RegionError> {
        let ours = self.expect_ours(owner)?;
        if !is_mapped(ours) {
            // Every unmapped owner has the same number.
            return Err(self.is_unsafe(format!("is uid {ours}'s here, as all of other users are")));
        }
        Ok(())
    }

    /// This user's number, if that is `owner`.
    fn expect_ours(&self, owner: u32) -> Result<u32, RegionError> {
        let ours = geteuid().as_raw();
        if owner != ours {
            return Err(self.is_unsafe(format!("belongs to uid {owner}, not to {ours}")));
        }
        Ok(ours)
    }

    fn is_no_dir(&self) -> RegionError {
        let what = match self.path.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => "is a symbolic link, not a directory",
            _ => "is not a directory",
        };
        self.is_unsafe(what.into())
    }

    fn is_unsafe(&self, what: String) -> RegionError {
        RegionError::new(&self.path, Kind::UnsafeDirectory(what))
    }

    /// `false`: something has the name already.
    fn make(&self, parent: BorrowedFd<'_>, name: &Path) -> Result<bool, RegionError> {
        match rustix::fs::mkdirat(parent, name, self.mode()) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(err) => Err(RegionError::io(&self.path, "mkdir", err)),
        }
    }

    /// Root's directory is open to readers, a user's own is not.
    fn mode(&self) -> Mode {
        let is_systems = self.path == Path::new(SYSTEM) || self.chosen == Chosen::Root;
        Mode::from_raw_mode(if is_systems { 0o755 } else { 0o700 })
    }

    /// Sets the mode of a new directory, which the umask may have narrowed, unless the owner of its
    /// parent has put another one in its place since.
    fn finish(&self, dir: &OwnedFd) -> Result<(), RegionError> {
        let io = |call| move |err| RegionError::io(&self.path, call, err);
        self.expect_ours(rustix::fs::fstat(dir).map_err(io("fstat"))?.st_uid)?;
        let dir = open_to_list(dir).map_err(io("open"))?;
        rustix::fs::fchmod(&dir, self.mode()).map_err(io("fchmod"))
    }
}

/// The held directory `dir` once more, to list it, sync it or set its mode.
pub(crate) fn open_to_list(dir: &OwnedFd) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(dir, ".", flags, Mode::empty())
}

/// The directory at `path`, which is absolute and has no symbolic link in it; `None` if it is not
/// there.
///
/// One step at a time rather than by `openat2`, which sandboxes may refuse.
///
/// # Errors
/// [`Errno::NOTDIR`] if there is a symbolic link on the way, or anything else that is no directory.
pub(crate) fn walk(path: &Path) -> Result<Option<OwnedFd>, Errno> {
    let mut dir = rustix::fs::openat(CWD, "/", OPEN, Mode::empty())?;
    for name in path.components().skip(1) {
        let name: &Path = name.as_ref();
        dir = match rustix::fs::openat(&dir, name, OPEN | OFlags::NOFOLLOW, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(None),
            other => other?,
        };
    }
    Ok(Some(dir))
}

/// Whether `uid` means one user in this user namespace. One without a mapping reads as the overflow
/// uid,
/// as does every other such user.
fn is_mapped(uid: u32) -> bool {
    // If it cannot be read, assume that it does: most processes are not in a namespace.
    std::fs::read_to_string("/proc/self/uid_map").map_or(true, |map| maps(&map, uid))
}

/// Is `uid` in one of the ranges `INSIDE OUTSIDE COUNT`?
fn maps(map: &str, uid: u32) -> bool {
    map.lines().any(|line| {
        let mut numbers = line.split_whitespace().map(str::parse::<u64>);
        let (Some(Ok(first)), Some(Ok(count))) = (numbers.next(), numbers.nth(1)) else {
            return false;
        };
        u64::from(uid).checked_sub(first).is_some_and(|above| above < count)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    /// A default directory at `path` that was given by the variable.
    fn given(path: PathBuf) -> Directory {
        Directory::choose(Some(path.into()), None, 1).unwrap()
    }

    fn chosen(variable: &str, runtime: &str, uid: u32) -> (String, Chosen) {
        let dir = Directory::choose(Some(variable.into()), Some(runtime.into()), uid).unwrap();
        (dir.path.display().to_string(), dir.chosen)
    }

    #[test]
    fn an_empty_variable_counts_as_unset_and_the_owner_is_checked() {
        for uid in [0, 1000] {
            let unset = Directory::choose(None, None, uid).unwrap();
            let empty = Directory::choose(Some("".into()), Some("".into()), uid).unwrap();
            assert_eq!(unset, empty);
        }
        assert_eq!(Directory::choose(None, None, 0).unwrap(), Directory::system());
        assert_eq!(chosen("", "", 1000), ("/dev/shm/mapcast-1000".into(), Chosen::User));
        assert_eq!(chosen("", "/run/u", 1000), ("/run/u/mapcast".into(), Chosen::User));
        assert_eq!(chosen("/srv//x/", "/run/u", 1000), ("/srv/x".into(), Chosen::ByVariable));
    }

    #[test]
    fn the_system_publishes_in_memory_wherever_the_machine_has_some() {
        let (memory, disk) = (Some(Medium::Memory), Some(Medium::Disk));
        for (own, run, shm, want) in [
            (None, memory, memory, SYSTEM),
            (memory, disk, memory, SYSTEM),
            (None, disk, memory, SHARED),
            (None, Some(Medium::Overlay), memory, SHARED),
            (disk, memory, memory, SHARED),
            (None, None, memory, SHARED),
            (None, disk, disk, SYSTEM),
            (None, None, None, SYSTEM),
        ] {
            let found = Directory::system_by(|path| match path {
                SYSTEM => own,
                "/run" => run,
                _ => shm,
            });
            assert_eq!(found.path(), Path::new(want), "{own:?} {run:?} {shm:?}");
            assert_eq!(found.chosen == Chosen::Root, want == SHARED);
        }
    }

    #[test]
    fn a_relative_mapcast_dir_is_an_error_and_a_relative_xdg_runtime_dir_is_ignored() {
        for value in ["some/dir", ".", "./x", "~/x"] {
            let err = Directory::choose(Some(value.into()), None, 1000).unwrap_err();
            assert!(matches!(err.kind(), Kind::RelativeDirectory(found) if found == value));
            assert!(err.to_string().starts_with("MAPCAST_DIR: "), "{err}");
            assert_eq!(chosen("", value, 1000), ("/dev/shm/mapcast-1000".into(), Chosen::User));
        }
    }

    #[test]
    fn a_uid_is_mapped_if_one_of_the_ranges_holds_it() {
        let everybody = "         0          0 4294967295\n";
        let two = "0 1000 1\n1 100000 65536\n";
        assert!(maps(everybody, 0) && maps(everybody, 65_534));
        assert!(maps(two, 0) && maps(two, 65_536) && !maps(two, 65_537));
        assert!(!maps("", 65_534) && !maps("0 1000 1\n", 65_534) && !maps("0 x\n", 0));
    }

    #[test]
    fn a_directory_that_others_may_write_to_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let open = dir.path().join("open");
        assert!(given(open.clone()).open_or_make().unwrap().is_some());
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
        let err = given(open).open_or_make().unwrap_err();
        assert!(err.to_string().contains("has mode 0777"), "{err}");
    }

    #[test]
    fn a_link_in_place_of_the_directory_is_refused_even_with_a_trailing_slash() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path(), &link).unwrap();
        for path in [link.clone(), link.join(""), link.join(".")] {
            let err = given(path).open_or_make().unwrap_err();
            assert!(matches!(err.kind(), Kind::UnsafeDirectory(_)), "{err}");
            assert!(err.to_string().ends_with(": is a symbolic link, not a directory"), "{err}");
        }
        std::fs::write(dir.path().join("file"), "").unwrap();
        let err = given(dir.path().join("file")).open_or_make().unwrap_err();
        assert!(err.to_string().ends_with(": is not a directory"), "{err}");
    }

    #[test]
    fn a_new_directory_is_its_owners_alone_whatever_the_umask() {
        let dir = tempfile::tempdir().unwrap();
        let new = dir.path().join("new");
        assert!(given(new.clone()).open().unwrap().is_none());
        assert!(given(new.clone()).open_or_make().unwrap().is_some());
        assert_eq!(new.metadata().unwrap().mode() & 0o7777, 0o700);
    }

    #[test]
    fn no_symbolic_link_is_followed_on_a_walk() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::os::unix::fs::symlink("a", root.join("link")).unwrap();
        assert!(walk(&root.join("a/b")).unwrap().is_some());
        assert!(walk(&root.join("a/c/d")).unwrap().is_none());
        assert_eq!(walk(&root.join("link")).unwrap_err(), Errno::NOTDIR);
        assert_eq!(walk(&root.join("link/b")).unwrap_err(), Errno::NOTDIR);
    }
}
