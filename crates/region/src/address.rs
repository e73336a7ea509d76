//! Where a region that has only a name lives.
//!
//! A name that somebody else can create is not a publication: the directory is one that belongs
//! to this user and that nobody else may write to. In this order:
//! 1. `$MAPCAST_DIR`, if set: what a service or a test decided;
//! 2. `/run/mapcast` for root, and for anybody when it is there and holds the region;
//! 3. `$XDG_RUNTIME_DIR/mapcast`;
//! 4. `/dev/shm/mapcast-UID`, mode 0700.
//!
//! Never `/tmp`: it is swept, `PrivateTmp=` hides it, and anybody can be there first.

use crate::error::{RegionError, RegionErrorKind as Kind};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::env;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The directory of the system's services.
const SYSTEM: &str = "/run/mapcast";
/// Longest file name of the usual file systems, in bytes.
const NAME_MAX: usize = 255;
const SUFFIX: &str = ".region";

/// The path of the region called `name`, for a writer: `NAME.region` in the default directory,
/// which is made if need be.
///
/// # Errors
/// [`Kind::BadName`] for what cannot be a file name, [`Kind::UnsafeDirectory`] if somebody else
/// could have put files there, [`Kind::Io`] if the directory cannot be made.
pub fn locate(name: &str) -> Result<PathBuf, RegionError> {
    let path = planned(name)?;
    make(&home())?;
    Ok(path)
}

/// The path that [`locate`] answers with; nothing is made or checked.
///
/// # Errors
/// [`Kind::BadName`] for what cannot be a file name.
pub fn planned(name: &str) -> Result<PathBuf, RegionError> {
    Ok(home().join(file_name(name)?))
}

/// The path of the region called `name`, for a reader: looks in the user's directory, then among
/// the system's services. Nothing is made.
///
/// # Errors
/// As [`locate`]. A region that is not there is no error here: [`crate::Reader::attach`] says so.
pub fn find(name: &str) -> Result<PathBuf, RegionError> {
    let file = file_name(name)?;
    let own = home().join(&file);
    let system = Path::new(SYSTEM).join(&file);
    // What somebody else has put in the place of the user's directory hides nothing of the system's.
    let is_there = own.exists() && vouch(&own).is_ok();
    if !is_there && env::var_os("MAPCAST_DIR").is_none() && system.exists() {
        check(Path::new(SYSTEM))?;
        return Ok(system);
    }
    vouch(&own)?;
    Ok(own)
}

/// Is `path`, which [`locate`] or [`find`] has answered with, still in a directory that nobody else
/// could have filled? A directory that is gone has nothing in it; whoever makes it again may be
/// somebody else.
///
/// # Errors
/// [`Kind::UnsafeDirectory`], [`Kind::Io`].
pub fn vouch(path: &Path) -> Result<(), RegionError> {
    let dir = parent_of(path);
    match dir.symlink_metadata() {
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => Ok(()),
        meta => judge(dir, meta),
    }
}

/// The mode of the directory of `path`, if others may create files in it.
///
/// With the sticky bit they can only be there first; without it they can delete the region and put
/// another file in its place.
pub fn exposed(path: &Path) -> Option<u32> {
    let mode = parent_of(path).metadata().ok()?.mode() & 0o7777;
    (mode & 0o022 != 0).then_some(mode)
}

pub(crate) fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn file_name(name: &str) -> Result<String, RegionError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    let fits = name.len() + SUFFIX.len() <= NAME_MAX;
    if name.is_empty() || name.starts_with('.') || !fits || !name.chars().all(allowed) {
        return Err(RegionError::new(Path::new(name), Kind::BadName(name.to_owned())));
    }
    Ok(format!("{name}{SUFFIX}"))
}

fn home() -> PathBuf {
    let absolute = |key| env::var_os(key).map(PathBuf::from).filter(|dir| dir.is_absolute());
    if let Some(dir) = absolute("MAPCAST_DIR") {
        return dir;
    }
    if geteuid().is_root() {
        return PathBuf::from(SYSTEM);
    }
    match absolute("XDG_RUNTIME_DIR") {
        Some(dir) => dir.join("mapcast"),
        None => PathBuf::from(format!("/dev/shm/mapcast-{}", geteuid().as_raw())),
    }
}

