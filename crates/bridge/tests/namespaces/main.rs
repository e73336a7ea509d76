//! Bridges in network namespaces: links that are cut and slow, processes that are killed, hosts that lie.
//!
//! `cargo xtask bridge` runs them; they need root. The figures that they print are those of docs/bridge.md.
#![allow(clippy::print_stdout, reason = "figures")]

mod access;
#[path = "../authority/mod.rs"]
mod authority;
mod changes;
mod clocks;
mod deaths;
mod hostile;
mod interop;
mod links;
mod net;
mod reading;
mod rings;
mod scale;
mod soak;
mod source;

use e2e::{Daemon, wait_until};

use crate::net::Host;
use crate::source::Source;

/// Where host 0 listens.
const ENDPOINT: &str = "tcp/10.77.0.1:7447";

/// Of host 0: `A` exports all regions to all who connect.
fn export() -> String {
    format!("[bridge]\nhost = \"A\"\nlisten = \"{ENDPOINT}\"\n[[export]]\nregion = \"*\"\n")
}

/// Of another host, which imports all of them.
fn import(host: &str) -> String {
    format!("[bridge]\nhost = \"{host}\"\nconnect = \"{ENDPOINT}\"\n{}", imports("A"))
}

/// A source `x` of A, whose first record host B has a mirror of; and the two bridges.
fn mirrored(a: &Host, b: &Host) -> (Source, [Daemon; 2]) {
    let mut source = Source::new(a, "x", 56);
    source.publish();
    let bridges = [a.start(&export()), b.start(&import("B"))];
    wait_until("the first record", || b.number("A.x") == 1);
    (source, bridges)
}

/// `[[import]]` of all regions of `from`.
fn imports(from: &str) -> String {
    format!("[[import]]\nfrom = \"{from}\"\nname = \"*\"\nstale_after = \"2s\"\n")
}
