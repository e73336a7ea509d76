//! The next step when the operating system refuses a call on a region.
//!
//! An error number has different causes in different calls: EPERM of `fchmod` concerns the owner,
//! EPERM of `memfd_create` a sandbox. So the call is considered first, then the number, then this
//! process's user. Facts about the file (a seal, its file system) have kinds of their own.

use std::io;

use rustix::io::Errno;
use rustix::process::geteuid;

/// The last resort.
const LOOK: &str = "look at the system's answer before the semicolon";

/// Calls that take a name.
const OF_NAMES: [&str; 6] = ["open", "create", "rename", "link", "mkdir", "stat"];

/// The next step after `call` failed with `err`.
pub(crate) fn next_step(call: &str, err: &io::Error) -> &'static str {
    let Some(errno) = Errno::from_io_error(err) else { return of_kind(err.kind()) };
    match (call, errno) {
        ("mmap", Errno::AGAIN) => {
            "allow this process to lock more memory (ulimit -l, LimitMEMLOCK=)"
        }
        ("mmap", Errno::ACCESS) => {
            "open the file for what it is mapped for: reading, or reading and writing"
        }
        ("reopen", Errno::NOENT) => "mount /proc here: a descriptor is opened anew by way of it",
        ("fchmod" | "fchown", Errno::PERM) => {
            "start it as the user to whom that belongs, and let its sandbox allow the call"
        }
        (call, Errno::PERM) if OF_NAMES.contains(&call) => {
            "see whether the file or its directory is immutable (lsattr), and what the sandbox allows"
        }
        (call, Errno::INVAL | Errno::ILSEQ) if OF_NAMES.contains(&call) => {
            "give a name that this file system takes, or a path on another one"
        }
        (call, Errno::ACCESS) if OF_NAMES.contains(&call) && geteuid().is_root() => {
            "look at how it is mounted (NFS, FUSE), at the security policy and at the capabilities of this process, or give another path"
        }
        (_, errno) => {
            of_process(errno).or_else(|| of_file(errno)).unwrap_or_else(|| of_kind(err.kind()))
        }
    }
}

/// What this process, or the machine, has too little of, or may not do: the same for every call.
pub(crate) fn of_process(errno: Errno) -> Option<&'static str> {
    Some(match errno {
        Errno::MFILE => "allow this process more open files (ulimit -n, LimitNOFILE=)",
        Errno::NFILE => "the machine has too many files open; close some",
        Errno::NOMEM => "allow this process more memory (ulimit -v, LimitAS=), or ask for less",
        Errno::PERM | Errno::NOSYS => "let the sandbox (its system call filter) allow this call",
        _ => return None,
    })
}

/// Errors of a file with the same cause in every call.
fn of_file(errno: Errno) -> Option<&'static str> {
    Some(match errno {
        Errno::LOOP => "correct the path: its symbolic links lead in a circle",
        Errno::NAMETOOLONG => "shorten the name or the path",
        Errno::IO => "look for errors of its device (dmesg)",
        Errno::STALE | Errno::NOTCONN | Errno::HOSTDOWN => {
            "mount its file system again: whatever serves it has gone away"
        }
        Errno::BUSY => "give another path: something is mounted there",
        _ => return None,
    })
}

fn of_kind(kind: io::ErrorKind) -> &'static str {
    use io::ErrorKind as Kind;
    match kind {
        Kind::PermissionDenied => {
            "use an account that the region's mode and directory allow, or change `mode` or `group`"
        }
        Kind::NotFound => "create the directory first",
        Kind::StorageFull | Kind::QuotaExceeded => {
            "free space there, or give a path on another file system"
        }
        Kind::FileTooLarge => "raise the limit of a file's length (ulimit -f, LimitFSIZE=)",
        Kind::ReadOnlyFilesystem => "give a path on a writable file system",
        Kind::NotADirectory => "correct the path",
        _ => LOOK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(call: &str, err: Errno) -> &'static str {
        next_step(call, &err.into())
    }

    #[test]
    fn advice_depends_on_the_call_and_the_error_number() {
        for (call, err, want) in [
            ("fchmod", Errno::PERM, "as the user to whom that belongs"),
            ("create", Errno::PERM, "immutable"),
            ("memfd_create", Errno::PERM, "system call filter"),
            ("rename", Errno::NOSYS, "system call filter"),
            ("create", Errno::NOENT, "create the directory first"),
            ("reopen", Errno::NOENT, "/proc"),
            ("create", Errno::INVAL, "a name that this file system takes"),
            ("mmap", Errno::AGAIN, "lock more memory"),
            ("mmap", Errno::ACCESS, "reading and writing"),
        ] {
            assert!(advice(call, err).contains(want), "{call}: {err:?}: {}", advice(call, err));
        }
    }

    #[test]
    fn root_is_not_advised_to_use_another_account() {
        for call in OF_NAMES {
            let blames = advice(call, Errno::ACCESS).contains("use an account");
            assert_eq!(blames, !geteuid().is_root(), "{call}: no user may more than root");
        }
        for call in ["memfd_create", "lock", "fallocate", "fcntl_add_seals", "mmap", "dup"] {
            for err in [Errno::PERM, Errno::NOSYS] {
                assert!(!advice(call, err).contains("account"), "{call}: {err:?}");
            }
        }
    }

    #[test]
    fn every_common_error_of_a_file_has_its_own_advice() {
        for err in [
            Errno::ACCESS,
            Errno::BUSY,
            Errno::DQUOT,
            Errno::FBIG,
            Errno::INVAL,
            Errno::IO,
            Errno::LOOP,
            Errno::MFILE,
            Errno::NAMETOOLONG,
            Errno::NFILE,
            Errno::NOENT,
            Errno::NOMEM,
            Errno::NOSPC,
            Errno::NOSYS,
            Errno::NOTCONN,
            Errno::NOTDIR,
            Errno::PERM,
            Errno::ROFS,
            Errno::STALE,
        ] {
            assert_ne!(advice("create", err), LOOK, "{err:?}");
        }
        assert_eq!(advice("create", Errno::XFULL), LOOK);
    }
}
