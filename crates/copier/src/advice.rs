//! The next step after a system call failed, chosen by the operation and then by the error.

use std::fmt;
use std::io;

use rustix::io::Errno;

/// The operation that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// The source is opened.
    OpenSource,
    /// The source is read.
    Read,
    /// `stat` of a file.
    Stat,
    /// `SEEK_DATA` or `SEEK_HOLE` on the source.
    Seek,
    /// The file with the destination's name is looked up.
    Find,
    /// A symbolic link at the destination's name is followed.
    ReadLink,
    /// The destination's directory is opened.
    OpenDirectory,
    /// The copy is created, without its final name.
    Create,
    /// The copy gets its length.
    Truncate,
    /// The copy is written.
    Write,
    /// Whether the file to be replaced may be written is checked.
    Access,
    /// The copy gets its mode.
    Chmod,
    /// The copy gets its owner.
    Chown,
    /// The copy gets its times.
    SetTimes,
    /// The copy is synced.
    Sync,
    /// Its directory is opened, to be synced.
    OpenToSync,
    /// Its directory is synced, after the copy got its name.
    SyncDirectory,
    /// The copy gets a name.
    Link,
    /// The copy replaces the file with its name.
    Rename,
}

impl Op {
    /// The next step for errors without advice of their own.
    fn next_step(self) -> &'static str {
        match self {
            Self::OpenSource | Self::Read => "the source has to be a file that can be read",
            Self::Stat | Self::Seek => "check that its file system is in order",
            Self::Find | Self::ReadLink | Self::OpenDirectory => "give the copy another name",
            Self::Create | Self::Truncate | Self::Write | Self::Sync => {
                "copy to another file system"
            }
            Self::OpenToSync => "leave out --sync",
            Self::SyncDirectory => {
                "the copy has its name, but may be gone after a crash: run sync, or copy to another \
                 file system"
            }
            Self::Access => "give the copy another name, or remove the file that has this one",
            Self::Chmod => "copy to a file system that keeps modes",
            Self::Chown | Self::SetTimes => {
                "leave out --preserve, or copy to a file system that keeps modes and owners"
            }
            Self::Link | Self::Rename => {
                "the copy was complete, but could not be named: give it another name"
            }
        }
    }

    /// The next step if this user has no permission.
    fn next_step_without_permission(self) -> &'static str {
        match self {
            Self::OpenSource | Self::Read | Self::Seek => {
                "use an account that may read it, or change its mode"
            }
            Self::Find | Self::OpenDirectory | Self::Stat | Self::ReadLink => {
                "use an account that may search its directory, or a name that leads over no link of \
                 another user"
            }
            Self::OpenToSync => "use an account that may read its directory, or leave out --sync",
            Self::Create | Self::Link => {
                "use an account that may write to its directory, or change the directory's mode"
            }
            Self::Rename => {
                "use an account that may remove the file that has the name: in a directory such as \
                 /tmp only its owner may"
            }
            Self::Access => "use an account that may write to it, or change its mode",
            Self::Chown => "leave out --preserve, or use an account that may give files away",
            _ => self.next_step(),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenSource
            | Self::Find
            | Self::OpenDirectory
            | Self::Create
            | Self::OpenToSync => "open",
            Self::Read => "pread",
            Self::Stat => "stat",
            Self::Seek => "lseek",
            Self::ReadLink => "readlink",
            Self::Truncate => "ftruncate",
            Self::Write => "pwrite",
            Self::Access => "access",
            Self::Chmod => "fchmod",
            Self::Chown => "fchown",
            Self::SetTimes => "futimens",
            Self::Sync | Self::SyncDirectory => "fsync",
            Self::Link => "linkat",
            Self::Rename => "renameat",
        })
    }
}

/// The next step after `op` failed with `err`.
pub(crate) fn advice(op: Op, err: &io::Error) -> &'static str {
    match Errno::from_io_error(err) {
        Some(Errno::ACCESS | Errno::PERM) => op.next_step_without_permission(),
        Some(Errno::NOENT) => match op {
            Op::Create | Op::Link | Op::Rename => "its directory was removed: create it again",
            _ => "check the name",
        },
        Some(Errno::NOTDIR) => "a part of the path is not a directory; check the name",
        Some(Errno::LOOP) => "its symbolic links lead in a circle; remove one of them",
        Some(Errno::NAMETOOLONG) => "give it a shorter name",
        Some(Errno::NOSPC | Errno::DQUOT) => "free space there, or copy to another place",
        Some(Errno::FBIG) => "raise the limit (ulimit -f), or copy to another file system",
        Some(Errno::ROFS) => "copy to a writable file system",
        Some(Errno::MFILE | Errno::NFILE) => "raise the limit of open files (ulimit -n)",
        Some(Errno::NOMEM) => "free memory, or copy with fewer --jobs",
        Some(Errno::BUSY) if op == Op::Rename => {
            "something is mounted there, as in a container; give the copy another name"
        }
        Some(Errno::AGAIN) if op == Op::Read => {
            "it is a stream and has no data now: read it with cat"
        }
        Some(Errno::IO) => "look for errors of the disk in the kernel's log (dmesg)",
        Some(Errno::MLINK) => "give the copy a name in another directory",
        _ => op.next_step(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_of_the_system_has_the_advice_of_each_object() {
        let denied = |op| advice(op, &Errno::ACCESS.into());
        assert!(denied(Op::OpenSource).contains("read it"));
        assert!(denied(Op::Create).contains("its directory"));
        assert!(denied(Op::Rename).contains("its owner may"));
        let missing = |op| advice(op, &Errno::NOENT.into());
        assert_ne!(missing(Op::OpenSource), missing(Op::Link));
        // Each copy gets a mode, also without --preserve.
        assert!(!denied(Op::Chmod).contains("--preserve"));
    }
}
