//! Arguments, run, exit code: everything else is in the library.

use std::process::ExitCode;

use bridge::BridgeError;
use bridge::cli::{Args, PROGRAM};

fn main() -> ExitCode {
    daemon::cli::run(PROGRAM, |args: &Args| bridge::run(args), BridgeError::exit)
}
