//! Opening, creating and checking the files that are mapped.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use region::internal::Access;
use region::special_file;
use rustix::fs::{FallocateFlags, MemfdFlags, Mode, OFlags, SealFlags};
use rustix::io::Errno;

use crate::error::{SharedError, SharedErrorKind as Kind};

/// The mode of a new file.
const OWNER_ONLY: u32 = 0o600;

/// Opens the regular file at `path`; a link with that name is not followed.
pub(crate) fn open(path: &Path, access: Access) -> Result<File, SharedError> {
    let access = match access {
        Access::Read => OFlags::RDONLY,
        Access::Write => OFlags::RDWR,
    };
    // NONBLOCK: opening a named pipe must return, not wait for its other end.
    let flags = access | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = rustix::fs::open(path, flags, Mode::empty()).map(File::from);
    let file = opened.map_err(|err| match err {
        Errno::NOENT => SharedError::new(path, Kind::NoFile),
        Errno::LOOP => SharedError::new(path, Kind::NotAFile("a symbolic link")),
        Errno::ISDIR => SharedError::new(path, Kind::NotAFile("a directory")),
        Errno::NXIO => SharedError::new(path, Kind::NotAFile("a socket or a pipe")),
        err => SharedError::io(path, "open")(err),
    })?;
    expect_regular(&file, path)?;
    Ok(file)
}

/// A new file of `bytes` zeros, with room for them. It is complete before it has its name.
pub(crate) fn create(path: &Path, bytes: usize) -> Result<File, SharedError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let new = tempfile::Builder::new()
        .prefix(".mapcast-")
        .permissions(std::fs::Permissions::from_mode(OWNER_ONLY))
        .tempfile_in(parent.unwrap_or(Path::new(".")))
        .map_err(SharedError::io(path, "create"))?;
    new.as_file().set_len(bytes as u64).map_err(SharedError::io(path, "ftruncate"))?;
    match rustix::fs::fallocate(new.as_file(), FallocateFlags::empty(), 0, bytes as u64) {
        // A file system that cannot reserve space: `prefault` finds out whether there is any.
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
        Err(err) => return Err(SharedError::io(path, "fallocate")(err)),
    }
    new.persist_noclobber(path).map_err(|err| match err.error.kind() {
        std::io::ErrorKind::AlreadyExists => SharedError::new(path, Kind::Exists),
        _ => SharedError::io(path, "rename")(err.error),
    })
}

/// `bytes` zeros without a name, sealed against truncation.
pub(crate) fn memfd(label: &Path, bytes: usize) -> Result<File, SharedError> {
    let io = |call| SharedError::io::<Errno>(label, call);
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file: OwnedFd =
        rustix::fs::memfd_create("mapcast-shared", flags).map_err(io("memfd_create"))?;
    rustix::fs::ftruncate(&file, bytes as u64).map_err(io("ftruncate"))?;
    let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&file, seals).map_err(io("fcntl_add_seals"))?;
    Ok(file.into())
}

/// Refuses a descriptor that is not a regular file, or not open for `access`.
pub(crate) fn expect_passed(file: &File, label: &Path, access: Access) -> Result<(), SharedError> {
    expect_regular(file, label)?;
    let flags = rustix::fs::fcntl_getfl(file).map_err(SharedError::io(label, "fcntl"))?;
    let opened = flags & OFlags::RWMODE;
    let (fits, want) = match access {
        Access::Read => (opened != OFlags::WRONLY, "reading"),
        Access::Write => (opened == OFlags::RDWR, "reading and writing"),
    };
    if fits && !flags.contains(OFlags::PATH) {
        return Ok(());
    }
    Err(SharedError::new(label, Kind::WrongAccess(want)))
}

fn expect_regular(file: &File, path: &Path) -> Result<(), SharedError> {
    let meta = file.metadata().map_err(SharedError::io(path, "fstat"))?;
    match special_file(meta.file_type()) {
        Some(what) => Err(SharedError::new(path, Kind::NotAFile(what))),
        None => Ok(()),
    }
}

pub(crate) fn len(file: &File, label: &Path) -> Result<u64, SharedError> {
    Ok(file.metadata().map_err(SharedError::io(label, "fstat"))?.len())
}

/// Refuses a file that ends before the `bytes` from `at` on do.
pub(crate) fn expect_len(
    file: &File,
    label: &Path,
    at: u64,
    bytes: usize,
) -> Result<(), SharedError> {
    let have = len(file, label)?;
    match at.checked_add(bytes as u64) {
        Some(want) if want <= have => Ok(()),
        want => {
            let want = want.unwrap_or(u64::MAX);
            Err(SharedError::new(label, Kind::TooShort { want, have }))
        }
    }
}
