//! One writer per region: an open-file-description write lock, held for the writer's life.
//!
//! The kernel drops the lock when the last descriptor of the writer closes, SIGKILL included, so
//! it is right across pid namespaces, pid reuse and sandboxes, where a pid is not. A
//! reader asks for it on its read-only descriptor without ever taking it: a probe can never make
//! a starting writer fail. Classic POSIX locks would vanish when any descriptor of the file in
//! the process is closed; `flock` can be probed only by taking it. See fcntl(2), "Open file
//! description locks". Price: one system call (about 0.2 us) each time a reader asks.
//!
//! Only those who may write the file can hold a write lock on it, but a *read* lock is possible on
//! a read-only descriptor, and it keeps the writer's lock from being taken.
//!
//! ```text
//!   is asked            as                answers
//!   does a writer live  a read lock       yes for a write lock only: no reader can pretend to be one
//!   what is in the way  a write lock      a writer, or a reader: see writer/takeover_lock.rs
//! ```

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{self, flock};
use std::fs::File;
use std::io;

/// The holder of a lock that keeps the writer's lock from being taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A writer, by a write lock.
    Writer,
    /// A process that may read the file, by a read lock.
    Reader,
}

/// Takes the writer's lock if it is free; `false` if it is held.
pub(crate) fn try_take(file: &File) -> io::Result<bool> {
    try_set(file, libc::F_WRLCK)
}

/// Takes a read lock if no writer holds the region: while it is held, none can.
pub(crate) fn try_share(file: &File) -> io::Result<bool> {
    try_set(file, libc::F_RDLCK)
}

fn try_set(file: &File, kind: i32) -> io::Result<bool> {
    match fcntl(file, FcntlArg::F_OFD_SETLK(&whole_file(kind))) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(err) => Err(err.into()),
    }
}

/// Releases the lock, even if other descriptors of the same open file description exist.
pub(crate) fn release(file: &File) {
    // A failure to unlock does not matter: the file is closed next.
    let _ = fcntl(file, FcntlArg::F_OFD_SETLK(&whole_file(libc::F_UNLCK)));
}

/// Whether a writer holds the lock of this region. A descriptor open for reading is enough.
///
/// # Errors
/// If the file system has no locks.
pub fn is_taken(file: &File) -> io::Result<bool> {
    Ok(in_the_way_of(libc::F_RDLCK, file)?.is_some())
}

/// The holder that keeps a writer's lock on `file` from being taken now, if any.
pub(crate) fn holder(file: &File) -> io::Result<Option<Holder>> {
    in_the_way_of(libc::F_WRLCK, file)
}

/// The holder of a lock that conflicts with one of this kind, on another open file description.
fn in_the_way_of(kind: i32, file: &File) -> io::Result<Option<Holder>> {
    let mut probe = whole_file(kind);
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut probe))?;
    Ok(match i32::from(probe.l_type) {
        libc::F_UNLCK => None,
        libc::F_RDLCK => Some(Holder::Reader),
        _ => Some(Holder::Writer),
    })
}

/// A lock of this kind from the first byte to the end of the file, wherever that is.
fn whole_file(kind: i32) -> flock {
    let small = |value: i32| i16::try_from(value).expect("lock constants are small");
    flock {
        l_type: small(kind),
        l_whence: small(libc::SEEK_SET),
        l_start: 0,
        l_len: 0,
        l_pid: 0, // must be 0 for a lock of the open file description
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_visible_read_only_and_ends_with_its_holder() {
        let _no_child = crate::sigbus::tests::no_child();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let holder = File::create(&path).unwrap();
        let reader = File::open(&path).unwrap();
        let rival = File::options().write(true).open(&path).unwrap();
        assert!(!is_taken(&reader).unwrap());
        assert!(try_take(&holder).unwrap());
        assert!(is_taken(&reader).unwrap());
        assert!(!try_take(&rival).unwrap());
        drop(File::open(&path).unwrap()); // closing another descriptor does not free it
        assert!(is_taken(&reader).unwrap());
        drop(holder);
        assert!(!is_taken(&reader).unwrap());
        assert!(try_take(&rival).unwrap());
        assert!(is_taken(&reader).unwrap());
    }

    #[test]
    fn a_readers_lock_conflicts_and_is_never_taken_for_a_writers() {
        let _no_child = crate::sigbus::tests::no_child();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let writer = File::create_new(&path).unwrap();
        let (nosy, reader) = (File::open(&path).unwrap(), File::open(&path).unwrap());
        let rival = File::options().read(true).write(true).open(&path).unwrap();
        assert!(try_share(&nosy).unwrap());
        assert!(!is_taken(&reader).unwrap());
        assert!(!try_take(&writer).unwrap());
        assert_eq!(holder(&writer).unwrap(), Some(Holder::Reader));
        assert!(try_share(&rival).unwrap());
        drop(nosy);
        assert!(!try_take(&writer).unwrap(), "the rival's share keeps writers out");
        drop(rival);
        assert_eq!(holder(&writer).unwrap(), None);
        assert!(try_take(&writer).unwrap());
        assert_eq!(holder(&reader).unwrap(), Some(Holder::Writer));
        assert!(!try_share(&reader).unwrap());
    }
}
