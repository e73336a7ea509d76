//! What can go wrong with one part of the file, in a form that goes through shared memory.

use std::fmt;
use std::io;

use rustix::io::Errno;

use crate::advice::{Op, advice};

/// The kernel's largest error number (include/linux/err.h).
const LAST_ERRNO: i32 = 4095;

/// Why a part was not copied, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The kind of failure.
    pub(crate) kind: FaultKind,
    /// The byte of the file at which it failed.
    pub(crate) at: u64,
}

/// What can happen to a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// The source cannot be read.
    Read(Errno),
    /// The destination cannot be written.
    Write(Errno),
    /// The source ends before.
    Shrunk,
    /// This engine cannot copy between these two.
    Unsupported(Errno),
    /// What was written is not what was read.
    Mismatch,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, at: u64) -> Self {
        Self { kind, at }
    }

    /// Two numbers for the board: the kind above the errno, and the byte. Kind 0 is no fault.
    pub(crate) fn to_numbers(self) -> (u64, u64) {
        let (kind, errno) = match self.kind {
            FaultKind::Read(errno) => (1, errno.raw_os_error()),
            FaultKind::Write(errno) => (2, errno.raw_os_error()),
            FaultKind::Shrunk => (3, 0),
            FaultKind::Unsupported(errno) => (4, errno.raw_os_error()),
            FaultKind::Mismatch => (5, 0),
        };
        (kind << 32 | u64::from(errno.unsigned_abs()), self.at)
    }

    /// The fault of two numbers of the board; `None`: there was none.
    pub(crate) fn from_numbers((what, at): (u64, u64)) -> Option<Self> {
        let errno = i32::try_from(what & u64::from(u32::MAX)).unwrap_or(LAST_ERRNO);
        let errno = || Errno::from_raw_os_error(errno.clamp(1, LAST_ERRNO));
        let kind = match what >> 32 {
            1 => FaultKind::Read(errno()),
            2 => FaultKind::Write(errno()),
            3 => FaultKind::Shrunk,
            4 => FaultKind::Unsupported(errno()),
            5 => FaultKind::Mismatch,
            _ => return None,
        };
        Some(Self { kind, at })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at;
        let answer = |f: &mut fmt::Formatter<'_>, what: &str, op: Op, errno: Errno| {
            let err = io::Error::from(errno);
            write!(f, "{what} at byte {at}: {err}; {}", advice(op, &err))
        };
        match self.kind {
            FaultKind::Read(errno) => answer(f, "cannot be read", Op::Read, errno),
            FaultKind::Write(errno) => answer(f, "cannot be written", Op::Write, errno),
            FaultKind::Shrunk => {
                write!(f, "ends at byte {at}: it became shorter while it was copied; copy it again")
            }
            FaultKind::Unsupported(errno) => write!(
                f,
                "the kernel cannot copy between these file systems: {}; use another --engine",
                io::Error::from(errno)
            ),
            FaultKind::Mismatch => write!(
                f,
                "differs from the source after byte {at}; a process writes to the source, or the \
                 machine is failing: copy it again"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_survives_the_way_through_two_numbers() {
        let kinds = [
            FaultKind::Read(Errno::IO),
            FaultKind::Write(Errno::NOSPC),
            FaultKind::Shrunk,
            FaultKind::Unsupported(Errno::XDEV),
            FaultKind::Mismatch,
        ];
        for kind in kinds {
            let fault = Fault::new(kind, 1 << 40);
            assert_eq!(Fault::from_numbers(fault.to_numbers()), Some(fault));
        }
        assert_eq!(Fault::from_numbers((0, 0)), None);
        assert_eq!(Fault::from_numbers((99 << 32, 0)), None);
    }

    #[test]
    fn a_full_disk_says_what_to_do() {
        let text = Fault::new(FaultKind::Write(Errno::NOSPC), 4096).to_string();
        assert!(text.contains("byte 4096") && text.contains("No space"), "{text}");
        assert!(text.ends_with("free space there, or copy to another place"), "{text}");
    }
}
