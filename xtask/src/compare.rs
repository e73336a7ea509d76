//! `cargo xtask compare`: mapcast beside other libraries and the kernel's own means, in one run.
//!
//! The work is done by `crates/compare`, built with its peers as for a release. Not to be confused
//! with `compare-copy`, which times the copier.
//!
//! Price: the first build takes some minutes; a run two minutes with `--quick`, else about twenty.

use std::ffi::OsString;

use crate::Outcome;
use crate::tools::{cargo, done};

const BUILD: [&str; 7] =
    ["run", "--release", "--package", "mapcast-compare", "--features", "peers", "--"];

/// What `mapcast-compare` itself will read: see its `--help`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// [--quick] [--rounds N] [--csv FILE] [--plots DIR]
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<OsString>,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    done(cargo().args(BUILD).args(&arguments.rest))
}
