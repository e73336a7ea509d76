//! What the daemons share: arguments, logging, signals, ticks, output, exit codes.
//!
//! Invariant: no thread is started here, and nothing blocks except [`wait()`]. A daemon is one
//! loop around one `ppoll`, which a signal, a line of input or a deadline ends:
//!
//! ```text
//!            +--------------------------------------------------+
//!            v                                                  |
//!   wait(signals, input, ticks.deadline())                      |
//!            |                                                  |
//!            +-- signals.take()  -> stop: end; reload: reread --+
//!            +-- input readable  -> read lines ---------------- +
//!            +-- ticks.take(now) -> work of one tick -----------+
//! ```
//!
//! Price: one system call to wait, one to read the clock, per turn of the loop.

pub mod cli;
pub mod exit;
pub mod logging;
pub mod output;
pub mod report;
pub mod signals;
pub mod ticks;
pub mod wait;

pub use exit::Exit;
pub use output::{Audience, Output};
pub use report::{one_line, report};
pub use signals::{Pending, Signals, StopSignal};
pub use ticks::{Monotonic, Tick, Ticks};
pub use wait::{Ready, wait};
