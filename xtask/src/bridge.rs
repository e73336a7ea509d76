//! `cargo xtask bridge`: bridges in network namespaces, with links that are cut and slow, processes that are killed and
//! hosts that lie; a reader and a router in Python; with `--zenohd`, Zenoh's own router, too.
//!
//! Price: some minutes, and root: without the right to make network namespaces each test says so and passes. The first
//! build of Zenoh takes some minutes, that of zenohd more.

use std::path::Path;

use crate::Outcome;
use crate::tools::{cargo, done, environment, target_directory, tool};

/// What docs/readers/bridge.py needs.
const LIBRARIES: [&str; 2] = ["eclipse-zenoh==1.10.2", "xxhash==3.6.0"];

/// The router, in the version of the library.
const ZENOHD: &str = "1.10.2";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Cut, kill and slow down for so many minutes in the soak [default: 20 seconds]
    #[arg(long, value_name = "N")]
    minutes: Option<u64>,

    /// The random numbers of the soak to begin with
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Take zenohd as a hub, too; it is built first
    #[arg(long)]
    zenohd: bool,

    /// Only the tests whose names contain one of these
    #[arg(value_name = "TEST")]
    tests: Vec<String>,
}

/// Runs the tests and prints their figures.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let directory = target_directory()?.join("tools/zenoh");
    let python = environment(Path::new("python3"), &directory, &LIBRARIES.map(AsRef::as_ref))?;
    let mut tests = cargo();
    // As part of the workspace: with the features that Zenoh was built with for `cargo test --workspace`.
    tests.args(["test", "--locked", "--workspace", "--features", "mapcast-bridge/namespaces"]);
    tests.args(["--test", "namespaces", "--", "--nocapture", "--test-threads", "1"]);
    tests.args(&arguments.tests);
    tests.env("MAPCAST_ZENOH_PYTHON", python);
    tests.env("MAPCAST_BRIDGE_SEED", arguments.seed.to_string());
    if let Some(minutes) = arguments.minutes {
        tests.env("MAPCAST_BRIDGE_SOAK", (60 * minutes).to_string());
    }
    if arguments.zenohd {
        tests.env("MAPCAST_ZENOHD", tool("zenohd", ZENOHD)?);
    }
    done(&mut tests)
}
