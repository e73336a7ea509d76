//! The harness of the end-to-end tests: a directory per test, real processes, deadlines.
//!
//! Invariant: a failing test prints everything that its processes wrote, and leaves neither
//! processes nor files. No test sleeps to synchronise: it waits for what it needs to see, with a
//! deadline that is far longer than a busy machine takes.
//!
//! ```text
//!   test --> Place             a directory in memory, deleted at the end; the processes' $PWD
//!        --> Program::start    a Daemon: its stdout and stderr are collected line by line
//!              out_line, err_line   wait for a line, from the last one found on
//!              signal, kill9        by its own handle, never by name
//!              exit_code            wait for its end
//!        --> wait_until        for everything else
//! ```
//!
//! Price: two threads per process.

// A helper that fails must fail the test, by a panic.
#![allow(clippy::missing_panics_doc)]

pub mod compile_fail;
mod compiled;
pub mod counters;
mod daemon;
#[cfg(target_arch = "x86_64")]
pub mod death;
pub mod instances;
pub mod kills;
mod limits;
mod lines;
mod mounts;
mod namespaces;
mod place;
mod port;
pub mod proc;
mod program;
mod readers;
mod reading;
pub mod region_dump;
mod sandbox;
mod stdin_end;
#[cfg(target_arch = "x86_64")]
pub mod stepping;
mod tally;
mod terminal;
pub mod torn;
mod unprivileged;
pub mod vandal;
pub mod vectors;
mod wait;
mod wall_clock;

pub use compiled::compile_c;
pub use daemon::Daemon;
pub use limits::Limit;
pub use mounts::{Mount, with_own_mounts};
pub use namespaces::Namespace;
pub use place::{Place, names_in, shipped_config};
pub use port::free_port;
pub use program::Program;
pub use readers::{as_json, judge_lines, readers, short_readers};
pub use reading::Reading;
pub use sandbox::where_refused;
pub use stdin_end::StdinEnd;
pub use tally::Tally;
pub use terminal::Terminal;
pub use unprivileged::{NOBODY, Unprivileged};
pub use wait::{DEADLINE, wait_until};
pub use wall_clock::WallClock;
