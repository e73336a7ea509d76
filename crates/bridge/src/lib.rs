//! Mirrors regions of one host on others, over Zenoh.
//!
//! Invariant: a source never waits for a link, and its region is the only buffer. A mirror is written by the usual
//! writer; its records are those of the source, newer ones after older ones, some left out. While two hosts are
//! connected, a mirror comes to hold the newest record; while they are not, its readers see `stalled`.
//!
//! ```text
//!   host A                                       host B
//!   region --> Exporter --put--> | network | --> Inbox --> Importer --> mirror (a region)
//!              digest every 250 ms               behind?   get -------> Exporter
//!                                                          Status ----> a region, too
//! ```
//!
//! - `wire`, `keys`: what is sent. Hostile bytes are refused.
//! - `transport`: what is needed of a network. Zenoh is the one there is; tests have one in memory.
//! - `export`, `import`: the two sides, which know neither clock nor network but by their arguments.
//! - `namesake`: another bridge of the same name.
//! - `wall_clock`: times for people and other hosts.
//! - `cli`: the command line.
//! - `program`: loop, status and session; with the feature `zenoh`, which is on by default.
//!
//! Price: docs/bridge.md has the figures.

pub mod cli;
pub mod export;
pub mod import;
pub mod inbox;
pub mod keys;
#[cfg(test)]
mod model;
mod namesake;
#[cfg(feature = "zenoh")]
mod program;
pub mod transport;
mod wall_clock;
pub mod wire;

#[cfg(feature = "zenoh")]
pub use program::{BridgeError, run};
