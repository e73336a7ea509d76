//! Opening what a path names, and nothing else: no links, no pipes, no creation by accident.

use crate::error::{RegionError, RegionErrorKind as Kind};
use crate::file_id::FileId;
use crate::mapping::Access;
use rustix::fd::BorrowedFd;
use rustix::fs::{Mode, OFlags, SealFlags};
use rustix::io::Errno;
use std::fs::{File, FileType};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, FileTypeExt};
use std::path::Path;

/// Opens what is called `name` in `dir`, and `path` in messages, without following it if it is a link.
pub(crate) fn open(
    dir: BorrowedFd<'_>,
    name: &Path,
    access: OFlags,
    path: &Path,
) -> Result<File, RegionError> {
    // NONBLOCK: opening a named pipe must not wait for its other end.
    let flags = access | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let refuse = |kind| Err(RegionError::new(path, kind));
    let file = match rustix::fs::openat(dir, name, flags, Mode::empty()) {
        Ok(descriptor) => File::from(descriptor),
        Err(Errno::NOENT) => return refuse(Kind::NotThere),
        Err(Errno::LOOP) => return refuse(Kind::NotAFile("a symbolic link")),
        Err(Errno::ISDIR) => return refuse(Kind::NotAFile("a directory")),
        Err(Errno::NXIO) => return refuse(Kind::NotAFile("a socket or a pipe")),
        Err(err) => return Err(RegionError::io(path, "open", err)),
    };
    expect_regular(&file, path)?;
    Ok(file)
}

/// Refuses what cannot be a region.
fn expect_regular(file: &File, path: &Path) -> Result<(), RegionError> {
    let refuse = |kind| Err(RegionError::new(path, kind));
    let kind = file.metadata().map_err(|err| RegionError::io(path, "fstat", err))?.file_type();
    special_file(kind).map_or(Ok(()), |what| refuse(Kind::NotAFile(what)))
}

/// What a file is instead of a regular one, for messages: "a directory", "a named pipe"; `None` if it is
/// regular.
pub fn special_file(kind: FileType) -> Option<&'static str> {
    match () {
        () if kind.is_file() => None,
        () if kind.is_dir() => Some("a directory"),
        () if kind.is_symlink() => Some("a symbolic link"),
        () if kind.is_fifo() => Some("a named pipe"),
        () if kind.is_socket() => Some("a socket"),
        () if kind.is_char_device() => Some("a character device"),
        () if kind.is_block_device() => Some("a block device"),
        () => Some("a special file"),
    }
}

/// Refuses a descriptor from another process that cannot be a region or cannot be used as one.
pub(crate) fn expect_passed(file: &File, label: &Path, access: Access) -> Result<(), RegionError> {
    expect_regular(file, label)?;
    let flags =
        rustix::fs::fcntl_getfl(file).map_err(|err| RegionError::io(label, "fcntl", err))?;
    let (writes, opened) = (access == Access::Write, flags & OFlags::RWMODE);
    let refuse = |want| Err(RegionError::new(label, Kind::WrongAccess(want)));
    match () {
        () if flags.contains(OFlags::PATH) || (!writes && opened == OFlags::WRONLY) => {
            refuse("reading")
        }
        () if writes && opened != OFlags::RDWR => refuse("reading and writing"),
        () if writes && seals(file).intersects(AGAINST_WRITING) => {
            Err(RegionError::new(label, Kind::Sealed("writing")))
        }
        () => Ok(()),
    }
}

/// What keeps a memfd from being mapped for writing.
const AGAINST_WRITING: SealFlags = SealFlags::WRITE.union(SealFlags::FUTURE_WRITE);

/// The seals of a memfd; none of a file that cannot have any.
fn seals(file: &File) -> SealFlags {
    rustix::fs::fcntl_get_seals(file).unwrap_or(SealFlags::empty())
}

