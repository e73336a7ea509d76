//! The signals that end a command: SIGTERM, SIGINT (Ctrl-C), and SIGHUP, as of a terminal that is closed.
//!
//! Invariant: each of them ends the command in the same way, by what it has begun. A command that was started with
//! SIGHUP ignored (`nohup`) goes on ignoring it.
//!
//! Price: a thread, which sleeps until there is a SIGHUP.

use std::{fs, io, thread};

use daemon::Signals;
use signal_hook::consts::{SIGHUP, SIGTERM};
use signal_hook::iterator;
use signal_hook::low_level::raise;

/// Handles them: see the [module](self).
pub(crate) fn stop_signals() -> io::Result<Signals> {
    let signals = Signals::stop_only()?;
    if !ignores_hangup() {
        // There is nothing to read again, so it is a SIGTERM.
        let mut hangups = iterator::Signals::new([SIGHUP])?;
        let forward = move || {
            for _ in hangups.forever() {
                tracing::info!("SIGHUP: stopping, as by SIGTERM");
                // A signal that there is can always be raised.
                let _ = raise(SIGTERM);
            }
        };
        thread::Builder::new().name("hangup".into()).spawn(forward)?;
    }
    Ok(signals)
}

/// Whether this process ignores SIGHUP; `false` without `/proc`.
fn ignores_hangup() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // proc(5): bit 0 is signal 1.
    mask.is_some_and(|mask| mask & 1 == 1)
}
