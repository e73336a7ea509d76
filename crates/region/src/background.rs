//! Threads of the library's own, which take no signal of the program.
//!
//! A program may block signals to read them from a `signalfd` or by `sigwait` after it has opened a region. A
//! signal that is sent to the process goes to any thread that does not block it, and its default action may
//! end the process; so these threads block all of them from their first instruction on. Faults of
//! the thread itself stay unblocked: SIGBUS is how a truncated file is found (see `guard`).

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use std::io;

/// What an instruction of a thread itself raises.
const FAULTS: [Signal; 6] = [
    Signal::SIGBUS,
    Signal::SIGSEGV,
    Signal::SIGFPE,
    Signal::SIGILL,
    Signal::SIGSYS,
    Signal::SIGTRAP,
];

/// Starts a thread of this name, which ends by itself.
pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut blocked = SigSet::all();
    for fault in FAULTS {
        blocked.remove(fault);
    }
    // A thread begins with the mask of the one that starts it.
    let own = blocked.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let spawned = std::thread::Builder::new().name(name.into()).spawn(work);
    own.thread_set_mask()?;
    spawned.map(drop)
}
