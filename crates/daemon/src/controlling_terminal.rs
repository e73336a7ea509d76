//! Whether the terminal that the program was started in has hung up.
//!
//! SIGHUP has two senders: a person who wants a reload, and the kernel or a shell when the terminal's
//! window is closed. Whether the terminal can still be opened distinguishes them.
//!
//! Invariant: only a program that had a controlling terminal can lose it. One that ignored SIGHUP when
//! it was started (`nohup`) is to outlive its terminal, and counts as one without.
//!
//! Price: one open at the start and one for each SIGHUP. No descriptor is kept: an open terminal would
//! keep a remote shell from logging out.

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use signal_hook::consts::SIGHUP;

use crate::disposition::ignores;

/// The terminal of whoever opens it (tty(4)).
const TERMINAL: &str = "/dev/tty";

/// The controlling terminal of this process, as it was at the start.
#[derive(Debug)]
pub(crate) struct ControllingTerminal {
    was_open: bool,
}

impl ControllingTerminal {
    /// That of this process. Call it before SIGHUP gets a handler.
    pub(crate) fn of_this_process() -> Self {
        Self { was_open: !ignores(SIGHUP) && open().is_ok() }
    }

    /// Whether there was a terminal and it has hung up, or its session has ended.
    pub(crate) fn has_hung_up(&self) -> bool {
        // Any other error, such as too many open files, is not about the terminal.
        self.was_open && matches!(open(), Err(Errno::NXIO | Errno::IO))
    }
}

/// Opens the terminal and closes it again. While it is hanging up, this waits until that is done.
fn open() -> Result<(), Errno> {
    let flags = OFlags::RDONLY | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    rustix::fs::open(TERMINAL, flags, Mode::empty()).map(drop)
}

#[cfg(test)]
mod tests {
    use super::ControllingTerminal;

    #[test]
    fn a_process_that_never_had_a_terminal_cannot_lose_it() {
        assert!(!ControllingTerminal { was_open: false }.has_hung_up());
    }
}