/// Makes `dir` if it is not there, and checks it either way.
fn make(dir: &Path) -> Result<(), RegionError> {
    // Root's directory is open to readers, a user's own is not.
    let mode = if dir == Path::new(SYSTEM) { 0o755 } else { 0o700 };
    match rustix::fs::mkdir(dir, Mode::from_raw_mode(mode)) {
        Ok(()) => set_mode(dir, mode)?,
        Err(Errno::EXIST) => {}
        Err(err) => return Err(RegionError::io(dir, "mkdir", err)),
    }
    check(dir)
}

/// Sets the mode that the umask may have narrowed.
fn set_mode(dir: &Path, mode: u32) -> Result<(), RegionError> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
    let handle = rustix::fs::open(dir, flags, Mode::empty())
        .map_err(|err| RegionError::io(dir, "open", err))?;
    rustix::fs::fchmod(&handle, Mode::from_raw_mode(mode))
        .map_err(|err| RegionError::io(dir, "fchmod", err))
}

/// Is `dir` a real directory that only its owner may write to, and its owner no stranger?
fn check(dir: &Path) -> Result<(), RegionError> {
    judge(dir, dir.symlink_metadata())
}

fn judge(dir: &Path, meta: std::io::Result<Metadata>) -> Result<(), RegionError> {
    let unsafe_because = |what: String| Err(RegionError::new(dir, Kind::UnsafeDirectory(what)));
    let meta = meta.map_err(|err| RegionError::io(dir, "stat", err))?;
    if !meta.is_dir() {
        return unsafe_because("is not a directory (or a symbolic link to one)".into());
    }
    if meta.mode() & 0o022 != 0 {
        let mode = meta.mode() & 0o7777;
        return unsafe_because(format!("has mode {mode:04o}: others may create files in it"));
    }
    // Inside a user namespace (PrivateUsers=) every other owner reads as the overflow uid, so an
    // owner is refused only where this process would own the directory itself.
    let ours = geteuid().as_raw();
    if dir != Path::new(SYSTEM) && env::var_os("MAPCAST_DIR").is_none() && meta.uid() != ours {
        return unsafe_because(format!("belongs to uid {}, not to {ours}", meta.uid()));
    }
    if dir != Path::new(SYSTEM) && env::var_os("MAPCAST_DIR").is_none() && !is_mapped(ours) {
        // Whoever owns it reads as the same number.
        return unsafe_because(format!("is uid {ours}'s here, as all of other users are"));
    }
    Ok(())
}

/// Does `uid` mean one user in this user namespace? One without a mapping reads as the overflow uid,
/// as does every other such user.
fn is_mapped(uid: u32) -> bool {
    // Where it cannot be read there is no reason for doubt: most processes are in no namespace.
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
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn names_that_leave_the_directory_or_hide_are_refused() {
        for name in ["", ".", "..", "a/b", ".hidden", "new\nline", "na me", &"x".repeat(250)] {
            let err = file_name(name).unwrap_err();
            assert!(matches!(err.kind(), Kind::BadName(_)), "{name:?}: {err}");
        }
        assert_eq!(file_name("host@1.a_b-c").unwrap(), "host@1.a_b-c.region");
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
        make(&open).unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
        let err = make(&open).unwrap_err();
        assert!(err.to_string().contains("has mode 0777"), "{err}");
    }

    #[test]
    fn a_link_in_place_of_the_directory_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path(), &link).unwrap();
        assert!(matches!(make(&link).unwrap_err().kind(), Kind::UnsafeDirectory(_)));
    }

    #[test]
    fn a_new_directory_is_its_owners_alone_whatever_the_umask() {
        let dir = tempfile::tempdir().unwrap();
        let new = dir.path().join("new");
        make(&new).unwrap();
        assert_eq!(new.metadata().unwrap().mode() & 0o7777, 0o700);
    }
}
