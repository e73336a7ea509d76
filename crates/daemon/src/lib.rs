//! What the daemons share: arguments, logging, signals, ticks, output, exit codes, and what a
//! service manager says and wants to hear.
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

pub mod cli;
pub mod exit;
pub mod listen;
pub mod logging;
pub mod notify;
pub mod on_change;
pub mod output;
pub mod rate_limit;
pub mod report;
pub mod service;
pub mod signals;
pub mod ticks;
pub mod wait;
pub mod watchdog;

pub use exit::Exit;
pub use listen::Passed;
pub use notify::Notify;
pub use on_change::OnChange;
pub use output::{Audience, Output};
pub use rate_limit::RateLimit;
pub use report::{next_step, one_line, report};
pub use service::Service;
pub use signals::{Pending, Signals, StopSignal};
pub use ticks::{Monotonic, Tick, Ticks};
pub use wait::{Ready, wait};
pub use watchdog::Watchdog;
