//! Kills writers at every instruction of every path, one process for each.
//!
//! ```text
//!   death                   all paths, all instructions
//!   death POINTS            about so many of each path
//!   death POINTS WORD...    of the paths whose name has one of the words
//! ```
//!
//! `cargo xtask stress death` runs it. It exits with 1 if a guarantee was violated, and prints
//! which.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "telling people is its whole work")]

use std::process::ExitCode;

#[cfg(not(target_arch = "x86_64"))]
fn main() -> ExitCode {
    eprintln!("death: single steps are understood on x86-64 only");
    ExitCode::FAILURE
}

#[cfg(target_arch = "x86_64")]
fn main() -> ExitCode {
    everywhere::main()
}

#[cfg(target_arch = "x86_64")]
mod everywhere {
    use std::io::{IsTerminal as _, stderr};
    use std::process::ExitCode;
    use std::time::Instant;

    use e2e::Program;
    use e2e::death::{HEADING, ROUTES, Spread, Walk, row, walk};

    pub(crate) fn main() -> ExitCode {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let points = arguments.first().and_then(|points| points.parse().ok());
        let spread = points.map_or(Spread::All, Spread::Some);
        let words = arguments.get(1..).unwrap_or_default();
        let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word));
        let path = std::env::current_exe().expect("this program").with_file_name("stepped_writer");
        let program = Program::new("stepped_writer", path);

        let start = Instant::now();
        println!("{HEADING}");
        let walks: Vec<Walk> = ROUTES
            .into_iter()
            .filter(|route| wanted(route.name))
            .map(|route| {
                let walk = walk(route, &program, spread, |done, all| {
                    if stderr().is_terminal() && (done % 100 == 0 || done == all) {
                        eprint!("\r{}: {done} of {all}\x1b[K\r", route.name);
                    }
                });
                println!("{}", row(&walk));
                walk
            })
            .collect();
        let points: usize = walks.iter().map(|walk| walk.deaths.len()).sum();
        let failures: Vec<&String> = walks.iter().flat_map(|walk| &walk.failures).collect();
        println!("{points} deaths, {} failures ({} s)", failures.len(), start.elapsed().as_secs());
        for failure in failures.iter().take(20) {
            println!("{failure}");
        }
        if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
