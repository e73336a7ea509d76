//! The next step for an error of a file or a directory that is no region.

use std::io::{Error, ErrorKind};

/// What a person can do about `error`.
pub(crate) fn file_advice(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound => "check the path",
        ErrorKind::PermissionDenied => "do it as a user who may, or give another path",
        ErrorKind::NotADirectory => "correct the path: a part of it is no directory",
        ErrorKind::IsADirectory => "give a file",
        ErrorKind::InvalidFilename => "shorten the name or the path",
        ErrorKind::ReadOnlyFilesystem => "give a path on a writable file system",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free space there",
        _ => match error.raw_os_error() {
            Some(LOOP) => "correct the path: its symbolic links lead in a circle",
            _ => daemon::next_step(error),
        },
    }
}

/// ELOOP, whose kind is not stable in std.
const LOOP: i32 = rustix::io::Errno::LOOP.raw_os_error();
