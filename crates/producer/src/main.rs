//! Arguments, run, exit code: everything else is in the library.

use std::process::ExitCode;

use clap::Parser;
use daemon::Exit;
use producer::cli::{Args, PROGRAM};

fn main() -> ExitCode {
    match producer::run(&Args::parse()) {
        Ok(()) => Exit::Done.into(),
        Err(error) => {
            daemon::report(PROGRAM, &error);
            error.exit().into()
        }
    }
}
