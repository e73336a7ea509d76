//! What the daemons share: arguments, logging, signals, ticks, output, exit codes, advice for users,
//! and the protocols of a service manager.
//!
//! Invariant: no thread is started here, and nothing blocks except [`wait()`]. A daemon is one
//! loop around one `ppoll`, which a signal, a line of input or a deadline ends:
//!
//! ```text
//!            +--------------------------------------------------+
//!            v                                                  |
//!   wait(signals, input, earliest deadline)                     |
//!            |                                                  |
//!            +-- signals.take()  -> stop: end; reload: reread --+
//!            +-- input readable  -> read lines -----------------+
//!            +-- ticks.take(now) -> work of one tick -----------+
//!            +-- service.keep_alive(now), progress -------------+
//! ```
//!
//! Price: one system call to wait, one to read the clock, per turn of the loop.

mod advice;
mod call_advice;
pub mod cli;
mod closed_streams;
mod controlling_terminal;
mod disposition;
mod exit;
pub mod logging;
mod on_change;
mod output;
mod process;
mod rate_limit;
mod report;
mod signals;
mod systemd;
mod terminal;
mod ticks;
mod wait;

pub use advice::{NO_INSTANCES_STEP, with_next_step};
pub use closed_streams::stdin_was_closed;
pub use exit::Exit;
pub use layout::text::{counted, plain, shorten};
pub use on_change::OnChange;
pub use output::{OutputError, expect_stdout, print};
pub use process::{
    Processors, lock_memory, priority_step, process_step, raise_open_files, set_priority,
    unlock_memory,
};
pub use rate_limit::RateLimit;
pub use report::{next_step, one_line, report, report_in_passing};
pub use signals::{Pending, Signals, StopSignal};
pub use systemd::{Passed, PassedError, PassedFd, Service};
pub use terminal::{columns, is_dumb};
pub use ticks::{Monotonic, Tick, Ticks};
pub use wait::{Ready, sharpen_timers, sleep_until, spin_until, wait};
