//! `cargo xtask kill`: writers at full speed, killed at random moments while readers read.
//!
//! The program that does it is `tests/src/bin/kills.rs`, built as for a release; the story `kill` of
//! `cargo test` makes fewer of the same kills.

use std::process::Command;

use crate::Outcome;
use crate::tools::{cargo, done, target_directory};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Kill so many writers
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    times: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let bins = ["--bin", "kills", "--bin", "torn_writer"];
    done(cargo().args(["build", "--release", "--quiet", "--package", "e2e"]).args(bins))?;
    let program = target_directory()?.join("release").join("kills");
    done(Command::new(program).arg(arguments.times.to_string()))
}
