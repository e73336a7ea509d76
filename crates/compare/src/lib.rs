//! mapcast beside other ways to share a record between two processes, all measured in one run.
//!
//! Invariant: two figures that are compared come from the same run. Within each round the contenders
//! of a row take turns, each in processes of its own that are started for it, so that what happens
//! to the machine happens to all of them.
//!
//! ```text
//!   race                                    side --seat lead            side --seat partner
//!     a directory in /dev/shm
//!     starts both, with a deadline   --->     publishes and reads  <-->   answers, or publishes
//!     medians, p99, ratios           <---     samples on its stdout
//! ```
//!
//! A sample is the mean of a batch of operations; the batch is one trip where a trip takes
//! microseconds. Medians and p99 are over the samples of all rounds.
//!
//! Every call of a library is inlined into the loop that measures it, as in a program that calls it there. A
//! function between them stores up to six registers and loads them again, which is more than most contenders store
//! for a record: 4.1 ns in place of 5.6 for a publish of 28 bytes on an AMD EPYC, 6.2 in place of 9.6 where another
//! virtual machine uses the other half of the core.
//!
//! Price: three processes and a directory for each measurement, some milliseconds each.

#![allow(clippy::inline_always, reason = "a call in the loop would be measured")]

pub mod alone;
pub mod contenders;
pub mod figures;
pub mod library;
pub mod many;
pub mod plot;
pub mod race;
pub mod record;
pub mod side;
pub mod table;

mod floor;
mod own;
mod own_instances;
mod pair;
#[cfg(feature = "peers")]
mod peers;
mod queue;

/// What ends a measurement: the person who ran the command reads it.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
