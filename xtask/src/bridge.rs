//! `cargo xtask bridge`: bridges in network namespaces, with links that are cut and links that are slow.
//!
//! Price: a minute, and root: without the right to make network namespaces each test says so and passes. The first build
//! of Zenoh takes some minutes.

use crate::Outcome;
use crate::tools::{cargo, done};

/// Runs the tests and prints their figures.
pub(crate) fn run() -> Outcome {
    let mut tests = cargo();
    // As part of the workspace: with the features that Zenoh was built with for `cargo test --workspace`.
    tests.args(["test", "--locked", "--workspace", "--features", "mapcast-bridge/namespaces"]);
    tests.args(["--test", "namespaces", "--", "--nocapture", "--test-threads", "1"]);
    done(&mut tests)
}
