//! Arguments, run, exit code: everything else is in the library.

use std::process::ExitCode;

use copier::cli::{Args, PROGRAM};
use daemon::Exit;

fn main() -> ExitCode {
    daemon::cli::run(PROGRAM, |args: &Args| copier::run(args), |_| Exit::Failure)
}
