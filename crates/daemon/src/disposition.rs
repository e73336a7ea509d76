//! What a program inherits for a signal from whoever starts it, and what every program here sets at once.
//!
//! Price: a file of `/proc` read twice at the start.

// Flags that a handler sets and that are never read.
#![allow(clippy::disallowed_types)]

use std::fs;
use std::io;
use std::sync::Arc;

use signal_hook::consts::{SIGCHLD, SIGXFSZ};
use signal_hook::flag;

/// Whether this process ignores `signal`; `false` without `/proc`.
pub(crate) fn ignores(signal: i32) -> bool {
    let bit = 1 << (signal - 1);
    fs::read_to_string("/proc/self/status").is_ok_and(|status| ignored(&status) & bit != 0)
}

/// The signals that a process of this `status` (proc(5)) ignores: bit 0 is SIGHUP, signal 1.
fn ignored(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Makes a call that exceeds the limit on file sizes fail (EFBIG), where it would end the process.
pub(crate) fn survive_file_size_limit() -> io::Result<()> {
    flag::register(SIGXFSZ, Arc::default()).map(drop)
}

/// Makes the kernel keep how a child has ended until it is asked for, also in a program that was started with SIGCHLD
/// ignored.
pub(crate) fn keep_ended_children() -> io::Result<()> {
    if ignores(SIGCHLD) {
        flag::register(SIGCHLD, Arc::default())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::ignored;

    #[test]
    fn the_ignored_signals_are_read_from_the_status() {
        let status = "SigBlk:\t0000000000000001\nSigIgn:\t0000000000001001\nSigCgt:\t0\n";
        assert_eq!((ignored(status), ignored("Name:\tx\n")), (0x1001, 0));
    }
}