/// The error for a `call` that would have made `file` longer.
pub(crate) fn refused(
    file: &File,
    path: &Path,
    call: &'static str,
    err: std::io::Error,
) -> RegionError {
    if seals(file).contains(SealFlags::GROW) {
        return RegionError::new(path, Kind::Sealed("growing"));
    }
    RegionError::io(path, call, err).on_file_system_of(file)
}

/// Another open file description of the same file: locks and access mode are its own.
pub(crate) fn open_again(file: &File, access: Access) -> std::io::Result<File> {
    by_number(file, |path| File::options().read(true).write(access == Access::Write).open(path))
}

/// Calls `act` with a path of the file that `file` is, whatever its name.
pub(crate) fn by_number<T>(
    file: &File,
    act: impl Fn(&Path) -> std::io::Result<T>,
) -> std::io::Result<T> {
    let of = |task: &str| act(Path::new(&format!("/proc/{task}/fd/{}", file.as_raw_fd())));
    match of("self") {
        // After the end of the main thread it is empty (proc(5)).
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => of("thread-self"),
        done => done,
    }
}

/// Another open file description of `file`, for a writer's mapping; `path` is its name in messages.
///
/// A mapping keeps its open file description alive, in every child that inherits it: the lock must
/// lie on another one. Where the file cannot be opened once more, it is the same one after all.
pub(crate) fn open_to_map(
    file: &File,
    named: Option<(BorrowedFd<'_>, &Path)>,
    path: &Path,
) -> Result<File, RegionError> {
    let by_name = || {
        let again = named.and_then(|(dir, name)| open(dir, name, OFlags::RDWR, path).ok());
        again.filter(|again| is_same(again, file))
    };
    match open_again(file, Access::Write) {
        Ok(again) => Ok(again),
        Err(err) if is_out_of_descriptors(&err) => Err(RegionError::io(path, "open", err)),
        // /proc is hidden.
        Err(_) => match by_name() {
            Some(again) => Ok(again),
            None => file.try_clone().map_err(|err| RegionError::io(path, "dup", err)),
        },
    }
}

/// Whether the same call can succeed once descriptors are available.
pub(crate) fn is_out_of_descriptors(err: &std::io::Error) -> bool {
    matches!(err.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

/// Whether the same call may succeed another time: there are no descriptors or no memory left.
pub(crate) fn is_transient(err: &std::io::Error) -> bool {
    is_out_of_descriptors(err) || err.raw_os_error() == Some(libc::ENOMEM)
}

fn is_same(one: &File, other: &File) -> bool {
    let identities = FileId::of(one).and_then(|one| Ok((one, FileId::of(other)?)));
    identities.is_ok_and(|(one, other)| one == other)
}

/// What kind of file an open descriptor holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Not one byte.
    Empty,
    /// So many bytes, the first of them zero: no region yet, the magic number is written last.
    Unfinished(u64),
    /// It begins with something else than zeros.
    Region,
}

impl Content {
    pub(crate) fn of(file: &File, label: &Path) -> Result<Self, RegionError> {
        let len = file.metadata().map_err(|err| RegionError::io(label, "fstat", err))?.len();
        let mut magic = [0; 8];
        let read =
            file.read_at(&mut magic, 0).map_err(|err| RegionError::io(label, "pread", err))?;
        Ok(match (len, read) {
            (0, _) | (_, 0) => Self::Empty,
            _ if magic == [0; 8] => Self::Unfinished(len),
            _ => Self::Region,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::CWD;

    #[test]
    fn what_is_not_a_regular_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        let cases = [
            (dir.path(), "a directory"),
            (link.as_path(), "a symbolic link"),
            (Path::new("/dev/null"), "a character device"),
        ];
        for (path, what) in cases {
            for access in [OFlags::RDONLY, OFlags::RDWR] {
                let err = open(CWD, path, access, path).unwrap_err();
                assert!(matches!(err.kind(), Kind::NotAFile(is) if *is == what), "{err}");
            }
        }
        let none = dir.path().join("none");
        assert!(open(CWD, &none, OFlags::RDONLY, &none).unwrap_err().is_not_there());
    }
}
