//! Arguments, run, exit code: everything else is in the library.

use std::process::ExitCode;

use producer::ProducerError;
use producer::cli::{Args, PROGRAM};

fn main() -> ExitCode {
    daemon::cli::run(PROGRAM, |args: &Args| producer::run(args), ProducerError::exit)
}
