//! Arguments, run, exit code: everything else is in the library.

use std::process::ExitCode;

use consumer::ConsumerError;
use consumer::cli::{Args, PROGRAM};

fn main() -> ExitCode {
    daemon::cli::run(PROGRAM, |args: &Args| consumer::run(args), ConsumerError::exit)
}
