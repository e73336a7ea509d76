//! `cargo xtask views`: the tests of `mapcast` with promtool, Prometheus and Chromium, which read an export, and
//! the official library of MCAP, which reads and writes recordings.
//!
//! `cargo test` runs the same ones, and skips those whose program is not installed; here that is a failure.
//! With `--pictures` the pictures of the page in docs/pictures are made anew.
//!
//! Price: a minute, and the programs: on Debian, `apt-get install prometheus chromium python3-venv`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Outcome;
use crate::tools::{cargo, done, python_with};

/// What the tests start.
const PROGRAMS: [&str; 4] = ["promtool", "prometheus", "chromium", "python3"];

/// The official library of MCAP for Python.
const MCAP: &str = "mcap==1.6.0";

/// Where the pictures go.
const PICTURES: &str = "docs/pictures";

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Make the pictures of the page, in place of all tests
    #[arg(long)]
    pictures: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    for program in PROGRAMS {
        if Command::new(program).arg("--version").output().is_err() {
            let install = "on Debian: apt-get install prometheus chromium python3-venv";
            return Err(format!("{program} is not installed; {install}").into());
        }
    }
    if arguments.pictures {
        return pictures();
    }
    done(tests().env("MAPCAST_MCAP_PYTHON", python_with(MCAP)?))
}

/// Makes the pictures of the page.
pub(crate) fn pictures() -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the root");
    let into = root.join(PICTURES);
    fs::create_dir_all(&into)?;
    done(tests().arg("pictures::").env("MAPCAST_PICTURES", into))
}

fn tests() -> Command {
    let mut command = cargo();
    // As part of the workspace: with the features that `cargo test --workspace` has built the tool with.
    command.args(["test", "--locked", "--workspace", "--test", "views"]);
    command.env("MAPCAST_VIEWS", "required");
    command
}
