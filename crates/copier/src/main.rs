//! Arguments, run, exit code: everything else is in the library.

use std::process::ExitCode;

use clap::Parser;
use copier::cli::{Args, PROGRAM};
use daemon::Exit;

fn main() -> ExitCode {
    match copier::run(&Args::parse()) {
        Ok(()) => Exit::Done.into(),
        Err(error) => {
            daemon::report(PROGRAM, &error);
            Exit::Failure.into()
        }
    }
}
