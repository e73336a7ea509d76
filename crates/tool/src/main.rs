//! Arguments, run, exit code: everything else is in the library.

use std::process::ExitCode;

use tool::ToolError;
use tool::cli::{Args, PROGRAM};

fn main() -> ExitCode {
    daemon::cli::run(PROGRAM, |args: &Args| tool::run(args), ToolError::exit)
}
