//! Copies inside the kernel, by `copy_file_range`: some file systems share the blocks instead.

use rustix::fs::copy_file_range;
use rustix::io::Errno;

use super::Pair;
use crate::fault::{Fault, FaultKind};
use crate::plan::Part;

pub(super) fn copy(pair: Pair<'_>, part: Part) -> Result<(), Fault> {
    let mut at = part.at;
    while at < part.end() {
        let (mut from, mut to) = (at, at);
        let len = usize::try_from(part.end() - at).unwrap_or(usize::MAX);
        match copy_file_range(pair.source, Some(&mut from), pair.dest, Some(&mut to), len) {
            Ok(0) => return Err(Fault::new(FaultKind::Shrunk, at)),
            Ok(copied) => at += copied as u64,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(Fault::new(kind_of(errno), at)),
        }
    }
    Ok(())
}

fn kind_of(errno: Errno) -> FaultKind {
    match errno {
        // copy_file_range(2): different file systems, special files, a kernel without it.
        Errno::XDEV | Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS | Errno::PERM => {
            FaultKind::Unsupported(errno)
        }
        // An error does not name the file; these are the destination's.
        Errno::NOSPC | Errno::DQUOT | Errno::FBIG => FaultKind::Write(errno),
        _ => FaultKind::Read(errno),
    }
}
