//! One writer per region: an open-file-description write lock, held for the writer's life.
//!
//! The kernel drops the lock when the last descriptor of the writer closes, SIGKILL included, so
//! it tells the truth across pid namespaces, pid reuse and sandboxes, where a pid does not. A
//! reader asks for it on its read-only descriptor without ever taking it: a probe can never make
//! a starting writer fail. Classic POSIX locks would vanish when any descriptor of the file in
//! the process is closed; `flock` can be probed only by taking it. See fcntl(2), "Open file
//! description locks". Price: one system call (about 0.2 us) each time a reader asks.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{self, flock};
use std::fs::File;
use std::io;

/// Takes the writer's lock if it is free; `false` if another writer holds it.
pub(crate) fn try_take(file: &File) -> io::Result<bool> {
    match fcntl(file, FcntlArg::F_OFD_SETLK(&whole_file())) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(err) => Err(err.into()),
    }
}

/// Sleeps in the kernel until the lock is ours.
pub(crate) fn take(file: &File) -> io::Result<()> {
    loop {
        match fcntl(file, FcntlArg::F_OFD_SETLKW(&whole_file())) {
            Err(Errno::EINTR) => {}
            other => return other.map(drop).map_err(io::Error::from),
        }
    }
}

/// Gives the lock back, whoever else has a descriptor of the same open file.
pub(crate) fn release(file: &File) {
    let mut lock = whole_file();
    lock.l_type = kind(libc::F_UNLCK);
    // Unlocking fails for no reason that closing the file would not mend.
    let _ = fcntl(file, FcntlArg::F_OFD_SETLK(&lock));
}

/// Does some writer hold the lock? Works on a descriptor that is open for reading only.
pub(crate) fn is_taken(file: &File) -> io::Result<bool> {
    let mut probe = whole_file();
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut probe))?;
    Ok(i32::from(probe.l_type) != libc::F_UNLCK)
}

fn kind(constant: i32) -> i16 {
    i16::try_from(constant).expect("lock constants are small")
}

/// A write lock from the first byte to the end of the file, wherever that is.
fn whole_file() -> flock {
    flock {
        l_type: kind(libc::F_WRLCK),
        l_whence: kind(libc::SEEK_SET),
        l_start: 0,
        l_len: 0,
        l_pid: 0, // must be 0 for a lock of the open file description
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_seen_through_a_read_only_descriptor_and_gone_with_its_holder() {
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
        take(&rival).unwrap();
        assert!(is_taken(&reader).unwrap());
    }
}
