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
mod scale;
mod soak;
mod source;

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

/// `[[import]]` of all regions of `from`.
fn imports(from: &str) -> String {
    format!("[[import]]\nfrom = \"{from}\"\nname = \"*\"\nstale_after = \"2s\"\n")
}
