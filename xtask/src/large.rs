//! Replaces the commands that need large libraries: builds xtask with them, and runs that.
//!
//! `cargo xtask demo` is the first command that a newcomer types, so it must build fast. Man pages (`dist`, and
//! `arm64` and `systemd`, which make the package, too) need the command lines of all programs, `compare-copy`
//! needs the benchmarks. Commands for the whole workspace (`cargo test --workspace`) build everything.
//!
//! Price: another build of xtask at the first of these commands, a second start of cargo at each.

use std::ffi::OsString;

use crate::Outcome;
use crate::tools::{cargo, done};

/// The arguments of the command itself.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _rest: Vec<OsString>,
}

/// Runs the command that was typed, by an xtask that has everything.
pub(crate) fn run(_: &Arguments) -> Outcome {
    done(cargo().args(["run", "--package", "xtask", "--"]).args(std::env::args_os().skip(1)))
}
